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
use view::{Doing, Event, FileSort, Held, OutgoingFile, Refusal, Reply};
use wire::call::UploadId;
use wire::content::{Attachment, AttachmentSecret, Attachments, Body, Class, Content, FileName, MediaType, Salt, Text, Thumbnail};
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
    pub sort: FileSort,
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
    /// Bytes that have left, and all there are. Not stored.
    Progress {
        done: u64,
        total: u64,
    },
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
        if crate::message::private(&self.db, message)?.is_some() {
            return Ok(vec![]);
        }
        let bytes: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT content FROM message WHERE id = ?1 AND deleted IS NULL")?
            .query_row([message], |row| row.get(0))
            .optional()?;
        let content = bytes.and_then(|bytes| Content::decode(&bytes).ok());
        Ok(content.map(|content| content.body.attachments().into_iter().cloned().collect()).unwrap_or_default())
    }

    /// Where files that are still to be sent are found: what else a shell keeps may go.
    ///
    /// # Errors
    /// The device failed.
    pub fn outgoing_sources(&self) -> Result<Vec<String>, Fault> {
        let mut statement = self.db.prepare_cached("SELECT DISTINCT source FROM upload")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// What names this connection's session in requests beside the socket.
    pub fn bearer(&self) -> Option<Bearer> {
        self.session.bearer.clone()
    }
}

