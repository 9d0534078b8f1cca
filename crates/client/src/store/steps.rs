//! Steps of the schema: what brings a database of an older program to this one's form.

use crate::message::searched;
use rusqlite::{Connection, OptionalExtension as _, params};
use wire::content::{Content, Kind};

/// The version that `schema.sql` makes.
const FIRST: i64 = 1;
/// The version that this program reads.
pub const NEWEST: i64 = 16;

/// Takes every step that is missing, each in a transaction with the number it leads to.
///
/// # Errors
/// The database failed; it is at the last step that was taken whole.
pub fn take(db: &Connection, version: i64) -> Result<(), rusqlite::Error> {
    if version < FIRST {
        step(db, FIRST, |db| db.execute_batch(include_str!("schema.sql")))?;
    }
    if version < 2 {
        step(db, 2, |db| {
            db.execute_batch(include_str!("schema-2.sql"))?;
            note_files(db)
        })?;
    }
    if version < 3 {
        step(db, 3, |db| db.execute_batch(include_str!("schema-3.sql")))?;
    }
    if version < 4 {
        step(db, 4, |db| db.execute_batch(include_str!("schema-4.sql")))?;
    }
    if version < 5 {
        step(db, 5, |db| db.execute_batch(include_str!("schema-5.sql")))?;
    }
    if version < 6 {
        step(db, 6, |db| db.execute_batch(include_str!("schema-6.sql")))?;
    }
    if version < 7 {
        step(db, 7, |db| db.execute_batch(include_str!("schema-7.sql")))?;
    }
    if version < 8 {
        step(db, 8, |db| db.execute_batch(include_str!("schema-8.sql")))?;
    }
    if version < 9 {
        step(db, 9, |db| {
            db.execute_batch(include_str!("schema-9.sql"))?;
            note_hashes(db)
        })?;
    }
    if version < 10 {
        step(db, 10, |db| db.execute_batch(include_str!("schema-10.sql")))?;
    }
    if version < 11 {
        step(db, 11, |db| {
            let indexed = indexed(db)?;
            db.execute_batch(include_str!("schema-11.sql"))?;
            index_again(db, &indexed)
        })?;
    }
    if version < 12 {
        step(db, 12, |db| db.execute_batch(include_str!("schema-12.sql")))?;
    }
    if version < 13 {
        step(db, 13, |db| db.execute_batch(include_str!("schema-13.sql")))?;
    }
    if version < 14 {
        step(db, 14, |db| db.execute_batch(include_str!("schema-14.sql")))?;
    }
    if version < 15 {
        step(db, 15, |db| db.execute_batch(include_str!("schema-15.sql")))?;
    }
    if version < 16 {
        step(db, 16, |db| {
            db.execute_batch(include_str!("schema-16.sql"))?;
            note_follows(db)
        })?;
    }
    Ok(())
}

/// Which kept message was taken back by what was kept before that was noted, as far as the chat still says it.
fn note_follows(db: &Connection) -> Result<(), rusqlite::Error> {
    let follows = "UPDATE kept SET follows = (SELECT k.id FROM message d JOIN kept k ON k.chat = d.chat AND k.message_id = d.target
        WHERE d.chat = kept.chat AND d.message_id = kept.message_id AND d.kind = ?1)";
    db.execute(follows, [Kind::Delete.number()]).map(drop)
}

fn step(db: &Connection, to: i64, act: impl FnOnce(&Connection) -> Result<(), rusqlite::Error>) -> Result<(), rusqlite::Error> {
    db.execute_batch("BEGIN IMMEDIATE")?;
    let taken = act(db).and_then(|()| db.execute_batch(&format!("PRAGMA user_version = {to}; COMMIT")));
    if taken.is_err() && !db.is_autocommit() {
        // The first error is the one to tell.
        let _ = db.execute_batch("ROLLBACK");
    }
    taken
}

/// Files and links of messages that came before they were noted.
fn note_files(db: &Connection) -> Result<(), rusqlite::Error> {
    let mut statement = db.prepare(
        "SELECT id, chat, content FROM message WHERE kind IN (?1, ?2) AND shown = 1 AND deleted IS NULL AND length(content) > 0",
    )?;
    let mut rows = statement.query([Kind::Attachments.number(), Kind::Sticker.number()])?;
    // One at a time: a store may hold more than memory does.
    while let Some(row) = rows.next()? {
        if let Ok(content) = Content::decode(row.get_ref(2)?.as_blob()?) {
            for (position, attachment) in (0i64..).zip(content.body.attachments()) {
                db.prepare_cached(
                    "INSERT OR REPLACE INTO file (message, position, chat, blob, class, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    row.get::<_, i64>(0)?,
                    position,
                    row.get::<_, i64>(1)?,
                    attachment.blob.0,
                    attachment.class as i64,
                    attachment.length as i64
                ])?;
            }
        }
    }
    db.execute_batch(
        "UPDATE message SET linked = 1 WHERE shown = 1 AND deleted IS NULL AND (text LIKE '%http://%' OR text LIKE '%https://%')",
    )
}

