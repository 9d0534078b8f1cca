//! What a server refuses, as a fact for whoever asked. The protocol's own words are for programs.

use view::{Refusal, Why};
use wire::call::Refusal as Refused;

/// A refusal that only a person can do something about.
pub fn server_refused(refused: Refused) -> Refusal {
    let why = match refused {
        Refused::Malformed | Refused::Unsupported => Why::Misunderstood,
        Refused::NoSession | Refused::Busy => Why::NotNow,
        Refused::BadProof => Why::BadProof,
        Refused::AccountClosed => Why::AccountClosed,
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
