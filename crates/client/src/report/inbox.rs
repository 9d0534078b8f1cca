//! What a member of the desk reads: the desk's log, record by record, as cases and what the members did about them.

mod case;
mod follow;
mod records;
mod shown;
mod since;
#[cfg(test)]
mod tests;

use super::desk::{account_of, beside, known, members, pass_of, trust_of};
use super::{DESK_HEAD, addressee_secret};
use crate::account::Account;
use crate::client::{Client, Fault};
use crate::store::{meta, set_meta};
use case::{Case, Done, What, part};
use follow::{Follow, head_of};
use records::{Of, Records};
use report::exhibit::{Printing, sections};
use report::{Addressee, AddresseeSecret, Inside, Mark, Number, Sealed, Trust, Withdrawal};
use rusqlite::{Connection, params};
pub(super) use since::Seen;
use std::collections::{BTreeMap, BTreeSet};
use view::{CaseState, DeskSays, ExhibitPart, Refusal, ReportRefusal, WORKING_FOR};
use wire::call::Record;
use wire::desk::Erased;
use wire::{AccountId, Hash32, Millis, PassHash, Seq};

const HOUR: u64 = 3600 * 1000;
const DAY: u64 = 24 * HOUR;
/// A client that looks says again that it reads the log after this long: one mark a day is little, and of a week nothing much is lost.
const HERE_AGAIN: u64 = DAY;
/// Records that one mark names when they go: what is left goes the next time.
const ERASED_AT_ONCE: usize = 1000;

/// Filled by the records of the desk's log, in their order.
pub struct Inbox {
    secret: AddresseeSecret,
    trust: Trust,
    rules: Rules,
    own: AccountId,
    /// Server time.
    now: Millis,
    /// The one whose file is wanted.
    wanted: Option<Number>,
    cases: Vec<Case>,
    /// Where each stands among them.
    places: BTreeMap<Number, usize>,
    marks: BTreeMap<Number, Vec<Done>>,
    /// Marks that were read: the same bytes a second time are nobody's word again.
    said: BTreeSet<Hash32>,
    /// What takes reports back, by the number that it names. Which report it is of, its return key says.
    withdrawals: BTreeMap<Number, Vec<Back>>,
    /// Reports that were taken back or taken away when this device read the log before, by [`Case::key`].
    gone: BTreeSet<Hash32>,
    /// The record that was taken last.
    last: Seq,
    log: Follow,
    /// There is more than is read at once: how things stand is not known.
    cut: bool,
    /// Members whose clients have read the log, and when they last said so.
    here: BTreeMap<AccountId, Millis>,
    /// Records that were taken from the server, as it notes them: who had it done, and when.
    erased: BTreeMap<Seq, (AccountId, Millis)>,
    /// Which report each record is of, also of those that are there no more.
    records: Records,
}

/// A withdrawal, as it came.
struct Back {
    seq: Seq,
    at: Millis,
    /// The return key that its secret gives: whoever found another secret with the same number has another key.
    key: Addressee,
}

/// What the operator decided of the desk.
struct Rules {
    /// By which pass anybody drops something: nothing that came by it is a member's word.
    drop: PassHash,
    members: BTreeSet<AccountId>,
    /// Looks when the members do not.
    deputy: Option<AccountId>,
    /// Who is outside and the lead: each is given reports alone, and acts like a member about those.
    named: BTreeSet<AccountId>,
    hours: u16,
    keep_days: u16,
}

/// What is to be taken from the server, and what is answered then.
pub struct Duty {
    pub number: String,
    pub records: Vec<Seq>,
    /// To whom and what, if it is yet to be said.
    pub answer: Option<(Addressee, view::AnswerStands)>,
    /// What the others are told before it goes, if they do not know it: which records go with it.
    pub note: Option<String>,
}

impl Client {
    /// An inbox that nothing was read into. `wanted`: the report whose file is to be kept.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_inbox(&self, now: Millis, wanted: Option<&str>) -> Result<Result<Inbox, Refusal>, Fault> {
        let Some(mut inbox) = Inbox::empty(&self.db, now, wanted)? else { return Ok(Err(Refusal::Report(ReportRefusal::NotInDesk))) };
        inbox.records.load(&self.db)?;
        Ok(Ok(inbox))
    }
}

