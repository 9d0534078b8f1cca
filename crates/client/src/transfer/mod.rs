//! Files: what the shell is to read, seal and upload, and what a receiver needs to fetch and open one.
//!
//! The bytes never pass through here: sealing and opening are streams that the shell drives (crate `media`). Every step that a restart must
//! know is stored before the shell goes on: [`UploadStep::Checkpoint`] before the part it names leaves.

mod parcel;

pub use parcel::{BlobTrouble, FetchJob, StoreJob};

use crate::client::{Client, Effect, Fault, Turn};
use crate::message::Around;
use crate::outbox::{Intent, Urgency};
use rusqlite::{OptionalExtension as _, params};
use view::{Doing, Event, OutgoingFile, Refusal, Reply};
use wire::call::UploadId;
use wire::content::{Attachment, AttachmentSecret, Attachments, Body, Class, Content, FileName, MediaType, Text, Thumbnail};
use wire::limits::CONTENT_MAX;
use wire::{Bearer, BlobId, DeleteToken, Hash32, MessageId};

/// One file to be sealed and uploaded by the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadJob {
    pub id: i64,
    /// Where the shell finds the bytes.
    pub source: String,
    pub name: String,
    /// Every byte as it is; otherwise photos and videos are cleaned first.
    pub original: bool,
    pub secret: AttachmentSecret,
    /// For `CreateBlob`.
    pub delete_hash: Hash32,
    /// What has happened already, if anything has.
    pub begun: Option<Begun>,
    pub bearer: Bearer,
}

/// How far an upload had come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    pub upload: UploadId,
    /// Of the source when it was begun: another length or time means another file, and a new key.
    pub source: SourceStamp,
    /// Encoded `media::stream::Checkpoint`: what may have left.
    pub checkpoint: Option<Vec<u8>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceStamp {
    pub length: u64,
    /// Nanoseconds since 1970.
    pub time: i64,
}

/// What happened to an upload.
#[derive(Debug, Clone)]
pub enum UploadStep {
    /// The server has made room.
    Began {
        upload: UploadId,
        source: SourceStamp,
    },
    /// About to leave; stored when `handle` returns.
    Checkpoint(Vec<u8>),
    /// All of it is on the server.
    Done(Box<Uploaded>),
    /// The source is not what it was, or the server has forgotten the upload: begin anew, under a new key.
    Anew,
    /// The connection was lost: it goes on with the next.
    Interrupted,
    Failed(Refusal),
}

/// What the message will say of an uploaded file.
#[derive(Debug, Clone)]
pub struct Uploaded {
    pub class: Class,
    pub blob: BlobId,
    pub length: u64,
    pub media_type: String,
    /// As it is to be saved by the receiver.
    pub name: String,
    pub sha256: Hash32,
    pub root: Hash32,
    pub dimensions: Option<(u32, u32)>,
    /// Milliseconds.
    pub duration: Option<u64>,
    /// A JPEG of at most a few KiB, or empty.
    pub thumbnail: Vec<u8>,
    pub original: bool,
}

impl Client {
    /// The attachments of a message, with what opens them.
    ///
    /// # Errors
    /// The device failed.
    ///
    /// # Security
    /// Holds keys: for the shell that fetches and opens, and for nobody else.
    pub fn attachments(&self, message: i64) -> Result<Vec<Attachment>, Fault> {
        let bytes: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT content FROM message WHERE id = ?1 AND deleted IS NULL")?
            .query_row([message], |row| row.get(0))
            .optional()?;
        let content = bytes.and_then(|bytes| Content::decode(&bytes).ok());
        Ok(content.map(|content| content.body.attachments().into_iter().cloned().collect()).unwrap_or_default())
    }

    /// What names this connection's session in requests beside the socket.
    pub fn bearer(&self) -> Option<Bearer> {
        self.session.bearer.clone()
    }
}

