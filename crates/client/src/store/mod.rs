//! The client's database: opening, schema steps, small values.

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

/// Steps of the schema, in the order in which they came: a database of version n has taken the first n.
const STEPS: [&str; 2] = [include_str!("schema.sql"), include_str!("vault.sql")];
/// Prepared statements kept: every query of the program has its own.
const STATEMENTS: usize = 256;

/// Opens or creates an encrypted database. `key`: 32 bytes, used raw, without a derivation of SQLCipher's own.
///
/// # Errors
/// [`OpenError::WrongKey`] when the file exists and the key is another's.
pub fn open(path: &Path, key: &[u8; 32]) -> Result<Connection, OpenError> {
    let db = Connection::open(path)?;
    let hex: Zeroizing<String> = Zeroizing::new(key.iter().map(|byte| format!("{byte:02x}")).collect());
    // What goes wrong is told by the error; SQLCipher would print it as well.
    db.execute_batch("PRAGMA cipher_log_level = NONE")?;
    db.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", hex.as_str())))?;
    match db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        // Only pages that do not open say this: a disk that is full or cannot be read says so itself, and no key is at fault.
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => return Err(OpenError::WrongKey),
        read => read?,
    }
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;")?;
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
    let taken = usize::try_from(version).map_err(|_| OpenError::TooNew)?;
    let missing = STEPS.get(taken..).ok_or(OpenError::TooNew)?;
    if !missing.is_empty() {
        db.execute_batch(&format!("BEGIN; {} PRAGMA user_version = {}; COMMIT;", missing.concat(), STEPS.len()))?;
    }
    Ok(())
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
    fn a_database_of_an_older_program_takes_the_steps_that_came_since() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let older = open(&path, &[1; 32]).unwrap();
        let drop: Vec<String> = older
            .prepare("SELECT 'DROP ' || type || ' ' || name FROM sqlite_schema WHERE type = 'trigger' OR name IN ('vault', 'restoring', 'own_state', 'homecoming') ORDER BY type DESC")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        older.execute_batch(&drop.join(";")).unwrap();
        set_meta(&older, "kept", 7i64).unwrap();
        older.execute_batch("PRAGMA user_version = 1").unwrap();
        drop_all(older);
        let newer = open(&path, &[1; 32]).unwrap();
        assert_eq!(meta::<i64>(&newer, "kept").unwrap(), Some(7));
        assert_eq!(newer.query_row("SELECT count(*) FROM vault", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }

    fn drop_all(db: Connection) {
        db.close().map_err(|(_, error)| error).unwrap();
    }

    #[test]
    fn a_database_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        open(&path, &[1; 32]).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
        assert!(matches!(open(&path, &[1; 32]), Err(OpenError::TooNew)));
    }
}
