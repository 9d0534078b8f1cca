//! Rows of vaults: what brings an account back, sealed by whoever has the words (docs/spec/vault.md).

use super::log::number;
use crate::store::{Day, NewVault, Vault};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Result, params};
use subtle::ConstantTimeEq as _;
use wire::call::Refusal;
use wire::{Seq, VaultId};

type Decided = std::result::Result<(), Refusal>;

pub fn get(conn: &Connection, vault: &VaultId) -> Result<Option<Vault>> {
    let mut query = conn.prepare_cached("SELECT version, bytes FROM vault WHERE id = ?1")?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Vault { version: row.get::<_, i64>(0)?.unsigned_abs(), sealed: Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?) })
    };
    query.query_row(params![vault.0], row).optional()
}

/// The holder of the token alone replaces a vault, and only the version it has seen. The same bytes again change nothing but the day.
pub fn put(conn: &Connection, today: Day, new: &NewVault) -> Result<Decided> {
    let mut query = conn.prepare_cached("SELECT write, version, bytes FROM vault WHERE id = ?1")?;
    let held = query.query_row(params![new.vault.0], |row| {
        let same = row.get_ref(2)?.as_blob()? == new.sealed.as_ref();
        Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, i64>(1)?.unsigned_abs(), same))
    });
    let version = match held.optional()? {
        Some((write, ..)) if !bool::from(write.ct_eq(&new.write.0)) => return Ok(Err(Refusal::NoPass)),
        Some((_, version, true)) if version == new.after.saturating_add(1) => version,
        Some((_, version, _)) if version != new.after => return Ok(Err(Refusal::Stale { last_commit: Seq(version) })),
        Some((_, version, _)) => version.saturating_add(1),
        None if new.after != 0 => return Ok(Err(Refusal::Stale { last_commit: Seq::START })),
        None => 1,
    };
    conn.prepare_cached("INSERT OR REPLACE INTO vault(id, write, version, day, bytes) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        new.vault.0,
        new.write.0,
        number(version),
        today.0,
        new.sealed.as_ref()
    ])?;
    Ok(Ok(()))
}
