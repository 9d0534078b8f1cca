//! The box of kept messages. Anything can be put in without the passphrase; nothing comes out without it.
//!
//! A kept message is a report to oneself: words, times, sizes, hashes and proof, for good. What opens a picture is in it for the law enforcement desk
//! alone, so the person who kept it sees a picture only as long as it is in the chat (docs/spec/report.md, "Keeping"). Beside messages lie screenshots of
//! other apps, of which nothing is proved.

use super::held::{Here, kept_file};
use super::make::{Around, Chosen, FromBox, too_short};
use crate::client::{Client, Fault, Turn};
use report::kept::KeptAs;
use report::seal::{lock, unlock};
use report::{Addressee, AddresseeSecret, Case, Item, Passphrase, Recipients, Report, Sealed, seal};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::fmt;
use view::{
    KEPT_SCREENSHOTS_MAX, KeepCommand, KeptChange, KeptEvent, KeptFile, KeptRow, OriginalFile, Refusal, Reply, ReportReason, ReportRefusal,
    ShowName, Words,
};
use wire::content::{Body, Content};
use wire::{Hash32, MessageId, Millis};
use zeroize::Zeroizing;

/// The chat of a screenshot: chats are counted from 1.
pub(super) const ELSEWHERE: i64 = 0;

/// Kept messages, and screenshots with the times at which they were kept.
type TakenOut = (Vec<FromBox>, Vec<(Millis, Zeroizing<Vec<u8>>)>);

/// What opens the box, for as long as a person looks into it. Wipes itself.
pub struct KeptOpen(pub(super) AddresseeSecret);

impl fmt::Debug for KeptOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptOpen([redacted])")
    }
}

impl Client {
    /// Whether there is a box. How much is in it is not told without the passphrase.
    ///
    /// # Errors
    /// The device failed.
    pub fn has_keep_box(&self) -> Result<bool, Fault> {
        Ok(self.db.prepare_cached("SELECT EXISTS (SELECT 1 FROM keep_box)")?.query_row([], |row| row.get(0))?)
    }

    /// Opens the box.
    ///
    /// # Errors
    /// The device failed.
    pub fn open_box(&self, passphrase: &Words) -> Result<Result<KeptOpen, Refusal>, Fault> {
        let locked: Option<Vec<u8>> = self.db.prepare_cached("SELECT locked FROM keep_box")?.query_row([], |row| row.get(0)).optional()?;
        let Some(locked) = locked else { return Ok(Err(Refusal::Report(ReportRefusal::NoBox))) };
        let secret = Passphrase::from_text(passphrase.expose()).and_then(|passphrase| unlock(&passphrase, &locked));
        Ok(secret.map(KeptOpen).ok_or(Refusal::WrongPassphrase))
    }

    /// What is kept, in the order in which it was kept.
    ///
    /// # Errors
    /// The device failed.
    pub fn kept(&self, open: &KeptOpen) -> Result<Result<Vec<KeptRow>, Refusal>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT id, chat, sealed, kept FROM kept WHERE follows IS NULL ORDER BY id")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Vec<u8>>(2)?, row.get::<_, i64>(3)?)))?;
        let mut kept = Vec::new();
        for row in rows {
            let (id, chat, sealed, at): (i64, i64, Vec<u8>, i64) = row?;
            let found = match chat {
                ELSEWHERE => screen(open, &sealed, at as u64),
                _ => looked_at(open, &sealed, &Here::of(&self.db, id)?),
            };
            let Some(mut found) = found else { return Ok(Err(Refusal::Report(ReportRefusal::Damaged))) };
            (found.id, found.chat, found.kept_ms) = (id, chat, at as u64);
            if !found.screenshot {
                found.name = called(&self.db, &found.sender)?;
                found.since.extend(events(&self.db, id)?);
            }
            kept.push(found);
        }
        Ok(Ok(kept))
    }

    /// A screenshot, to be looked at as long as the box is open.
    ///
    /// # Errors
    /// The device failed.
    pub fn kept_screenshot(&self, open: &KeptOpen, kept: i64) -> Result<Result<OriginalFile, Refusal>, Fault> {
        let sealed = "SELECT sealed FROM kept WHERE id = ?1 AND chat = ?2";
        let sealed: Option<Vec<u8>> = self.db.prepare_cached(sealed)?.query_row(params![kept, ELSEWHERE], |row| row.get(0)).optional()?;
        let Some(sealed) = sealed else { return Ok(Err(Refusal::Report(ReportRefusal::NoSuchKept { id: kept }))) };
        let jpeg = KeptAs::Screenshot.open(&open.0, &sealed);
        let file = |jpeg: Zeroizing<Vec<u8>>| OriginalFile { name: format!("screenshot-{kept}.jpg"), bytes: jpeg.to_vec() };
        Ok(jpeg.map(file).ok_or(Refusal::Report(ReportRefusal::Damaged)))
    }
}

