//! Looking: chats, messages, search.

use super::notice::Told;
use super::{Failure, device, fetch, find, flush, tell_lost};
use crate::args::Format;
use crate::print::{self, Said};
use crate::shell::{Shell, now};
use crate::terminal::flat;
use crate::transfer::download;
use client::Page;
use std::cmp::Reverse;
use std::path::{Path, PathBuf};
use std::time::Duration;
use view::{ChatRow, Command, Event, MessageRow, Needing, Query, Refusal, View};

const SEARCH_HITS: u32 = 50;
/// What follows ends with the program.
pub const FOLLOW: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

pub async fn chats(shell: &mut Shell, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    let View::Chats(mut lines) = asked(shell, Query::Chats)? else { return Ok(()) };
    // The page has pinned chats on top.
    lines.sort_by_key(|line| Reverse((line.last.as_ref().map(|last| last.message), line.row.id)));
    let rows: Vec<ChatRow> = lines.into_iter().map(|line| line.row).collect();
    print::chats(&rows, &names(shell)?, format);
    super::desk::tell_news(shell)?;
    tell_lost(shell, None)
}

/// What stands beside the names.
pub fn names(shell: &Shell) -> Result<print::Names, Failure> {
    let View::Contacts(contacts) = asked(shell, Query::Contacts)? else { return Ok(print::Names::new(vec![])) };
    Ok(print::Names::new(contacts))
}

/// What the page sees, too: under 16, without links and names on other apps of who is known only online.
fn asked(shell: &Shell, query: Query) -> Result<View, Failure> {
    Ok(shell.home.client.ask(now(), query).map_err(|fault| device(&fault))?)
}

fn covered(shell: &Shell, row: MessageRow) -> Result<Said, Failure> {
    Ok(match asked(shell, Query::Message { message: row.id })? {
        View::Message(Some(bubble)) => Said { masked: bubble.masked, row: bubble.row },
        _ => Said { row, masked: false },
    })
}

fn said(shell: &Shell, chat: i64, page: Page) -> Result<Vec<Said>, Failure> {
    let messages = shell.home.client.messages(chat, page).map_err(|fault| device(&fault))?;
    messages.into_iter().map(|row| covered(shell, row)).collect()
}

/// One message, as it was said. That somebody looked is noted nowhere.
pub fn show(shell: &Shell, chat: &str, id: i64, format: Format) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    match asked(shell, Query::Bare { message: id })? {
        View::Bare(Some(bubble)) if bubble.row.chat == chat => {
            print::messages(&[Said { row: bubble.row, masked: false }], &names(shell)?, format);
            Ok(())
        }
        _ => Err(Refusal::NoSuchMessage { id }.into()),
    }
}

pub async fn read(shell: &mut Shell, chat: &str, follow: bool, save: Option<PathBuf>, last: u32, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    let chat = find(shell, chat)?;
    let page = Page { before: None, after: None, limit: last };
    let messages = said(shell, chat, page)?;
    care(&messages);
    print::messages(&messages, &names(shell)?, format);
    let mut told = Told::default();
    told.unasked(shell, chat)?;
    tell_lost(shell, Some(chat))?;
    let mut newest = messages.last().map_or(0, |said| said.row.id);
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
        let fresh = said(shell, chat, page)?;
        if let Some(last) = fresh.last() {
            newest = last.row.id;
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
fn care(messages: &[Said]) {
    if messages.iter().any(|Said { row, .. }| !row.mine && row.unread && row.text == client::NEED_TO_TALK) {
        print::care();
    }
}

/// Fetches, checks and saves what others sent. One that fails does not keep the others back.
async fn save_files(shell: &Shell, messages: &[Said], folder: &Path) -> Result<(), Failure> {
    let wanted: Vec<i64> = messages.iter().filter(|said| said.row.file.is_some() && !said.row.mine).map(|said| said.row.id).collect();
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
    if let View::Search(found) = asked(shell, Query::Search { words: words.to_owned(), chat: None, limit: SEARCH_HITS })? {
        print::hits(&found.messages, format);
    }
    Ok(())
}

pub fn info(shell: &mut Shell, chat: &str, id: i64, format: Format) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let View::Info(Some(info)) = asked(shell, Query::Info { chat, message: id })? else {
        return Err(Refusal::NoSuchMessage { id }.into());
    };
    print::info(&info, format);
    Ok(())
}
