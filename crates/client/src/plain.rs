//! What a server refuses, as a fact for whoever asked. The protocol's own words are for programs.

use crate::client::{Cause, Fault};
use view::{Refusal, Why};
use wire::call::Refusal as Refused;

/// A refusal that only a person can do something about.
pub fn server_refused(refused: Refused) -> Refusal {
    let why = match refused {
        Refused::Malformed | Refused::Unsupported => Why::Misunderstood,
        Refused::NoSession | Refused::Busy => Why::NotNow,
        Refused::BadProof => Why::BadProof,
        Refused::AccountClosed => Why::AccountClosed,
        Refused::Restricted => Why::Restricted,
        Refused::HandleTaken => Why::HandleTaken,
        Refused::InviteNeeded | Refused::InviteSpent => Why::InviteNeeded,
        Refused::NotFound => Why::Gone,
        Refused::NoPass | Refused::RoleForbids => Why::NotAllowed,
        Refused::RateLimited { wait_ms } => Why::TooFast { wait_ms },
        Refused::Quota => Why::Quota,
        Refused::TooLarge { limit } => Why::TooLarge { limit },
        Refused::StateConflict
        | Refused::Stale { .. }
        | Refused::Duplicate
        | Refused::Offset { .. }
        | Refused::HashMismatch
        | Refused::Conflict => Why::Overtaken,
    };
    Refusal::ServerRefused { why }
}

/// What a failure of the device is for a person.
pub fn device_failed(fault: &Fault) -> Refusal {
    match fault.cause() {
        Cause::Full => Refusal::DiskFull,
        Cause::ReadOnly => Refusal::DiskReadOnly,
        Cause::Damaged => Refusal::DataDamaged,
        Cause::Other => Refusal::Device { why: fault.to_string() },
    }
}
