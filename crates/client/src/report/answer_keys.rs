//! The keys that answers are tried with. Who serves answers sees how long a device is busy with them, by the line that its account has beside: so
//! each is tried with as many keys by who reported nothing as by who reported something, and to the end (docs/spec/report.md, "Answers").

use super::answers::case_of;
use crate::client::{Client, Fault};
use crate::store::meta;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng as _};
use report::{AddresseeSecret, Answer, Case, Number, SealedAnswer};
use view::{Refusal, Words};
use wire::Millis;
use wire::limits::RECORD_RETENTION;

/// Keys of one round. Of one person few reports wait for an answer, and everybody pays for as many: with the four slots of an answer these are
/// 16 decapsulations of X-Wing, some 2.4 ms of a computer and several times that in a browser.
const ROUND: usize = 4;
/// A report waits for this long. It lies with the desk for a quarter of it, and its last answer for as long again; the rest is for one that was
/// brought late.
const WAITS: u64 = 4 * RECORD_RETENTION;

/// Keys, and the answers that they opened.
pub struct AnswerKeys {
    keys: Vec<Key>,
    opened: Vec<Answer>,
}

struct Key {
    /// The report that it is of; nothing: it is made up.
    number: Option<Number>,
    secret: AddresseeSecret,
}

impl Key {
    fn of(case: &Case) -> Self {
        Self { number: Some(case.number()), secret: case.return_key() }
    }
}

impl AnswerKeys {
    /// Those of these reports, and made-up ones until the last round is full.
    fn of(cases: &[Case], rng: &mut impl CryptoRng) -> Self {
        let rounds = cases.len().div_ceil(ROUND).max(1);
        let mut keys: Vec<Key> = cases.iter().map(Key::of).collect();
        keys.resize_with(rounds * ROUND, || Key { number: None, secret: AddresseeSecret::generate(rng) });
        Self { keys, opened: vec![] }
    }

    /// The one of the report that a code stands for. Who looks with a code is seen to do so anyhow, and tries no other.
    ///
    /// # Errors
    /// It is no code.
    pub fn of_code(code: &Words) -> Result<Self, Refusal> {
        Ok(Self { keys: vec![Key::of(&case_of(code)?)], opened: vec![] })
    }

    /// In how many rounds an answer is tried: in one, unless more reports of this account wait than have room in it.
    pub fn rounds(&self) -> usize {
        self.keys.len().div_ceil(ROUND)
    }

    /// Tries the keys of a round on an answer: all of them, whichever opens it.
    pub fn try_on(&mut self, answer: &SealedAnswer<'_>, round: usize) {
        for key in self.keys.chunks(ROUND).nth(round).unwrap_or_default() {
            let opened = answer.open(&key.secret);
            // An answer to another report, which somebody sealed anew, is none to this one.
            self.opened.extend(opened.filter(|answer| Some(answer.number) == key.number));
        }
    }

    /// What opened. Whose word it is, is yet to be checked.
    pub(super) fn opened(&self) -> &[Answer] {
        &self.opened
    }
}

impl Client {
    /// The keys that answers are tried with on this device: as many as on any other, but where more than a few reports wait.
    ///
    /// # Errors
    /// The device failed.
    pub fn answer_keys(&self, now: Millis, seed: [u8; 32]) -> Result<AnswerKeys, Fault> {
        let offset: i64 = meta(&self.db, "clock_offset")?.unwrap_or(0);
        let since = now.0.saturating_add_signed(offset).saturating_sub(WAITS);
        let query = "SELECT secret FROM made_report WHERE state IN ('unsent', 'sent', 'taken back') AND made > ?1 ORDER BY made DESC";
        let mut statement = self.db.prepare_cached(query)?;
        let cases = statement.query_map([since as i64], |row| row.get(0).map(Case::from_bytes))?.collect::<Result<Vec<_>, _>>()?;
        Ok(AnswerKeys::of(&cases, &mut ChaCha20Rng::from_seed(seed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_tried_with_as_many_keys_whether_reports_wait_for_one_or_not() {
        let keys = |waiting: usize| {
            let cases: Vec<Case> = (0..waiting).map(|of| Case::from_bytes([of as u8; 32])).collect();
            let keys = AnswerKeys::of(&cases, &mut ChaCha20Rng::from_seed([9; 32]));
            let own = keys.keys.iter().filter(|key| key.number.is_some()).count();
            assert_eq!(own, waiting, "each report's own is among them");
            (keys.keys.len(), keys.rounds())
        };
        for few in 0..=ROUND {
            assert_eq!(keys(few), (ROUND, 1), "{few} reports");
        }
        assert_eq!(keys(ROUND + 1), (2 * ROUND, 2), "a round more, as full as the first");
    }
}
