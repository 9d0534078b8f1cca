//! What the desk answers to reports that were made here, and taking one back. Answers lie where everybody reads all of them: who waits for one asks for
//! nothing that others do not ask for (docs/spec/report.md, "Answers").

use super::desk::{beside, members};
use super::{ANSWERS, AnswerKeys};
use crate::client::{Client, Fault, Turn};
use crate::store::{meta, set_meta};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use report::{Addressee, Answer, Case, Code, Recipients, Stands, Trust, Withdrawal, seal};
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::{AnswerRow, AnswerStands, OwnReport, Refusal, ReportRefusal, Words};
use wire::desk::Desk;
use wire::{AccountId, LogId, Millis, Seq};

/// As a report's own words have it.
pub(super) fn stands_of(stands: AnswerStands) -> Stands {
    match stands {
        AnswerStands::Seen => Stands::Seen,
        AnswerStands::Looking => Stands::Looking,
        AnswerStands::Closed => Stands::Closed,
        AnswerStands::Refused => Stands::Refused,
        AnswerStands::Acted => Stands::Acted,
        AnswerStands::TakenBack => Stands::TakenBack,
        AnswerStands::TakenBackLate => Stands::TakenBackLate,
    }
}

fn stands_shown(stands: Stands) -> AnswerStands {
    match stands {
        Stands::Seen => AnswerStands::Seen,
        Stands::Looking => AnswerStands::Looking,
        Stands::Closed => AnswerStands::Closed,
        Stands::Refused => AnswerStands::Refused,
        Stands::Acted => AnswerStands::Acted,
        Stands::TakenBack => AnswerStands::TakenBack,
        Stands::TakenBackLate => AnswerStands::TakenBackLate,
    }
}

fn row(made: u64, stands: Stands, words: String) -> AnswerRow {
    AnswerRow { made_ms: made, stands: stands_shown(stands), words: report::exhibit::safe(&words) }
}

/// Everybody whom the desk names.
fn all_of(desk: &Desk) -> Vec<(AccountId, Addressee)> {
    members(desk).into_iter().chain(beside(desk)).collect()
}

/// The secret of the report that a code stands for.
pub(super) fn case_of(code: &Words) -> Result<Case, Refusal> {
    Code::parse(code.expose()).map(|code| code.case()).ok_or(Refusal::Report(ReportRefusal::BadCode))
}

/// How the report stands that a code stands for: for who has no account. `keys`: what its key opened of all answers, which everybody reads.
///
/// # Errors
/// It is no code.
pub fn look_with_code(desk: &Desk, code: &Words, keys: &AnswerKeys) -> Result<OwnReport, Refusal> {
    let case = case_of(code)?;
    let readers: BTreeSet<AccountId> = all_of(desk).into_iter().map(|(account, _)| account).collect();
    let trust = Trust::default();
    let mut answers: Vec<&Answer> = Vec::new();
    for answer in keys.opened() {
        // One by who was not to read the report counts for nothing.
        if answer.account(&trust).is_some_and(|account| readers.contains(&account)) && !answers.contains(&answer) {
            answers.push(answer);
        }
    }
    answers.sort_by_key(|answer| answer.made);
    let taken_back = answers.iter().any(|answer| matches!(answer.stands, Stands::TakenBack | Stands::TakenBackLate));
    let answers = answers.into_iter().map(|answer| row(answer.made.0, answer.stands, answer.words.clone())).collect();
    Ok(OwnReport { number: case.number().to_string(), made_ms: None, taken_back, unsent: false, answers })
}

/// What takes that report back, sealed to everybody who may have it.
///
/// # Errors
/// It is no code, or there is nobody.
pub fn take_back_with_code(seed: [u8; 32], desk: &Desk, code: &Words) -> Result<Vec<u8>, Refusal> {
    let case = case_of(code)?;
    let readers = all_of(desk).into_iter().map(|(_, key)| key).collect();
    let to = Recipients { readers, passphrase: None };
    seal(&Withdrawal::of(&case), &to, &mut ChaCha20Rng::from_seed(seed)).map_err(|_| Refusal::Report(ReportRefusal::NoDesk))
}

impl Client {
    /// Where the desk's answers are read from: after which place. Everybody reads on from where they were.
    ///
    /// # Errors
    /// The device failed.
    pub fn answers_after(&self) -> Result<Seq, Fault> {
        let Some(more) = self.desk()?.and_then(|desk| desk.more) else { return Ok(Seq::START) };
        Ok(read_to(&self.db, &more.answers)?)
    }

    /// Takes in what was read there, up to a place. Nothing of it is believed that no reader of the report has signed for it.
    ///
    /// # Errors
    /// The device failed.
    pub fn hear_answers(&mut self, now: Millis, seed: [u8; 32], (log, to): (LogId, Seq), keys: &AnswerKeys) -> Result<(), Fault> {
        let trust = self.trust()?;
        self.aside(now, seed, |turn| {
            for answer in keys.opened() {
                turn.hear_answer(answer, &trust)?;
            }
            // Two looks at the same time do not end at the same place.
            if to > read_to(turn.db, &log)? {
                set_meta(turn.db, ANSWERS, [log.0.as_slice(), &to.0.to_be_bytes()].concat())?;
            }
            Ok(())
        })
    }

