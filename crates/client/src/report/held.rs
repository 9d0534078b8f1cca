//! The sealed bytes of pictures, films and voice messages that are kept. A week after its sender deleted a file the server has nothing of it any more, and
//! what opens it would open nothing: so they are kept as the server has them. Nothing here opens a picture or a film; what opens a voice message lies in
//! the box.

use super::keep::{ELSEWHERE, KeptOpen, opened};
use crate::client::{Client, Fault, Turn};
use report::kept::KeptAs;
use report::{Addressee, Report};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::{KEPT_FILE_MAX, KeptFile, KeptSealed, OriginalFile, Refusal, ReportRefusal};
use wire::content::{Attachment, Class, Content};
use wire::{BlobId, Millis};
use zeroize::Zeroizing;

/// A file of a kept message whose sealed bytes are to be here and are not, with what says which they are.
pub struct KeptWanted {
    pub kept: i64,
    pub file: Attachment,
}

impl Client {
    /// What a shell fetches for the box, as it fetches what it shows: as long as a file is in its chat. Those kept last come first.
    ///
    /// # Errors
    /// The device failed.
    ///
    /// # Security
    /// Holds keys, by which the pieces are known: for the shell that fetches, and for nobody else.
    pub fn kept_wanted(&self) -> Result<Vec<KeptWanted>, Fault> {
        let there = "SELECT k.id, m.content FROM kept k JOIN message m ON m.chat = k.chat AND m.message_id = k.message_id
            WHERE m.deleted IS NULL ORDER BY k.id DESC";
        let mut statement = self.db.prepare_cached(there)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let mut wanted = Vec::new();
        for row in rows {
            let (kept, content) = row?;
            let Ok(content) = Content::decode(&content) else { continue };
            let files = content.body.attachments();
            if files.is_empty() {
                continue;
            }
            let here = held(&self.db, kept)?;
            let missing = files.into_iter().filter(|file| is_kept(file) && file.length <= KEPT_FILE_MAX && !here.contains(&file.blob));
            wanted.extend(missing.filter(|file| file.secret.is_some()).cloned().map(|file| KeptWanted { kept, file }));
        }
        Ok(wanted)
    }

    /// Keeps sealed bytes that the shell found to be those of a file.
    ///
    /// # Errors
    /// The device failed.
    pub fn keep_sealed(&mut self, now: Millis, seed: [u8; 32], wanted: &KeptWanted, sealed: &[u8]) -> Result<(), Fault> {
        self.aside(now, seed, |turn| {
            // Nothing of what is not kept any more.
            let insert = "INSERT OR IGNORE INTO kept_sealed (kept, blob, sealed) SELECT id, ?2, ?3 FROM kept WHERE id = ?1";
            turn.db.prepare_cached(insert)?.execute(params![wanted.kept, wanted.file.blob.0, sealed])?;
            Ok(())
        })
    }

