//! The way into the safety desk's log and to its answers: without a session, so that neither is tied to an account; and what members of the desk may
//! have done (docs/spec/report.md, "The desk").

use super::{Gate, Session, Then, own};
use crate::hub::conn::Conn;
use crate::record::Entry;
use crate::store::{Ban, Day, LogKey, NewRecord, Op};
use bytes::Bytes;
use franking::SignedState;
use std::collections::HashSet;
use std::sync::PoisonError;
use wire::call::{Append, DeskAct, Flag, PassChange, Refusal};
use wire::desk::{Desk, Role, work_holds};
use wire::{AccountId, Commitment, Hash32, LogId, Millis, PassHash, PassToken, limits};

/// Where reports go, and what everybody is told of it.
#[derive(Debug, Clone)]
pub struct Door {
    log: LogId,
    drop: PassHash,
    /// Where answers lie, and the pass that everybody reads them with.
    answers: Option<(LogId, PassHash)>,
    members: HashSet<AccountId>,
    record: Bytes,
}

impl Door {
    /// Of what an operator set up; nothing when it does not parse.
    pub fn of(record: Bytes) -> Option<Self> {
        let (desk, _) = Desk::decode(&record).ok()?;
        let answers = desk.more.as_ref().map(|more| (more.answers, more.read.hash()));
        let account = |state: &Vec<u8>| Some(SignedState::from_bytes(state).ok()?.verify().ok()?.state().account);
        // Who is named beside them acts as members do, about what was given to them.
        let named = Role::ALL.into_iter().filter_map(|role| desk.named(role)).map(|named| &named.state);
        let members = desk.members.iter().chain(named).filter_map(account).collect();
        Some(Self { log: desk.reports, drop: desk.drop.hash(), answers, members, record })
    }
}

impl Gate {
    /// Takes over the desk that an operator set up, or that there is none any more.
    pub fn set_desk(&self, door: Option<Door>) {
        *self.desk.write().unwrap_or_else(PoisonError::into_inner) = door;
    }

    /// What everybody may know of the desk.
    pub fn desk(&self) -> Option<Bytes> {
        self.desk.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|door| door.record.clone())
    }

    /// Whether an append is a report: it is then taken without a session, whoever says it, and one that comes with a session is refused.
    pub(super) fn is_report(&self, append: &Append) -> bool {
        let door = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        door.as_ref().is_some_and(|door| door.log == append.log && door.drop == append.pass.hash())
    }

    /// Where everybody drops what is for the desk, and with which pass.
    pub(super) fn desk_door(&self) -> Option<(LogId, PassHash)> {
        self.desk.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(|door| (door.log, door.drop))
    }

    /// Whether a record that landed was dropped at the desk. What its members note there is not.
    pub fn is_dropped(&self, entry: &Entry) -> bool {
        let landed = entry.stamped();
        self.desk_door().is_some_and(|(log, drop)| drop == landed.stamp.by && LogKey::of(&log) == landed.log)
    }

    /// Takes a report from who has no session.
    ///
    /// # Errors
    /// It is no report, its sender did no work for it, or there are too many at the moment.
    pub(super) fn drop_report(&self, now: Millis, conn: &Conn, append: Append) -> Result<Op, Refusal> {
        // On a connection that says whose it is, the server would know who reports.
        if conn.session.is_some() {
            return Err(Refusal::RoleForbids);
        }
        let h = Hash32::of(&append.record);
        if append.flag != Flag::Content || !append.changes.is_empty() || !work_holds(&append.c, &h) {
            return Err(Refusal::Malformed);
        }
        let place = conn.from.and_then(|from| self.keys.place_outside(from, limits::REPORT_PLACES));
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).take(now, place, append.record.len())?;
        let (log, by, after, c, record) = (append.log, append.pass.hash(), append.after, append.c, own(&append.record));
        Ok(Op::Append(NewRecord { log, by, flag: Flag::Content, after, c, h, record, changes: Vec::new() }))
    }

    /// Whether this reads answers: everybody may, and in nobody's name. In a session the server would know who waits for one.
    pub(super) fn reads_answers(&self, conn: &Conn, log: &LogId, pass: &PassToken) -> Result<bool, Refusal> {
        let door = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        let answers = door.as_ref().and_then(|door| door.answers);
        match (answers == Some((*log, pass.hash())), conn.session.is_some()) {
            (true, true) => Err(Refusal::RoleForbids),
            (is, _) => Ok(is),
        }
    }

    /// In the logs of the desk members alone write, and nothing but content: a Commit there would make stale whatever is dropped by who has not seen it,
    /// and so end all reports. The pass to the answers is everybody's to read with.
    pub(super) fn may_append(&self, session: &Session, append: &Append) -> Result<(), Refusal> {
        // What goes into an inbox commits to nothing, and nothing else is without a commitment: it asks somebody for a chat, or into a group. A pass
        // that is set is a link of one's own, or somebody who is let into a group.
        let deposits = append.flag == Flag::Content && append.c == Commitment::NONE;
        let lets_in = append.changes.iter().any(|change| matches!(change, PassChange::Set(_)));
        if session.is_restricted() && (deposits || lets_in) {
            return Err(Refusal::Restricted);
        }
        let door = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        let Some(door) = door.as_ref() else { return Ok(()) };
        let is_ours = door.log == append.log || door.answers.is_some_and(|(log, _)| log == append.log);
        let may = door.members.contains(&session.account) && append.flag == Flag::Content && append.changes.is_empty();
        if is_ours && !may { Err(Refusal::RoleForbids) } else { Ok(()) }
    }

    /// What a member of the desk asks for. Against one of their own, or for themselves, they ask the operator: else one of them could close the others'
    /// accounts and read alone.
    ///
    /// # Errors
    /// Whoever asks is no member, or whom it is about is one.
    pub(super) fn desk_act(&self, now: Millis, session: &Session, act: DeskAct) -> Result<(Op, Then), Refusal> {
        let door = self.desk.read().unwrap_or_else(PoisonError::into_inner);
        let door = door.as_ref().filter(|door| door.members.contains(&session.account)).ok_or(Refusal::RoleForbids)?;
        let plain = |op| Ok((op, Then::Plain));
        let other = |account: AccountId| if door.members.contains(&account) { Err(Refusal::RoleForbids) } else { Ok(account) };
        let ban = |account: AccountId, ban: Ban| Ok((Op::Restrict { account, ban }, Then::Restrict { account, ban }));
        match act {
            DeskAct::Erase { seq } => Ok((Op::Erase { log: LogKey::of(&door.log), seq, by: session.account }, Then::Erase)),
            DeskAct::Hold { blob, days } => {
                let until = Day(Day::of(now).0.saturating_add(days)).min(Day::of(now).after(limits::HOLD_LIFE));
                plain(Op::HoldBlob { blob, until })
            }
            DeskAct::Release { blob } => plain(Op::ReleaseBlob { blob }),
            DeskAct::Restrict { account } => ban(other(account)?, Ban::Restricted),
            DeskAct::Lift { account } => ban(other(account)?, Ban::None),
            DeskAct::Close { account } => other(account).map(|account| (Op::CloseAccount { account }, Then::Close { account })),
        }
    }
}
