//! The leaves of a chat, beside what MLS keeps of them: certificate, pass, and where each client's line of messages stands.

use super::Chat;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::mls::{LeafIdentity, Room, RoomKind};
use franking::Said;
use rusqlite::{OptionalExtension as _, params};
use wire::{AccountId, ClientId, Commitment, PassHash, PassToken};

/// A leaf's index and the hash of its pass, if that is known.
type LeafAndPass = (u32, Option<[u8; 32]>);

pub(crate) struct MemberState {
    pub leaf: u32,
    pub pass: Option<PassHash>,
}

impl Turn<'_> {
    /// Brings the member rows to what the group says now. A leaf that another client took over begins a new line.
    pub fn refresh_members(&mut self, chat: i64, log: i64) -> Result<(), Fault> {
        let members = self.with_group(log, |group, _| Ok(group.members()))?;
        let since = self.log_state(log)?.cursor.0 as i64;
        type Known = (u32, Vec<u8>, ([u8; 32], [u8; 16]), i64);
        let known: Vec<Known> = self
            .db
            .prepare_cached("SELECT leaf, leaf_public, account, client, entered FROM member WHERE chat = ?1")?
            .query_map([chat], |row| Ok((row.get(0)?, row.get(1)?, (row.get(2)?, row.get(3)?), row.get(4)?)))?
            .collect::<Result<_, _>>()?;
        for (leaf, ..) in &known {
            if !members.iter().any(|(index, _)| index == leaf) {
                self.db.prepare_cached("DELETE FROM member WHERE chat = ?1 AND leaf = ?2")?.execute(params![chat, leaf])?;
            }
        }
        for (leaf, identity) in members {
            let (account, client) = (identity.account(), identity.client());
            // A leaf's signature key stays as long as the leaf: another key is another leaf, also of the same client.
            let same = known.iter().any(|(index, key, ..)| *index == leaf && key == identity.leaf_public());
            let hash = identity.cert_hash();
            self.db
                .prepare_cached("INSERT OR IGNORE INTO cert (hash, bytes) VALUES (?1, ?2)")?
                .execute(params![hash.0, identity.cert_bytes()])?;
            let pass = identity.pass().map(|pass| pass.0);
            if same {
                self.db
                    .prepare_cached("UPDATE member SET cert = ?3, pass = COALESCE(?4, pass), spoke = spoke OR ?4 IS NOT NULL WHERE chat = ?1 AND leaf = ?2")?
                    .execute(params![chat, leaf, hash.0, pass])?;
            } else {
                self.meet(&account)?;
                let before = known.iter().find(|(_, _, who, _)| *who == (account.0, client.0));
                let entered = before.map_or(since, |(_, _, _, entered)| *entered);
                self.db
                    .prepare_cached("INSERT OR REPLACE INTO member (chat, leaf, account, client, leaf_public, cert, pass, since, entered, spoke) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?
                    .execute(params![chat, leaf, account.0, client.0, identity.leaf_public(), hash.0, pass, since, entered, pass.is_some()])?;
            }
        }
        Ok(())
    }

    pub fn members_of(&self, chat: i64, account: &AccountId) -> Result<Vec<MemberState>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT leaf, pass FROM member WHERE chat = ?1 AND account = ?2 ORDER BY leaf")?
            .query_map(params![chat, account.0], |row| {
                Ok(MemberState { leaf: row.get(0)?, pass: row.get::<_, Option<[u8; 32]>>(1)?.map(PassHash) })
            })?
            .collect::<Result<_, _>>()?)
    }

    /// The leaf of a client, and its pass, if it was there before a place in the log.
    pub fn leaf_before(&self, chat: i64, account: &[u8; 32], client: &[u8; 16], place: u64) -> Result<Option<LeafAndPass>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT leaf, pass FROM member WHERE chat = ?1 AND account = ?2 AND client = ?3 AND since < ?4")?
            .query_row(params![chat, account, client, place as i64], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?)
    }

    /// Since when all of an account's clients have been members.
    pub fn entered(&self, chat: i64, account: &AccountId) -> Result<Option<i64>, Fault> {
        let entered = "SELECT max(entered) FROM member WHERE chat = ?1 AND account = ?2";
        Ok(self.db.prepare_cached(entered)?.query_row(params![chat, account.0], |row| row.get(0))?)
    }

    /// Which client appends with a pass.
    pub fn client_of_pass(&self, chat: i64, pass: &PassHash) -> Result<Option<(AccountId, ClientId)>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT account, client FROM member WHERE chat = ?1 AND pass = ?2")?
            .query_row(params![chat, pass.0], |row| Ok((AccountId(row.get(0)?), ClientId(row.get(1)?))))
            .optional()?)
    }

    /// The passes that go with a leaf: the one it publishes and the one it was heard by, but none that is another's or our own.
    pub fn passes_to_drop(&self, chat: i64, leaf: u32) -> Result<Vec<PassHash>, Fault> {
        type Passes = (Option<[u8; 32]>, Option<[u8; 32]>);
        let row: Option<Passes> = self
            .db
            .prepare_cached("SELECT pass, heard FROM member WHERE chat = ?1 AND leaf = ?2")?
            .query_row(params![chat, leaf], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let own: [u8; 32] = self
            .db
            .prepare_cached("SELECT l.pass FROM log l JOIN chat h ON h.log = l.id WHERE h.id = ?1")?
            .query_row([chat], |row| row.get(0))?;
        let own = PassToken::new(own).hash();
        let (pass, heard) = row.unwrap_or_default();
        let mut passes: Vec<PassHash> = pass.into_iter().chain(heard).map(PassHash).collect();
        passes.dedup();
        let others = "SELECT count(*) FROM member WHERE chat = ?1 AND leaf <> ?2 AND (pass = ?3 OR heard = ?3)";
        let mut safe = Vec::new();
        for pass in passes {
            let count: i64 = self.db.prepare_cached(others)?.query_row(params![chat, leaf, pass.0], |row| row.get(0))?;
            if count == 0 && pass != own {
                safe.push(pass);
            }
        }
        Ok(safe)
    }

    /// By which pass a client's verified words came.
    pub fn heard_by(&self, chat: i64, identity: &LeafIdentity, pass: &PassHash) -> Result<(), Fault> {
        self.db
            .prepare_cached("UPDATE member SET heard = ?4 WHERE chat = ?1 AND account = ?2 AND client = ?3 AND heard IS NOT ?4")?
            .execute(params![chat, identity.account().0, identity.client().0, pass.0])?;
        Ok(())
    }

    pub fn is_member(&self, chat: i64, account: &AccountId) -> Result<bool, Fault> {
        Ok(!self.members_of(chat, account)?.is_empty())
    }

    pub fn member_count(&self, chat: i64) -> Result<u64, Fault> {
        let count: i64 =
            self.db.prepare_cached("SELECT count(DISTINCT account) FROM member WHERE chat = ?1")?.query_row([chat], |row| row.get(0))?;
        Ok(count as u64)
    }

    /// The last message of a client that was verified here.
    pub fn last_said(&self, chat: i64, identity: &LeafIdentity) -> Result<Option<Said>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT counter, last_c FROM speaker WHERE chat = ?1 AND account = ?2 AND client = ?3")?
            .query_row(params![chat, identity.account().0, identity.client().0], |row| {
                Ok(Said { counter: row.get::<_, i64>(0)? as u64, c: Commitment(row.get(1)?) })
            })
            .optional()?)
    }

    pub fn keep_said(&self, chat: i64, identity: &LeafIdentity, said: &Said) -> Result<(), Fault> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO speaker (chat, account, client, counter, last_c) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![chat, identity.account().0, identity.client().0, said.counter as i64, said.c.0])?;
        Ok(())
    }

    pub fn room(&mut self, chat: &Chat) -> Result<Room, Fault> {
        self.with_group(chat.log, |group, _| group.room())
    }

    /// Whether our pass may change passes: admins of groups hold owner passes.
    pub fn is_owner(&mut self, chat: &Chat) -> Result<bool, Fault> {
        let Some(account) = Account::load(self.db)? else { return Ok(false) };
        let room = self.room(chat)?;
        Ok(room.kind == RoomKind::Group && room.is_admin(&account.id()))
    }
}
