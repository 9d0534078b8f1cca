//! Records of other members: opened, checked for everything a report will need, and only then taken in.

use super::rejoin::is_outside;
use crate::client::{Fault, Turn};
use crate::message::Line;
use crate::mls::{LeafIdentity, Note, Read, ReadError, Staged};
use crate::receive::Stamped;
use franking::{Delivered, Expected, Known, Opened, ValidCert, Verified};
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use view::Event;
use wire::call::Flag;
use wire::content::{Content, leaves};
use wire::limits::DAY;
use wire::{AccountId, Commitment, Millis};

/// A message checked for all that a report needs, and read.
pub(crate) struct Checked {
    pub identity: LeafIdentity,
    pub verified: Verified,
    pub content: Content,
    /// As it was committed.
    pub encoded: Vec<u8>,
}

impl Turn<'_> {
    pub fn chat_record(&mut self, log: i64, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let Some(chat) = self.chat_of_log(log)? else { return Ok(()) };
        let state = self.chat(chat)?.map(|chat| chat.state).unwrap_or_default();
        match state.as_str() {
            "active" | "leaving" | "ended" => {}
            "broken" => return self.record_while_broken(log, chat, stamped),
            _ => return Ok(()),
        }
        if is_outside(stamped.record) {
            return if self.outside_record(log, chat, stamped)? { Ok(()) } else { self.void(log, chat, stamped.stamp.stamp().flag) };
        }
        let (flag, at) = (stamped.stamp.stamp().flag, stamped.ms());
        self.db.execute_batch("SAVEPOINT record")?;
        let read = self.with_group(log, |group, provider| Ok(group.read(provider, stamped.record, flag, at)))?;
        match read {
            Ok(read) => {
                self.db.execute_batch("RELEASE record")?;
                self.took(log, chat, read, stamped)
            }
            Err(error) => {
                // What a bad record did to ratchets is undone, here and in memory.
                self.db.execute_batch("ROLLBACK TO record; RELEASE record")?;
                self.groups.forget(log);
                match error {
                    ReadError::Store(error) => Err(Fault::Mls(error)),
                    ReadError::Broken => {
                        self.attempts_are_dead(log, None)?;
                        self.chat_broke(chat, log, Some(&stamped.stamp.stamp().by))
                    }
                    ReadError::Void(_) => self.void(log, chat, flag),
                }
            }
        }
    }

    /// A record that counts for nobody. What is flagged as a Commit ends attempts all the same: the server cannot accept them any more.
    fn void(&mut self, log: i64, chat: i64, flag: Flag) -> Result<(), Fault> {
        if flag == Flag::Commit {
            self.attempts_are_dead(log, None)?;
        }
        self.count_void(chat)
    }

    pub fn count_void(&self, chat: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE chat SET void_records = void_records + 1 WHERE id = ?1")?.execute([chat])?;
        Ok(())
    }

    fn took(&mut self, log: i64, chat: i64, read: Read, stamped: &Stamped<'_>) -> Result<(), Fault> {
        match read {
            Read::Commit { by, authenticated, staged } => self.commit_arrived(log, chat, (&by, &authenticated), *staged, stamped),
            Read::Leaving => {
                self.let_go_soon(log, chat)?;
                self.event(Event::ChatChanged { chat });
                Ok(())
            }
            Read::Content { sender, identity, authenticated, payload } => {
                match self.check_content(log, chat, *identity, &authenticated, &payload, stamped)? {
                    Some(checked) => {
                        self.keep_said(chat, &checked.identity, &checked.verified.said())?;
                        self.heard_by(chat, &checked.identity, &stamped.stamp.stamp().by)?;
                        if let Some(missing) = checked.verified.missing() {
                            self.want_repair(chat, (checked.identity.account(), checked.identity.client()), missing)?;
                        }
                        self.admit(chat, &checked, stamped)
                    }
                    None => self.not_shown(chat, sender, stamped.ms()),
                }
            }
        }
    }

    fn commit_arrived(
        &mut self,
        log: i64,
        chat: i64,
        (by, note): (&AccountId, &[u8]),
        staged: Staged,
        stamped: &Stamped<'_>,
    ) -> Result<(), Fault> {
        self.attempts_are_dead(log, None)?;
        let before = self.company(chat, log)?;
        let (added, came_back) = (staged.added(), staged.came_back());
        if staged.removes_us() {
            self.with_group(log, |group, provider| group.merge(provider, staged))?;
            let left = self.chat(chat)?.is_some_and(|chat| chat.state == "leaving");
            self.set_chat_state(chat, if left { "left" } else { "removed" })?;
            self.db.prepare_cached("UPDATE log SET live = 0 WHERE id = ?1")?.execute([log])?;
            self.drop_waiting(log)?;
            self.session.unsubscribed(log);
            self.tell_out(chat, by, stamped.ms())?;
            self.event(Event::ChatChanged { chat });
            return Ok(());
        }
        self.keep_rejoin_key(log)?;
        self.with_group(log, |group, provider| group.merge(provider, staged))?;
        self.nobody_waits(log)?;
        self.refresh_members(chat, log)?;
        self.tell_changes(chat, log, before, by, stamped.ms())?;
        for entry in Note::decode(note).unwrap_or_default().added {
            let (Some(identity), Ok(pass)) = (added.get(entry.position as usize), <[u8; 32]>::try_from(entry.pass.as_slice())) else {
                continue;
            };
            self.db
                .prepare_cached(
                    "UPDATE member SET pass = ?4 WHERE chat = ?1 AND account = ?2 AND client = ?3 AND pass IS NULL AND since = ?5",
                )?
                .execute(params![chat, identity.account().0, identity.client().0, pass, stamped.seq().0 as i64])?;
        }
        for came_back in came_back {
            self.somebody_is_back(chat, &came_back, stamped.ms())?;
        }
        self.event(Event::ChatChanged { chat });
        Ok(())
    }

    fn check_content(
        &mut self,
        log: i64,
        chat: i64,
        identity: LeafIdentity,
        authenticated: &[u8],
        payload: &[u8],
        stamped: &Stamped<'_>,
    ) -> Result<Option<Checked>, Fault> {
        let Some(cert) = self.valid_cert(&identity, stamped.ms()) else { return Ok(None) };
        let (Ok(authenticated), Ok(opened)) = (Commitment::try_from(authenticated), Opened::from_payload(payload)) else { return Ok(None) };
        let known = self.known_chain(log, opened.context().seen.seq.0)?;
        let last = self.last_said(chat, &identity)?;
        let expected = Expected { route: stamped.stamp.stamp().route, known, last, authorities: &[self.config.authority] };
        let Ok(verified) = (Delivered { authenticated, stamp: &stamped.stamp, opened, sender: &cert }).verify(&expected) else {
            return Ok(None);
        };
        let Ok(encoded) = leaves::join(verified.fields()) else { return Ok(None) };
        let Ok(content) = Content::decode_with(&encoded, self.config.kinds) else { return Ok(None) };
        let context = verified.context();
        let named = wire::content::message_id(&identity.account(), &context.route, &encoded).is_ok_and(|id| id == context.message);
        if !named || context.kind != content.kind().number() || context.expiry != super::seal::expiry_of(&content) {
            return Ok(None);
        }
        Ok(Some(Checked { identity, verified, content, encoded }))
    }

    /// Verifying a certificate is the costly part of a message: those seen before are kept.
    fn valid_cert(&mut self, identity: &LeafIdentity, at: Millis) -> Option<ValidCert> {
        let hash = identity.cert_hash();
        if let Some(cert) = self.groups.certs.get(&hash) {
            return cert.covers(at).then_some(*cert);
        }
        let cert = *identity.check(at).ok()?.cert();
        self.groups.certs.insert(hash, cert);
        Some(cert)
    }

    fn known_chain(&self, log: i64, seq: u64) -> Result<Known, Fault> {
        let chain: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT chain FROM line WHERE log = ?1 AND seq = ?2")?
            .query_row(params![log, i64::try_from(seq).unwrap_or(i64::MAX)], |row| row.get(0))
            .optional()?;
        if let Some(chain) = chain {
            return Ok(Known::Chain(wire::Chain(chain)));
        }
        let first: i64 =
            self.db.prepare_cached("SELECT COALESCE(min(seq), 0) FROM line WHERE log = ?1")?.query_row([log], |row| row.get(0))?;
        // A place this client should know and does not: no chain of ours is zero, so it cannot match.
        Ok(if seq < first as u64 { Known::BeforeJoin } else { Known::Chain(wire::Chain::START) })
    }

    /// A member's message that fails its proof is not shown; one line a sender a day says so.
    fn not_shown(&mut self, chat: i64, leaf: u32, at: Millis) -> Result<(), Fault> {
        let day = at.0 / DAY;
        let key = format!("not_shown/{chat}/{leaf}");
        let told: Option<i64> = crate::store::meta(self.db, &key)?;
        if told == Some(day as i64) {
            return Ok(());
        }
        crate::store::set_meta(self.db, &key, day as i64)?;
        self.notice(chat, &Line::NotShown, at)
    }
}
