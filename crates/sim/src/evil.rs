//! Those who do not follow the protocol: a server that changes what it shows, a member that appends what no honest client would.
//!
//! Evil works on frames, as the wire would show it; what it did is counted, so that a test knows that there was something to notice.

use crate::dice::Dice;
use wire::call::{Flag, Frame, Push, Record, Request, Response};
use wire::{Commitment, Hash32};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// The server leaves a record out.
    Drop,
    /// The server shows a page twice.
    Replay,
    /// The server swaps two records of a page.
    Reorder,
    /// The server changes a byte of a record.
    Alter,
    /// The server changes when a record was stamped.
    Backdate,
    /// The server changes by whose pass a record came.
    Reattribute,
    /// The server leaves Commits out.
    WithholdCommit,
    /// The server says nothing to an append that stands.
    Unanswered,
    /// The server changes when the records of a page were stamped that somebody asks for.
    Misdate,
    /// A member appends random bytes.
    Junk,
    /// A member flags content as a Commit, or a Commit as content.
    Misflag,
    /// A member appends its content under another commitment.
    ForgeCommitment,
    /// A member cuts its record short.
    Truncate,
    /// A member hides from the server that a Commit changes passes, which the server would refuse it.
    HideChanges,
}

impl Deed {
    pub const SERVER: [Self; 8] =
        [Self::Drop, Self::Replay, Self::Reorder, Self::Alter, Self::Backdate, Self::Reattribute, Self::WithholdCommit, Self::Unanswered];
    pub const MEMBER: [Self; 4] = [Self::Junk, Self::Misflag, Self::ForgeCommitment, Self::Truncate];
}

pub struct Evil {
    pub deed: Deed,
    /// Frames in 1,000 to which it is done.
    pub often: u64,
    /// To whom the server does it, or which member does it.
    pub person: usize,
    /// How many times it was done.
    pub done: u64,
}

impl Evil {
    /// What arrives instead of a frame, if anything.
    pub fn to_client(&mut self, dice: &mut Dice, person: usize, frame: Frame) -> Option<Frame> {
        if self.deed == Deed::Misdate {
            return Some(self.misdate(person, frame));
        }
        if person != self.person || !Deed::SERVER.contains(&self.deed) || !dice.per_mille(self.often) {
            return Some(frame);
        }
        match frame {
            Frame::Push(push) => Some(Frame::Push(self.spoil(dice, push))),
            Frame::Response { response: Response::Appended(_), .. } if self.deed == Deed::Unanswered => {
                self.done += 1;
                None
            }
            frame => Some(frame),
        }
    }

    fn misdate(&mut self, person: usize, mut frame: Frame) -> Frame {
        if let Frame::Response { response: Response::Page { records, .. }, .. } = &mut frame
            && person == self.person
        {
            records.iter_mut().for_each(|record| record.stamp.ms.0 += 1);
            self.done += records.len() as u64;
        }
        frame
    }

    fn spoil(&mut self, dice: &mut Dice, mut push: Push) -> Push {
        let count = push.records.len();
        if count == 0 {
            return push;
        }
        let at = dice.between(0, count as u64 - 1) as usize;
        let is_commit = |record: &Record| record.stamp.flag == Flag::Commit;
        match self.deed {
            Deed::Drop => {
                push.records.remove(at);
            }
            Deed::Replay => push.records.extend(push.records.clone()),
            Deed::Reorder if count > 1 => push.records.swap(at, (at + 1) % count),
            Deed::Alter => alter(dice, &mut push.records[at]),
            Deed::Backdate => push.records[at].stamp.ms.0 = push.records[at].stamp.ms.0.saturating_sub(60_000),
            Deed::Reattribute => push.records[at].stamp.by.0[0] ^= 1,
            Deed::WithholdCommit if push.records.iter().any(is_commit) => push.records.retain(|record| !is_commit(record)),
            _ => return push,
        }
        self.done += 1;
        push
    }

    pub fn to_server(&mut self, dice: &mut Dice, person: usize, frame: Frame) -> Frame {
        let Frame::Request { id, request: Request::Append(mut append) } = frame else { return frame };
        if person != self.person || self.deed == Deed::Misdate || Deed::SERVER.contains(&self.deed) || !dice.per_mille(self.often) {
            return Frame::Request { id, request: Request::Append(append) };
        }
        self.done += 1;
        match self.deed {
            Deed::Junk => append.record = dice.seed().to_vec().into(),
            Deed::Misflag => {
                append.flag = if append.flag == Flag::Commit { Flag::Content } else { Flag::Commit };
                append.changes.clear();
                append.c = Commitment::NONE;
            }
            Deed::ForgeCommitment if append.c != Commitment::NONE => append.c = Commitment(Hash32::of(&dice.seed()).0),
            Deed::HideChanges if append.flag == Flag::Commit => append.changes.clear(),
            Deed::Truncate => append.record.truncate(append.record.len() / 2),
            _ => self.done -= 1,
        }
        Frame::Request { id, request: Request::Append(append) }
    }
}

fn alter(dice: &mut Dice, record: &mut Record) {
    let mut bytes = record.record.to_vec();
    if !bytes.is_empty() {
        let at = dice.between(0, bytes.len() as u64 - 1) as usize;
        bytes[at] ^= 0x20;
    }
    record.record = bytes.into();
}
