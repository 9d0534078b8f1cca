//! Whether an append stands: the rules of docs/spec/delivery.md as a function of what is kept.

use super::NewRecord;
use crate::bucket::{Bucket, Rate};
use wire::call::{Flag, PassChange, Refusal, Role};
use wire::{Chain, Commitment, Millis, PassHash, Seq, limits};

const PASS_COMMITS: Rate = Rate { burst: limits::COMMIT_BURST, every: limits::COMMIT_EVERY };
const LOG_COMMITS: Rate = Rate { burst: limits::LOG_COMMIT_BURST, every: limits::LOG_COMMIT_EVERY };

/// Where a log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub seq: Seq,
    pub ms: Millis,
    pub chain: Chain,
    pub last_commit: Seq,
    pub kind: Kind,
    pub commits: Bucket,
}

/// What a log is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Group,
    /// Stamped by the minute; records commit to nothing.
    Inbox,
}

/// What a log knows of one pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    pub role: Role,
    /// The record that ended it.
    pub ended: Option<Seq>,
    pub commits: Bucket,
}

/// Decides whether `new` stands after `head`, for everything but its commitment and the passes it names.
///
/// # Errors
/// The refusal.
pub fn admit(head: &Head, pass: &Pass, new: &NewRecord, now: Millis) -> Result<(), Refusal> {
    if pass.ended.is_some() {
        return Err(Refusal::NoPass);
    }
    if new.flag == Flag::Commit && pass.role == Role::Drop {
        return Err(Refusal::RoleForbids);
    }
    // A pass that changed outside a Commit would change who reads without any member's consent.
    if new.flag == Flag::Content && !new.changes.is_empty() {
        return Err(Refusal::Malformed);
    }
    if (new.flag == Flag::Commit || head.kind == Kind::Inbox) && new.c != Commitment::NONE {
        return Err(Refusal::Malformed);
    }
    if new.after != head.last_commit {
        return Err(Refusal::Stale { last_commit: head.last_commit });
    }
    if new.flag == Flag::Commit {
        let wait_ms = pass.commits.wait(PASS_COMMITS, now).max(head.commits.wait(LOG_COMMITS, now));
        if wait_ms > 0 {
            return Err(Refusal::RateLimited { wait_ms });
        }
    }
    changes_allowed(pass.role, new)
}

/// How long a pass waits before it may append content to a crowded log: as slowly as it Commits, and no longer for what others append.
pub fn wait_in_a_crowd(pass: &Pass, now: Millis) -> u64 {
    pass.commits.wait(PASS_COMMITS, now)
}

/// What content in a crowded log costs its pass.
pub fn spend_in_a_crowd(pass: &mut Pass, now: Millis) {
    pass.commits.take(PASS_COMMITS, now);
}

/// Members may swap their own pass, owners may do everything; nobody swaps twice in one record.
fn changes_allowed(role: Role, new: &NewRecord) -> Result<(), Refusal> {
    let swaps = new.changes.iter().filter(|change| matches!(change, PassChange::Swap(_))).count();
    if swaps > 1 {
        return Err(Refusal::Malformed);
    }
    if role != Role::Owner && swaps != new.changes.len() {
        return Err(Refusal::RoleForbids);
    }
    Ok(())
}

/// What an accepted Commit costs its pass and its log.
pub fn spend(head: &mut Head, pass: &mut Pass, now: Millis) {
    head.commits.take(LOG_COMMITS, now);
    pass.commits.take(PASS_COMMITS, now);
}

/// The time of the next stamp. It never goes back within a log, whatever the clock does: an order of times that differs from the order of
/// records could not be explained to anyone. In an inbox it tells the minute only.
pub fn stamp_time(head: &Head, now: Millis) -> Millis {
    let now = match head.kind {
        Kind::Group => now,
        Kind::Inbox => Millis(now.0 - now.0 % limits::INBOX_TIME_GRAIN),
    };
    now.max(head.ms)
}

/// Until when a pass holds records back: a pass that reads holds what it has not acknowledged, one that was dropped holds what it may still
/// read, one that was swapped lives on in its heir. `None`: it holds nothing.
pub fn holds_after(role: Role, cursor: Seq, ended: Option<Seq>, heir: Option<PassHash>) -> Option<Seq> {
    match (role, ended, heir) {
        (Role::Drop, ..) | (_, _, Some(_)) => None,
        (_, None, None) => Some(cursor),
        (_, Some(end), None) => (cursor < end).then_some(cursor),
    }
}

/// Whether a record dies: everyone is past it, or it is older than records of its kind get.
pub fn dies(flag: Flag, seq: Seq, ms: Millis, everyone_past: Seq, now: Millis) -> bool {
    let life = match flag {
        Flag::Content => limits::RECORD_RETENTION,
        Flag::Commit => limits::COMMIT_RETENTION,
    };
    seq <= everyone_past || now.since(ms) >= life
}
