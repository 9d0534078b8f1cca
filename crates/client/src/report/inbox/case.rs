//! One report at the desk, and what its marks come to.

use report::exhibit::{Printing, Section, Shown, sections, told};
use report::verdict::{Line, Who};
use report::{Addressee, Number, Says, Told, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use view::{AnswerStands, CaseMark, DeskSays, ExhibitLine, ExhibitPart};
use wire::{AccountId, BlobId, Hash32, Millis, Seq};

pub struct Case {
    pub number: Number,
    pub at: Millis,
    /// Where it stands in the log, each time that it was brought.
    pub records: Vec<Seq>,
    pub what: What,
    /// Those whose words are in it.
    pub about: BTreeSet<AccountId>,
    pub return_key: Option<Addressee>,
    pub sha256: Hash32,
    pub file: Vec<u8>,
}

pub enum What {
    Checked(Box<Verdict>),
    Told(Box<Told>),
}

/// A mark whose maker is known.
pub struct Done {
    /// None: made just now.
    pub seq: Option<Seq>,
    pub at: Millis,
    pub account: AccountId,
    pub says: DeskSays,
    pub note: String,
}

/// What a mark says of a report; nothing when it is of none.
pub fn says_of(says: Says) -> Option<DeskSays> {
    Some(match says {
        Says::Here => return None,
        Says::Looked => DeskSays::Looked,
        Says::Note => DeskSays::Note,
        Says::Open => DeskSays::Open,
        Says::PoliceFirst => DeskSays::PoliceFirst,
        Says::Closed => DeskSays::Closed,
        Says::Refused => DeskSays::Refused,
        Says::Answered => DeskSays::Answered,
        Says::Held => DeskSays::Held,
        Says::Released => DeskSays::Released,
        Says::Restricted => DeskSays::Restricted,
        Says::Lifted => DeskSays::Lifted,
        Says::AccountClosed => DeskSays::AccountClosed,
        Says::Deleted => DeskSays::Deleted,
    })
}

/// Files that are held, and until when. Of one that was released nothing is left here.
pub fn held(marks: &[&Done]) -> BTreeMap<String, Millis> {
    let mut held = BTreeMap::new();
    for done in marks {
        let (blob, until) = done.note.split_once('\n').unwrap_or((&done.note, ""));
        match done.says {
            DeskSays::Held => drop(held.insert(blob.to_owned(), Millis(until.parse().unwrap_or(0)))),
            DeskSays::Released => drop(held.remove(blob)),
            _ => {}
        }
    }
    held
}

/// Whether an account begins nothing new because of this report.
pub fn is_restricted(marks: &[&Done], account: &str) -> bool {
    let of = |done: &&&Done| done.note == account && matches!(done.says, DeskSays::Restricted | DeskSays::Lifted);
    marks.iter().rev().find(of).is_some_and(|done| done.says == DeskSays::Restricted)
}

/// Whether it is closed because of it: what was lifted after that was not done, or undone.
pub fn is_closed(marks: &[&Done], account: &str) -> bool {
    let of = |done: &&&Done| done.note == account && matches!(done.says, DeskSays::AccountClosed | DeskSays::Lifted);
    marks.iter().rev().find(of).is_some_and(|done| done.says == DeskSays::AccountClosed)
}

/// The note of who takes a report from the server: which records that are.
pub fn note_of(records: &[Seq]) -> String {
    records.iter().map(|seq| seq.0.to_string()).collect::<Vec<_>>().join(" ")
}

/// The records that go with a report, as the mark says that has it taken from the server.
pub fn records_of(done: &Done) -> impl Iterator<Item = Seq> + '_ {
    done.note.split(' ').filter_map(|seq| seq.parse().ok().map(Seq))
}

/// Whether a mark holds words of a member.
pub fn is_words(says: DeskSays, note: &str) -> bool {
    let written =
        matches!(says, DeskSays::Note | DeskSays::Answered | DeskSays::Open | DeskSays::PoliceFirst | DeskSays::Closed | DeskSays::Refused);
    written && !note.is_empty()
}

/// What is said to who took a report back: whether something had been done.
pub fn stands_after(marks: &[&Done]) -> AnswerStands {
    let acts = [DeskSays::Held, DeskSays::Restricted, DeskSays::AccountClosed, DeskSays::PoliceFirst];
    if marks.iter().any(|done| acts.contains(&done.says)) { AnswerStands::TakenBackLate } else { AnswerStands::TakenBack }
}

impl What {
    pub fn about(&self) -> BTreeSet<AccountId> {
        match self {
            Self::Told(_) => BTreeSet::new(),
            Self::Checked(verdict) => {
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
}

/// What a report is known by after it is gone: its number and its return address, if it has one. Neither alone is its own: a number is said aloud, and
/// who reads a report can put its address into another.
pub fn key(number: Number, return_key: Option<&Addressee>) -> Hash32 {
    let address = return_key.map(|key| key.as_bytes().as_slice()).unwrap_or_default();
    Hash32::of(&[number.as_bytes().as_slice(), address].concat())
}

impl Case {
    /// [`key`].
    pub fn key(&self) -> Hash32 {
        key(self.number, self.return_key.as_ref())
    }

    /// The files that its messages name, and their lengths.
    pub fn files(&self) -> Vec<(BlobId, u64)> {
        let What::Checked(verdict) = &self.what else { return vec![] };
        let of = |line: &Line| match line {
            Line::Proved(proved) => {
                proved.content.body.attachments().into_iter().map(|attachment| (attachment.blob, attachment.length)).collect()
            }
            _ => vec![],
        };
        verdict.lines.iter().flat_map(of).collect()
    }

    pub fn sections(&self, time: &dyn Fn(Millis) -> String) -> Vec<Section> {
        let printing = Printing { time, file: Some(self.sha256), pictures: None };
        match &self.what {
            What::Checked(verdict) => sections(verdict, &printing),
            What::Told(what) => told(what, &printing),
        }
    }
}

impl Done {
    pub fn shown(&self) -> CaseMark {
        // Which records it names is for programs, how many is for people.
        let (note, records) = match self.says {
            DeskSays::Deleted => (String::new(), records_of(self).collect::<BTreeSet<_>>().len() as u32),
            _ => (report::exhibit::safe(&self.note), 0),
        };
        CaseMark { at_ms: self.at.0, account: self.account.to_string(), says: self.says, note, records }
    }
}

pub fn part(section: Section) -> ExhibitPart {
    let line = |line| match line {
        Shown::Line(line) => ExhibitLine::Line(line),
        Shown::Field { name, value } => ExhibitLine::Field { name, value },
        Shown::Words(words) => ExhibitLine::Words(words),
    };
    ExhibitPart { title: section.title, lines: section.lines.into_iter().map(line).collect() }
}
