//! What a member of the desk reads: the desk's log, record by record, as cases and what the members did about them.

use super::desk::members;
use super::{addressee_secret, reason_shown};
use crate::client::{Client, Fault};
use report::exhibit::{Printing, Section, Shown, sections, told};
use report::verdict::{Line, Who};
use report::{AddresseeSecret, Inside, Mark, Number, Says, Sealed, Told, Trust, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use view::{CaseMark, CaseRow, CaseState, CaseVerdict, DeskCase, DeskInbox, DeskSays, ExhibitLine, ExhibitPart, Refusal, ReportRefusal};
use wire::{AccountId, Hash32, Millis, PassHash};

/// Filled by the records of the desk's log, in their order.
pub struct Inbox {
    secret: AddresseeSecret,
    trust: Trust,
    /// By which pass anybody drops something: nothing that came by it is a member's word.
    drop: PassHash,
    members: BTreeSet<AccountId>,
    own: AccountId,
    /// The one whose file is wanted.
    wanted: Option<Number>,
    cases: Vec<Case>,
    marks: BTreeMap<Number, Vec<Done>>,
    /// Members whose clients have read the log.
    here: BTreeSet<AccountId>,
}

struct Case {
    number: Number,
    at: Millis,
    what: What,
    sha256: Hash32,
    file: Vec<u8>,
}

enum What {
    Checked(Box<Verdict>),
    Told(Box<Told>),
}

/// A mark whose maker is known.
struct Done {
    at: Millis,
    account: AccountId,
    says: DeskSays,
    note: String,
}

impl Client {
    /// An inbox that nothing was read into. `wanted`: the report whose file is to be kept.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_inbox(&self, wanted: Option<&str>) -> Result<Result<Inbox, Refusal>, Fault> {
        let not_in = Ok(Err(Refusal::Report(ReportRefusal::NotInDesk)));
        let (Some(secret), Some(own), Some(desk)) = (self.reads_reports_with()?, self.account_id()?, self.desk()?) else { return not_in };
        if self.desk_pass()?.is_none() {
            return not_in;
        }
        Ok(Ok(Inbox {
            secret: addressee_secret(&secret),
            trust: self.trust()?,
            drop: desk.drop.hash(),
            members: members(&desk).into_iter().map(|(account, _)| account).collect(),
            own,
            wanted: wanted.and_then(Number::parse),
            cases: vec![],
            marks: BTreeMap::new(),
            here: BTreeSet::new(),
        }))
    }
}

impl Client {
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
    /// Takes one record. What is not sealed to this account, or is nothing of ours, is passed over.
    pub fn take(&mut self, at: Millis, by: PassHash, record: &[u8]) {
        let Ok(inside) = Sealed::parse(record).and_then(|sealed| sealed.look(&self.secret)) else { return };
        let (number, what) = match inside {
            Inside::Mark(mark) => return self.mark(at, by, *mark),
            Inside::Told(told) => (told.number, What::Told(told)),
            Inside::Report(contents) => {
                let verdict = report::verify(&contents.report, &contents.body, &self.trust);
                (contents.report.number, What::Checked(Box::new(verdict)))
            }
        };
        let sha256 = Hash32::of(record);
        // Sent again because the first answer was lost.
        if self.cases.iter().any(|case| case.sha256 == sha256) {
            return;
        }
        let file = if self.wanted == Some(number) { record.to_vec() } else { vec![] };
        self.cases.push(Case { number, at, what, sha256, file });
    }

    /// Only what a member made, and gave in with a member's pass.
    fn mark(&mut self, at: Millis, by: PassHash, mark: Mark) {
        let Some(account) = mark.account(&self.trust).filter(|account| by != self.drop && self.members.contains(account)) else { return };
        self.here.insert(account);
        let says = match mark.says {
            Says::Here => return,
            Says::Looked => DeskSays::Looked,
            Says::Note => DeskSays::Note,
            Says::Open => DeskSays::Open,
            Says::PoliceFirst => DeskSays::PoliceFirst,
            Says::Closed => DeskSays::Closed,
            Says::Refused => DeskSays::Refused,
        };
        self.marks.entry(mark.number).or_default().push(Done { at, account, says, note: mark.note });
    }

    /// Whether the others know that this client reads the log.
    pub fn is_here(&self) -> bool {
        self.here.contains(&self.own)
    }

    /// Takes in that they do.
    pub fn say_here(&mut self) {
        self.here.insert(self.own);
    }

    /// Whether the report is there and this member has not opened it before.
    pub fn is_new_to_me(&self, number: &str) -> bool {
        let Some(case) = self.find(number) else { return false };
        !self.of(case.number).iter().any(|done| done.account == self.own && done.says == DeskSays::Looked)
    }

