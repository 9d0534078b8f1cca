//! Files that are read whole, and shown by nobody: a report that was shared with this person, the file of a picture of themselves, and one
//! that is about to be saved. None is handed over that is not the one of which its sender stated the hash.

use super::{Shell, refusal};
use crate::js::{self, Lost};
use crate::media::{Purpose, Unshown};
use client::device_failed;
use js_sys::Uint8Array;
use sha2::{Digest as _, Sha256};
use view::page::ToPage;
use view::{ExhibitPart, Needing, OriginalFile, Refusal, Why};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;
use wire::Hash32;
use wire::content::Attachment;

/// What is held in memory at once.
const WHOLE_MAX: u64 = 256 * 1024 * 1024;
/// Bytes of a file in the browser's hands that are read and hashed at once: in between others are answered.
const AT_ONCE: f64 = 1024.0 * 1024.0;

impl Shell {
    pub(super) fn originals(&self, tab: String, n: u32, chat: i64, message: i64) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let files = shell.taken_out(chat, message).await;
            shell.tabs.tell(&tab, &ToPage::Originals { n, files });
        });
    }

    /// Noted before it is handed over: it happens once.
    async fn taken_out(&self, chat: i64, message: i64) -> Result<Vec<OriginalFile>, Refusal> {
        let wanted = self.with_client(|client| client.own_originals(chat, message).map_err(|fault| device_failed(&fault))?)?;
        let mut files = Vec::new();
        for (number, attachment) in (1u32..).zip(&wanted) {
            let name = format!("picture-{number}.{}", ending(attachment.media_type.as_str()));
            files.push(OriginalFile { name, bytes: self.whole(attachment).await? });
        }
        self.with_client(|client| client.took_out(js::now(), js::entropy(), message).map_err(|fault| device_failed(&fault))?)?;
        Ok(files)
    }

    pub(super) fn read_report(&self, tab: String, n: u32, message: i64) {
        let Some(shell) = self.me.upgrade() else { return };
        spawn_local(async move {
            let parts = shell.report_in(message).await;
            shell.tabs.tell(&tab, &ToPage::ReportRead { n, parts });
        });
    }

    async fn report_in(&self, message: i64) -> Result<Vec<ExhibitPart>, Refusal> {
        let attachment = self.attachment(message, 0).ok_or(Refusal::NoSuchMessage { id: message })?;
        let file = self.whole(&attachment).await?;
        self.with_client(|client| client.report_shared(&file, &js::written).map_err(|fault| device_failed(&fault))?)
    }

    /// Holds what a tab is about to save against what its sender stated.
    pub(super) fn check(&self, tab: String, n: u32, message: i64, position: u32, file: Option<File>) {
        let Some((shell, file)) = self.me.upgrade().filter(|shell| shell.is_open()).zip(file) else { return };
        spawn_local(async move {
            let done = shell.as_said(message, position, &file).await;
            shell.tabs.tell(&tab, &ToPage::Checked { n, done });
        });
    }

    pub(super) fn moves(&self, tab: &str, n: u32, message: i64, position: u32) {
        let moves = self.attachment(message, position as usize).and_then(|file| self.media().moves(&file.blob));
        self.tabs.tell(tab, &ToPage::Moves { n, moves });
    }

    async fn as_said(&self, message: i64, position: u32, file: &File) -> Result<(), Refusal> {
        let said = self.attachment(message, position as usize).ok_or(Refusal::NoSuchMessage { id: message })?;
        let found = hash(file).await.map_err(|lost| refusal(&lost))?;
        if found == said.sha256 { Ok(()) } else { Err(Refusal::NotAsSaid { name: file.name() }) }
    }

    async fn whole(&self, file: &Attachment) -> Result<Vec<u8>, Refusal> {
        let name = file.file_name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default();
        if file.length > WHOLE_MAX {
            return Err(Refusal::FileTooLarge { name, limit: WHOLE_MAX });
        }
        let mut bytes = Vec::new();
        while (bytes.len() as u64) < file.length {
            let at = bytes.len() as u64;
            let piece = self.media().bytes(file, at..u64::MAX, Purpose::Saved, self.http()).await;
            let (piece, _) = piece.map_err(|why| match why {
                Unshown::Gone => Refusal::ServerRefused { why: Why::Gone },
                Unshown::Offline => Refusal::NotReady { what: Needing::Files },
                Unshown::Foreign | Unshown::Unfit => Refusal::FileChanged { name: name.clone() },
            })?;
            if piece.length() == 0 {
                return Err(Refusal::FileChanged { name });
            }
            bytes.extend(piece.to_vec());
        }
        if Hash32::of(&bytes) == file.sha256 { Ok(bytes) } else { Err(Refusal::NotAsSaid { name }) }
    }
}

async fn hash(file: &File) -> Result<Hash32, Lost> {
    let (mut hash, mut at) = (Sha256::new(), 0.0);
    while at < file.size() {
        let part = file.slice_with_f64_and_f64(at, at + AT_ONCE)?;
        let bytes = Uint8Array::new(&JsFuture::from(part.array_buffer()).await?);
        hash.update(bytes.to_vec());
        at += AT_ONCE;
    }
    Ok(Hash32(hash.finalize().into()))
}

/// How the name of a file ends whose sender's name for it is not taken over.
fn ending(kind: &str) -> &'static str {
    match kind {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "image/avif" => "avif",
        "image/heic" | "image/heif" => "heic",
        "video/mp4" => "mp4",
        "video/webm" => "webm",
        "video/quicktime" => "mov",
        _ => "bin",
    }
}
