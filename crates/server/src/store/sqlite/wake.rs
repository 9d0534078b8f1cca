//! Where to knock for a pass, sealed: nobody reads or compares it without the server's secret.

use super::log::number;
use crate::store::{LogKey, NewWake, Sleeper};
use bytes::Bytes;
use rusqlite::{Connection, Result, params};
use wire::{PassHash, Seq};

/// Only a pass that lives is knocked for.
pub fn set(conn: &Connection, wakes: &[NewWake]) -> Result<()> {
    for wake in wakes {
        match &wake.sealed {
            Some(sealed) => conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO wake(n, hash, sealed) SELECT n, hash, ?3 FROM pass WHERE n = ?1 AND hash = ?2 AND ended = 0",
                )?
                .execute(params![wake.log, wake.pass.0, sealed.as_ref()])?,
            None => conn.prepare_cached("DELETE FROM wake WHERE n = ?1 AND hash = ?2")?.execute(params![wake.log, wake.pass.0])?,
        };
    }
    Ok(())
}

/// Forgets those of a log whose passes have ended.
pub fn forget_ended(conn: &Connection, n: LogKey) -> Result<()> {
    conn.prepare_cached("DELETE FROM wake WHERE n = ?1 AND hash NOT IN (SELECT hash FROM pass WHERE n = ?1 AND ended = 0)")?
        .execute([n])?;
    Ok(())
}

/// Passes of a log that have not acknowledged so much and are to be knocked for.
pub fn sleepers(conn: &Connection, n: LogKey, head: Seq) -> Result<Vec<Sleeper>> {
    let mut query = conn.prepare_cached(
        "SELECT w.hash, w.sealed FROM wake w JOIN pass p ON p.n = w.n AND p.hash = w.hash
         WHERE w.n = ?1 AND p.ended = 0 AND p.role <> 3 AND p.cursor < ?2",
    )?;
    let rows = query.query_map(params![n, number(head.0)], |row| {
        Ok(Sleeper { pass: PassHash(row.get(0)?), sealed: Bytes::copy_from_slice(row.get_ref(1)?.as_blob()?) })
    })?;
    rows.collect()
}