    /// Takes in what this member did just now.
    pub fn did(&mut self, at: Millis, number: &str, says: DeskSays, note: &str) {
        let Some(number) = Number::parse(number) else { return };
        self.marks.entry(number).or_default().push(Done { at, account: self.own, says, note: note.to_owned() });
    }

    /// Of whom a report is: they are told nothing of what is done about it.
    pub fn about(&self, number: &str) -> BTreeSet<AccountId> {
        self.find(number).map(Case::about).unwrap_or_default()
    }

    pub fn has(&self, number: &str) -> bool {
        self.find(number).is_some()
    }

    fn find(&self, number: &str) -> Option<&Case> {
        let wanted = Number::parse(number)?;
        self.cases.iter().find(|case| case.number == wanted)
    }

    fn of(&self, number: Number) -> &[Done] {
        self.marks.get(&number).map_or(&[], Vec::as_slice)
    }

    fn state(&self, number: Number) -> CaseState {
        let marks = self.of(number);
        let last = marks.iter().rev().find_map(|done| match done.says {
            DeskSays::Open => Some(CaseState::Open),
            DeskSays::PoliceFirst => Some(CaseState::PoliceFirst),
            DeskSays::Closed => Some(CaseState::Closed),
            DeskSays::Refused => Some(CaseState::Refused),
            DeskSays::Looked | DeskSays::Note => None,
        });
        last.unwrap_or(if marks.is_empty() { CaseState::Unopened } else { CaseState::Open })
    }

    /// Everything, the newest first.
    pub fn rows(&self) -> DeskInbox {
        let cases = self.cases.iter().rev().map(|case| self.row(case)).collect();
        DeskInbox { cases, working: self.here.len() as u32, members: self.members.len() as u32 }
    }

    fn row(&self, case: &Case) -> CaseRow {
        let (reason, verdict, messages, undisclosed) = match &case.what {
            What::Told(told) => (told.reason, CaseVerdict::Unprovable, 0, 0),
            What::Checked(verdict) => {
                let holds = if verdict.holds() { CaseVerdict::Holds } else { CaseVerdict::DoesNotHold };
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
            notes: self.of(case.number).iter().filter(|done| !done.note.is_empty()).count() as u64,
            file_sha256: case.sha256.to_string(),
        }
    }

    /// One report, for a screen. `time` writes a time.
    pub fn case(&self, number: &str, time: &dyn Fn(Millis) -> String) -> Option<DeskCase> {
        let case = self.find(number)?;
        let held = self.state(case.number) == CaseState::PoliceFirst;
        Some(DeskCase {
            row: self.row(case),
            exhibit: case.sections(time).into_iter().map(part).collect(),
            to_close: if held { vec![] } else { case.about().iter().map(AccountId::to_string).collect() },
            marks: self.of(case.number).iter().map(Done::shown).collect(),
            file: case.file.clone(),
        })
    }

    /// The same exhibit, for a terminal.
    pub fn exhibit(&self, number: &str, time: &dyn Fn(Millis) -> String) -> Option<String> {
        Some(report::exhibit::text(&self.find(number)?.sections(time)))
    }
}

impl Case {
    fn about(&self) -> BTreeSet<AccountId> {
        match &self.what {
            What::Told(_) => BTreeSet::new(),
            What::Checked(verdict) => {
                let reporter = match verdict.reporter.who {
                    Who::Proved { account, .. } => Some(account),
                    Who::Withheld | Who::Failed => None,
                };
                let sender = |line: &Line| match line {
                    Line::Proved(proved) => Some(proved.account),
                    _ => None,
                };
                verdict.lines.iter().filter_map(sender).filter(|account| Some(*account) != reporter).collect()
            }
        }
    }

