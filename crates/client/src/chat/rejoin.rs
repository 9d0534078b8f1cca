//! Coming back into a group that went on without this client (docs/spec/delivery.md, "Broken").
//!
//! A Commit whose path does not open here breaks the group for this client alone. It asks in the log, under a key of the last epoch it was part
//! of; a member who went on answers with one Commit, out with the old leaf and in with a new one, and a Welcome in the log. What came in
//! between is kept as it is and read then.

use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::contact::envelope::Welcome;
use crate::message::Line;
use crate::mls::{Group, LastResort, Provider, Read, commit_epoch, key_package_identity, request_message};
use crate::outbox::{Addressees, Change, Intent, Readmission, Row, Sealed, Urgency};
use crate::receive::Stamped;
use crate::store::{forget_meta, meta, set_meta};
use franking::SignedStamp;
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::Event;
use wire::call::Flag;
use wire::limits::{DAY, PARKED_RECORDS_MAX, REJOIN_EPOCHS_KEPT};
use wire::pad::{padded, unpadded};
use wire::{AccountId, Commitment, PassHash, Seq};

/// The first byte of our records that are no MLS messages (those begin with 0, the high byte of `mls10`).
const REQUEST: u8 = 0xf1;
const WELCOME: u8 = 0xf2;
const NONCE: usize = 12;
/// What sealing adds: kind, epoch, nonce, tag.
const OVERHEAD: usize = 1 + 8 + NONCE + 16;

/// Everybody who can answer waits a random time up to this, so that one does.
const ANSWER_JITTER: u64 = 10 * 1000;
/// An unanswered request is said again after this long, and then an admin begins the group anew.
const ASK_AGAIN: u64 = DAY;

/// After so many days without an answer any admin begins the group anew, also if another should have.
const PATIENCE: i64 = 3;

/// Names of small values: the leaf that was asked for, who broke the group, how often was asked.
fn wanted_leaf(chat: i64) -> String {
    format!("rejoin/{chat}/leaf")
}
fn broken_by(chat: i64) -> String {
    format!("rejoin/{chat}/by")
}
fn times_asked(chat: i64) -> String {
    format!("rejoin/{chat}/asked")
}

/// "My leaf cannot follow any more: put this one in its place."
#[derive(Clone, PartialEq, prost::Message)]
struct Request {
    #[prost(uint32, tag = "1")]
    leaf: u32,
    #[prost(bytes = "vec", tag = "2")]
    key_package: Vec<u8>,
    /// By the key of the old leaf, over [`request_message`].
    #[prost(bytes = "vec", tag = "3")]
    signature: Vec<u8>,
}

/// A record of ours that is no MLS message: its kind and the epoch under whose key it is sealed.
struct Outside<'r> {
    kind: u8,
    epoch: u64,
    nonce: [u8; NONCE],
    sealed: &'r [u8],
}

impl<'r> Outside<'r> {
    fn parse(record: &'r [u8]) -> Option<Self> {
        let (kind, rest) = record.split_first()?;
        let (epoch, rest) = rest.split_first_chunk::<8>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        matches!(*kind, REQUEST | WELCOME).then_some(Self { kind: *kind, epoch: u64::from_be_bytes(*epoch), nonce: *nonce, sealed })
    }
}

/// Whether a record is one of those that are no MLS messages.
pub(crate) fn is_outside(record: &[u8]) -> bool {
    Outside::parse(record).is_some()
}

