//! Saying something.

use super::{Failure, Flushed, find, flush, id_of};
use crate::shell::Shell;
use std::path::PathBuf;
use view::{Command, FileSort, Outgoing, OutgoingFile};

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
            let source = path.to_string_lossy().into_owned();
            let file = OutgoingFile { source, name, alt: what.alt, original: what.original, sort: FileSort::Found };
            Outgoing::Files { files: vec![file], caption: what.caption }
        }
    };
    said(shell, Command::Send { chat, what, reply }).await
}

/// Carries out a command that says something, and tells whether it has left.
pub async fn said(shell: &mut Shell, command: Command) -> Result<(), Failure> {
    let reply = shell.command(command)?;
    match flush(shell, "Sending").await? {
        Flushed::Sent => println!("sent {}", id_of(&reply)),
        Flushed::Queued => println!("queued {}", id_of(&reply)),
    }
    Ok(())
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