impl Turn<'_> {
    pub fn keep_command(&mut self, command: KeepCommand) -> Result<Result<Reply, Refusal>, Fault> {
        match command {
            KeepCommand::MakeBox { passphrase } => self.make_box(&passphrase),
            KeepCommand::Keep { chat, messages } => self.keep_messages(chat, &messages),
            KeepCommand::Discard { kept } => self.discard_kept(kept),
            KeepCommand::AddScreenshot { jpeg } => self.add_screenshot(&Zeroizing::new(jpeg)),
        }
    }

    fn make_box(&mut self, passphrase: &Words) -> Result<Result<Reply, Refusal>, Fault> {
        if self.box_key()?.is_some() {
            return Ok(Err(Refusal::Report(ReportRefusal::BoxExists)));
        }
        let Some(passphrase) = Passphrase::from_text(passphrase.expose()) else { return Ok(Err(too_short())) };
        let secret = AddresseeSecret::from_seed(&self.random());
        let locked = lock(&passphrase, &secret, &mut *self.crypto.rng()).ok_or(Fault::Stored)?;
        let public = secret.public();
        self.db
            .prepare_cached("INSERT INTO keep_box (id, public, locked) VALUES (1, ?1, ?2)")?
            .execute(params![public.as_bytes().as_slice(), locked])?;
        Ok(Ok(Reply::Done))
    }

    fn box_key(&self) -> Result<Option<Addressee>, Fault> {
        let public: Option<Vec<u8>> = self.db.prepare_cached("SELECT public FROM keep_box")?.query_row([], |row| row.get(0)).optional()?;
        Ok(public.as_deref().and_then(super::addressee))
    }

    fn keep_messages(&mut self, chat: i64, messages: &[i64]) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(key) = self.box_key()? else { return Ok(Err(Refusal::Report(ReportRefusal::NoBox))) };
        if self.chat(chat)?.is_none() {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        }
        // All or none: nobody should think that something is kept which is not.
        for message in messages {
            if let Err(refusal) = self.provable(chat, &[*message])? {
                return Ok(Err(refusal));
            }
        }
        for message in messages {
            if let Err(refusal) = self.keep_one(&key, chat, *message, None)? {
                return Ok(Err(refusal));
            }
        }
        self.covered_are_private(chat, messages)?;
        Ok(Ok(Reply::Done))
    }

    /// `follows`: the row of what it took back.
    fn keep_one(&mut self, key: &Addressee, chat: i64, message: i64, follows: Option<i64>) -> Result<Result<(), Refusal>, Fault> {
        let messages = match self.provable(chat, &[message])? {
            Ok(messages) => messages,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let name = "SELECT message_id FROM message WHERE id = ?1";
        let name: [u8; 32] = self.db.prepare_cached(name)?.query_row([message], |row| row.get(0))?;
        let seq = messages.first().map_or(0, |first| first.seq);
        let case = Case::from_bytes(self.random());
        let around = Around { chat, reason: ReportReason::SomethingElse, note: "", name: ShowName::Shown, case: &case, answerable: false };
        let report = match self.draft(&around, Chosen { messages, ..Chosen::default() })? {
            Ok(drafted) => drafted.report,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let to = Recipients { readers: vec![key.clone()], passphrase: None };
        let sealed = seal(&report, &to, &mut *self.crypto.rng()).map_err(|_| Fault::Stored)?;
        let now = self.time()?.0 as i64;
        // Kept again, it holds what was changed since. What was sealed for the police then is of a picture that may be gone now.
        self.db
            .prepare_cached("INSERT OR IGNORE INTO kept (chat, message_id, seq, sealed, kept, follows) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![chat, name, seq as i64, sealed, now, follows])?;
        if let Some(kept) = self.kept_as(chat, &MessageId(name))? {
            self.keep_voice(key, kept, message)?;
        }
        Ok(Ok(()))
    }

    /// Whoever hands it over has taken out of it what a camera wrote. It is in no chat, so nothing of it is shown, found, passed on or sent anywhere.
    fn add_screenshot(&mut self, jpeg: &[u8]) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(key) = self.box_key()? else { return Ok(Err(Refusal::Report(ReportRefusal::NoBox))) };
        if report::told::fits(jpeg).is_err() {
            return Ok(Err(Refusal::Report(ReportRefusal::NoPictures)));
        }
        let many = "SELECT count(*) FROM kept WHERE chat = ?1";
        let many: i64 = self.db.prepare_cached(many)?.query_row([ELSEWHERE], |row| row.get(0))?;
        if many as usize >= KEPT_SCREENSHOTS_MAX {
            return Ok(Err(Refusal::Report(ReportRefusal::ScreenshotsFull { limit: KEPT_SCREENSHOTS_MAX as u32 })));
        }
        let sealed = KeptAs::Screenshot.seal(&key, jpeg, &mut *self.crypto.rng()).ok_or(Fault::Stored)?;
        // Where a message has its name: nothing of the picture is to be read from it.
        let name: [u8; 32] = self.random();
        let now = self.time()?.0 as i64;
        self.db
            .prepare_cached("INSERT INTO kept (chat, message_id, seq, sealed, kept) VALUES (?1, ?2, 0, ?3, ?4)")?
            .execute(params![ELSEWHERE, name, sealed, now])?;
        Ok(Ok(Reply::Id(self.db.last_insert_rowid())))
    }

    /// A change of a kept message is kept as well, and what happened is noted. Called with the row of the change.
    pub fn keep_follows(&mut self, chat: i64, target: &MessageId, change: i64, what: KeptChange) -> Result<(), Fault> {
        let Some(kept) = self.kept_as(chat, target)? else { return Ok(()) };
        // Whoever did not say it changes nothing of it.
        let foreign = "SELECT EXISTS (SELECT 1 FROM message m JOIN message c ON c.id = ?3
            WHERE m.chat = ?1 AND m.message_id = ?2 AND m.account <> c.account)";
        if self.db.prepare_cached(foreign)?.query_row(params![chat, target.0, change], |row| row.get(0))? {
            return Ok(());
        }
        self.note_kept(kept, what)?;
        if let Some(key) = self.box_key()? {
            // The new words of an edit are listed; what was taken back goes with its message. One whose proof is not here leaves the note alone.
            let follows = (what == KeptChange::Deleted).then_some(kept);
            self.keep_one(&key, chat, change, follows)?.ok();
        }
        Ok(())
    }

    /// Notes what became of a kept message. Called with the row of the message, before it goes.
    pub fn note_if_kept(&self, message: i64, what: KeptChange) -> Result<(), Fault> {
        let kept = "SELECT k.id FROM kept k JOIN message m ON m.chat = k.chat AND m.message_id = k.message_id WHERE m.id = ?1";
        let kept: Option<i64> = self.db.prepare_cached(kept)?.query_row([message], |row| row.get(0)).optional()?;
        kept.map_or(Ok(()), |kept| self.note_kept(kept, what))
    }

    fn note_kept(&self, kept: i64, what: KeptChange) -> Result<(), Fault> {
        let now = self.time()?.0 as i64;
        self.db.prepare_cached("INSERT INTO kept_event (kept, at, what) VALUES (?1, ?2, ?3)")?.execute(params![kept, now, what.name()])?;
        Ok(())
    }

    fn kept_as(&self, chat: i64, message: &MessageId) -> Result<Option<i64>, Fault> {
        let kept = "SELECT id FROM kept WHERE chat = ?1 AND message_id = ?2";
        Ok(self.db.prepare_cached(kept)?.query_row(params![chat, message.0], |row| row.get(0)).optional()?)
    }

    fn discard_kept(&mut self, kept: i64) -> Result<Result<Reply, Refusal>, Fault> {
        self.db.prepare_cached("DELETE FROM kept_event WHERE kept = ?1")?.execute([kept])?;
        self.db.prepare_cached("DELETE FROM kept_sealed WHERE kept = ?1")?.execute([kept])?;
        self.db.prepare_cached("DELETE FROM kept_voice WHERE kept = ?1")?.execute([kept])?;
        let gone = self.db.prepare_cached("DELETE FROM kept WHERE id = ?1 OR follows = ?1")?.execute([kept])?;
        Ok(if gone == 0 { Err(Refusal::Report(ReportRefusal::NoSuchKept { id: kept })) } else { Ok(Reply::Done) })
    }

    /// Kept messages of a chat, each with what took it back, and screenshots, opened for a report.
    pub(super) fn taken_out(&self, open: &KeptOpen, chat: i64, ids: &[i64]) -> Result<Result<TakenOut, Refusal>, Fault> {
        let (mut found, mut screens) = (Vec::new(), Vec::new());
        for id in ids {
            let rows = "SELECT chat, sealed, kept FROM kept WHERE (id = ?1 OR follows = ?1) AND chat IN (?2, ?3) ORDER BY id";
            let rows: Vec<(i64, Vec<u8>, i64)> = self
                .db
                .prepare_cached(rows)?
                .query_map(params![id, chat, ELSEWHERE], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?;
            if rows.is_empty() {
                return Ok(Err(Refusal::Report(ReportRefusal::NoSuchKept { id: *id })));
            }
            for (of, sealed, kept) in rows {
                if of == ELSEWHERE {
                    let Some(jpeg) = KeptAs::Screenshot.open(&open.0, &sealed) else {
                        return Ok(Err(Refusal::Report(ReportRefusal::Damaged)));
                    };
                    screens.push((Millis(kept as u64), jpeg));
                    continue;
                }
                let Some(report) = opened(open, &sealed) else { return Ok(Err(Refusal::Report(ReportRefusal::Damaged))) };
                found.push(FromBox { report });
            }
        }
        Ok(Ok((found, screens)))
    }
}

/// A screenshot, in numbers.
fn screen(open: &KeptOpen, sealed: &[u8], added_ms: u64) -> Option<KeptRow> {
    let jpeg = KeptAs::Screenshot.open(&open.0, sealed)?;
    let file =
        KeptFile { name: "image/jpeg".to_owned(), bytes: jpeg.len() as u64, sha256: Hash32::of(&jpeg).to_string(), ..KeptFile::default() };
    Some(KeptRow { stamped_ms: added_ms, files: vec![file], screenshot: true, ..KeptRow::default() })
}

/// What was kept, if the box opens it.
pub(super) fn opened(open: &KeptOpen, sealed: &[u8]) -> Option<Report> {
    Sealed::parse(sealed).and_then(|sealed| sealed.open(&open.0)).ok().map(|contents| contents.report)
}

/// What was kept, in words: the newest that its sender gave it until then, and what had become of it. What changed afterwards is kept in rows of its own.
fn looked_at(open: &KeptOpen, sealed: &[u8], here: &Here) -> Option<KeptRow> {
    let report = &opened(open, sealed)?;
    let mut items = report.items().map(|(_, item)| item);
    let item = items.next()?;
    let content = described(item)?;
    let mut text = report::exhibit::words(&content);
    let mut since = Vec::new();
    for change in items {
        let what = match described(change).map(|content| content.body) {
            Some(Body::Edit { of, text: words }) if of == item.opening.context.message => {
                text = words.text;
                KeptChange::Edited
            }
            Some(Body::Delete { of }) if of == item.opening.context.message => KeptChange::Deleted,
            _ => continue,
        };
        since.push(KeptEvent { what, at_ms: change.stamp.stamp.ms.0 });
    }
    Some(KeptRow {
        id: 0,
        chat: 0,
        sender: report.certs.get(usize::from(item.cert))?.account.to_string(),
        name: String::new(),
        stamped_ms: item.stamp.stamp.ms.0,
        kept_ms: 0,
        text,
        files: content.body.attachments().into_iter().map(|file| kept_file(file, report, here)).collect(),
        since,
        screenshot: false,
    })
}

/// What an opened message said, without what opens its files.
fn described(item: &Item) -> Option<Content> {
    let report::Leaf::Open { field, .. } = item.opening.leaves.first()? else { return None };
    Content::decode_description(field).ok()
}

fn events(db: &Connection, kept: i64) -> Result<Vec<KeptEvent>, Fault> {
    let mut statement = db.prepare_cached("SELECT what, at FROM kept_event WHERE kept = ?1 ORDER BY at, rowid")?;
    let rows = statement.query_map([kept], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut events = Vec::new();
    for row in rows {
        let (name, at) = row?;
        let what = KeptChange::ALL.into_iter().find(|what| what.name() == name).ok_or(Fault::Stored)?;
        events.push(KeptEvent { what, at_ms: at as u64 });
    }
    Ok(events)
}

fn called(db: &Connection, account: &str) -> Result<String, Fault> {
    let Some(id) = wire::AccountId::from_hex(account) else { return Ok(account.to_owned()) };
    let named = "SELECT username FROM contact WHERE account = ?1 AND confirmed = 1 UNION ALL SELECT username FROM account WHERE lower(hex(?1)) = ?2";
    let name: Option<Option<String>> = db.prepare_cached(named)?.query_row(params![id.0, own_hex(db)?], |row| row.get(0)).optional()?;
    Ok(name.flatten().unwrap_or_else(|| account.chars().take(12).collect()))
}

fn own_hex(db: &Connection) -> Result<String, Fault> {
    Ok(crate::account::Account::load(db)?.map(|own| own.id().to_string()).unwrap_or_default())
}