impl Turn<'_> {
    /// Files take their place in the chat at once; their message is sealed when all their blobs are on the server.
    pub fn send_files(
        &mut self,
        chat: i64,
        files: Vec<OutgoingFile>,
        caption: Option<&str>,
        reply_to: Option<MessageId>,
    ) -> Result<Result<Reply, Refusal>, Fault> {
        let message = self.hold_place(chat, files.first().map_or("", |file| &file.name), reply_to)?;
        for file in files {
            let (key, salt, token): ([u8; 32], [u8; 32], [u8; 32]) = (self.random(), self.random(), self.random());
            self.db
                .prepare_cached(
                    "INSERT INTO upload (chat, message, source, name, caption, alt, original, reply_to, key, salt, delete_token, voice)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
                    token,
                    file.sort == FileSort::Voice
                ])?;
        }
        Ok(Ok(Reply::Id(message)))
    }

    /// The files of a message that was taken back go from the server at once; elsewhere they may have been fetched already.
    pub fn delete_blobs(&mut self, message: i64) -> Result<(), Fault> {
        let content: Vec<u8> =
            self.db.prepare_cached("SELECT content FROM message WHERE id = ?1")?.query_row([message], |row| row.get(0))?;
        let Ok(content) = Content::decode(&content) else { return Ok(()) };
        self.delete_blobs_of(&content)
    }

    /// What another own message passed on stays.
    pub fn delete_blobs_of(&mut self, content: &Content) -> Result<(), Fault> {
        for attachment in content.body.attachments() {
            let passed_on: bool = self
                .db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM file f JOIN message m ON m.id = f.message WHERE f.blob = ?1 AND m.mine = 1 AND m.deleted IS NULL)",
                )?
                .query_row([attachment.blob.0], |row| row.get(0))?;
            if passed_on {
                continue;
            }
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
        let ids: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM upload WHERE failed = 0 AND done IS NULL ORDER BY id")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
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
                "SELECT source, name, original, key, salt, delete_token, upload, checkpoint, source_length, source_time, voice FROM upload WHERE id = ?1",
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
                    sort: if row.get(10)? { FileSort::Voice } else { FileSort::Found },
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
            .prepare_cached("SELECT chat, message FROM upload WHERE id = ?1 AND failed = 0 AND done IS NULL")?
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
            UploadStep::Anew => self.upload_anew(id)?,
            UploadStep::Interrupted => {
                self.session.uploading.remove(&id);
            }
            UploadStep::Progress { done, total } => {
                self.session.progress.insert(id, (done, total));
                self.event(Event::Transfer { message, done, total });
            }
            UploadStep::Failed(why) => self.upload_failed(message, &why)?,
        }
        Ok(())
    }

    /// One file of a message is on the server; with the last of them the message is said.
    fn uploaded(&mut self, id: i64, chat: i64, message: i64, file: Uploaded) -> Result<(), Fault> {
        type Secrets = (Option<String>, bool, [u8; 32], [u8; 32], [u8; 32]);
        let (alt, voice, key, salt, token): Secrets = self
            .db
            .prepare_cached("SELECT alt, voice, key, salt, delete_token FROM upload WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        let media_type =
            MediaType::new(&file.media_type).or_else(|_| MediaType::new("application/octet-stream")).map_err(|_| Fault::Stored)?;
        let item = Attachment {
            class: if voice { Class::Voice } else { file.class },
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
        self.session.uploading.remove(&id);
        self.session.progress.remove(&id);
        self.db
            .prepare_cached("INSERT OR IGNORE INTO own_blob (blob, delete_token) VALUES (?1, ?2)")?
            .execute(params![file.blob.0, token])?;
        let alone = Content::new(Salt([0; 16]), Body::Attachments(Attachments { caption: None, items: vec![item] }));
        let Ok(alone) = alone.encode() else { return self.upload_failed(message, &Refusal::TooLong { limit: CONTENT_MAX }) };
        self.db.prepare_cached("UPDATE upload SET done = ?2 WHERE id = ?1")?.execute(params![id, alone])?;
        self.event(Event::MessageChanged { chat, message });
        self.say_files(chat, message)
    }

    /// Says the message of these files, if all of them are on the server.
    fn say_files(&mut self, chat: i64, message: i64) -> Result<(), Fault> {
        type Row = (Option<Vec<u8>>, Option<String>, Option<[u8; 32]>);
        let rows: Vec<Row> = self
            .db
            .prepare_cached("SELECT done, caption, reply_to FROM upload WHERE message = ?1 ORDER BY id")?
            .query_map([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let (caption, reply_to) = rows.first().map(|(_, caption, reply_to)| (caption.clone(), *reply_to)).unwrap_or_default();
        let mut items = Vec::new();
        for (done, ..) in rows {
            let Some(done) = done else { return Ok(()) };
            let content = Content::decode(&done).map_err(|_| Fault::Stored)?;
            items.extend(content.body.attachments().into_iter().cloned());
        }
        let caption = caption.filter(|caption| !caption.trim().is_empty()).map(Text::markdown);
        let around = Around { reply_to: reply_to.map(MessageId), place: Some(message), ..Around::default() };
        match self.say(chat, Body::Attachments(Attachments { caption, items }), around)? {
            Some(_) => {
                self.db.prepare_cached("DELETE FROM upload WHERE message = ?1")?.execute([message])?;
                Ok(())
            }
            None => self.upload_failed(message, &Refusal::TooLong { limit: CONTENT_MAX }),
        }
    }

    /// One file fails with all of its message; what is known of them waits to be tried again.
    fn upload_failed(&mut self, message: i64, why: &Refusal) -> Result<(), Fault> {
        let uploads: Vec<i64> = self
            .db
            .prepare_cached("UPDATE upload SET failed = 1 WHERE message = ?1 RETURNING id")?
            .query_map([message], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for upload in uploads {
            if self.session.uploading.remove(&upload) {
                self.effects.push(Effect::StopUpload { id: upload });
            }
            self.session.progress.remove(&upload);
        }
        // First why, then where: who waits for the end of it hears the reason.
        self.event(Event::Failed { what: Doing::Send, why: why.clone() });
        self.message_failed(message, why)
    }

    /// Begins again with the files of a message that had failed, under new keys: their sources may be others by now.
    pub fn upload_again(&mut self, message: i64) -> Result<(), Fault> {
        let uploads: Vec<i64> = self
            .db
            .prepare_cached("UPDATE upload SET failed = 0 WHERE message = ?1 AND done IS NULL RETURNING id")?
            .query_map([message], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for upload in uploads {
            self.upload_anew(upload)?;
        }
        Ok(())
    }

    fn upload_anew(&mut self, id: i64) -> Result<(), Fault> {
        let (key, salt, token): ([u8; 32], [u8; 32], [u8; 32]) = (self.random(), self.random(), self.random());
        self.db
            .prepare_cached(
                "UPDATE upload SET key = ?2, salt = ?3, delete_token = ?4, upload = NULL, checkpoint = NULL, source_length = NULL WHERE id = ?1",
            )?
            .execute(params![id, key, salt, token])?;
        self.session.uploading.remove(&id);
        Ok(())
    }

    /// Has the shell forget blobs that no message has any more; again with each connection, until it says that it did.
    pub fn forget_blobs(&mut self) -> Result<(), Fault> {
        let useless: Vec<[u8; 32]> = self
            .db
            .prepare_cached("SELECT blob FROM held WHERE useless = 1")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for blob in useless {
            if self.session.forgetting.insert(blob) {
                self.effects.push(Effect::Forget(BlobId(blob)));
            }
        }
        Ok(())
    }

    /// The shell has a blob on this device, or part of it, or has it no longer.
    pub fn blob_held(&mut self, blob: &BlobId, held: Held, bytes: u64) -> Result<(), Fault> {
        self.session.forgetting.remove(&blob.0);
        match held {
            Held::None => self.db.prepare_cached("DELETE FROM held WHERE blob = ?1")?.execute([blob.0])?,
            Held::Partial | Held::Whole => self
                .db
                .prepare_cached(
                    "INSERT OR REPLACE INTO held (blob, bytes, whole, useless) VALUES (?1, ?2, ?3, NOT EXISTS (SELECT 1 FROM file WHERE blob = ?1))",
                )?
                .execute(params![blob.0, bytes as i64, held == Held::Whole])?,
        };
        let messages: Vec<(i64, i64)> = self
            .db
            .prepare_cached("SELECT message, chat FROM file WHERE blob = ?1")?
            .query_map([blob.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (message, chat) in messages {
            self.event(Event::MessageChanged { chat, message });
        }
        Ok(())
    }
}
