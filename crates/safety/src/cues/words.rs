//! The words that cues speak of, and which classes each belongs to.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WordId(pub u32);

/// A set of words: `@adult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassId(pub u16);

/// Classes there may be.
pub const CLASSES_MAX: usize = 256;

/// Shorter words are too like each other to be guessed.
const NEAR_MIN: usize = 7;
/// Endings that change nothing here.
const ENDINGS: &[&str] = &["s", "ing", "in", "ed", "es", "er", "y"];

#[derive(Debug, Default)]
pub struct Words {
    ids: BTreeMap<String, WordId>,
    classes: Vec<[u64; CLASSES_MAX / 64]>,
    /// By id: the word that it is a form of.
    bases: Vec<Option<WordId>>,
    expansions: BTreeMap<String, Vec<WordId>>,
    /// Long words, by length: the ones that a misspelling may mean.
    long: Vec<(Vec<char>, WordId)>,
}

impl Words {
    /// The id of a word, which is made if there is none.
    pub fn id(&mut self, word: &str) -> WordId {
        if let Some(id) = self.ids.get(word) {
            return *id;
        }
        let id = WordId(self.classes.len() as u32);
        self.ids.insert(word.into(), id);
        self.classes.push([0; CLASSES_MAX / 64]);
        self.bases.push(None);
        if word.len() >= NEAR_MIN {
            self.long.push((word.chars().collect(), id));
        }
        id
    }

    pub fn put(&mut self, word: &str, class: ClassId) {
        let id = self.id(word);
        let at = usize::from(class.0);
        self.classes[id.0 as usize][at / 64] |= 1 << (at % 64);
    }

    pub fn expand(&mut self, short: &str, long: &str) {
        let ids = long.split(' ').map(|word| self.id(word)).collect();
        self.expansions.insert(short.into(), ids);
    }

    pub fn is_in(&self, word: WordId, class: ClassId) -> bool {
        let at = usize::from(class.0);
        self.classes[word.0 as usize][at / 64] & (1 << (at % 64)) != 0
    }

    pub fn members(&self, class: ClassId) -> Vec<WordId> {
        (0..self.classes.len() as u32).map(WordId).filter(|id| self.is_in(*id, class)).collect()
    }

    pub fn len(&self) -> usize {
        self.classes.len()
    }

    pub fn expanded(&self, short: &str) -> Option<&[WordId]> {
        self.expansions.get(short).map(Vec::as_slice)
    }

    /// Once all words are there: which of them are forms of others.
    pub fn settle(&mut self) {
        let forms: Vec<(WordId, WordId)> =
            self.ids.iter().filter_map(|(word, id)| Some((*id, self.form_of(word)?))).filter(|(id, base)| id != base).collect();
        for (id, base) in forms {
            self.bases[id.0 as usize] = Some(base);
        }
    }

    pub fn base(&self, id: WordId) -> Option<WordId> {
        self.bases[id.0 as usize]
    }

    /// The word itself, or the one it is a form of.
    pub fn stem(&self, text: &str) -> Option<WordId> {
        self.ids.get(text).copied().or_else(|| self.form_of(text))
    }

    fn form_of(&self, text: &str) -> Option<WordId> {
        for ending in ENDINGS {
            let Some(stem) = text.strip_suffix(ending).filter(|stem| stem.len() >= 3) else { continue };
            if let Some(id) = self.ids.get(stem) {
                return Some(*id);
            }
            if ending.len() < 2 {
                continue;
            }
            // Taking: take. Chatting: chat.
            let mut with_e = String::from(stem);
            with_e.push('e');
            if let Some(id) = self.ids.get(with_e.as_str()) {
                return Some(*id);
            }
            let mut letters = stem.chars().rev();
            if let (Some(last), Some(before)) = (letters.next(), letters.next())
                && last == before
                && let Some(id) = self.ids.get(&stem[..stem.len() - last.len_utf8()])
            {
                return Some(*id);
            }
        }
        None
    }

    /// A word with letters hidden behind stars: the first that fits.
    pub fn like(&self, text: &str) -> Option<WordId> {
        let fits =
            |word: &str| word.chars().count() == text.chars().count() && word.chars().zip(text.chars()).all(|(w, t)| w == t || t == '*');
        self.ids.iter().find(|(word, _)| fits(word)).map(|(_, id)| *id)
    }

    /// A long word with one letter wrong, missing, too many, or two that changed places.
    pub fn near(&self, text: &str) -> Option<WordId> {
        let letters: Vec<char> = text.chars().collect();
        if letters.len() < NEAR_MIN {
            return None;
        }
        self.long.iter().find(|(word, _)| is_near(word, &letters)).map(|(_, id)| *id)
    }

    /// Two or three words that were written as one, such as a hashtag.
    pub fn cut(&self, text: &str) -> Option<Vec<WordId>> {
        if !(8..=24).contains(&text.len()) || !text.is_ascii() {
            return None;
        }
        (3..=text.len() - 3).find_map(|at| {
            let (left, right) = (self.ids.get(&text[..at])?, self.ids.get(&text[at..])?);
            Some(Vec::from([*left, *right]))
        })
    }
}

fn is_near(word: &[char], other: &[char]) -> bool {
    let (a, b) = if word.len() >= other.len() { (word, other) } else { (other, word) };
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    match a.len() - b.len() {
        0 => {
            let rest = same + 1;
            // The first letter is seldom wrong.
            same > 0
                && (a.get(rest..) == b.get(rest..)
                    || (rest < a.len() && a[same] == b[rest] && a[rest] == b[same] && a[rest + 1..] == b[rest + 1..]))
        }
        1 => same > 0 && a[same + 1..] == b[same..],
        _ => false,
    }
}
