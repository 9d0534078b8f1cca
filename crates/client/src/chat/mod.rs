//! Chats: MLS groups with a log each. A chat of two is a group of two in which nobody can put the other out.

mod change;
mod company;
mod keep;
mod make;
mod members;
mod read;
mod read_back;
mod rejoin;
mod returning;
mod seal;
mod silent;

pub(crate) use keep::{Keep, knows};
pub(crate) use read::Checked;

use crate::client::{Fault, Turn};
use crate::mls::{Group, GroupError, LeafSigner, Provider};
use rusqlite::{OptionalExtension as _, params};
use std::sync::Arc;
use wire::AccountId;

/// A chat's row.
pub(crate) struct Chat {
    pub id: i64,
    pub log: i64,
    pub kind: String,
    pub state: String,
    pub peer: Option<AccountId>,
    pub leaf_key: Vec<u8>,
    pub counter: u64,
    pub previous_c: [u8; 32],
    pub expire_seconds: u64,
}

impl Turn<'_> {
    pub fn chat(&self, id: i64) -> Result<Option<Chat>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT id, log, kind, state, peer, leaf_key, counter, previous_c, expire_seconds FROM chat WHERE id = ?1")?
            .query_row([id], |row| {
                Ok(Chat {
                    id: row.get(0)?,
                    log: row.get(1)?,
                    kind: row.get(2)?,
                    state: row.get(3)?,
                    peer: row.get::<_, Option<[u8; 32]>>(4)?.map(AccountId),
                    leaf_key: row.get(5)?,
                    counter: row.get::<_, i64>(6)? as u64,
                    previous_c: row.get(7)?,
                    expire_seconds: row.get::<_, i64>(8)? as u64,
                })
            })
            .optional()?)
    }

    pub fn chat_of_log(&self, log: i64) -> Result<Option<i64>, Fault> {
        Ok(self.db.prepare_cached("SELECT id FROM chat WHERE log = ?1")?.query_row([log], |row| row.get(0)).optional()?)
    }

    pub fn set_chat_state(&self, chat: i64, state: &str) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE chat SET state = ?2 WHERE id = ?1")?.execute(params![chat, state])?;
        Ok(())
    }

    /// Runs `act` on the group of a log, loading it if need be. A failure of MLS itself is a fault of ours: nothing is stored.
    pub fn with_group<T>(&mut self, log: i64, act: impl FnOnce(&mut Group, &Provider<'_>) -> Result<T, GroupError>) -> Result<T, Fault> {
        let provider = Provider::new(self.crypto, self.db);
        let mut group = match self.groups.take(log) {
            Some(group) => group,
            None => {
                let route: [u8; 32] = self.db.prepare_cached("SELECT route FROM log WHERE id = ?1")?.query_row([log], |row| row.get(0))?;
                Group::load(&provider, &wire::Route(route)).map_err(group_fault)?
            }
        };
        let result = act(&mut group, &provider);
        match result {
            Ok(value) => {
                self.groups.put(log, group);
                Ok(value)
            }
            // The group in memory may be ahead of what is stored: it is dropped here and read again.
            Err(error) => Err(group_fault(error)),
        }
    }

    /// The leaf's own signer: made once, for making it takes a signature of the client key.
    pub fn signer(&mut self, chat: &Chat) -> Result<Arc<LeafSigner>, Fault> {
        let seed = <[u8; 32]>::try_from(chat.leaf_key.as_slice()).map_err(|_| Fault::Stored)?;
        if let Some(known) = self.groups.signers.get(&chat.log).filter(|known| known.is_of(&seed)) {
            return Ok(Arc::clone(known));
        }
        let signer = Arc::new(self.leaf_signer(&seed)?);
        self.groups.signers.insert(chat.log, Arc::clone(&signer));
        Ok(signer)
    }
}

pub(crate) fn group_fault(error: GroupError) -> Fault {
    match error {
        GroupError::Store(error) => Fault::Mls(error),
        GroupError::Commit | GroupError::Seal | GroupError::KeyPackage => Fault::Unmade,
        _ => Fault::Stored,
    }
}