/// What the files are of messages that came before it was noted, and which of them are private.
fn note_hashes(db: &Connection) -> Result<(), rusqlite::Error> {
    let mut statement =
        db.prepare("SELECT DISTINCT m.id, m.chat, m.message_id, m.content FROM file f JOIN message m ON m.id = f.message")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let Ok(content) = Content::decode(row.get_ref(3)?.as_blob()?) else { continue };
        for (position, attachment) in (0i64..).zip(content.body.attachments()) {
            db.prepare_cached("UPDATE file SET sha256 = ?3 WHERE message = ?1 AND position = ?2")?.execute(params![
                row.get::<_, i64>(0)?,
                position,
                attachment.sha256.0
            ])?;
        }
    }
    db.execute_batch(
        "INSERT INTO private_file (sha256, blob, chat, message_id) SELECT DISTINCT f.sha256, f.blob, p.chat, p.message_id
         FROM private p JOIN message m ON m.chat = p.chat AND m.message_id = p.message_id JOIN file f ON f.message = m.id WHERE f.sha256 IS NOT NULL",
    )
}

/// The messages whose words the index has.
fn indexed(db: &Connection) -> Result<Vec<i64>, rusqlite::Error> {
    db.prepare("SELECT id FROM search_docsize ORDER BY id")?.query_map([], |row| row.get(0))?.collect()
}

fn index_again(db: &Connection, messages: &[i64]) -> Result<(), rusqlite::Error> {
    for message in messages {
        let found = db
            .prepare_cached("SELECT text, content FROM message WHERE id = ?1")?
            .query_row([message], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))
            .optional()?;
        if let Some((text, content)) = found {
            let words = searched(&text, Content::decode(&content).ok().as_ref());
            db.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?.execute(params![message, words])?;
        }
    }
    Ok(())
}

