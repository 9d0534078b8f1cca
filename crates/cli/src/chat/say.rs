//! Saying something.

use super::{Failure, Flushed, device, find, flush, id_of, tell_lost};
use crate::shell::Shell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use view::{Command, FileSort, MessageState, Outgoing, OutgoingFile, Refusal, Reply};

/// What a message is made of.
pub struct What {
    pub text: String,
    pub file: Option<PathBuf>,
    pub caption: Option<String>,
    pub alt: Option<String>,
    pub original: bool,
}

pub async fn send(shell: &mut Shell, chat: &str, what: What, reply: Option<i64>) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let what = match what.file {
        None => Outgoing::Text(what.text),
        Some(path) => {
            let path = std::path::absolute(&path).unwrap_or(path);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            look_at(&path, &name)?;
            let source = path.to_string_lossy().into_owned();
            let file = OutgoingFile { source, name, alt: what.alt, original: what.original, sort: FileSort::Found };
            Outgoing::Files { files: vec![file], caption: what.caption }
        }
    };
    said(shell, Command::Send { chat, what, reply }).await
}

/// Looks whether a file can be sent at all, before there is a line for it in the chat.
fn look_at(path: &Path, name: &str) -> Result<(), Refusal> {
    let unreadable = |why: String| Refusal::FileUnreadable { name: name.to_owned(), why };
    let meta = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !meta.is_file() {
        return Err(unreadable("it is not a file".into()));
    }
    if meta.len() > media::stream::FILE_MAX {
        return Err(Refusal::FileTooLarge { name: name.to_owned(), limit: media::stream::FILE_MAX });
    }
    File::open(path).map(drop).map_err(|error| unreadable(error.to_string()))
}

/// Carries out a command that says something, and tells whether it has left.
pub async fn said(shell: &mut Shell, command: Command) -> Result<(), Failure> {
    let reply = shell.command(command)?;
    let flushed = flush(shell, "Sending").await?;
    let row = shell.home.client.message(id_of(&reply)).map_err(|fault| device(&fault))?;
    let waits = row.as_ref().is_some_and(|row| matches!(row.state, MessageState::Queued | MessageState::Uploading));
    match flushed {
        Flushed::Sent if !waits => println!("sent {}", id_of(&reply)),
        Flushed::Sent | Flushed::Queued => println!("queued {}", id_of(&reply)),
    }
    tell_lost(shell, row.map(|row| row.chat))
}

/// Deletes a message: for everyone, or here alone if it has not left.
pub async fn delete(shell: &mut Shell, chat: i64, message: i64) -> Result<(), Failure> {
    let reply = shell.command(Command::Delete { chat, message })?;
    if reply == Reply::Done {
        println!("taken back: it never left");
        return Ok(());
    }
    match flush(shell, "Deleting").await? {
        Flushed::Sent => println!("sent {}", id_of(&reply)),
        Flushed::Queued => println!("queued {}", id_of(&reply)),
    }
    tell_lost(shell, Some(chat))
}

/// `90s`, `30m`, `1h`, `7d`, `4w`, or `off`.
pub fn seconds(text: &str) -> Result<u64, Failure> {
    let wrong = || Failure::Said(format!("{text} is not a duration: write for example 1h, 7d or 4w, or off."));
    if text == "off" {
        return Ok(0);
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        'w' => 7 * 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).filter(|seconds| *seconds > 0).ok_or_else(wrong)
}
