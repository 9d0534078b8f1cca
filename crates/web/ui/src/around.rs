//! A piece of a line in which a word that is looked for is in sight.

/// Letters that stand before what was found: few enough for a narrow screen.
const BEFORE: usize = 16;

/// What stands before the first of the words, itself, and the rest. None: they stand otherwise, or not here.
pub fn around(line: &str, words: &str) -> Option<[String; 3]> {
    let letters: Vec<char> = line.chars().collect();
    let begins = |at: &usize| at.checked_sub(1).and_then(|before| letters.get(before)).is_none_or(|before| !before.is_alphanumeric());
    let reads = |at: usize, word: &str| {
        let mut here = letters.iter().skip(at);
        word.chars().all(|wanted| here.next().is_some_and(|letter| letter.to_lowercase().eq(wanted.to_lowercase())))
    };
    let (at, word) = (0..letters.len()).filter(begins).find_map(|at| Some((at, words.split_whitespace().find(|word| reads(at, word))?)))?;
    let end = at + word.chars().count();
    let from = if at > BEFORE { (at - BEFORE..at).find(begins).unwrap_or(at) } else { 0 };
    let part = |from: usize, to: usize| letters.iter().skip(from).take(to - from).collect::<String>();
    let before = if from > 0 { format!("…{}", part(from, at)) } else { part(0, at) };
    Some([before, part(at, end), part(end, letters.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str, words: &str) -> Option<String> {
        around(line, words).map(|[before, found, after]| format!("{before}[{found}]{after}"))
    }

    #[test]
    fn what_was_found_is_in_sight_wherever_it_stands() {
        assert_eq!(shown("Pancakes on Saturday", "pan").as_deref(), Some("[Pan]cakes on Saturday"));
        let far = "hi kim! do you want to come to the pancake party";
        assert_eq!(shown(far, "PANCAKE party").as_deref(), Some("…to come to the [pancake] party"));
    }

    #[test]
    fn it_is_found_where_a_word_begins() {
        assert_eq!(shown("japan, then a pan", "pan").as_deref(), Some("japan, then a [pan]"));
        assert_eq!(shown("nothing of it", "pan"), None);
        assert_eq!(shown("", "pan"), None);
    }

    #[test]
    fn a_long_word_before_it_is_left_out_whole() {
        assert_eq!(shown("Donaudampfschifffahrtsgesellschaft fährt", "fährt").as_deref(), Some("…[fährt]"));
    }
}
