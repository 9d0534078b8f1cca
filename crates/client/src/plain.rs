//! What a server refuses, in words for whoever asked: what happened and what to do next. The protocol's own words are for programs.

use view::Refusal;
use wire::call::Refusal as Refused;

/// A refusal that only a person can do something about.
pub fn server_refused(refused: Refused) -> Refusal {
    let why = match refused {
        Refused::Malformed | Refused::Unsupported => "it and this program do not understand each other. Update the older of the two".into(),
        Refused::NoSession | Refused::Busy => "it cannot do it at the moment. Try again later".into(),
        Refused::BadProof => "it could not check who asks. Try again, and if it stays so ask its operator".into(),
        Refused::AccountClosed => "its operator has closed this account. Ask them why".into(),
        Refused::HandleTaken => "the username belongs to somebody else. Choose another".into(),
        Refused::InviteNeeded | Refused::InviteSpent => "it takes people with a good invitation only. Ask its operator for one".into(),
        Refused::NotFound => "it does not have that any more. Ask for it to be sent again".into(),
        Refused::NoPass | Refused::RoleForbids => "you may not do that there any more. Ask somebody who may".into(),
        Refused::RateLimited { wait_ms } => format!("too much at once. Try again in {} seconds", wait_ms.div_ceil(1000)),
        Refused::Quota => "you have sent as much today as you may. Try again tomorrow, or ask its operator for more".into(),
        Refused::TooLarge { limit } => format!("it takes at most {limit} bytes at once. Send less, or send it in parts"),
        Refused::StateConflict
        | Refused::Stale { .. }
        | Refused::Duplicate
        | Refused::Offset { .. }
        | Refused::HashMismatch
        | Refused::Conflict => "something else came first. Try again".into(),
    };
    Refusal::ServerRefused { why }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_refused_is_told_what_to_do() {
        for (refused, wanted) in [
            (
                Refused::Quota,
                "The server refused: you have sent as much today as you may. Try again tomorrow, or ask its operator for more.",
            ),
            (Refused::RateLimited { wait_ms: 1500 }, "The server refused: too much at once. Try again in 2 seconds."),
            (Refused::AccountClosed, "The server refused: its operator has closed this account. Ask them why."),
        ] {
            assert_eq!(server_refused(refused).to_string(), wanted);
        }
    }
}
