//! Rows of uploads and blobs. The bytes lie beside the database (`crate::blobs`); a row is what makes them a blob.

use super::log::number;
use crate::store::{Day, Outcome, Swept};
use rusqlite::{Connection, OptionalExtension, Result, params};
use wire::call::{Refusal, UploadId};
use wire::{BlobId, Hash32};

type Decided = std::result::Result<(), Refusal>;

pub fn create(conn: &Connection, today: Day, upload: &UploadId, length: u64, delete_hash: &Hash32) -> Result<Decided> {
    let mut insert = conn.prepare_cached("INSERT OR IGNORE INTO upload(id, length, delete_hash, day) VALUES (?1, ?2, ?3, ?4)")?;
    let inserted = insert.execute(params![upload.0, number(length), delete_hash.0, today.0])?;
    Ok(if inserted == 0 { Err(Refusal::Conflict) } else { Ok(()) })
}

pub fn touch(conn: &Connection, today: Day, upload: &UploadId) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE upload SET day = ?2 WHERE id = ?1")?.execute(params![upload.0, today.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

/// An upload whose bytes lie in place becomes a blob. Asked again, the answer is the same.
pub fn store(conn: &Connection, today: Day, upload: &UploadId, blob: &BlobId) -> Result<Decided> {
    let mut query = conn.prepare_cached("SELECT length, delete_hash FROM upload WHERE id = ?1")?;
    let row = query.query_row(params![upload.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))).optional()?;
    let Some((length, delete_hash)) = row else {
        let stored = conn.prepare_cached("SELECT 1 FROM blob WHERE id = ?1")?.exists(params![blob.0])?;
        return Ok(if stored { Ok(()) } else { Err(Refusal::NotFound) });
    };
    conn.prepare_cached("INSERT OR IGNORE INTO blob(id, length, delete_hash, day, held) VALUES (?1, ?2, ?3, ?4, 0)")?.execute(params![
        blob.0,
        length,
        delete_hash,
        today.0
    ])?;
    conn.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute(params![upload.0])?;
    Ok(Ok(()))
}

/// Ends a blob at once, unless it is held: then it goes when the hold ends.
pub fn delete(conn: &Connection, today: Day, blob: &BlobId, token: &Hash32) -> Result<Outcome> {
    let mut query = conn.prepare_cached("SELECT held FROM blob WHERE id = ?1 AND delete_hash = ?2")?;
    let Some(held) = query.query_row(params![blob.0, token.0], |row| row.get::<_, u32>(0)).optional()? else {
        return Ok(Outcome::Refused(Refusal::NotFound));
    };
    if held > today.0 {
        // Day 0 is past every retention.
        conn.prepare_cached("UPDATE blob SET day = 0 WHERE id = ?1")?.execute(params![blob.0])?;
        return Ok(Outcome::Done);
    }
    conn.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute(params![blob.0])?;
    Ok(Outcome::Swept(Swept { blobs: vec![*blob], ..Swept::default() }))
}

/// Keeps a blob, whatever its sender does, up to a day.
pub fn hold(conn: &Connection, until: Day, blob: &BlobId) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE blob SET held = max(held, ?2) WHERE id = ?1")?.execute(params![blob.0, until.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

/// Ends a hold: a blob that was deleted in the meantime goes with the next sweep.
pub fn release(conn: &Connection, blob: &BlobId) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE blob SET held = 0 WHERE id = ?1")?.execute(params![blob.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}