impl Inbox {
    /// One that nothing was read into; nothing where this account is in no desk.
    pub(super) fn empty(db: &Connection, now: Millis, wanted: Option<&str>) -> Result<Option<Self>, Fault> {
        let (Some(own), Some(desk), Some(pass)) = (Account::load(db)?, known(db)?, pass_of(db)?) else { return Ok(None) };
        let stamp_key = own.stamp_key.and_then(|key| franking::StampPublic::from_bytes(&key).ok());
        let kept: Option<Vec<u8>> = meta(db, DESK_HEAD)?;
        let offset: i64 = meta(db, "clock_offset")?.unwrap_or(0);
        let rules = Rules {
            drop: desk.drop.hash(),
            members: members(&desk).into_iter().map(|(account, _)| account).collect(),
            deputy: desk.deputy().and_then(|state| account_of(state)).map(|(account, _)| account),
            named: beside(&desk).map(|(account, _)| account).collect(),
            hours: desk.hours,
            keep_days: desk.more.as_ref().map_or(0, |more| more.keep_days),
        };
        Ok(Some(Self {
            secret: addressee_secret(own.inbox_seed()),
            own: own.id(),
            trust: trust_of(own),
            rules,
            now: Millis(now.0.saturating_add_signed(offset)),
            wanted: wanted.and_then(Number::parse),
            cases: vec![],
            places: BTreeMap::new(),
            marks: BTreeMap::new(),
            said: BTreeSet::new(),
            withdrawals: BTreeMap::new(),
            gone: gone(db)?,
            last: Seq::START,
            log: Follow::new(pass.log, stamp_key, kept.as_deref().and_then(head_of)),
            cut: false,
            here: BTreeMap::new(),
            erased: BTreeMap::new(),
            records: Records::of_log(pass.log),
        }))
    }
}

fn gone(db: &Connection) -> Result<BTreeSet<Hash32>, Fault> {
    let mut statement = db.prepare_cached("SELECT report FROM desk_gone")?;
    let rows = statement.query_map([], |row| row.get(0).map(Hash32))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Client {
    /// Keeps what the next reading is held against: where the log ended, and which reports are gone for good.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_read(&mut self, now: Millis, seed: [u8; 32], inbox: &Inbox) -> Result<Result<(), Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            if let Some(head) = inbox.log.head(inbox.now) {
                set_meta(turn.db, DESK_HEAD, head)?;
            }
            turn.desk_was_read(inbox)?;
            for report in inbox.went() {
                let insert = "INSERT OR IGNORE INTO desk_gone (report, at) VALUES (?1, ?2)";
                turn.db.prepare_cached(insert)?.execute(params![report.0, inbox.now.0 as i64])?;
            }
            Ok(Ok(()))
        })
    }

    /// A report that somebody shared with this account: what holds, then the words, never a picture. `time` writes a time.
    ///
    /// # Errors
    /// The device failed.
    pub fn report_shared(&self, file: &[u8], time: &dyn Fn(Millis) -> String) -> Result<Result<Vec<ExhibitPart>, Refusal>, Fault> {
        let not_ours = || Refusal::Report(ReportRefusal::NotForYou);
        let Some(secret) = self.reads_reports_with()? else { return Ok(Err(not_ours())) };
        let Ok(contents) = Sealed::parse(file).and_then(|sealed| sealed.open(&addressee_secret(&secret))) else {
            return Ok(Err(not_ours()));
        };
        let verdict = report::verify(&contents.report, &contents.body, &self.trust()?);
        let printing = Printing { time, file: Some(Hash32::of(file)), pictures: None };
        Ok(Ok(sections(&verdict, &printing).into_iter().map(part).collect()))
    }
}

impl Inbox {
    /// Takes a page of the log, the only way in for what a server shows: what it did not stamp is passed over, and what does not follow what was there
    /// before is noted.
    pub fn take_page(&mut self, records: &[Record]) {
        for Record { stamp, record } in records {
            if self.log.take(stamp, record) {
                self.take(stamp.seq, stamp.ms, stamp.by, record);
            }
        }
    }

    /// Up to where it was read.
    pub fn read_to(&self) -> Seq {
        self.last
    }

    /// Takes in that there is more, which is not read. A report that looks done with may have been opened again in what is left out.
    pub fn cut_short(&mut self) {
        self.cut = true;
    }

    /// Keeps which report each record is of that was read.
    pub(super) fn keep_records(&self, db: &Connection) -> Result<(), Fault> {
        Ok(self.records.keep(db, self.now)?)
    }

