//! What a screen shows of the desk's log: the list, one case, and what can be counted.

use super::Inbox;
use super::case::{self, Case, Done, What, part};
use crate::report::reason_shown;
use report::Number;
use report::trust::Home;
use std::collections::{BTreeMap, BTreeSet};
use view::{CaseAccount, CaseFile, CaseRow, CaseState, CaseVerdict, DeskCase, DeskCounts, DeskErased, DeskInbox, DeskSays, ReportReason};
use wire::{AccountId, Millis, Seq};

impl Inbox {
    /// Everything, the newest first.
    pub fn rows(&self) -> DeskInbox {
        let mut cases: Vec<CaseRow> = self.shown().map(|case| self.row(case)).collect();
        cases.extend(self.withdrawals.keys().filter_map(|number| Some(self.gone(*number, self.back(*number)?.at))));
        cases.sort_by_key(|case| std::cmp::Reverse(case.at_ms));
        DeskInbox {
            cases,
            working: self.working() as u32,
            members: self.rules.members.len() as u32,
            erased: self.unexplained(),
            counts: self.counts(),
            other_log: self.cut || self.log.is_broken(self.now),
        }
    }

    /// Records of which a member said that they go, with a report that was taken back or done with.
    pub(super) fn said_gone(&self) -> BTreeSet<Seq> {
        let due = self.marks.keys().filter(|number| self.is_deleted(**number));
        due.flat_map(|number| self.said_gone_with(*number)).collect()
    }

    /// Whoever had a report of their own taken back could name another's records with it: what this device knows to be another's does not go with it.
    fn said_gone_with(&self, number: Number) -> Vec<Seq> {
        let marks = self.of(number);
        let named = marks.iter().filter(|done| done.says == DeskSays::Deleted).flat_map(|done| case::records_of(done));
        named.filter(|seq| self.records.goes_with(*seq, number)).collect()
    }

    /// What was taken from the server and no member said why, or said what is not so.
    fn unexplained(&self) -> Vec<DeskErased> {
        let said = self.said_gone();
        let mut of: BTreeMap<AccountId, (u32, Millis)> = BTreeMap::new();
        for (_, (account, at)) in self.erased.iter().filter(|(seq, _)| !said.contains(seq)) {
            let (records, last) = of.entry(*account).or_default();
            (*records, *last) = (*records + 1, (*last).max(*at));
        }
        of.into_iter().map(|(account, (records, at))| DeskErased { account: account.to_string(), records, at_ms: at.0 }).collect()
    }

    fn gone(&self, number: Number, at: Millis) -> CaseRow {
        // As long as the server still has it.
        let there = self.case_of(number);
        CaseRow {
            number: number.to_string(),
            at_ms: at.0,
            reason: ReportReason::SomethingElse,
            verdict: CaseVerdict::Gone,
            state: CaseState::TakenBack,
            messages: 0,
            undisclosed: 0,
            notes: 0,
            file_sha256: there.map(|case| case.sha256.to_string()).unwrap_or_default(),
        }
    }

    fn row(&self, case: &Case) -> CaseRow {
        let (reason, verdict, messages, undisclosed) = match &case.what {
            What::Told(told) => (told.reason, CaseVerdict::Unprovable, 0, 0),
            What::Checked(verdict) => {
                let holds = match verdict.stamp_key.home {
                    _ if !verdict.holds() => CaseVerdict::DoesNotHold,
                    Home::Own => CaseVerdict::Holds,
                    Home::None | Home::Another => CaseVerdict::OtherServer,
                };
                (verdict.reporter.reason, holds, verdict.proved().count() as u64, verdict.missing.undisclosed)
            }
        };
        CaseRow {
            number: case.number.to_string(),
            at_ms: case.at.0,
            reason: reason_shown(reason),
            verdict,
            state: self.state(case.number),
            messages,
            undisclosed,
            notes: self.of(case.number).iter().filter(|done| done.says == DeskSays::Note).count() as u64,
            file_sha256: case.sha256.to_string(),
        }
    }

    /// Numbers that name nobody and nothing. A report that is gone is counted by what was done about it.
    fn counts(&self) -> DeskCounts {
        let numbers: BTreeSet<Number> = self.cases.iter().map(|case| case.number).chain(self.marks.keys().copied()).collect();
        let in_state = |state| numbers.iter().filter(|number| self.state(**number) == state).count() as u32;
        let did = |says| self.marks.values().flatten().filter(|done| done.says == says).count() as u32;
        let told = |case: &&Case| matches!(case.what, What::Told(_));
        DeskCounts {
            reports: numbers.len() as u32,
            told: self.cases.iter().filter(told).count() as u32,
            closed: in_state(CaseState::Closed),
            refused: in_state(CaseState::Refused),
            taken_back: in_state(CaseState::TakenBack),
            answered: numbers.iter().filter(|number| self.of(**number).iter().any(|done| done.says == DeskSays::Answered)).count() as u32,
            restricted: did(DeskSays::Restricted),
            accounts_closed: did(DeskSays::AccountClosed),
            held: did(DeskSays::Held),
            deleted: numbers.iter().filter(|number| self.is_deleted(**number)).count() as u32,
        }
    }

    /// One report, for a screen. `time` writes a time.
    pub fn case(&self, number: &str, time: &dyn Fn(Millis) -> String) -> Option<DeskCase> {
        let Some(case) = self.find(number) else { return self.case_gone(number) };
        let marks = self.of(case.number);
        let held = case::held(&marks);
        let account = |account: AccountId| CaseAccount {
            restricted: case::is_restricted(&marks, &account.to_string()),
            closed: case::is_closed(&marks, &account.to_string()),
            of_team: self.is_of_desk(&account),
            account: account.to_string(),
        };
        let file = |(blob, bytes): (wire::BlobId, u64)| {
            let until = held.get(&blob.to_string()).filter(|until| **until > self.now);
            CaseFile { blob: blob.to_string(), bytes, held_until_ms: until.map(|until| until.0) }
        };
        Some(DeskCase {
            row: self.row(case),
            exhibit: case.sections(time).into_iter().map(part).collect(),
            answerable: case.return_key.is_some(),
            given_alone: self.rules.named.contains(&self.own),
            accounts: case.about.iter().copied().map(account).collect(),
            files: case.files().into_iter().map(file).collect(),
            marks: marks.into_iter().map(Done::shown).collect(),
            file: case.file.clone(),
        })
    }

    /// What was taken back: what the team did stays, nothing else.
    fn case_gone(&self, number: &str) -> Option<DeskCase> {
        let number = Number::parse(number)?;
        let at = self.back(number)?.at;
        let acts = self.of(number).into_iter().filter(|done| !case::is_words(done.says, &done.note));
        Some(DeskCase {
            row: self.gone(number, at),
            exhibit: vec![],
            answerable: false,
            given_alone: self.rules.named.contains(&self.own),
            accounts: vec![],
            files: vec![],
            marks: acts.map(Done::shown).collect(),
            file: vec![],
        })
    }

    /// The same exhibit, for a terminal.
    pub fn exhibit(&self, number: &str, time: &dyn Fn(Millis) -> String) -> Option<String> {
        Some(report::exhibit::text(&self.find(number)?.sections(time)))
    }
}