/// Notes the files of a message.
pub fn keep_files(db: &Connection, message: i64, chat: i64, content: &Content) -> Result<(), rusqlite::Error> {
    for (position, attachment) in (0i64..).zip(content.body.attachments()) {
        db.prepare_cached(
            "INSERT OR REPLACE INTO file (message, position, chat, blob, class, bytes, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            message,
            position,
            chat,
            attachment.blob.0,
            attachment.class as i64,
            attachment.length as i64,
            attachment.sha256.0
        ])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{OpenError, open};
    use wire::content::{Attachment, Attachments, Body, Class, MediaType, Salt};
    use wire::{BlobId, Hash32};

    fn content() -> Vec<u8> {
        let item = Attachment {
            class: Class::Photo,
            blob: BlobId([7; 32]),
            length: 1000,
            media_type: MediaType::new("image/jpeg").unwrap(),
            file_name: None,
            sha256: Hash32([1; 32]),
            root: Hash32([2; 32]),
            alt: String::new(),
            dimensions: Some((2, 3)),
            duration: None,
            original: false,
            thumbnail: None,
            secret: Some(wire::content::AttachmentSecret { key: [3; 32], salt: [4; 32] }),
        };
        Content::new(Salt([0; 16]), Body::Attachments(Attachments { caption: None, items: vec![item] })).encode().unwrap()
    }

    /// Empties a database and makes it anew, as an older program left it.
    fn as_left_by(db: &Connection, version: i64, schemas: &str) {
        let tables: Vec<String> = db
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'search_%'")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for table in tables {
            db.execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
        db.execute_batch(&format!("BEGIN; {schemas} PRAGMA user_version = {version}; COMMIT;")).unwrap();
    }

    fn numbers(db: &Connection, query: &str) -> Vec<i64> {
        db.prepare(query).unwrap().query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn version(db: &Connection) -> i64 {
        db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn a_store_of_the_first_program_opens_and_keeps_what_it_held() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let old = open(&path, &[1; 32]).unwrap();
        as_left_by(&old, 1, include_str!("schema.sql"));
        let insert = "INSERT INTO message (id, chat, message_id, account, mine, kind, content, shown, text, sent, state)
                      VALUES (?1, 5, ?2, x'00', 0, ?3, ?4, 1, ?5, 1, 'received')";
        old.execute(insert, params![1, [1u8; 32], 6, content(), ""]).unwrap();
        old.execute(insert, params![2, [2u8; 32], 1, vec![0u8; 0], "see https://example.org"]).unwrap();
        old.execute("INSERT INTO search (rowid, text) VALUES (2, 'see https://example.org')", []).unwrap();
        drop(old);

        let db = open(&path, &[1; 32]).unwrap();
        assert_eq!(version(&db), NEWEST);
        let file: (i64, i64, Vec<u8>, i64) = db
            .query_row("SELECT message, chat, blob, bytes FROM file", [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap();
        assert_eq!(file, (1, 5, vec![7; 32], 1000));
        assert_eq!(numbers(&db, "SELECT covered FROM file"), [0], "it was not noted then");
        let found = numbers(&db, "SELECT rowid FROM search WHERE search MATCH 'example'");
        assert_eq!(found, [2]);
        let linked = numbers(&db, "SELECT linked FROM message ORDER BY id");
        assert_eq!(linked, [0, 1]);
        // A second time there is nothing to do.
        drop(db);
        open(&path, &[1; 32]).unwrap();
    }

    #[test]
    fn a_store_from_before_the_vault_opens_and_notes_from_then_on_what_changes_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let old = open(&path, &[1; 32]).unwrap();
        as_left_by(&old, 2, concat!(include_str!("schema.sql"), include_str!("schema-2.sql")));
        let met = "INSERT INTO contact (account, username, met) VALUES (?1, ?2, 1)";
        old.execute(met, params![[1u8; 32], "bob"]).unwrap();
        old.execute("INSERT INTO draft (chat, text) VALUES (5, 'half said')", []).unwrap();
        drop(old);

        let db = open(&path, &[1; 32]).unwrap();
        assert_eq!(version(&db), NEWEST);
        let kept: (String, String) = db
            .query_row("SELECT (SELECT username FROM contact), (SELECT text FROM draft)", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        assert_eq!(kept, ("bob".to_owned(), "half said".to_owned()));
        db.execute("INSERT INTO vault (id, entropy, touched) VALUES (1, x'00', 1)", []).unwrap();
        db.execute(met, params![[2u8; 32], "cleo"]).unwrap();
        assert_eq!(db.query_row("SELECT touched FROM vault", [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    }

    #[test]
    fn a_store_from_before_reports_opens_and_keeps_how_somebody_is_known() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let old = open(&path, &[1; 32]).unwrap();
        let schemas =
            concat!(include_str!("schema.sql"), include_str!("schema-2.sql"), include_str!("schema-3.sql"), include_str!("schema-4.sql"));
        as_left_by(&old, 4, schemas);
        old.execute("INSERT INTO contact (account, username, met, knows) VALUES (?1, 'bob', 1, 'online')", [[1u8; 32]]).unwrap();
        drop(old);

        let db = open(&path, &[1; 32]).unwrap();
        assert_eq!(version(&db), NEWEST);
        assert_eq!(db.query_row("SELECT knows FROM contact", [], |row| row.get::<_, String>(0)).unwrap(), "online");
        let counted = "SELECT (SELECT count(*) FROM keep_box) + (SELECT count(*) FROM kept) + (SELECT count(*) FROM kept_event)
                       + (SELECT count(*) FROM made_report) + (SELECT count(*) FROM kept_sealed)";
        assert_eq!(db.query_row(counted, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
        // From before keys could be compared: nobody's were.
        assert!(!db.query_row("SELECT compared FROM contact", [], |row| row.get::<_, bool>(0)).unwrap());
    }

    #[test]
    fn a_store_from_before_reports_were_known_by_number_and_address_notes_anew_which_are_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let old = open(&path, &[1; 32]).unwrap();
        let schemas = concat!(
            include_str!("schema.sql"),
            include_str!("schema-2.sql"),
            include_str!("schema-3.sql"),
            include_str!("schema-4.sql"),
            include_str!("schema-5.sql"),
            include_str!("schema-6.sql"),
            include_str!("schema-7.sql"),
            include_str!("schema-8.sql"),
            include_str!("schema-9.sql"),
            include_str!("schema-10.sql")
        );
        as_left_by(&old, 10, schemas);
        old.execute("INSERT INTO desk_gone (report, at) VALUES (?1, 1)", [[1u8; 32]]).unwrap();
        let kept = "INSERT INTO meta (key, value) VALUES (?1, x'00')";
        old.execute(kept, [crate::report::DESK_LOOKED]).unwrap();
        old.execute(kept, ["safety/desk head"]).unwrap();
        drop(old);

        let db = open(&path, &[1; 32]).unwrap();
        assert_eq!(version(&db), NEWEST);
        let left = "SELECT (SELECT count(*) FROM desk_gone) + (SELECT count(*) FROM desk_record), (SELECT group_concat(key) FROM meta)";
        let left: (i64, String) = db.query_row(left, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(left, (0, "safety/desk head".to_owned()), "the log is looked at from its beginning");
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch(&format!("BEGIN; {} PRAGMA user_version = 1; COMMIT; CREATE TABLE draft (x)", include_str!("schema.sql")))
            .unwrap();
        assert!(take(&db, 1).is_err());
        let columns = "SELECT count(*) FROM pragma_table_info('chat') WHERE name = 'pinned'";
        let (version, pinned): (i64, i64) =
            (db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap(), db.query_row(columns, [], |row| row.get(0)).unwrap());
        assert_eq!((version, pinned), (1, 0));
    }

    #[test]
    fn the_number_of_a_newer_program_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        open(&path, &[1; 32]).unwrap().execute_batch(&format!("PRAGMA user_version = {}", NEWEST + 1)).unwrap();
        assert!(matches!(open(&path, &[1; 32]), Err(OpenError::TooNew)));
    }
}