    /// Reports that are gone for good and that the server still has, each by [`Case::key`].
    fn went(&self) -> impl Iterator<Item = Hash32> {
        self.cases.iter().filter(|case| self.is_back(case.number) || self.is_deleted(case.number)).map(Case::key)
    }

    /// Takes one record. What is not sealed to this account, or is nothing of ours, is passed over.
    pub fn take(&mut self, seq: Seq, at: Millis, by: PassHash, record: &[u8]) {
        self.last = self.last.max(seq);
        if by == PassHash::SERVER {
            if let Ok(erased) = Erased::decode(record) {
                self.erased.insert(erased.seq, (erased.by, at));
            }
            return;
        }
        let Ok(inside) = Sealed::parse(record).and_then(|sealed| sealed.look(&self.secret)) else { return };
        let (number, what, return_key) = match inside {
            Inside::Mark(mark) => return self.mark(seq, at, by, *mark),
            // Whoever has the secret made the report: it counts by itself, also when the report is gone.
            Inside::Withdrawal(withdrawal) => return self.withdrawal(seq, at, &withdrawal),
            Inside::Answer(_) => return,
            Inside::Told(told) => {
                let return_key = told.return_key.clone();
                (told.number, What::Told(told), return_key)
            }
            Inside::Report(contents) => {
                let verdict = report::verify(&contents.report, &contents.body, &self.trust);
                (contents.report.number, What::Checked(Box::new(verdict)), contents.report.return_key.clone())
            }
        };
        let sha256 = Hash32::of(record);
        self.records.note(seq, Of::Report(number, case::key(number, return_key.as_ref())), at);
        // Sent again because the first answer was lost, or by who wants it to be there again.
        if let Some(case) = self.places.get(&number).and_then(|place| self.cases.get_mut(*place)) {
            // Another file of the same number is nobody's we know: the first one has it, and answers go to its return address alone.
            case.records.push(seq);
            return;
        }
        let file = if self.wanted == Some(number) { record.to_vec() } else { vec![] };
        let about = what.about();
        self.places.insert(number, self.cases.len());
        self.cases.push(Case { number, at, records: vec![seq], what, about, return_key, sha256, file });
    }

    /// Every one is kept: who found another secret with the same number by trying takes back nothing, and hinders nobody who may.
    fn withdrawal(&mut self, seq: Seq, at: Millis, withdrawal: &Withdrawal) {
        self.records.note(seq, Of::Nothing, at);
        let back = Back { seq, at, key: withdrawal.case().return_key().public() };
        let known = self.withdrawals.entry(withdrawal.number()).or_default();
        if known.iter().all(|known| known.key != back.key) {
            known.push(back);
        }
    }

    /// Only what a member made, and gave in with a member's pass.
    fn mark(&mut self, seq: Seq, at: Millis, by: PassHash, mark: Mark) {
        let rules = &self.rules;
        let Some(account) = mark.account(&self.trust).filter(|account| by != rules.drop && self.is_of_desk(account)) else { return };
        let says = case::says_of(mark.says);
        let words = says.is_some_and(|says| case::is_words(says, &mark.note));
        self.records.note(seq, if words { Of::Words(mark.number) } else { Of::Nothing }, at);
        // What is given in once more, by the server or with another's pass, stands where it stood.
        if !self.said.insert(Hash32::of(&mark.to_bytes())) {
            return;
        }
        if rules.members.contains(&account) {
            self.say_of(account, at);
        }
        let Some(says) = says else { return };
        self.marks.entry(mark.number).or_default().push(Done { seq: Some(seq), at, account, says, note: mark.note });
    }

    /// Whether the others know that this client reads the log, and not for too long. Who is named beside them need not say so.
    pub fn is_here(&self) -> bool {
        let lately = self.here.get(&self.own).is_some_and(|at| self.now.since(*at) < HERE_AGAIN);
        lately || !self.rules.members.contains(&self.own)
    }

    /// Takes in that they do.
    pub fn say_here(&mut self) {
        self.say_of(self.own, self.now);
    }

    fn say_of(&mut self, member: AccountId, at: Millis) {
        let last = self.here.entry(member).or_default();
        *last = at.max(*last);
    }

    fn working(&self) -> usize {
        self.here.values().filter(|at| self.now.since(**at) < WORKING_FOR).count()
    }

    /// Whether the report is there and this member has not opened it before.
    pub fn is_new_to_me(&self, number: &str) -> bool {
        let Some(case) = self.find(number) else { return false };
        !self.of(case.number).iter().any(|done| done.account == self.own && done.says == DeskSays::Looked)
    }