    /// Reports to the desk that were made here, the newest first.
    ///
    /// # Errors
    /// The device failed.
    pub fn own_reports(&self) -> Result<Vec<OwnReport>, Fault> {
        let query = "SELECT number, made, state FROM made_report WHERE state IN ('unsent', 'sent', 'taken back') ORDER BY made DESC";
        let mut statement = self.db.prepare_cached(query)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let rows: Vec<(String, i64, String)> = rows.collect::<Result<_, _>>()?;
        let mut reports = Vec::new();
        for (number, made, state) in rows {
            let query = "SELECT made, stands, words FROM report_answer WHERE number = ?1 ORDER BY made";
            let mut statement = self.db.prepare_cached(query)?;
            let answers = statement.query_map([&number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let answers: Vec<(i64, u8, String)> = answers.collect::<Result<_, _>>()?;
            let answers = answers
                .into_iter()
                .filter_map(|(made, stands, words)| Some(row(made.unsigned_abs(), Stands::numbered(stands)?, words)))
                .collect();
            reports.push(OwnReport {
                number,
                made_ms: Some(made.unsigned_abs()),
                taken_back: state == "taken back",
                unsent: state == "unsent",
                answers,
            });
        }
        Ok(reports)
    }

    /// The sealed file of a report that the server has not taken yet.
    ///
    /// # Errors
    /// The device failed.
    pub fn unsent_report(&self, number: &str) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let query = "SELECT file FROM made_report WHERE number = ?1 AND state = 'unsent'";
        let file: Option<Vec<u8>> = self.db.prepare_cached(query)?.query_row([number], |row| row.get(0)).optional()?.flatten();
        Ok(file.ok_or_else(|| Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() })))
    }

    /// Takes in that the server took this file. Tells the number of the report, if it was one of this device that had not arrived.
    ///
    /// # Errors
    /// The device failed.
    pub fn report_sent(&mut self, now: Millis, seed: [u8; 32], file: &[u8]) -> Result<Result<Option<String>, Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            let sent = "UPDATE made_report SET state = 'sent', file = NULL WHERE file = ?1 AND state = 'unsent' RETURNING number";
            Ok(Ok(turn.db.prepare_cached(sent)?.query_row([file], |row| row.get(0)).optional()?))
        })
    }

    /// What takes a report back, sealed to those who have it.
    ///
    /// # Errors
    /// The device failed.
    pub fn take_back(&mut self, now: Millis, seed: [u8; 32], number: &str) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        self.aside(now, seed, |turn| turn.take_back(number))
    }

    /// Takes in that it was brought to the desk.
    ///
    /// # Errors
    /// The device failed.
    pub fn taken_back(&mut self, now: Millis, seed: [u8; 32], number: &str) -> Result<Result<(), Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            turn.db
                .prepare_cached(
                    "UPDATE made_report SET state = 'taken back', file = NULL WHERE number = ?1 AND state IN ('unsent', 'sent')",
                )?
                .execute([number])?;
            Ok(Ok(()))
        })
    }
}

fn read_to(db: &rusqlite::Connection, log: &LogId) -> Result<Seq, rusqlite::Error> {
    let kept: Option<Vec<u8>> = meta(db, ANSWERS)?;
    let place = kept.and_then(|kept| {
        let (of, place) = kept.split_first_chunk::<32>()?;
        (of == &log.0).then_some(Seq(u64::from_be_bytes(place.try_into().ok()?)))
    });
    // Another desk has another log.
    Ok(place.unwrap_or(Seq::START))
}

impl Turn<'_> {
    fn hear_answer(&mut self, answer: &Answer, trust: &Trust) -> Result<(), Fault> {
        let number = answer.number.to_string();
        let readers = self.readers_of(&number)?;
        // One by who was not to read the report counts for nothing.
        let Some(account) = answer.account(trust).filter(|account| readers.contains(account)) else { return Ok(()) };
        // Who answers has it: what was lost was the server's word that it arrived.
        let sent = "UPDATE made_report SET state = 'sent', file = NULL WHERE number = ?1 AND state = 'unsent'";
        self.db.prepare_cached(sent)?.execute([&number])?;
        let insert = "INSERT OR IGNORE INTO report_answer (number, made, account, stands, words) VALUES (?1, ?2, ?3, ?4, ?5)";
        self.db.prepare_cached(insert)?.execute(params![number, answer.made.0 as i64, account.0, answer.stands.number(), answer.words])?;
        Ok(())
    }

    fn readers_of(&self, number: &str) -> Result<Vec<AccountId>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT account FROM report_reader WHERE number = ?1")?;
        let rows = statement.query_map([number], |row| row.get(0).map(AccountId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn take_back(&mut self, number: &str) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let no_such = || Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() });
        let query = "SELECT secret FROM made_report WHERE number = ?1 AND state IN ('unsent', 'sent', 'taken back')";
        let secret: Option<[u8; 32]> = self.db.prepare_cached(query)?.query_row([number], |row| row.get(0)).optional()?;
        let Some(secret) = secret else { return Ok(Err(no_such())) };
        let readers = self.readers_of(number)?;
        let Some(desk) = super::desk::known(self.db)? else { return Ok(Err(Refusal::Report(ReportRefusal::NoDesk))) };
        let keys = all_of(&desk).into_iter().filter(|(account, _)| readers.contains(account)).map(|(_, key)| key).collect();
        let to = Recipients { readers: keys, passphrase: None };
        let sealed = seal(&Withdrawal::of(&Case::from_bytes(secret)), &to, &mut *self.crypto.rng());
        Ok(sealed.map_err(|_| Refusal::Report(ReportRefusal::NoDesk)))
    }
}
