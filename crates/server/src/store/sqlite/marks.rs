//! Which hashes and commitments stand in a log already: 16 bytes a record, in memory for the logs in use.
//!
//! An index in the database would dirty one more page an append, which doubles what a message costs. Instead the prints of 64 records in a row
//! are written as one row; those of the newest, incomplete row are found again by reading the records themselves.

use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use wire::{Commitment, Hash32, Seq};

/// Records in a stored row.
pub const BLOCK: u64 = 64;

/// Eight bytes that stand for a hash or a commitment. A hit is always compared with the record itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Print(u64);

impl Print {
    pub fn of_hash(h: &Hash32) -> Self {
        Self::front(&h.0)
    }

    /// The commitment is the sender's choice: hashed, so that nobody can aim at the print of another's.
    pub fn of_commitment(c: &Commitment) -> Self {
        Self::front(&Sha256::digest(c.0).into())
    }

    fn front(bytes: &[u8; 32]) -> Self {
        let [a, b, c, d, e, f, g, h, ..] = *bytes;
        Self(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// The prints of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prints {
    pub h: Print,
    pub c: Option<Print>,
}

impl Prints {
    pub fn of(h: &Hash32, c: &Commitment) -> Self {
        Self { h: Print::of_hash(h), c: (*c != Commitment::NONE).then(|| Print::of_commitment(c)) }
    }
}

/// So many prints of the dead may stay: a small log is not gone through at every death.
const FEW: u64 = 1024;

/// The prints of a log's records.
#[derive(Debug, Default)]
pub struct Marks {
    seen: HashMap<Print, Seq>,
    /// Prints that several records share: rare by chance, cheap to make on purpose, so none may hide another.
    twins: BTreeSet<(Print, Seq)>,
    /// Prints of the newest, incomplete block, in order.
    tail: Vec<Option<Prints>>,
}

impl Marks {
    /// Where records with this print may stand.
    pub fn candidates(&self, print: Print) -> impl Iterator<Item = Seq> + '_ {
        let twins = self.twins.range((print, Seq(0))..=(print, Seq(u64::MAX))).map(|(_, seq)| *seq);
        self.seen.get(&print).into_iter().copied().chain(twins)
    }

    /// Remembers a record; gives the row of its block if it is the block's last.
    pub fn add(&mut self, seq: Seq, prints: Prints) -> Option<Vec<u8>> {
        self.remember(seq, prints);
        self.tail.resize((seq.0.saturating_sub(1) % BLOCK) as usize, None);
        self.tail.push(Some(prints));
        if self.tail.len() as u64 == BLOCK { Some(encode(&std::mem::take(&mut self.tail))) } else { None }
    }

    /// Takes in a stored row.
    pub fn load(&mut self, block: u64, row: &[u8]) {
        let (prints, _) = row.as_chunks::<16>();
        let first = block.saturating_mul(BLOCK).saturating_add(1);
        for (seq, bytes) in (first..).zip(prints) {
            let number = u128::from_be_bytes(*bytes);
            let (h, c) = ((number >> 64) as u64, number as u64);
            if h != 0 {
                self.remember(Seq(seq), Prints { h: Print(h), c: (c != 0).then_some(Print(c)) });
            }
        }
    }

    fn remember(&mut self, seq: Seq, prints: Prints) {
        for print in std::iter::once(prints.h).chain(prints.c) {
            if let Some(older) = self.seen.insert(print, seq) {
                self.twins.insert((print, older));
            }
        }
    }

    /// Forgets the records before a sequence once they are most of what is remembered, so that a record's death costs as little as its coming.
    pub fn forget_before(&mut self, held: Seq, newest: Seq) {
        let live = newest.next().0.saturating_sub(held.0).saturating_mul(2);
        let remembered = (self.seen.len() + self.twins.len()) as u64;
        if remembered <= live.saturating_mul(2).saturating_add(FEW) {
            return;
        }
        self.seen.retain(|_, seq| *seq >= held);
        self.seen.shrink_to_fit();
        self.twins.retain(|(_, seq)| *seq >= held);
    }

    /// About how many bytes of memory this takes, without the newest block.
    pub fn weight(&self) -> usize {
        self.seen.capacity() * 18 + self.twins.len() * 24
    }
}

/// The block that a record belongs to.
pub fn block_of(seq: Seq) -> u64 {
    seq.0.saturating_sub(1) / BLOCK
}

fn encode(tail: &[Option<Prints>]) -> Vec<u8> {
    let words = tail.iter().map(|prints| prints.map_or((0, 0), |prints| (prints.h.0, prints.c.map_or(0, |c| c.0))));
    words.flat_map(|(h, c)| [h.to_be_bytes(), c.to_be_bytes()]).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prints(h: u8, c: u8) -> Prints {
        Prints::of(&Hash32([h; 32]), &Commitment([c; 32]))
    }

    #[test]
    fn a_full_block_is_written_and_loads_again() {
        let mut marks = Marks::default();
        let mut rows = Vec::new();
        for seq in 1..=65u64 {
            if let Some(row) = marks.add(Seq(seq), prints(seq as u8, 100 + seq as u8)) {
                rows.push((block_of(Seq(seq)), row));
            }
        }
        assert_eq!(rows.len(), 1);
        let mut again = Marks::default();
        again.load(rows[0].0, &rows[0].1);
        let find = |marks: &Marks, h| marks.candidates(Print::of_hash(&Hash32([h; 32]))).collect::<Vec<_>>();
        assert_eq!(find(&again, 64), [Seq(64)]);
        assert_eq!(find(&again, 65), []);
        assert_eq!(find(&marks, 65), [Seq(65)]);
        assert_eq!(again.candidates(Print::of_commitment(&Commitment([101; 32]))).collect::<Vec<_>>(), [Seq(1)]);
    }

    #[test]
    fn a_record_cannot_hide_an_older_one_with_the_same_print() {
        let mut marks = Marks::default();
        marks.add(Seq(1), prints(1, 9));
        marks.add(Seq(2), prints(2, 9));
        let mut found: Vec<_> = marks.candidates(Print::of_commitment(&Commitment([9; 32]))).collect();
        found.sort();
        assert_eq!(found, [Seq(1), Seq(2)]);
    }

    #[test]
    fn records_that_died_before_their_block_was_full_leave_a_hole() {
        let mut marks = Marks::default();
        let row = (60..=64).find_map(|seq| marks.add(Seq(seq), prints(seq as u8, 0))).unwrap();
        assert_eq!(row.len(), 16 * 64);
        let mut again = Marks::default();
        again.load(0, &row);
        assert_eq!(again.seen.len(), 5);
    }

    #[test]
    fn what_is_remembered_of_the_dead_is_forgotten_once_it_is_most_of_it() {
        let mut marks = Marks::default();
        let hash = |seq: u64| Hash32::of(&seq.to_be_bytes());
        for seq in 1..=10_000 {
            marks.add(Seq(seq), Prints::of(&hash(seq), &Commitment(hash(seq).0)));
        }
        let before = marks.weight();
        let found = |marks: &Marks, seq| marks.candidates(Print::of_hash(&hash(seq))).count();
        marks.forget_before(Seq(9), Seq(10_000));
        assert_eq!((found(&marks, 1), marks.weight()), (1, before), "of a few dead nothing is forgotten yet");
        marks.forget_before(Seq(9_991), Seq(10_000));
        assert_eq!((found(&marks, 9_990), found(&marks, 9_991)), (0, 1));
        assert!(marks.weight() < before / 100, "{} of {before}", marks.weight());
    }
}
