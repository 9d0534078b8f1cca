//! Accounts, invitations, KeyPackages.

use super::log::number;
use crate::store::{Ban, Day, InviteHash, NewAccount, NewState, Outcome};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::HashSet;
use wire::call::{Refusal, TakenKeyPackage};
use wire::{AccountId, ClientId, Hash32, TakeHash, limits};

type Decided = std::result::Result<(), Refusal>;

/// The same account with the same handle gets the same answer again: its first answer may have been lost.
pub fn sign_up(conn: &Connection, today: Day, new: &NewAccount) -> Result<Outcome> {
    let mut query = conn.prepare_cached("SELECT handle, day, role, closed FROM account WHERE id = ?1")?;
    let row = query.query_row(params![new.account.0], |row| {
        Ok((row.get::<_, [u8; 32]>(0)?, Day(row.get(1)?), row.get::<_, String>(2)?, row.get::<_, bool>(3)?))
    });
    if let Some((handle, day, role, closed)) = row.optional()? {
        return Ok(match (handle == new.handle.0, closed) {
            (_, true) => Outcome::Refused(Refusal::AccountClosed),
            (true, false) => Outcome::SignedUp { day, role },
            (false, false) => Outcome::Refused(Refusal::Conflict),
        });
    }
    // The invitation comes first: who has none is told nothing about usernames.
    let role = match (&new.invite, new.invite_only) {
        (None, true) => return Ok(Outcome::Refused(Refusal::InviteNeeded)),
        (None, false) => String::new(),
        (Some(code), _) => match invited(conn, today, code)? {
            Some(role) => role,
            None => return Ok(Outcome::Refused(Refusal::InviteSpent)),
        },
    };
    let mut taken = conn.prepare_cached("SELECT 1 FROM account WHERE handle = ?1")?;
    if taken.exists(params![new.handle.0])? {
        return Ok(Outcome::Refused(Refusal::HandleTaken));
    }
    if let Some(code) = &new.invite {
        conn.prepare_cached("DELETE FROM invite WHERE hash = ?1")?.execute(params![code.0])?;
    }
    conn.prepare_cached("INSERT INTO account(id, handle, day, role, closed) VALUES (?1, ?2, ?3, ?4, 0)")?.execute(params![
        new.account.0,
        new.handle.0,
        today.0,
        role
    ])?;
    conn.prepare_cached("INSERT INTO state(account, seq, bytes) VALUES (?1, 1, ?2)")?
        .execute(params![new.account.0, new.state.as_ref()])?;
    Ok(Outcome::SignedUp { day: today, role })
}

fn invited(conn: &Connection, today: Day, code: &InviteHash) -> Result<Option<String>> {
    let mut query = conn.prepare_cached("SELECT role FROM invite WHERE hash = ?1 AND expires > ?2")?;
    query.query_row(params![code.0, today.0], |row| row.get(0)).optional()
}

pub fn invite(conn: &Connection, invites: &[InviteHash], role: &str, expires: Day) -> Result<()> {
    let mut insert = conn.prepare_cached("INSERT OR REPLACE INTO invite(hash, role, expires) VALUES (?1, ?2, ?3)")?;
    for code in invites {
        insert.execute(params![code.0, role, expires.0])?;
    }
    Ok(())
}

/// Two clients may publish at once: only the one that saw the current state stands.
pub fn publish_state(conn: &Connection, new: &NewState) -> Result<Decided> {
    let mut query = conn.prepare_cached("SELECT seq, bytes FROM state WHERE account = ?1 ORDER BY seq DESC LIMIT 1")?;
    let row =
        query.query_row(params![new.account.0], |row| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, Vec<u8>>(1)?))).optional()?;
    let Some((seq, current)) = row else { return Ok(Err(Refusal::NotFound)) };
    if seq == new.seq && current == new.state {
        return Ok(Ok(()));
    }
    if seq.checked_add(1) != Some(new.seq) || Hash32::of(&current) != new.follows {
        return Ok(Err(Refusal::StateConflict));
    }
    conn.prepare_cached("INSERT INTO state(account, seq, bytes) VALUES (?1, ?2, ?3)")?.execute(params![
        new.account.0,
        number(new.seq),
        new.state.as_ref()
    ])?;
    forget_other_clients(conn, new)?;
    Ok(Ok(()))
}

/// Nobody shall be added to a group through a client that its account has removed.
fn forget_other_clients(conn: &Connection, new: &NewState) -> Result<()> {
    for table in ["key_package", "last_resort"] {
        let mut clients = conn.prepare_cached(&format!("SELECT DISTINCT client FROM {table} WHERE account = ?1"))?;
        let clients = clients.query_map(params![new.account.0], |row| row.get(0).map(ClientId))?.collect::<Result<Vec<_>>>()?;
        let mut delete = conn.prepare_cached(&format!("DELETE FROM {table} WHERE account = ?1 AND client = ?2"))?;
        for client in clients.iter().filter(|client| !new.clients.contains(client)) {
            delete.execute(params![new.account.0, client.0])?;
        }
    }
    Ok(())
}