impl Turn<'_> {
    /// This client cannot follow the group any more: nothing is sent until somebody has put it in anew.
    /// `by` is the pass that the Commit came by, if it was another's.
    pub fn chat_broke(&mut self, chat: i64, log: i64, by: Option<&PassHash>) -> Result<(), Fault> {
        let breaker = by.map(|pass| self.client_of_pass(chat, pass)).transpose()?.flatten();
        match breaker {
            Some((account, _)) => set_meta(self.db, &broken_by(chat), account.0)?,
            None => forget_meta(self.db, &broken_by(chat))?,
        }
        set_meta(self.db, &times_asked(chat), 0)?;
        self.set_chat_state(chat, "broken")?;
        self.count_void(chat)?;
        self.groups.forget(log);
        // The new leaf begins with fresh secrets and a pass of its own.
        for swap in [false, true] {
            self.drop_intent(log, &Intent::Change(Change::Refresh { swap }))?;
        }
        self.ask_to_rejoin(log, chat)?;
        self.event(Event::ChatChanged { chat });
        Ok(())
    }

    /// Leaves a request for the log. Only a Welcome for just this KeyPackage will be its answer.
    fn ask_to_rejoin(&mut self, log: i64, chat: i64) -> Result<(), Fault> {
        let key_package = self.make_package(LastResort::No)?;
        let now = self.time()?;
        let (_, leaf) = key_package_identity(&self.provider(), &key_package, now).map_err(super::group_fault)?;
        set_meta(self.db, &wanted_leaf(chat), leaf.leaf_public())?;
        self.intend(Some(log), Some(chat), None, Urgency::First, &Intent::Rejoin { key_package })?;
        Ok(())
    }

    /// Keeps what opens requests of those who do not make it out of the present epoch. To be called before the epoch ends.
    pub fn keep_rejoin_key(&mut self, log: i64) -> Result<(), Fault> {
        let (epoch, key) = self.with_group(log, |group, provider| Ok((group.epoch(), group.rejoin_key(provider)?)))?;
        self.db.prepare_cached("INSERT OR REPLACE INTO rejoin_key (log, epoch, key) VALUES (?1, ?2, ?3)")?.execute(params![
            log,
            epoch as i64,
            key
        ])?;
        // What was sealed in this epoch and given up counts for nobody once it is over.
        self.db.prepare_cached("DELETE FROM discarded WHERE log = ?1")?.execute([log])?;
        self.db
            .prepare_cached("DELETE FROM rejoin_key WHERE log = ?1 AND epoch <= ?2")?
            .execute(params![log, epoch.saturating_sub(REJOIN_EPOCHS_KEPT) as i64])?;
        Ok(())
    }

    /// The key of an epoch that was kept, or of the present one: somebody may have broken at a Commit that is void here.
    fn rejoin_key(&mut self, log: i64, epoch: u64) -> Result<Option<[u8; 32]>, Fault> {
        let kept = self
            .db
            .prepare_cached("SELECT key FROM rejoin_key WHERE log = ?1 AND epoch = ?2")?
            .query_row(params![log, i64::try_from(epoch).unwrap_or(i64::MAX)], |row| row.get(0))
            .optional()?;
        if kept.is_some() { Ok(kept) } else { self.present_rejoin_key(log, epoch) }
    }

    /// The key of the epoch where this client stands, if it is this one.
    fn present_rejoin_key(&mut self, log: i64, epoch: u64) -> Result<Option<[u8; 32]>, Fault> {
        self.with_group(log, |group, provider| (group.epoch() == epoch).then(|| group.rejoin_key(provider)).transpose())
    }

    fn seal_outside(&self, kind: u8, epoch: u64, key: &[u8; 32], plain: &[u8]) -> Result<Vec<u8>, Fault> {
        let nonce: [u8; NONCE] = self.random();
        let mut out = vec![kind];
        out.extend_from_slice(&epoch.to_be_bytes());
        let sealed = self.crypto.seal_under(key, &nonce, &padded(plain, OVERHEAD), &out).ok_or(Fault::Stored)?;
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    fn open_outside(&self, outside: &Outside<'_>, key: &[u8; 32]) -> Option<Vec<u8>> {
        let header = [&[outside.kind][..], &outside.epoch.to_be_bytes()].concat();
        unpadded(&self.crypto.open_under(key, &outside.nonce, outside.sealed, &header)?)
    }

    /// Seals the request; nothing once it is answered. A day after it was last said it is said again.
    pub fn seal_rejoin(&mut self, row: &Row, key_package: &[u8]) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let Some(chat) = self.chat(chat)?.filter(|chat| chat.state == "broken") else {
            self.outbox_done(row.id)?;
            return Ok(None);
        };
        let route = self.log_state(log)?.log.route();
        let (epoch, leaf, key) =
            self.with_group(log, |group, provider| Ok((group.epoch(), group.own_leaf(), group.rejoin_key(provider)?)))?;
        let signature = self.signer(&chat)?.sign_bytes(&request_message(&route, epoch, leaf, key_package)).to_vec();
        let request = Request { leaf, key_package: key_package.to_vec(), signature };
        let bytes = self.seal_outside(REQUEST, epoch, &key, &request.encode_to_vec())?;
        Ok(Some((bytes, Sealed { commit: false, c: [0; 32], changes: vec![], keep: vec![] })))
    }

    /// The request stands in the log. If nobody answers within a day it is asked again; an admin begins the group anew instead.
    pub fn rejoin_read_back(&mut self, row: &Row) -> Result<(), Fault> {
        self.outbox_done(row.id)?;
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let again = self.intend(Some(log), Some(chat), None, Urgency::First, &Intent::RejoinUnanswered)?;
        self.not_before(again, self.now.plus(ASK_AGAIN))
    }

    pub fn rejoin_unanswered(&mut self, row: &Row) -> Result<(), Fault> {
        self.outbox_done(row.id)?;
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let Some(chat) = self.chat(chat)?.filter(|chat| chat.state == "broken") else { return Ok(()) };
        let asked: i64 = meta(self.db, &times_asked(chat.id))?.unwrap_or(0) + 1;
        set_meta(self.db, &times_asked(chat.id), asked)?;
        if chat.kind == "group" && self.is_owner(&chat)? && (self.comes_first(&chat)? || asked >= PATIENCE) {
            return self.begin_anew(&chat);
        }
        self.ask_to_rejoin(log, chat.id)
    }

    /// Of several admins one begins a broken group anew: whoever comes first by its account, without the one who broke it.
    fn comes_first(&mut self, chat: &super::Chat) -> Result<bool, Fault> {
        let (room, breaker) = (self.room(chat)?, self.breaker(chat.id)?);
        let first = room.admins.into_iter().find(|admin| Some(*admin) != breaker);
        Ok(first.is_some() && first == self.own_account()?)
    }

    fn breaker(&self, chat: i64) -> Result<Option<AccountId>, Fault> {
        Ok(meta(self.db, &broken_by(chat))?.map(AccountId))
    }

    /// A record that is no MLS message, read by a member who is in the group. Says whether it means anything here.
    pub fn outside_record(&mut self, log: i64, chat: i64, stamped: &Stamped<'_>) -> Result<bool, Fault> {
        let Some(outside) = Outside::parse(stamped.record) else { return Ok(false) };
        let Some(key) = self.rejoin_key(log, outside.epoch)? else { return Ok(false) };
        let Some(plain) = self.open_outside(&outside, &key) else { return Ok(false) };
        if outside.kind == WELCOME {
            // For somebody else.
            return Ok(true);
        }
        let Ok(request) = Request::decode(plain.as_slice()) else { return Ok(false) };
        let route = stamped.stamp.stamp().route;
        let Some(old) = self.with_group(log, |group, _| Ok(group.member(request.leaf)))? else { return Ok(false) };
        let message = request_message(&route, outside.epoch, request.leaf, &request.key_package);
        let by_old_leaf = <[u8; 32]>::try_from(old.leaf_public())
            .ok()
            .zip(<[u8; 64]>::try_from(request.signature.as_slice()).ok())
            .is_some_and(|(key, signature)| crate::account::verify_ed25519(&key, &message, &signature));
        let now = self.time()?;
        let fresh = key_package_identity(&self.provider(), &request.key_package, now)
            .is_ok_and(|(_, identity)| (identity.account(), identity.client()) == (old.account(), old.client()));
        if !(by_old_leaf && fresh) {
            return Ok(false);
        }
        let readmission = Readmission {
            account: old.account().0,
            client: old.client().0,
            key_package: request.key_package,
            asked: stamped.seq().0,
            epoch: outside.epoch,
            leaf: request.leaf,
            signature: request.signature,
        };
        let row = self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &Intent::Change(Change::Readmit(readmission)))?;
        let at = self.now.plus(self.random_between(0, ANSWER_JITTER));
        self.not_before(row, at)?;
        Ok(true)
    }

    /// A record of a group that this client cannot follow: the answer to its request, or something to be read once it is back.
    pub fn record_while_broken(&mut self, log: i64, chat: i64, stamped: &Stamped<'_>) -> Result<(), Fault> {
        if stamped.stamp.stamp().flag == Flag::Commit {
            self.attempts_are_dead(log, None)?;
        }
        if let Some(outside) = Outside::parse(stamped.record).filter(|outside| outside.kind == WELCOME) {
            let key = self.present_rejoin_key(log, outside.epoch)?;
            let plain = key.and_then(|key| self.open_outside(&outside, &key));
            let Some(Ok(welcome)) = plain.map(|plain| Welcome::decode(plain.as_slice())) else { return Ok(()) };
            return match welcome.parked {
                Some(_) => self.parcel_announced(None, Some(chat), &welcome),
                None => self.rejoin(chat, &welcome),
            };
        }
        if !is_outside(stamped.record) && self.others_are_here(log, stamped)? {
            // The Commit was void for the others: they are still in this epoch.
            self.unbroken(log, chat)?;
            return self.chat_record(log, stamped);
        }
        self.db.prepare_cached("INSERT INTO parked (log, seq, stamp, record) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            log,
            stamped.seq().0 as i64,
            stamped.stamp.signed().to_bytes(),
            stamped.record
        ])?;
        self.db
            .prepare_cached("DELETE FROM parked WHERE log = ?1 AND seq <= ?2")?
            .execute(params![log, stamped.seq().0.saturating_sub(PARKED_RECORDS_MAX) as i64])?;
        Ok(())
    }

    /// Whether a record is another leaf's content in the epoch where this client stands. Nothing is kept of looking.
    fn others_are_here(&mut self, log: i64, stamped: &Stamped<'_>) -> Result<bool, Fault> {
        let (flag, at) = (stamped.stamp.stamp().flag, stamped.ms());
        if flag != Flag::Content {
            return Ok(false);
        }
        self.db.execute_batch("SAVEPOINT looking")?;
        let here = self.with_group(log, |group, provider| {
            let own = group.own_leaf();
            Ok(matches!(group.read(provider, stamped.record, flag, at), Ok(Read::Content { sender, .. }) if sender != own))
        });
        self.db.execute_batch("ROLLBACK TO looking; RELEASE looking")?;
        self.groups.forget(log);
        here
    }

    /// Goes on where it stood.
    fn unbroken(&mut self, log: i64, chat: i64) -> Result<(), Fault> {
        self.set_chat_state(chat, "active")?;
        self.drop_intent(log, &Intent::RejoinUnanswered)?;
        let swap = self.with_group(log, |group, _| Ok(group.member(group.own_leaf()).is_some_and(|leaf| leaf.pass().is_none())))?;
        self.intend(Some(log), Some(chat), None, Urgency::First, &Intent::Change(Change::Refresh { swap }))?;
        self.event(Event::ChatChanged { chat });
        self.read_parked(log, Seq::START)
    }

    /// Takes the place that the others made, if the Welcome is what it must be; then reads what has waited.
    pub fn rejoin(&mut self, chat: i64, welcome: &Welcome) -> Result<(), Fault> {
        let Some(chat) = self.chat(chat)?.filter(|chat| chat.state == "broken") else { return Ok(()) };
        let Ok(place) = welcome.place_without_pass() else { return Ok(()) };
        let log = self.log_state(chat.log)?;
        // The Commit that it speaks of is one of those that came since, and begins where it says.
        let commit: Option<Vec<u8>> = self
            .db
            .prepare_cached(
                "SELECT p.record FROM parked p JOIN line l ON l.log = p.log AND l.seq = p.seq WHERE p.log = ?1 AND p.seq = ?2 AND l.chain = ?3",
            )?
            .query_row(params![chat.log, place.seq.0 as i64, place.chain.0], |row| row.get(0))
            .optional()?;
        let Some(from) = commit.and_then(|record| commit_epoch(&record)).filter(|_| place.log == log.log) else { return Ok(()) };
        self.db.execute_batch("SAVEPOINT rejoin")?;
        match self.take_new_leaf(&chat, welcome, from)? {
            Some((group, leaf_key)) => {
                self.db.execute_batch("RELEASE rejoin")?;
                self.db
                    .prepare_cached("UPDATE chat SET state = 'active', leaf_key = ?2 WHERE id = ?1")?
                    .execute(params![chat.id, leaf_key])?;
                self.groups.put(chat.log, group);
            }
            None => {
                self.db.execute_batch("ROLLBACK TO rejoin; RELEASE rejoin")?;
                self.groups.forget(chat.log);
                return Ok(());
            }
        }
        self.refresh_members(chat.id, chat.log)?;
        self.drop_intent(chat.log, &Intent::RejoinUnanswered)?;
        self.intend(Some(chat.log), Some(chat.id), None, Urgency::First, &Intent::Change(Change::Refresh { swap: true }))?;
        self.ask_for_the_unread(&chat, place.seq)?;
        self.read_parked(chat.log, place.seq)?;
        self.event(Event::ChatChanged { chat: chat.id });
        Ok(())
    }

    fn take_new_leaf(&mut self, chat: &super::Chat, welcome: &Welcome, from: u64) -> Result<Option<(Group, [u8; 32])>, Fault> {
        let Some(own) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let (room, epoch) = self.with_group(chat.log, |group, _| Ok((group.room()?, group.epoch())))?;
        self.groups.forget(chat.log);
        let provider = Provider::new(self.crypto, self.db);
        let Ok(joined) = Group::join(&provider, &welcome.welcome, Some(welcome.tree.as_slice()).filter(|tree| !tree.is_empty())) else {
            return Ok(None);
        };
        // The same group, later, and with us in it.
        let same = (joined.room.route, joined.room.server, joined.room.stamp_key, joined.room.kind)
            == (room.route, room.server, room.stamp_key, room.kind);
        let Some(leaf) = joined.group.member(joined.group.own_leaf()) else { return Ok(None) };
        let wanted: Option<Vec<u8>> = meta(self.db, &wanted_leaf(chat.id))?;
        let asked = wanted.is_some_and(|key| key == leaf.leaf_public());
        let next = joined.group.epoch() == from + 1 && from >= epoch;
        if !same || !next || !asked || (leaf.account(), leaf.client()) != (own.id(), own.client) {
            return Ok(None);
        }
        Ok(self.package_key(leaf.leaf_public())?.map(|key| (joined.group, key)))
    }

    /// What was said between the break and the new leaf was sealed for others: its senders, known by their passes, are asked for it.
    fn ask_for_the_unread(&mut self, chat: &super::Chat, to: Seq) -> Result<(), Fault> {
        let unread: Vec<Vec<u8>> = self
            .db
            .prepare_cached("SELECT stamp FROM parked WHERE log = ?1 AND seq < ?2")?
            .query_map(params![chat.log, to.0 as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut speakers = BTreeSet::new();
        for stamp in unread {
            let stamp = SignedStamp::from_bytes(&stamp).map_err(|_| Fault::Stored)?.stamp;
            if stamp.flag == Flag::Content && stamp.c != Commitment::NONE {
                speakers.extend(self.client_of_pass(chat.id, &stamp.by)?);
            }
        }
        for speaker in speakers {
            self.want_what_followed(chat.id, speaker)?;
        }
        Ok(())
    }

    /// Reads what came while the group was broken here, from the new leaf's Commit on. What came before it was sealed for others.
    fn read_parked(&mut self, log: i64, after: Seq) -> Result<(), Fault> {
        let Some(key) = self.stamp_key()? else { return Err(Fault::Stored) };
        let waiting: Vec<(Vec<u8>, Vec<u8>)> = self
            .db
            .prepare_cached("SELECT stamp, record FROM parked WHERE log = ?1 AND seq > ?2 ORDER BY seq")?
            .query_map(params![log, after.0 as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        self.db.prepare_cached("DELETE FROM parked WHERE log = ?1")?.execute([log])?;
        for (stamp, record) in waiting {
            let stamp = SignedStamp::from_bytes(&stamp).map_err(|_| Fault::Stored)?.verify(&key).map_err(|_| Fault::Stored)?;
            self.chat_record(log, &Stamped { stamp, record: &record })?;
        }
        Ok(())
    }

    /// Seals the Welcome of a readmission for the log, under the key that its request came under.
    pub fn seal_answer(&mut self, row: &Row, epoch: u64, welcome: &[u8]) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        let active = self.chat(chat)?.is_some_and(|chat| chat.state == "active");
        let Some(key) = self.rejoin_key(log, epoch)?.filter(|_| active) else {
            self.outbox_done(row.id)?;
            return Ok(None);
        };
        let bytes = self.seal_outside(WELCOME, epoch, &key, welcome)?;
        Ok(Some((bytes, Sealed { commit: false, c: [0; 32], changes: vec![], keep: vec![] })))
    }

    /// Leaves the Welcome of a readmission for the log.
    pub fn answer_rejoin(&mut self, chat: Option<i64>, log: i64, epoch: u64, welcome: &Welcome) -> Result<(), Fault> {
        let answer = Intent::Answer { epoch, welcome: welcome.encode_to_vec() };
        self.intend(Some(log), chat, None, Urgency::First, &answer)?;
        Ok(())
    }

    /// Nobody could go on: an admin makes a new group of the same name with the same people, but for the one whose Commit broke it; the old one has
    /// ended.
    fn begin_anew(&mut self, old: &super::Chat) -> Result<(), Fault> {
        let own = self.own_account()?;
        let (name, others): (Option<String>, Vec<[u8; 32]>) = (
            self.db.prepare_cached("SELECT name FROM chat WHERE id = ?1")?.query_row([old.id], |row| row.get(0))?,
            self.db
                .prepare_cached("SELECT DISTINCT account FROM member WHERE chat = ?1 ORDER BY account")?
                .query_map([old.id], |row| row.get(0))?
                .collect::<Result<_, _>>()?,
        );
        self.set_chat_state(old.id, "ended")?;
        self.drop_waiting(old.log)?;
        let mut reachable = Vec::new();
        let breaker = self.breaker(old.id)?;
        for account in others.into_iter().map(AccountId).filter(|account| Some(*account) != own && Some(*account) != breaker) {
            if !self.is_blocked(&account)? && self.reach(&account)?.is_some() {
                reachable.push(account);
            }
        }
        let name = name.unwrap_or_default();
        self.begin_group(&name, &reachable)?;
        let now = self.time()?;
        self.notice(old.id, &Line::GoesOnElsewhere, now)?;
        self.event(Event::ChatChanged { chat: old.id });
        Ok(())
    }

    /// For whom a Welcome of this Commit is, if it readmits somebody.
    pub(super) fn readmitted(log: i64, epoch: u64) -> Addressees {
        Addressees::Rejoining { log, epoch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mls_message_is_taken_for_one_of_ours() {
        assert!(!is_outside(&[0, 1, 0, 2]) && !is_outside(&[]) && !is_outside(&[REQUEST]));
        assert!(is_outside(&[&[WELCOME][..], &[0; 8 + NONCE]].concat()));
    }
}
