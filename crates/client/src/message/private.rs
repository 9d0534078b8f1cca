//! Private pictures: once somebody says that a picture is one, of themselves or of a child, this device shows, copies and passes on nothing of it, in
//! whatever message it stands: what was said is of the file, by its hash and by where it lies, not of the one message in which it was seen.
//! What opens it goes to the law enforcement desk alone, in a report; and once, if it is of the person who says so, into a file of their own.

use crate::client::{Client, Fault, Turn};
use rusqlite::{Connection, OptionalExtension as _, params};
use view::{Event, Private, Refusal, Reply, Whose};
use wire::content::{Attachment, Content};

/// As it stands in the store: what comes first in the alphabet counts before what comes later.
fn named(whose: Whose) -> &'static str {
    match whose {
        Whose::Child => "child",
        Whose::Mine => "mine",
        Whose::Unsaid => "unsaid",
    }
}

fn of(name: &str) -> Option<Whose> {
    [Whose::Child, Whose::Mine, Whose::Unsaid].into_iter().find(|whose| named(*whose) == name)
}

/// The messages of which it was said that make message ?1 private: itself, and those that have a file of it.
const SAID_OF: &str = "SELECT chat, message_id FROM message WHERE id = ?1
    UNION SELECT s.chat, s.message_id FROM file f JOIN private_file s ON s.sha256 = f.sha256 WHERE f.message = ?1
    UNION SELECT s.chat, s.message_id FROM file f JOIN private_file s ON s.blob = f.blob WHERE f.message = ?1";

/// Whether the pictures of a message are private. Of a child, if that was said anywhere; else of oneself, if that was.
pub(crate) fn private(db: &Connection, message: i64) -> Result<Option<Private>, Fault> {
    let found = format!("SELECT min(whose), max(taken IS NOT NULL) FROM private WHERE (chat, message_id) IN ({SAID_OF})");
    let (name, taken): (Option<String>, Option<bool>) =
        db.prepare_cached(&found)?.query_row([message], |row| Ok((row.get(0)?, row.get(1)?)))?;
    name.map(|name| Ok(Private { whose: of(&name).ok_or(Fault::Stored)?, taken: taken.unwrap_or_default() })).transpose()
}

fn attachments(db: &Connection, chat: i64, message: i64) -> Result<Result<Vec<Attachment>, Refusal>, Fault> {
    let content = "SELECT content FROM message WHERE id = ?1 AND chat = ?2 AND shown = 1 AND deleted IS NULL";
    let content: Option<Vec<u8>> = db.prepare_cached(content)?.query_row(params![message, chat], |row| row.get(0)).optional()?;
    let Some(content) = content else { return Ok(Err(Refusal::NoSuchMessage { id: message })) };
    let Ok(content) = Content::decode(&content) else { return Ok(Err(Refusal::NoPicture)) };
    // Whatever it was sent as: a picture can come as any file.
    let pictures: Vec<Attachment> = content.body.attachments().into_iter().cloned().collect();
    Ok(if pictures.is_empty() { Err(Refusal::NoPicture) } else { Ok(pictures) })
}

impl Client {
    /// The pictures of oneself in a message, to be written once into files of this person's own: for Report Remove or Take It Down.
    ///
    /// # Errors
    /// The device failed.
    ///
    /// # Security
    /// Holds keys: for the shell that writes the files, which shows them to nobody and says [`Client::took_out`] before it hands them over.
    pub fn own_originals(&self, chat: i64, message: i64) -> Result<Result<Vec<Attachment>, Refusal>, Fault> {
        match private(&self.db, message)? {
            Some(Private { whose: Whose::Mine, taken: false }) => attachments(&self.db, chat, message),
            Some(Private { whose: Whose::Mine, taken: true }) => Ok(Err(Refusal::TakenBefore)),
            Some(Private { whose: Whose::Child | Whose::Unsaid, .. }) | None => Ok(Err(Refusal::PrivatePicture)),
        }
    }

    /// They are written: it does not happen again.
    ///
    /// # Errors
    /// The device failed.
    pub fn took_out(&mut self, now: wire::Millis, seed: [u8; 32], message: i64) -> Result<Result<(), Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            let now = turn.time()?.0 as i64;
            let taken =
                format!("UPDATE private SET taken = ?2 WHERE whose = 'mine' AND taken IS NULL AND (chat, message_id) IN ({SAID_OF})");
            let changed = turn.db.prepare_cached(&taken)?.execute(params![message, now])?;
            Ok(if changed == 0 { Err(Refusal::TakenBefore) } else { Ok(()) })
        })
    }
}

impl Turn<'_> {
    /// Said once, it stays said: a change of mind would bring the picture back. What nobody said yet can still be said.
    pub fn set_private(&mut self, chat: i64, message: i64, whose: Whose) -> Result<Result<Reply, Refusal>, Fault> {
        let files = match attachments(self.db, chat, message)? {
            Ok(files) => files,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Of a child it stays: that it is of oneself would give the file out.
        self.db
            .prepare_cached(
                "INSERT INTO private (chat, message_id, whose) SELECT chat, message_id, ?2 FROM message WHERE id = ?1
                 ON CONFLICT DO UPDATE SET whose = excluded.whose WHERE excluded.whose < whose",
            )?
            .execute(params![message, named(whose)])?;
        self.event(Event::MessageChanged { chat, message });
        self.event(Event::ChatChanged { chat });
        for file in files {
            let insert = "INSERT OR IGNORE INTO private_file (sha256, blob, chat, message_id) SELECT ?2, ?3, chat, message_id FROM message WHERE id = ?1";
            self.db.prepare_cached(insert)?.execute(params![message, file.sha256.0, file.blob.0])?;
            self.elsewhere(message, &file)?;
        }
        Ok(Ok(Reply::Done))
    }

    /// Wherever else it stands it is gone from the screen as well.
    fn elsewhere(&mut self, message: i64, file: &Attachment) -> Result<(), Fault> {
        let found = "SELECT DISTINCT message, chat FROM file WHERE (sha256 = ?2 OR blob = ?3) AND message <> ?1";
        let found: Vec<(i64, i64)> = self
            .db
            .prepare_cached(found)?
            .query_map(params![message, file.sha256.0, file.blob.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (message, chat) in found {
            self.event(Event::MessageChanged { chat, message });
            self.event(Event::ChatChanged { chat });
        }
        Ok(())
    }

    /// Why a message is not sent from here again, if it is not.
    pub(super) fn cannot_pass_on(&self, message: i64) -> Result<Option<Refusal>, Fault> {
        Ok(private(self.db, message)?.map(|_| Refusal::PrivatePicture))
    }
}
