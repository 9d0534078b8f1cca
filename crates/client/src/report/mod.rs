//! Keeping what was said, and reporting it: from the evidence of shown messages, for whom a person chooses (docs/spec/report.md).
//!
//! Nothing here sends anything: making a report, keeping, and opening what is kept leave no trace outside this device.

mod answer_keys;
mod answers;
mod closed;
mod desk;
mod gather;
mod held;
mod inbox;
mod keep;
mod make;
mod news;
mod tell;

pub use answer_keys::AnswerKeys;
pub use answers::{look_with_code, take_back_with_code};
pub(crate) use desk::pass_of;
pub use desk::{DeskPass, desk_shown};
pub use held::{KeptVoice, KeptWanted};
pub use inbox::{Duty, Inbox};
pub use keep::KeptOpen;
pub use make::{one_time_passphrase, sending_of};
pub(crate) use news::DeskLook;
pub use tell::{MadeTold, tell};

use report::{Addressee, AddresseeSecret, Reason};
use view::ReportReason;
use wire::Millis;
use wire::desk::Desk;

/// A time as an exhibit writes it: in UTC, and on a clock so many minutes east of it.
pub fn written(at: Millis, east_minutes: i32) -> String {
    report::exhibit::time(at, east_minutes)
}

/// A reason as a report names it.
pub fn reason_of(reason: ReportReason) -> Reason {
    match reason {
        ReportReason::Mean => Reason::Mean,
        ReportReason::Pictures => Reason::Pictures,
        ReportReason::Pretending => Reason::Pretending,
        ReportReason::Friend => Reason::Friend,
        ReportReason::SomethingElse => Reason::SomethingElse,
    }
}

/// And as a screen names it.
fn reason_shown(reason: Reason) -> ReportReason {
    match reason {
        Reason::Mean => ReportReason::Mean,
        Reason::Pictures => ReportReason::Pictures,
        Reason::Pretending => ReportReason::Pretending,
        Reason::Friend => ReportReason::Friend,
        Reason::SomethingElse => ReportReason::SomethingElse,
    }
}

/// Where what the server says of its safety desk lies, among the small values.
const DESK: &str = "safety/desk";
/// Up to where its answers were read: the log, and a place in it.
const ANSWERS: &str = "safety/answers";
/// Where a member's reading of the desk's log ended.
const DESK_HEAD: &str = "safety/desk head";
/// How far a member's device has looked at it, and what it knows of what came there.
pub(crate) const DESK_LOOKED: &str = "safety/desk looked";
/// What this member gave in last, until more is given in.
const DESK_GIVEN: &str = "safety/desk given";
/// And what opens the desk's log to a member.
const DESK_PASS: &str = "safety/desk pass";

fn addressee_secret(seed: &[u8; 32]) -> AddresseeSecret {
    AddresseeSecret::from_seed(seed)
}

/// The key of the law enforcement desk, if there is one.
fn police_of(desk: &Desk) -> Option<Addressee> {
    desk.police.as_deref().and_then(addressee)
}

fn addressee(bytes: &[u8]) -> Option<Addressee> {
    Addressee::from_bytes(bytes)
}