    /// The sealed bytes of the files of a kept message, each under the name of its blob and `.sealed`: to be given to the police beside a report.
    ///
    /// # Errors
    /// The device failed.
    pub fn kept_sealed(&self, open: &KeptOpen, kept: i64) -> Result<Result<Vec<OriginalFile>, Refusal>, Fault> {
        let row = "SELECT chat, sealed FROM kept WHERE id = ?1";
        let row: Option<(i64, Vec<u8>)> =
            self.db.prepare_cached(row)?.query_row([kept], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((chat, row)) = row else { return Ok(Err(Refusal::Report(ReportRefusal::NoSuchKept { id: kept }))) };
        // A screenshot lies in the report itself.
        if chat != ELSEWHERE && opened(open, &row).is_none() {
            return Ok(Err(Refusal::Report(ReportRefusal::Damaged)));
        }
        let mut statement = self.db.prepare_cached("SELECT blob, sealed FROM kept_sealed WHERE kept = ?1 ORDER BY blob")?;
        let file = |blob: [u8; 32], bytes: Vec<u8>| OriginalFile { name: format!("{}.sealed", BlobId(blob)), bytes };
        let files = statement.query_map([kept], |row| Ok(file(row.get(0)?, row.get(1)?)))?;
        Ok(Ok(files.collect::<Result<_, _>>()?))
    }
}

/// Pictures, films and what is heard, also where they were sent as files.
fn is_kept(file: &Attachment) -> bool {
    file.class != Class::File || ["image/", "video/", "audio/"].iter().any(|kind| file.media_type.as_str().starts_with(kind))
}

/// A voice message in the box: what opens it, and what is opened.
pub struct KeptVoice {
    pub file: Attachment,
    pub sealed: Vec<u8>,
}

impl Client {
    /// The voice messages of a kept message, to be heard as long as the box is open.
    ///
    /// # Errors
    /// The device failed.
    ///
    /// # Security
    /// Holds keys: for the shell that opens, and for nobody else. What it opens is given out as sound and as nothing else.
    pub fn kept_voice(&self, open: &KeptOpen, kept: i64) -> Result<Result<Vec<KeptVoice>, Refusal>, Fault> {
        let content = "SELECT content FROM kept_voice WHERE kept = ?1";
        let content: Option<Vec<u8>> = self.db.prepare_cached(content)?.query_row([kept], |row| row.get(0)).optional()?;
        let Some(content) = content else { return Ok(Err(Refusal::Report(ReportRefusal::NoSuchKept { id: kept }))) };
        let content = KeptAs::Voice.open(&open.0, &content).and_then(|content| Content::decode(&content).ok());
        let Some(content) = content else { return Ok(Err(Refusal::Report(ReportRefusal::Damaged))) };
        let mut voices = Vec::new();
        for file in content.body.attachments() {
            let sealed = "SELECT sealed FROM kept_sealed WHERE kept = ?1 AND blob = ?2";
            let sealed = self.db.prepare_cached(sealed)?.query_row(params![kept, file.blob.0], |row| row.get(0)).optional()?;
            voices.extend(sealed.map(|sealed| KeptVoice { file: file.clone(), sealed }));
        }
        Ok(Ok(voices))
    }
}

impl Turn<'_> {
    /// What opens a voice message goes into the box itself: what was said in it stays, as words do. Nothing of a message with anything else in it.
    pub(super) fn keep_voice(&self, key: &Addressee, kept: i64, message: i64) -> Result<(), Fault> {
        let content = "SELECT content FROM message WHERE id = ?1 AND deleted IS NULL";
        let content: Option<Vec<u8>> = self.db.prepare_cached(content)?.query_row([message], |row| row.get(0)).optional()?;
        let Some(content) = content.map(Zeroizing::new) else { return Ok(()) };
        // Of what is closed already nothing decodes.
        let Ok(said) = Content::decode(&content) else { return Ok(()) };
        let files = said.body.attachments();
        if files.is_empty() || !files.into_iter().all(is_voice) {
            return Ok(());
        }
        let sealed = KeptAs::Voice.seal(key, &content, &mut *self.crypto.rng()).ok_or(Fault::Stored)?;
        self.db.prepare_cached("INSERT OR IGNORE INTO kept_voice (kept, content) VALUES (?1, ?2)")?.execute(params![kept, sealed])?;
        Ok(())
    }
}

/// Sound alone: a film that is called a voice message is none.
fn is_voice(file: &Attachment) -> bool {
    file.class == Class::Voice && file.media_type.as_str().starts_with("audio/")
}

/// What is here of a kept message's files.
pub(super) struct Here {
    sealed: BTreeSet<BlobId>,
    /// What opens them lies in the box.
    voice: bool,
}

impl Here {
    pub fn of(db: &Connection, kept: i64) -> Result<Self, Fault> {
        let voice = "SELECT EXISTS (SELECT 1 FROM kept_voice WHERE kept = ?1)";
        Ok(Self { sealed: held(db, kept)?, voice: db.prepare_cached(voice)?.query_row([kept], |row| row.get(0))? })
    }
}

/// The blobs of a kept message whose sealed bytes are here.
fn held(db: &Connection, kept: i64) -> Result<BTreeSet<BlobId>, Fault> {
    let mut statement = db.prepare_cached("SELECT blob FROM kept_sealed WHERE kept = ?1")?;
    let blobs = statement.query_map([kept], |row| Ok(BlobId(row.get(0)?)))?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

/// What is said of a file, and what is kept of it.
pub(super) fn kept_file(file: &Attachment, report: &Report, here: &Here) -> KeptFile {
    let name = file.file_name.as_ref().map_or_else(|| file.media_type.as_str().to_owned(), |name| name.as_str().to_owned());
    let sealed = match () {
        () if !is_kept(file) => KeptSealed::No,
        () if here.voice && here.sealed.contains(&file.blob) => KeptSealed::Voice,
        () if report.pictures.is_empty() && !here.voice => KeptSealed::NoKey,
        () if here.sealed.contains(&file.blob) => KeptSealed::Here,
        () if file.length > KEPT_FILE_MAX => KeptSealed::TooLarge,
        () => KeptSealed::NotHere,
    };
    KeptFile { name, bytes: file.length, sha256: file.sha256.to_string(), sealed }
}