    /// Whether nobody has opened it.
    pub fn is_unopened(&self, number: &str) -> bool {
        self.find(number).is_some_and(|case| self.state(case.number) == CaseState::Unopened)
    }

    /// Takes in what this member did just now. `record`: the mark that was given in for it. If the server had it before, it stands where it was read.
    pub fn did(&mut self, (number, says, note): (&str, DeskSays, &str), record: &[u8]) {
        let (at, Some(number)) = (self.now, Number::parse(number)) else { return };
        if let Ok(Inside::Mark(mark)) = Sealed::parse(record).and_then(|sealed| sealed.look(&self.secret))
            && !self.said.insert(Hash32::of(&mark.to_bytes()))
        {
            return;
        }
        self.marks.entry(number).or_default().push(Done { seq: None, at, account: self.own, says, note: note.to_owned() });
    }

    /// Whether there is a report of that number, for this member.
    pub fn has(&self, number: &str) -> bool {
        self.find(number).is_some() || Number::parse(number).is_some_and(|number| self.is_back(number))
    }

    /// Those whose words are in it: what is done about it is not for them.
    pub fn about(&self, number: &str) -> BTreeSet<AccountId> {
        // Also when it was taken back: that it was there is not for them either.
        Number::parse(number).and_then(|number| self.case_of(number)).map(|case| case.about.clone()).unwrap_or_default()
    }

    /// Whether it is there with its words: something can be noted of it.
    pub fn is_there(&self, number: &str) -> bool {
        self.find(number).is_some()
    }

    /// Where an answer to it goes; nothing when it was taken back.
    pub fn return_key(&self, number: &str) -> Option<Addressee> {
        self.find(number)?.return_key.clone()
    }

    /// Whether something may be done because of it that the reported person could see.
    pub fn may_be_seen(&self, number: &str) -> bool {
        self.find(number).is_some_and(|case| self.state(case.number) != CaseState::PoliceFirst)
    }

    /// Whether an account is of the desk, or outside of it: what is done about it the operator does.
    pub fn is_of_desk(&self, account: &AccountId) -> bool {
        self.rules.members.contains(account) || self.rules.named.contains(account)
    }

    /// Whether it names a file.
    pub fn names_file(&self, number: &str, blob: &str) -> bool {
        self.find(number).is_some_and(|case| case.files().iter().any(|(found, _)| found.to_string() == blob))
    }

    /// A report that is there for this member, with its words.
    fn find(&self, number: &str) -> Option<&Case> {
        let number = Number::parse(number)?;
        self.shown().find(|case| case.number == number)
    }

    fn case_of(&self, number: Number) -> Option<&Case> {
        self.places.get(&number).and_then(|place| self.cases.get(*place))
    }

    fn shown(&self) -> impl Iterator<Item = &Case> {
        let there = |case: &&Case| !self.is_back(case.number) && !self.is_deleted(case.number) && !self.gone.contains(&case.key());
        self.cases.iter().filter(there).filter(|case| self.is_mine(case))
    }

    /// What takes this report back. Of one that this device has read it is what has its return key: a number is said aloud, and fifty bits of it can be
    /// tried.
    fn backs(&self, number: Number) -> impl Iterator<Item = &Back> {
        let (case, was) = (self.case_of(number), self.records.key_of(number));
        let known = self.withdrawals.get(&number).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter(move |back| match case {
            Some(case) => case.return_key.as_ref() == Some(&back.key),
            None => was.is_none_or(|was| was == case::key(number, Some(&back.key))),
        })
    }

    /// When it was taken back. Of a report that is gone the team's marks say that it was there.
    fn back(&self, number: Number) -> Option<&Back> {
        let was_there = self.places.contains_key(&number) || !self.of(number).is_empty();
        self.backs(number).next().filter(|_| was_there)
    }

    fn is_back(&self, number: Number) -> bool {
        self.back(number).is_some()
    }

    /// Once it was taken from the server it is gone, whoever brings the same bytes again. That it was is nobody's word alone: either who made it had taken
    /// it back, or the team had been done with it long enough.
    fn is_deleted(&self, number: Number) -> bool {
        let marks = self.of(number);
        let was_due = |(place, done): (usize, &&Done)| {
            let back = self.backs(number).any(|back| done.seq.is_none_or(|seq| seq > back.seq));
            done.says == DeskSays::Deleted && (back || self.is_over(&marks[..place], done.at))
        };
        marks.iter().enumerate().any(was_due)
    }

