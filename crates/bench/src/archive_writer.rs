//! Writes a store of very many messages: an account that a client made itself, then rows as the client would have written them.

use crate::device::World;
use crate::person::seed;
use crate::say;
use crate::words::{Chance, text};
use anyhow::{Context as _, Result};
use client::store;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use wire::Hash32;
use wire::content::{Body, Content, Salt, Text};

pub const KEY: [u8; 32] = [7; 32];
/// Of a store as a browser has it.
pub const SALT: [u8; 16] = [9; 16];
/// The chat with the most messages.
pub const LARGEST: i64 = 1001;

/// A store to be written.
pub struct Archive {
    pub name: &'static str,
    pub messages: i64,
    pub chats: i64,
    pub form: Form,
}

/// How the file lies on its disk.
#[derive(Clone, Copy)]
pub enum Form {
    Program,
    /// With a given salt, and a journal that is a file beside it for a moment.
    Browser,
}

/// What a client has after years.
pub const MILLION: Archive = Archive { name: "archive", messages: 1_000_000, chats: 100, form: Form::Program };
/// One chat of a page.
pub const PAGE: Archive = Archive { name: "page-archive", messages: 100_000, chats: 1, form: Form::Browser };

const BEGIN: u64 = 1_798_761_600_000;
const PAUSE: u64 = 60_000;
const AT_ONCE: i64 = 10_000;
/// Raised when the store that is written changes.
const VERSION: u32 = 2;

impl Archive {
    /// When the newest message was sent.
    pub fn end(&self) -> u64 {
        BEGIN + self.messages as u64 * PAUSE
    }

    fn open(&self, path: &Path) -> Result<Connection> {
        Ok(match self.form {
            Form::Program => store::open(path, &KEY)?,
            Form::Browser => store::open_with_salt(path, &KEY, &SALT)?,
        })
    }

    /// The store, made if it is not there yet.
    pub fn made(&self, data: &Path) -> Result<PathBuf> {
        let folder = data.join(format!("{}-{VERSION}", self.name));
        let (path, complete) = (folder.join("store.db"), folder.join("complete"));
        if complete.exists() {
            return Ok(path);
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        say(&format!("a store of {} messages is written, once: a minute for half a million", self.messages));
        account(self.open(&path)?)?;
        let mut db = self.open(&path)?;
        db.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -524288; PRAGMA wal_autocheckpoint = 20000")?;
        let sizes = Sizes::of(&db)?;
        chats(&db, self.chats)?;
        let mut chance = Chance::new(7);
        for first in (0..self.messages).step_by(AT_ONCE as usize) {
            let batch = db.transaction()?;
            for number in first..first + AT_ONCE {
                message(&batch, self, &sizes, &mut chance, number)?;
            }
            batch.commit()?;
            if (first + AT_ONCE) % (self.messages / 10) == 0 {
                say(&format!("{} % written", (first + AT_ONCE) * 100 / self.messages));
            }
        }
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        drop(db);
        std::fs::File::open(&path)?.sync_all()?;
        std::fs::write(complete, "")?;
        Ok(path)
    }
}

/// An account with a contact and a message, made by real clients.
fn account(db: Connection) -> Result<()> {
    let mut world = World::new(vec![db, store::open_in_memory()?])?;
    let (_, his) = world.befriend()?;
    let what = view::Outgoing::Text("hello".into());
    world.command(1, view::Command::Send { chat: his, what, reply: None })?;
    world.pass(2)?;
    world.end()
}

/// How long the parts are that are not made here.
struct Sizes {
    sent: usize,
    stamp: usize,
    line: usize,
}

impl Sizes {
    fn of(db: &Connection) -> Result<Self> {
        let evidence = "SELECT length(e.sent) - length(m.content), length(e.stamp) FROM evidence e JOIN message m ON m.id = e.message WHERE m.text = 'hello'";
        let (sent, stamp) = db.query_row(evidence, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).context("no evidence")?;
        let line: i64 = db.query_row("SELECT max(length(stamp)) FROM line", [], |row| row.get(0))?;
        Ok(Self { sent: sent as usize, stamp: stamp as usize, line: line as usize })
    }
}

fn chats(db: &Connection, count: i64) -> Result<()> {
    for number in 0..count {
        let (id, peer) = (LARGEST + number, seed("peer", number as u64));
        db.execute(
            "INSERT INTO log (id, log, route, pass, inbox, live, cursor, chain) VALUES (?1, ?2, ?3, ?4, 0, 1, 0, ?5)",
            params![id, seed("log", id as u64), seed("route", id as u64), seed("pass", id as u64), [0u8; 32]],
        )?;
        db.execute(
            "INSERT INTO contact (account, username, confirmed, met) VALUES (?1, ?2, 1, 0)",
            params![peer, format!("person{number}")],
        )?;
        db.execute(
            "INSERT INTO chat (id, log, kind, state, peer, previous_c, made) VALUES (?1, ?1, 'two', 'active', ?2, ?3, 0)",
            params![id, peer, [0u8; 32]],
        )?;
    }
    Ok(())
}

/// One message, with what makes it provable and what makes it found. A few people write most.
fn message(db: &Connection, archive: &Archive, sizes: &Sizes, chance: &mut Chance, number: i64) -> Result<()> {
    let chats = archive.chats as u64;
    let person = chance.below(chats).min(chance.below(chats)).min(chance.below(chats)) as i64;
    let (chat, mine) = (LARGEST + person, chance.below(2) == 0);
    let length = 12 + chance.below(60) as usize + chance.below(90) as usize;
    let words = text(chance, length);
    let salt = seed("salt", number as u64);
    let mut short = [0; 16];
    short.copy_from_slice(&salt[..16]);
    let content = Content::new(Salt(short), Body::Text(Text::markdown(words.clone())));
    let (kind, encoded) = (content.kind().number(), content.encode()?);
    let sent = (BEGIN + number as u64 * PAUSE) as i64;
    let account = seed(if mine { "me" } else { "peer" }, person as u64);
    let state = if mine { "read" } else { "received" };
    db.prepare_cached(
        "INSERT INTO message (chat, seq, message_id, account, mine, kind, content, shown, text, sent, stamped, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?9, ?10)",
    )?
    .execute(params![chat, number, Hash32::of(&salt).0, account, mine, kind, encoded, words, sent, state])?;
    let id = db.last_insert_rowid();
    db.prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?.execute(params![id, words])?;
    let bytes = |count: usize, chance: &mut Chance| {
        (0..count.div_ceil(8)).flat_map(|_| chance.next().to_le_bytes()).take(count).collect::<Vec<u8>>()
    };
    let proof = bytes(sizes.sent + encoded.len(), chance);
    let stamp = bytes(sizes.stamp, chance);
    db.prepare_cached("INSERT INTO evidence (message, sent, stamp, cert) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, proof, stamp, account])?;
    let line = bytes(sizes.line, chance);
    db.prepare_cached("INSERT INTO line (log, seq, stamp, chain) VALUES (?1, ?2, ?3, ?4)")?.execute(params![chat, number, line, salt])?;
    Ok(())
}