impl Turn<'_> {
    /// A file takes its place in the chat at once; its message is sealed when its blob is on the server.
    pub fn send_file(
        &mut self,
        chat: i64,
        file: OutgoingFile,
        caption: Option<String>,
        reply_to: Option<MessageId>,
    ) -> Result<Result<Reply, Refusal>, Fault> {
        let message = self.hold_place(chat, &file.name)?;
        let (key, salt, token): ([u8; 32], [u8; 32], [u8; 32]) = (self.random(), self.random(), self.random());
        self.db
            .prepare_cached(
                "INSERT INTO upload (chat, message, source, name, caption, alt, original, reply_to, key, salt, delete_token)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?
            .execute(params![
                chat,
                message,
                file.source,
                file.name,
                caption,
                file.alt,
                file.original,
                reply_to.map(|id| id.0),
                key,
                salt,
                token
            ])?;
        Ok(Ok(Reply::Id(message)))
    }

    /// The files of a message that was taken back go from the server at once; elsewhere they may have been fetched already.
    pub fn delete_blobs(&mut self, message: i64) -> Result<(), Fault> {
        let content: Vec<u8> =
            self.db.prepare_cached("SELECT content FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
        let Ok(content) = Content::decode(&content) else { return Ok(()) };
        for attachment in content.body.attachments() {
            let token: Option<[u8; 32]> = self
                .db
                .prepare_cached("DELETE FROM own_blob WHERE blob = ?1 RETURNING delete_token")?
                .query_row([attachment.blob.0], |row| row.get(0))
                .optional()?;
            if let Some(token) = token {
                self.intend(None, None, None, Urgency::Ordinary, &Intent::DeleteBlob((attachment.blob.0, token)))?;
            }
        }
        Ok(())
    }

    /// Hands every upload that is not under way to the shell.
    pub fn drive_uploads(&mut self) -> Result<(), Fault> {
        let Some(bearer) = self.session.bearer.clone() else { return Ok(()) };
        let ids: Vec<i64> =
            self.db.prepare_cached("SELECT id FROM upload ORDER BY id")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in ids {
            if self.session.uploading.insert(id) {
                let job = self.upload_job(id, &bearer)?;
                self.effects.push(Effect::Upload(Box::new(job)));
            }
        }
        Ok(())
    }

    fn upload_job(&self, id: i64, bearer: &Bearer) -> Result<UploadJob, Fault> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT source, name, original, key, salt, delete_token, upload, checkpoint, source_length, source_time FROM upload WHERE id = ?1",
            )?
            .query_row([id], |row| {
                let upload: Option<[u8; 16]> = row.get(6)?;
                let source = row.get::<_, Option<i64>>(8)?.zip(row.get::<_, Option<i64>>(9)?);
                let checkpoint = row.get(7)?;
                let begun = upload.zip(source).map(|(upload, (length, time))| Begun {
                    upload: UploadId(upload),
                    source: SourceStamp { length: length as u64, time },
                    checkpoint,
                });
                Ok(UploadJob {
                    id,
                    source: row.get(0)?,
                    name: row.get(1)?,
                    original: row.get(2)?,
                    secret: AttachmentSecret { key: row.get(3)?, salt: row.get(4)? },
                    delete_hash: DeleteToken::new(row.get(5)?).hash(),
                    begun,
                    bearer: bearer.clone(),
                })
            })?)
    }

    pub fn upload_step(&mut self, id: i64, step: UploadStep) -> Result<(), Fault> {
        let row: Option<(i64, i64)> = self
            .db
            .prepare_cached("SELECT chat, message FROM upload WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((chat, message)) = row else { return Ok(()) };
        match step {
            UploadStep::Began { upload, source } => {
                self.db
                    .prepare_cached("UPDATE upload SET upload = ?2, source_length = ?3, source_time = ?4, checkpoint = NULL WHERE id = ?1")?
                    .execute(params![id, upload.0, source.length as i64, source.time])?;
            }
            UploadStep::Checkpoint(bytes) => {
                self.db.prepare_cached("UPDATE upload SET checkpoint = ?2 WHERE id = ?1")?.execute(params![id, bytes])?;
            }
            UploadStep::Done(uploaded) => self.uploaded(id, chat, message, *uploaded)?,
            UploadStep::Anew => {
                let (key, salt, token): ([u8; 32], [u8; 32], [u8; 32]) = (self.random(), self.random(), self.random());
                self.db
                    .prepare_cached(
                        "UPDATE upload SET key = ?2, salt = ?3, delete_token = ?4, upload = NULL, checkpoint = NULL, source_length = NULL WHERE id = ?1",
                    )?
                    .execute(params![id, key, salt, token])?;
                self.session.uploading.remove(&id);
            }
            UploadStep::Interrupted => {
                self.session.uploading.remove(&id);
            }
            UploadStep::Failed(why) => {
                self.db.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute([id])?;
                self.db.prepare_cached("UPDATE message SET state = 'failed' WHERE id = ?1")?.execute([message])?;
                self.event(Event::Failed { what: Doing::Send, why });
                self.event(Event::MessageChanged { chat, message });
            }
        }
        Ok(())
    }

    fn uploaded(&mut self, id: i64, chat: i64, message: i64, file: Uploaded) -> Result<(), Fault> {
        type Words = (Option<String>, Option<String>, Option<[u8; 32]>, [u8; 32], [u8; 32], [u8; 32]);
        let (caption, alt, reply_to, key, salt, token): Words = self
            .db
            .prepare_cached("SELECT caption, alt, reply_to, key, salt, delete_token FROM upload WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)))?;
        let media_type =
            MediaType::new(&file.media_type).or_else(|_| MediaType::new("application/octet-stream")).map_err(|_| Fault::Stored)?;
        let item = Attachment {
            class: file.class,
            blob: file.blob,
            length: file.length,
            media_type,
            file_name: Some(FileName::new(&file.name)),
            sha256: file.sha256,
            root: file.root,
            alt: alt.unwrap_or_default(),
            dimensions: file.dimensions.filter(|(width, height)| *width > 0 && *height > 0),
            duration: file.duration,
            original: file.original,
            thumbnail: Thumbnail::new(file.thumbnail).ok(),
            secret: Some(AttachmentSecret { key, salt }),
        };
        let caption = caption.filter(|caption| !caption.trim().is_empty()).map(Text::markdown);
        let body = Body::Attachments(Attachments { caption, items: vec![item] });
        self.db.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute([id])?;
        self.db
            .prepare_cached("INSERT OR IGNORE INTO own_blob (blob, delete_token) VALUES (?1, ?2)")?
            .execute(params![file.blob.0, token])?;
        self.session.uploading.remove(&id);
        let around = Around { reply_to: reply_to.map(MessageId), place: Some(message), ..Around::default() };
        if self.say(chat, body, around)?.is_none() {
            self.db.prepare_cached("UPDATE message SET state = 'failed' WHERE id = ?1")?.execute([message])?;
            self.event(Event::Failed { what: Doing::Send, why: Refusal::TooLong { limit: CONTENT_MAX } });
        }
        Ok(())
    }
}
