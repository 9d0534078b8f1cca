//! The client's database: opening, schema steps, small values.

mod steps;

pub(crate) use steps::keep_files;

use crate::client::Cause;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;
use zeroize::Zeroizing;

/// Opening a home's database failed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the key does not open this database")]
    WrongKey,
    #[error("the database was written by a newer program")]
    TooNew,
    #[error("the database cannot be opened")]
    Database(#[from] rusqlite::Error),
}

impl OpenError {
    pub fn cause(&self) -> Cause {
        match self {
            Self::Database(error) => Cause::of(error),
            Self::WrongKey | Self::TooNew => Cause::Other,
        }
    }
}

/// Prepared statements kept: every query of the program has its own.
const STATEMENTS: usize = 256;

/// How SQLite keeps a transaction that may have to be undone.
#[derive(Clone, Copy)]
enum Journal {
    Wal,
    Truncate,
}

/// Opens or creates an encrypted database. `key`: 32 bytes, used raw, without a derivation of SQLCipher's own.
///
/// # Errors
/// [`OpenError::WrongKey`] when the file exists and the key is another's.
pub fn open(path: &Path, key: &[u8; 32]) -> Result<Connection, OpenError> {
    open_as(path, key, &[], Journal::Wal)
}

/// The same where files have no shared memory, hence no WAL: in a browser. `salt`: 16 random bytes, the same whenever this database is opened.
///
/// # Security
/// There SQLCipher must not look for the salt in the file itself: a new file is read as zeros, and it would take them for one.
///
/// # Errors
/// [`OpenError::WrongKey`] when the file exists and key or salt are another's.
pub fn open_with_salt(path: &Path, key: &[u8; 32], salt: &[u8; 16]) -> Result<Connection, OpenError> {
    open_as(path, key, salt, Journal::Truncate)
}

fn open_as(path: &Path, key: &[u8; 32], salt: &[u8], journal: Journal) -> Result<Connection, OpenError> {
    let db = Connection::open(path)?;
    let hex: Zeroizing<String> = Zeroizing::new(key.iter().chain(salt).map(|byte| format!("{byte:02x}")).collect());
    // What goes wrong is told by the error; SQLCipher would print it as well.
    db.execute_batch("PRAGMA cipher_log_level = NONE")?;
    db.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.as_str())))?;
    match db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        // Only pages that do not open say this: a disk that is full or cannot be read says so itself, and no key is at fault.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => return Err(OpenError::WrongKey),
        read => read?,
    }
    db.execute_batch(match journal {
        Journal::Wal => "PRAGMA journal_mode = WAL",
        Journal::Truncate => "PRAGMA journal_mode = TRUNCATE",
    })?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")?;
    prepare(&db)?;
    Ok(db)
}

/// A database in memory: for tests and for a shared computer, where nothing is to stay.
///
/// # Errors
/// Only when memory runs out.
pub fn open_in_memory() -> Result<Connection, OpenError> {
    let db = Connection::open_in_memory()?;
    prepare(&db)?;
    Ok(db)
}

fn prepare(db: &Connection) -> Result<(), OpenError> {
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    db.pragma_update(None, "foreign_keys", false)?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > steps::NEWEST {
        return Err(OpenError::TooNew);
    }
    Ok(steps::take(db, version)?)
}

/// A small value by name.
pub fn meta<T: rusqlite::types::FromSql>(db: &Connection, key: &str) -> Result<Option<T>, rusqlite::Error> {
    db.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

pub fn set_meta(db: &Connection, key: &str, value: impl rusqlite::ToSql) -> Result<(), rusqlite::Error> {
    db.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute(params![key, value])?;
    Ok(())
}

/// Takes a small value away: there is no value that says there is none.
pub fn forget_meta(db: &Connection, key: &str) -> Result<(), rusqlite::Error> {
    db.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_value_is_kept_replaced_and_forgotten_and_nothing_is_no_value() {
        let db = open_in_memory().unwrap();
        set_meta(&db, "by", [7u8; 32]).unwrap();
        set_meta(&db, "by", [8u8; 32]).unwrap();
        assert_eq!(meta::<[u8; 32]>(&db, "by").unwrap(), Some([8; 32]));
        assert!(set_meta(&db, "by", None::<[u8; 32]>).is_err());
        forget_meta(&db, "by").unwrap();
        forget_meta(&db, "by").unwrap();
        assert_eq!(meta::<[u8; 32]>(&db, "by").unwrap(), None);
    }

    #[test]
    fn the_library_is_the_one_we_built() {
        let db = open_in_memory().unwrap();
        let version: String = db.query_row("SELECT sqlite_version()", [], |row| row.get(0)).unwrap();
        assert_eq!(version, "3.53.4");
    }

    #[test]
    fn another_key_does_not_open_the_file_and_its_pages_hold_no_plaintext() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let db = open(&path, &[1; 32]).unwrap();
        set_meta(&db, "canary", "the quick brown fox").unwrap();
        drop(db);
        assert!(matches!(open(&path, &[2; 32]), Err(OpenError::WrongKey)));
        let db = open(&path, &[1; 32]).unwrap();
        assert_eq!(meta::<String>(&db, "canary").unwrap().as_deref(), Some("the quick brown fox"));
        let bytes = std::fs::read(&path).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"quick bro"));
        assert!(!bytes.starts_with(b"SQLite format 3"));
    }

    #[test]
    fn a_given_salt_begins_the_file_and_without_it_the_key_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let db = open_with_salt(&path, &[1; 32], &[9; 16]).unwrap();
        set_meta(&db, "canary", "the quick brown fox").unwrap();
        let journal: String = db.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
        assert_eq!(journal, "truncate");
        drop(db);
        assert!(std::fs::read(&path).unwrap().starts_with(&[9; 16]));
        assert!(matches!(open_with_salt(&path, &[1; 32], &[8; 16]), Err(OpenError::WrongKey)));
        assert!(matches!(open_with_salt(&path, &[2; 32], &[9; 16]), Err(OpenError::WrongKey)));
        let db = open_with_salt(&path, &[1; 32], &[9; 16]).unwrap();
        assert_eq!(meta::<String>(&db, "canary").unwrap().as_deref(), Some("the quick brown fox"));
    }

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        open(&path, &[1; 32]).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(open(&path, &[1; 32]), Err(OpenError::TooNew)));
    }
}
