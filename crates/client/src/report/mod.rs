//! Keeping what was said, and reporting it: from the evidence of shown messages, for whom a person chooses (docs/spec/report.md).
//!
//! Nothing here sends anything: making a report, keeping, and opening what is kept leave no trace outside this device.

mod desk;
mod gather;
mod keep;
mod make;

pub use desk::DeskPass;
pub use keep::KeptOpen;
pub use make::one_time_passphrase;

use report::{Addressee, Reason};
use view::ReportReason;

/// A reason as a report names it.
fn reason_of(reason: ReportReason) -> Reason {
    match reason {
        ReportReason::Mean => Reason::Mean,
        ReportReason::Pictures => Reason::Pictures,
        ReportReason::Pretending => Reason::Pretending,
        ReportReason::Friend => Reason::Friend,
        ReportReason::SomethingElse => Reason::SomethingElse,
    }
}

/// Where what the server says of its safety desk lies, among the small values.
const DESK: &str = "safety/desk";
/// And what opens the desk's log to a member.
const DESK_PASS: &str = "safety/desk pass";

fn addressee(bytes: &[u8]) -> Option<Addressee> {
    Addressee::from_bytes(bytes)
}
