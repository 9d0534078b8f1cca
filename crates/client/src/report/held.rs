//! The sealed bytes of pictures, films and voice messages that are kept. A week after its sender deleted a file the server has nothing of it any more, and
//! what opens it would open nothing: so they are kept as the server has them, and nothing here opens them.

use super::keep::{KeptOpen, opened};
use crate::client::{Client, Fault};
use report::Report;
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::{KEPT_FILE_MAX, KeptFile, KeptSealed, OriginalFile, Refusal, ReportRefusal};
use wire::content::{Attachment, Class, Content};
use wire::{BlobId, Millis};

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
            let here = held(&self.db, kept)?;
            let files = content.body.attachments().into_iter();
            let missing = files.filter(|file| is_kept(file) && file.length <= KEPT_FILE_MAX && !here.contains(&file.blob));
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
        let row = "SELECT sealed FROM kept WHERE id = ?1";
        let row: Option<Vec<u8>> = self.db.prepare_cached(row)?.query_row([kept], |row| row.get(0)).optional()?;
        let Some(row) = row else { return Ok(Err(Refusal::Report(ReportRefusal::NoSuchKept { id: kept }))) };
        if opened(open, &row).is_none() {
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

/// The blobs of a kept message whose sealed bytes are here.
pub(super) fn held(db: &Connection, kept: i64) -> Result<BTreeSet<BlobId>, Fault> {
    let mut statement = db.prepare_cached("SELECT blob FROM kept_sealed WHERE kept = ?1")?;
    let blobs = statement.query_map([kept], |row| Ok(BlobId(row.get(0)?)))?;
    Ok(blobs.collect::<Result<_, _>>()?)
}

/// What is said of a file, and what is kept of it.
pub(super) fn kept_file(file: &Attachment, report: &Report, here: &BTreeSet<BlobId>) -> KeptFile {
    let name = file.file_name.as_ref().map_or_else(|| file.media_type.as_str().to_owned(), |name| name.as_str().to_owned());
    let sealed = match () {
        () if !is_kept(file) => KeptSealed::No,
        () if report.pictures.is_empty() => KeptSealed::NoKey,
        () if here.contains(&file.blob) => KeptSealed::Here,
        () if file.length > KEPT_FILE_MAX => KeptSealed::TooLarge,
        () => KeptSealed::NotHere,
    };
    KeptFile { name, bytes: file.length, sha256: file.sha256.to_string(), sealed }
}
