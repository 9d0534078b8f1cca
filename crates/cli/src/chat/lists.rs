//! Looking: chats, messages, search.

use super::{Failure, device, fetch, find, flush};
use crate::args::Format;
use crate::print;
use crate::shell::Shell;
use client::Page;
use std::path::PathBuf;
use std::time::Duration;
use view::{Command, Event, Refusal};

const SEARCH_HITS: u32 = 50;
/// `--follow` ends with the program.
const FOLLOW: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

pub async fn chats(shell: &mut Shell, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    print::chats(&shell.home.client.chats().map_err(|fault| device(&fault))?, format);
    Ok(())
}

pub async fn read(shell: &mut Shell, chat: &str, follow: bool, save: Option<PathBuf>, last: u32, format: Format) -> Result<(), Failure> {
    fetch(shell).await?;
    let chat = find(shell, chat)?;
    if save.is_some() {
        return Err(Refusal::NotReady { what: "Saving files".into() }.into());
    }
    let page = Page { before: None, after: None, limit: last };
    let messages = shell.home.client.messages(chat, page).map_err(|fault| device(&fault))?;
    print::messages(&messages, format);
    let mut newest = messages.last().map_or(0, |message| message.id);
    mark_read(shell, chat, newest)?;
    if !follow {
        flush(shell, "Telling what you have read").await?;
        return Ok(());
    }
    loop {
        let changed = |_: &mut Shell, event: Option<&Event>| matches!(event, Some(Event::MessageChanged { chat: changed, .. }) if *changed == chat);
        shell.run(FOLLOW, changed).await?;
        let page = Page { before: None, after: Some(newest), limit: u32::MAX };
        let fresh = shell.home.client.messages(chat, page).map_err(|fault| device(&fault))?;
        if let Some(message) = fresh.last() {
            newest = message.id;
            print::messages(&fresh, format);
            mark_read(shell, chat, newest)?;
        }
    }
}

fn mark_read(shell: &mut Shell, chat: i64, up_to: i64) -> Result<(), Failure> {
    shell.command(Command::MarkRead { chat, up_to })?;
    Ok(())
}

pub fn search(shell: &mut Shell, words: &str, format: Format) -> Result<(), Failure> {
    print::hits(&shell.home.client.search(words, SEARCH_HITS).map_err(|fault| device(&fault))?, format);
    Ok(())
}

pub fn info(shell: &mut Shell, chat: &str, id: i64, format: Format) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let info = shell.home.client.info(chat, id).map_err(|fault| device(&fault))?.ok_or(Refusal::NoSuchMessage { id })?;
    print::info(&info, format);
    Ok(())
}
