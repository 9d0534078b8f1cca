//! Rows of uploads and blobs. The bytes lie beside the database (`crate::blobs`); a row is what makes them a blob.

use super::log::number;
use super::read;
use crate::store::Day;
use rusqlite::{Connection, OptionalExtension, Result, params};
use wire::call::{Refusal, UploadId};
use wire::{BlobId, Hash32, limits};

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

/// The first day whose blobs are given to who asks. Older ones are swept, or held; one that its sender deleted is dated by day 0.
pub fn given_since(today: Day) -> u32 {
    today.0.saturating_sub(Day(0).after(limits::BLOB_RETENTION).0).max(1)
}

/// An upload whose bytes lie in place becomes a blob. Asked again, the answer is the same. One whose bytes are still here, given to nobody, is a new one to
/// whoever uploads it again: nothing tells that it was held.
pub fn store(conn: &Connection, today: Day, upload: &UploadId, blob: &BlobId) -> Result<Decided> {
    let mut query = conn.prepare_cached("SELECT length, delete_hash FROM upload WHERE id = ?1")?;
    let row = query.query_row(params![upload.0], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, [u8; 32]>(1)?))).optional()?;
    let Some((length, delete_hash)) = row else {
        let given = read::blob(conn, blob, today)?.is_some();
        return Ok(if given { Ok(()) } else { Err(Refusal::NotFound) });
    };
    conn.prepare_cached(
        "INSERT INTO blob(id, length, delete_hash, day, held) VALUES (?1, ?2, ?3, ?4, 0)
         ON CONFLICT(id) DO UPDATE SET day = excluded.day, delete_hash = excluded.delete_hash WHERE blob.day < ?5",
    )?
    .execute(params![blob.0, length, delete_hash, today.0, given_since(today)])?;
    conn.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute(params![upload.0])?;
    Ok(Ok(()))
}

/// Ends a blob: from now on it is given to nobody. What is sealed in it stays for [`limits::BLOB_GRACE`], so that what somebody kept or reports in that
/// time can be held for the police; then, or when a hold ends, it goes with a sweep.
pub fn delete(conn: &Connection, today: Day, blob: &BlobId, token: &Hash32) -> Result<Decided> {
    let mut ended =
        conn.prepare_cached("UPDATE blob SET day = 0, held = max(held, ?3) WHERE id = ?1 AND delete_hash = ?2 AND day >= ?4")?;
    let grace = today.after(limits::BLOB_GRACE);
    let changed = ended.execute(params![blob.0, token.0, grace.0, given_since(today)])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

/// Keeps a blob, whatever its sender does, up to a day.
pub fn hold(conn: &Connection, until: Day, blob: &BlobId) -> Result<Decided> {
    let changed = conn.prepare_cached("UPDATE blob SET held = max(held, ?2) WHERE id = ?1")?.execute(params![blob.0, until.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}

/// Ends a hold after [`limits::BLOB_GRACE`]: another report may need the same file, and whoever has it can have it held again.
pub fn release(conn: &Connection, today: Day, blob: &BlobId) -> Result<Decided> {
    let grace = today.after(limits::BLOB_GRACE);
    let changed = conn.prepare_cached("UPDATE blob SET held = min(held, ?2) WHERE id = ?1")?.execute(params![blob.0, grace.0])?;
    Ok(if changed == 0 { Err(Refusal::NotFound) } else { Ok(()) })
}
