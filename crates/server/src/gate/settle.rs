//! From outcomes to answers.

use super::{End, Gate, Then};
use crate::blobs::Blobs;
use crate::store::{Outcome, StoreError};
use bytes::Bytes;
use wire::call::{Refusal, Response, UploadId};

impl Gate {
    /// What a client hears of its operation, after the commit. Signatures are made here.
    pub fn settle(&self, then: Then, outcome: Result<Outcome, StoreError>) -> Response {
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Refused(error.into()),
        };
        match (outcome, then) {
            (Outcome::Refused(refusal), _) => Response::Refused(refusal),
            (Outcome::Appended(_), Then::Erase) => Response::Done,
            (Outcome::Appended(entry), _) => Response::Appended(entry.wire_stamp(self.keys.stamps())),
            (Outcome::Again(stamp), _) => {
                let stamps = self.keys.stamps();
                Response::Appended(stamps.wire_stamp(&stamp, stamps.sign(&stamp.chain())))
            }
            (Outcome::SignedUp { day, role }, Then::SignUp { handle, account }) => {
                Response::SignedUp { handle_cert: self.keys.handle_cert(handle, account, day.0, role).encode().into() }
            }
            (Outcome::Taken(packages), _) => Response::KeyPackages(packages),
            (Outcome::Done, Then::CreateBlob { upload }) => Response::Upload { upload, offset: 0 },
            (Outcome::Done, Then::CompleteBlob { blob, .. }) => Response::Stored { blob },
            (Outcome::Done | Outcome::Settled { .. } | Outcome::Swept(_) | Outcome::SignedUp { .. }, _) => Response::Done,
        }
    }

    /// What an outcome changes of who is signed in. Right after the commit, whether or not the one who asked is still there to hear of it.
    pub fn enforce(&self, then: &Then, outcome: &Outcome) {
        if *outcome != Outcome::Done {
            return;
        }
        let mut sessions = match then {
            Then::PublishState { .. } | Then::Restrict { .. } | Then::Close { .. } => self.sessions(),
            _ => return,
        };
        sessions.turn_over();
        match then {
            Then::PublishState { account, clients } => {
                sessions.end(|session| (session.account == *account && !clients.contains(&session.client)).then_some(End::Replaced));
            }
            Then::Restrict { account, ban } => sessions.each(|session| {
                if session.account == *account {
                    session.restrict(*ban);
                }
            }),
            Then::Close { account } => sessions.end(|session| (session.account == *account).then_some(End::Closed)),
            _ => {}
        }
    }

    /// What an outcome changes outside the store. Where it is known, whether or not the one who asked is still there to hear of it: what is kept for a
    /// request that nobody waits for any more would be kept for good.
    pub fn tidy(&self, then: &Then, outcome: &Outcome, blobs: &dyn Blobs) {
        match (then, outcome) {
            (Then::Take { pass }, Outcome::Refused(_)) => self.ledger().give_back(pass),
            (Then::CreateBlob { upload }, Outcome::Refused(_)) => self.give_up(upload, blobs),
            (Then::CompleteBlob { upload, blob }, outcome) => {
                blobs.settled(blob);
                if *outcome == Outcome::Done {
                    self.ledger().finish(upload);
                }
            }
            _ => {}
        }
    }

    /// Throws an upload away whose row never came or is gone: whoever began it may begin another.
    pub fn give_up(&self, upload: &UploadId, blobs: &dyn Blobs) {
        self.ledger().finish(upload);
        blobs.discard(upload);
    }
}

/// The answer to bytes that are no request.
pub fn malformed(why: wire::codec::Malformed) -> Response {
    Response::Refused(match why {
        wire::codec::Malformed::UnknownKind => Refusal::Unsupported,
        _ => Refusal::Malformed,
    })
}

/// An answer as it goes over the wire.
pub fn encode(id: u64, response: Response) -> Bytes {
    wire::call::Frame::Response { id, response }.encode()
}