/// Keeps at most [`limits::KEY_PACKAGES_KEPT`]; what is over is passed over in silence, the count says how many are there.
pub fn publish_key_packages(
    conn: &Connection,
    today: Day,
    account: &AccountId,
    client: &ClientId,
    one_time: &[Bytes],
    last_resort: Option<&Bytes>,
) -> Result<()> {
    let mut held: i64 = conn
        .prepare_cached("SELECT count(*) FROM key_package WHERE account = ?1 AND client = ?2")?
        .query_row(params![account.0, client.0], |row| row.get(0))?;
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO key_package(account, client, hash, bytes) VALUES (?1, ?2, ?3, ?4)")?;
    for package in one_time {
        if held >= limits::KEY_PACKAGES_KEPT as i64 {
            break;
        }
        held += insert.execute(params![account.0, client.0, Hash32::of(package).0, package.as_ref()])? as i64;
    }
    if let Some(package) = last_resort {
        conn.prepare_cached("INSERT OR REPLACE INTO last_resort(account, client, day, bytes) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![account.0, client.0, today.0, package.as_ref()])?;
    }
    Ok(())
}

/// One for each client: a one-time package, which is then gone, or else the last resort.
pub fn take_key_packages(conn: &Connection, account: &AccountId, pass: &TakeHash) -> Result<Outcome> {
    let open = conn.prepare_cached("SELECT 1 FROM account WHERE id = ?1 AND closed = 0")?.exists(params![account.0])?;
    let known = conn.prepare_cached("SELECT 1 FROM take_pass WHERE account = ?1 AND hash = ?2")?.exists(params![account.0, pass.0])?;
    // One answer for both: the pass must not serve to ask which accounts exist.
    if !open || !known {
        return Ok(Outcome::Refused(Refusal::NoPass));
    }
    let mut clients = conn.prepare_cached(
        "SELECT client FROM key_package WHERE account = ?1 UNION SELECT client FROM last_resort WHERE account = ?1 ORDER BY client",
    )?;
    let clients = clients.query_map(params![account.0], |row| row.get(0).map(ClientId))?.collect::<Result<Vec<_>>>()?;
    let mut taken = Vec::with_capacity(clients.len());
    for client in clients {
        taken.extend(take_one(conn, account, client)?);
    }
    Ok(Outcome::Taken(taken))
}

fn take_one(conn: &Connection, account: &AccountId, client: ClientId) -> Result<Option<TakenKeyPackage>> {
    let mut one_time = conn.prepare_cached("SELECT hash, bytes FROM key_package WHERE account = ?1 AND client = ?2 LIMIT 1")?;
    let found =
        one_time.query_row(params![account.0, client.0], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Vec<u8>>(1)?))).optional()?;
    if let Some((hash, bytes)) = found {
        conn.prepare_cached("DELETE FROM key_package WHERE account = ?1 AND client = ?2 AND hash = ?3")?
            .execute(params![account.0, client.0, hash])?;
        return Ok(Some(TakenKeyPackage { client, key_package: bytes.into(), last_resort: false }));
    }
    let mut last_resort = conn.prepare_cached("SELECT bytes FROM last_resort WHERE account = ?1 AND client = ?2")?;
    let bytes = last_resort.query_row(params![account.0, client.0], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    Ok(bytes.map(|bytes| TakenKeyPackage { client, key_package: bytes.into(), last_resort: true }))
}

/// How many take passes an account would have. What is dropped counts only if it is there, and what is added only if it is not.
fn take_passes_after(conn: &Connection, account: &AccountId, add: &[TakeHash], drop: &[TakeHash]) -> Result<usize> {
    let dropped: HashSet<&TakeHash> = drop.iter().collect();
    let mut query = conn.prepare_cached("SELECT hash FROM take_pass WHERE account = ?1")?;
    let mut after = query.query_map(params![account.0], |row| row.get(0).map(TakeHash))?.collect::<Result<HashSet<_>>>()?;
    after.retain(|hash| !dropped.contains(hash));
    after.extend(add);
    Ok(after.len())
}

pub fn change_take_passes(conn: &Connection, account: &AccountId, add: &[TakeHash], drop: &[TakeHash]) -> Result<Decided> {
    if !add.is_empty() && take_passes_after(conn, account, add, drop)? > limits::TAKE_PASSES_MAX {
        return Ok(Err(Refusal::TooLarge { limit: limits::TAKE_PASSES_MAX as u64 }));
    }
    let mut delete = conn.prepare_cached("DELETE FROM take_pass WHERE account = ?1 AND hash = ?2")?;
    for hash in drop {
        delete.execute(params![account.0, hash.0])?;
    }
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO take_pass(account, hash) VALUES (?1, ?2)")?;
    for hash in add {
        insert.execute(params![account.0, hash.0])?;
    }
    Ok(Ok(()))
}

/// A closed account keeps its row, so that its handle stays taken and its states can be checked; what serves to reach it goes.
pub fn close(conn: &Connection, account: &AccountId) -> Result<Decided> {
    if conn.prepare_cached("UPDATE account SET closed = 1 WHERE id = ?1")?.execute(params![account.0])? == 0 {
        return Ok(Err(Refusal::NotFound));
    }
    for table in ["key_package", "last_resort", "take_pass"] {
        conn.prepare_cached(&format!("DELETE FROM {table} WHERE account = ?1"))?.execute(params![account.0])?;
    }
    Ok(Ok(()))
}

/// What served to reach it is gone: its client brings new KeyPackages when it signs in, and its links have to be made anew.
pub fn reopen(conn: &Connection, account: &AccountId) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE account SET closed = 0 WHERE id = ?1")?.execute(params![account.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

pub fn restrict(conn: &Connection, account: &AccountId, ban: Ban) -> Result<Decided> {
    let ban = i64::from(ban == Ban::Restricted);
    let changed = conn.prepare_cached("UPDATE account SET ban = ?2 WHERE id = ?1")?.execute(params![account.0, ban])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

pub fn set_quota(conn: &Connection, account: &AccountId, bytes_per_day: u64) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE account SET quota = ?2 WHERE id = ?1")?.execute(params![account.0, number(bytes_per_day)])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}