    /// The deputy sees what the members have not opened in time, and what no member could open.
    fn is_mine(&self, case: &Case) -> bool {
        if self.rules.deputy != Some(self.own) {
            return true;
        }
        let due = case.at.plus(u64::from(self.rules.hours) * HOUR);
        let marks = self.of(case.number);
        let opened = marks.iter().find(|done| done.account != self.own).is_some_and(|done| done.at < due);
        let acted = marks.iter().any(|done| done.account == self.own);
        let nobody_else = self.rules.members.iter().filter(|member| **member != self.own).all(|member| case.about.contains(member));
        acted || nobody_else || (self.now >= due && !opened)
    }

    /// What the team did about it. Whom it is about has no say in it.
    fn of(&self, number: Number) -> Vec<&Done> {
        let case = self.case_of(number);
        let marks = self.marks.get(&number).map(Vec::as_slice).unwrap_or_default();
        marks.iter().filter(|done| case.is_none_or(|case| !case.about.contains(&done.account))).collect()
    }

    /// Whether another report has that file held.
    pub fn is_held_elsewhere(&self, number: &str, blob: &str) -> bool {
        let number = Number::parse(number);
        let holds = |other: &Number| case::held(&self.of(*other)).get(blob).is_some_and(|until| *until > self.now);
        self.marks.keys().filter(|other| Some(**other) != number).any(holds)
    }

    /// Whether an account begins nothing new because of this report.
    pub fn is_restricted(&self, number: &str, account: &str) -> bool {
        Number::parse(number).is_some_and(|number| case::is_restricted(&self.of(number), account))
    }

    /// Until when a file is held because of it.
    pub fn held_until(&self, number: &str, blob: &str) -> Option<Millis> {
        case::held(&self.of(Number::parse(number)?)).get(blob).copied()
    }

    fn state(&self, number: Number) -> CaseState {
        if self.is_back(number) {
            return CaseState::TakenBack;
        }
        let marks = self.of(number);
        let last = marks.iter().rev().find_map(|done| match done.says {
            DeskSays::Open => Some(CaseState::Open),
            DeskSays::PoliceFirst => Some(CaseState::PoliceFirst),
            DeskSays::Closed => Some(CaseState::Closed),
            DeskSays::Refused => Some(CaseState::Refused),
            _ => None,
        });
        last.unwrap_or(if marks.is_empty() { CaseState::Unopened } else { CaseState::Open })
    }

    /// What is to be taken from the server: reports that were taken back, and those closed long enough ago of which no file is held.
    pub fn duties(&self) -> Vec<Duty> {
        if self.cut {
            return vec![];
        }
        let (mut duties, said) = (Vec::new(), self.said_gone());
        for case in &self.cases {
            let marks = self.of(case.number);
            let (back, over) = (self.back(case.number), self.is_over(&marks, self.now));
            // Brought again after all that lies behind: it goes as it came.
            let again = self.gone.contains(&case.key()) && back.is_none() && !over;
            let gone = again || self.is_deleted(case.number);
            let answer = match back {
                _ if gone => None,
                Some(back) => Some((back.key.clone(), case::stands_after(&marks))),
                None if over => None,
                None => continue,
            };
            let mut records = case.records.clone();
            // What the members wrote about it quotes it: their words go with it, what they did stays.
            records.extend(marks.iter().filter(|done| case::is_words(done.says, &done.note)).filter_map(|done| done.seq));
            records.truncate(ERASED_AT_ONCE);
            let noted = gone && records.iter().all(|seq| said.contains(seq));
            let note = (!noted).then(|| case::note_of(&records));
            duties.push(Duty { number: case.number.to_string(), records, answer, note });
        }
        duties
    }

    /// Closed or refused so long ago that it goes, and nothing of it is held.
    fn is_over(&self, marks: &[&Done], now: Millis) -> bool {
        let says = |done: &&&Done| matches!(done.says, DeskSays::Open | DeskSays::PoliceFirst | DeskSays::Closed | DeskSays::Refused);
        let Some(last) = marks.iter().rev().find(says) else { return false };
        let ended = matches!(last.says, DeskSays::Closed | DeskSays::Refused);
        let old = self.rules.keep_days > 0 && now.since(last.at) >= u64::from(self.rules.keep_days) * DAY;
        let held = case::held(marks).values().any(|until| *until > now);
        ended && old && !held
    }
}
