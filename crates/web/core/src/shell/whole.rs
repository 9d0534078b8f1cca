//! Files that are read whole, and shown by nobody: a report that was shared with this person, and the file of a picture of themselves.

use super::Shell;
use crate::js;
use crate::media::{Purpose, Unshown};
use client::device_failed;
use view::page::ToPage;
use view::{ExhibitPart, Needing, OriginalFile, Refusal, Why};
use wasm_bindgen_futures::spawn_local;
use wire::content::Attachment;

/// What is held in memory at once.
const WHOLE_MAX: u64 = 256 * 1024 * 1024;

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
        Ok(bytes)
    }
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
