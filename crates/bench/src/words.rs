//! Words to write with: their frequencies fall off as those of a language do, so that an index has common words and rare ones.

/// Different words.
pub const WORDS: u64 = 20_000;

/// A chance that repeats: the same for every run.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// splitmix64.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// The rank of a word: half of all words are one of the 140 most common.
    fn rank(&mut self) -> u64 {
        let unit = self.below(1 << 20) as f64 / (1u64 << 20) as f64;
        (WORDS as f64).powf(unit) as u64 - 1
    }
}

/// The word of a rank: syllables, so that beginnings are shared as in a language.
pub fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 27] = [
        "ta", "lo", "mi", "re", "su", "na", "ko", "vi", "de", "pa", "ru", "se", "ni", "bo", "la", "te", "mu", "go", "fi", "ha", "jo", "ke",
        "zu", "pe", "wi", "do", "ry",
    ];
    let mut left = rank + SYLLABLES.len() as u64;
    let mut out = String::new();
    while left > 0 {
        out.push_str(SYLLABLES[(left % SYLLABLES.len() as u64) as usize]);
        left /= SYLLABLES.len() as u64;
    }
    out
}

/// About so many bytes of text.
pub fn text(chance: &mut Chance, bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 8);
    while out.len() < bytes {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word(chance.rank()));
    }
    out.truncate(bytes);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rank_is_another_word() {
        let words: HashSet<String> = (0..WORDS).map(word).collect();
        assert_eq!(words.len() as u64, WORDS);
    }

    #[test]
    fn texts_have_the_length_asked_for() {
        let mut chance = Chance::new(1);
        assert_eq!([1, 100, 1024].map(|bytes| text(&mut chance, bytes).len()), [1, 100, 1024]);
    }
}
