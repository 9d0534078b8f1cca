//! How hard a text is to read: the grade of Flesch and Kincaid (1975), which school year an English text fits.

use alloc::vec::Vec;

/// What a card of fifty words or more may have: a child in the sixth year of school can read it.
pub const GRADE: f64 = 6.0;
/// The most words of one sentence that anybody is shown.
pub const LONGEST: usize = 18;

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    pub words: usize,
    pub sentences: usize,
    pub syllables: usize,
    /// Of the longest sentence.
    pub longest: usize,
}

impl Reading {
    /// 0.39 words a sentence + 11.8 syllables a word - 15.59.
    pub fn grade(&self) -> f64 {
        let (words, sentences) = (self.words.max(1) as f64, self.sentences.max(1) as f64);
        0.39 * words / sentences + 11.8 * self.syllables as f64 / words - 15.59
    }
}

/// Counts a text. A line that ends without a mark is a sentence of its own, as headings and list items are.
pub fn read(text: &str) -> Reading {
    let mut reading = Reading { words: 0, sentences: 0, syllables: 0, longest: 0 };
    for line in text.lines() {
        for sentence in line.split_inclusive(['.', '!', '?', ':']) {
            let words: Vec<&str> =
                sentence.split(|c: char| c.is_whitespace() || c == '–' || c == '/').filter(|word| is_word(word)).collect();
            if words.is_empty() {
                continue;
            }
            reading.sentences += 1;
            reading.words += words.len();
            reading.longest = reading.longest.max(words.len());
            reading.syllables += words.iter().map(|word| syllables(word)).sum::<usize>();
        }
    }
    reading
}

fn is_word(word: &str) -> bool {
    word.chars().any(char::is_alphanumeric)
}

/// Groups of vowels, without a silent e at the end. A number counts as one word of one syllable a digit, at most three.
fn syllables(word: &str) -> usize {
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    if letters.is_empty() {
        return word.chars().filter(char::is_ascii_digit).count().clamp(1, 3);
    }
    let vowel = |c: char| "aeiouy".contains(c);
    let mut count = 0;
    let mut before = false;
    for (index, letter) in letters.iter().enumerate() {
        // A y that begins a word or a syllable is a consonant: "you", "anyone" has its vowel before.
        let now = vowel(*letter) && !(*letter == 'y' && index == 0);
        if now && !before {
            count += 1;
        }
        before = now;
    }
    let ends = |end: &str| letters.len() > end.len() && letters.iter().rev().zip(end.chars().rev()).all(|(a, b)| *a == b);
    let before_last = letters.len().checked_sub(2).map(|at| letters[at]);
    let silent_e = ends("e") && !(ends("le") && letters.len() > 2 && !vowel(letters[letters.len() - 3])) && !before_last.is_some_and(vowel);
    let silent_ed = ends("ed") && !ends("ted") && !ends("ded") && letters.len() > 3;
    let silent_es = ends("es") && !["ses", "zes", "xes", "ches", "shes", "ges", "ces"].iter().any(|end| ends(end)) && letters.len() > 3;
    if count > 1 && (silent_e || silent_ed || silent_es) {
        count -= 1;
    }
    count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_counted_as_people_say_them() {
        for (word, count) in [
            ("cat", 1),
            ("you", 1),
            ("someone", 2),
            ("table", 2),
            ("wanted", 2),
            ("asked", 1),
            ("picture", 2),
            ("private", 2),
            ("encrypted", 3),
            ("adult", 2),
            ("family", 3),
            ("secret", 2),
            ("time", 1),
            ("times", 1),
            ("changes", 2),
            ("be", 1),
            ("people", 2),
            ("idea", 2),
            ("999", 3),
        ] {
            assert_eq!(syllables(word), count, "{word}");
        }
    }

    #[test]
    fn a_plain_text_has_a_low_grade_and_a_stiff_one_a_high_grade() {
        let plain = read("The cat sat on the mat. It was warm. You can stop at any time.");
        assert_eq!((plain.words, plain.sentences, plain.longest), (15, 3, 6));
        assert!(plain.grade() < 2.0, "{}", plain.grade());
        let stiff = read(
            "Notwithstanding considerable institutional reservations, administrators subsequently authorised comprehensive documentation.",
        );
        assert!(stiff.grade() > 20.0, "{}", stiff.grade());
    }

    #[test]
    fn a_line_without_a_mark_is_a_sentence() {
        assert_eq!(read("One\nTwo words\n\n – \n").sentences, 2);
    }
}
