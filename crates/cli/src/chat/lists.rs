//! Looking: chats, messages, search.

use super::notice::Told;
use super::{Failure, device, fetch, find, flush, tell_lost};
use crate::args::Format;
use crate::print;
use crate::shell::Shell;
use crate::terminal::flat;
use crate::transfer::download;
use client::Page;
use std::path::{Path, PathBuf};
use std::time::Duration;
use view::{Command, Event, MessageRow, Needing, Refusal};

const SEARCH_HITS: u32 = 50;
/// What follows ends with the program.
pub const FOLLOW: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

pub async fn chats(shell: &mut Shell, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    print::chats(&shell.home.client.chats().map_err(|fault| device(&fault))?, &names(shell)?, format);
    super::desk::tell_news(shell)?;
    tell_lost(shell, None)
}

/// What stands beside the names.
pub fn names(shell: &Shell) -> Result<print::Names, Failure> {
    Ok(print::Names::new(shell.home.client.known().map_err(|fault| device(&fault))?))
}

pub async fn read(shell: &mut Shell, chat: &str, follow: bool, save: Option<PathBuf>, last: u32, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    let chat = find(shell, chat)?;
    let page = Page { before: None, after: None, limit: last };
    let messages = shell.home.client.messages(chat, page).map_err(|fault| device(&fault))?;
    care(&messages);
    print::messages(&messages, &names(shell)?, format);
    let mut told = Told::default();
    told.unasked(shell, chat)?;
    tell_lost(shell, Some(chat))?;
    let mut newest = messages.last().map_or(0, |message| message.id);
    mark_read(shell, chat, newest)?;
    if let Some(folder) = &save {
        save_files(shell, &messages, folder).await?;
    }
    if !follow {
        flush(shell, "Telling what you have read").await?;
        return Ok(());
    }
    loop {
        let changed =
            |_: &mut Shell, event: Option<&Event>| matches!(event, Some(Event::MessageChanged { chat: changed, .. }) if *changed == chat);
        shell.run(FOLLOW, changed).await?;
        let page = Page { before: None, after: Some(newest), limit: u32::MAX };
        let fresh = shell.home.client.messages(chat, page).map_err(|fault| device(&fault))?;
        if let Some(message) = fresh.last() {
            newest = message.id;
            care(&fresh);
            print::messages(&fresh, &names(shell)?, format);
            mark_read(shell, chat, newest)?;
            if let Some(folder) = &save {
                save_files(shell, &fresh, folder).await?;
            }
        }
        told.unasked(shell, chat)?;
    }
}

/// Whoever is turned to reads first how to help.
fn care(messages: &[MessageRow]) {
    if messages.iter().any(|message| !message.mine && message.unread && message.text == client::NEED_TO_TALK) {
        print::care();
    }
}

/// Fetches, checks and saves what others sent. One that fails does not keep the others back.
async fn save_files(shell: &Shell, messages: &[MessageRow], folder: &Path) -> Result<(), Failure> {
    let wanted: Vec<i64> = messages.iter().filter(|message| message.file.is_some() && !message.mine).map(|message| message.id).collect();
    let cache = shell.home.folder.join("files");
    let mut failed = None;
    for message in wanted {
        for attachment in shell.home.client.attachments(message).map_err(|fault| device(&fault))? {
            let Some((address, bearer)) = shell.beside() else { return Err(Refusal::NotReady { what: Needing::Files }.into()) };
            let bar = print::Bar::new(attachment.file_name.as_ref().map_or("file", |name| name.as_str()));
            let from = download::From { address: &address, bearer, cache: &cache };
            let fetched = download::fetch(&from, &attachment, |done, total| bar.at(done, total)).await;
            drop(bar);
            match fetched.and_then(|ciphertext| download::save(&attachment, &ciphertext, folder)) {
                Ok(path) => println!("saved {}", flat(&path.display().to_string())),
                Err(error) => {
                    eprintln!("{}", flat(&error.to_string()));
                    failed = Some(error);
                }
            }
        }
    }
    match failed {
        None => Ok(()),
        Some(_) => Err(Failure::Said("Not every file could be saved: the reasons stand above.".into())),
    }
}

fn mark_read(shell: &mut Shell, chat: i64, up_to: i64) -> Result<(), Failure> {
    shell.command(Command::MarkRead { chat, up_to })?;
    Ok(())
}

pub fn search(shell: &mut Shell, words: &str, format: Format) -> Result<(), Failure> {
    if shell.home.client.whoami().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::NotSignedUp.into());
    }
    print::hits(&shell.home.client.search(words, SEARCH_HITS).map_err(|fault| device(&fault))?, format);
    Ok(())
}

pub fn info(shell: &mut Shell, chat: &str, id: i64, format: Format) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let info = shell.home.client.info(chat, id).map_err(|fault| device(&fault))?.ok_or(Refusal::NoSuchMessage { id })?;
    print::info(&info, format);
    Ok(())
}