    fn sections(&self, time: &dyn Fn(Millis) -> String) -> Vec<Section> {
        let printing = Printing { time, file: Some(self.sha256), pictures: None };
        match &self.what {
            What::Checked(verdict) => sections(verdict, &printing),
            What::Told(what) => told(what, &printing),
        }
    }
}

impl Done {
    fn shown(&self) -> CaseMark {
        CaseMark { at_ms: self.at.0, account: self.account.to_string(), says: self.says, note: report::exhibit::safe(&self.note) }
    }
}

fn part(section: Section) -> ExhibitPart {
    let line = |line| match line {
        Shown::Line(line) => ExhibitLine::Line(line),
        Shown::Field { name, value } => ExhibitLine::Field { name, value },
        Shown::Words(words) => ExhibitLine::Words(words),
    };
    ExhibitPart { title: section.title, lines: section.lines.into_iter().map(line).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use franking::{ClientCert, ClientKey, FrankingKey, IdentityKey, Validity};
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;
    use report::{Recipients, Sealable, seal};
    use wire::ClientId;

    const NOW: Millis = Millis(1_800_000_000_000);
    const DOOR: PassHash = PassHash([1; 32]);
    const MEMBERS: PassHash = PassHash([2; 32]);

    struct Person {
        account: AccountId,
        cert: ClientCert,
        franking: FrankingKey,
    }

    fn person(seed: u8) -> Person {
        let identity = IdentityKey::from_seed(&[seed; 32]);
        let (franking, client) = (FrankingKey::from_seed(&[seed + 1; 32]), ClientKey::from_seed(&[seed + 2; 32]));
        let validity = Validity { not_before: Millis(NOW.0 - 1000), not_after: Millis(NOW.0 + 1_000_000) };
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        let cert = ClientCert::issue(&identity, ClientId([seed; 16]), &client, &franking, franking::Class::Native, validity, &mut rng);
        Person { account: identity.account(), cert: cert.unwrap(), franking }
    }

    fn inbox(members: &[&Person]) -> Inbox {
        Inbox {
            secret: AddresseeSecret::from_seed(&[9; 32]),
            trust: Trust::default(),
            drop: DOOR,
            members: members.iter().map(|person| person.account).collect(),
            own: members[0].account,
            wanted: None,
            cases: vec![],
            marks: BTreeMap::new(),
            here: BTreeSet::new(),
        }
    }

    fn file(of: &impl Sealable, seed: u8) -> Vec<u8> {
        let readers = vec![AddresseeSecret::from_seed(&[9; 32]).public()];
        seal(of, &Recipients { readers, passphrase: None }, &mut ChaCha20Rng::from_seed([seed; 32])).unwrap()
    }

    fn number() -> Number {
        Number::parse("0123-456-789").unwrap()
    }

    fn told() -> Vec<u8> {
        let told = Told::new(NOW, number(), report::Reason::Mean, "s".into(), "It began on Monday.".into(), String::new());
        file(&told.unwrap(), 1)
    }

    fn mark(of: &Person, says: Says, note: &str, seed: u8) -> Vec<u8> {
        let said = (NOW, number(), says, note.to_owned());
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        file(&Mark::make(said, &franking::Authority::none(), (&of.cert, &of.franking), &mut rng).unwrap(), seed)
    }

    fn shown(inbox: &Inbox) -> DeskCase {
        inbox.case("0123-456-789", &|at| at.0.to_string()).unwrap()
    }

    #[test]
    fn what_comes_by_the_public_door_or_from_no_member_is_no_word_of_the_team() {
        let (cleo, dora, stranger) = (person(10), person(20), person(30));
        let mut inbox = inbox(&[&cleo, &dora]);
        inbox.take(NOW, DOOR, &told());
        inbox.take(NOW, DOOR, &mark(&stranger, Says::Closed, "All is well.", 2));
        inbox.take(NOW, MEMBERS, &mark(&stranger, Says::Closed, "All is well.", 3));
        // A member's own words, which somebody else gives in.
        inbox.take(NOW, DOOR, &mark(&dora, Says::Closed, "All is well.", 4));
        let case = shown(&inbox);
        assert_eq!((case.row.state, case.marks.len(), inbox.rows().working), (CaseState::Unopened, 0, 0));
        inbox.take(NOW, MEMBERS, &mark(&dora, Says::Closed, "All is well.", 5));
        let case = shown(&inbox);
        assert_eq!((case.row.state, case.marks.len(), inbox.rows().working), (CaseState::Closed, 1, 1));
        assert_eq!(case.row.verdict, CaseVerdict::Unprovable);
    }

    #[test]
    fn a_report_stands_as_it_was_marked_last_and_the_same_file_is_one_report() {
        let (cleo, dora) = (person(10), person(20));
        let mut inbox = inbox(&[&cleo, &dora]);
        inbox.take(NOW, DOOR, &told());
        inbox.take(NOW, DOOR, &told());
        assert_eq!(inbox.rows().cases.len(), 1);
        assert!(inbox.is_new_to_me("0123-456-789") && !inbox.is_new_to_me("9999-999-999"));
        for (says, state) in [
            (Says::Looked, CaseState::Open),
            (Says::PoliceFirst, CaseState::PoliceFirst),
            (Says::Note, CaseState::PoliceFirst),
            (Says::Refused, CaseState::Refused),
            (Says::Open, CaseState::Open),
        ] {
            inbox.take(NOW, MEMBERS, &mark(&cleo, says, "", 7));
            assert_eq!(shown(&inbox).row.state, state);
        }
        assert!(!inbox.is_new_to_me("0123-456-789"));
    }
}
