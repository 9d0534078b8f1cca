//! The commands of a person with an account: each opens the home, does its part, and shows what came of it.

mod lists;
mod people;
mod say;
mod vault;

use crate::args::Chat;
use crate::home::{Home, HomeError};
use crate::print;
use crate::shell::{Shell, Waited, device, now};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;
use view::{Command, Event, Refusal, Reply};

/// How long a command stays to see what it began arrive at the server.
const FLUSH: Duration = Duration::from_secs(30);
/// How long a list waits for what is new before it shows what is here.
const FETCH: Duration = Duration::from_secs(5);
/// How long `sync` tries.
const SYNC: Duration = Duration::from_secs(60);

/// Why a command failed, as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Refused(#[from] Refusal),
    #[error("{0}")]
    Home(#[from] HomeError),
    #[error("{0}")]
    Said(String),
    #[error("This machine cannot run the program, {0}: end other programs, then try again.")]
    Machine(std::io::Error),
}

/// How a wait for the server ended.
enum Flushed {
    /// Everything is sent.
    Sent,
    /// There is no connection, or it took too long: it goes out later.
    Queued,
}

pub fn run(home: Option<PathBuf>, command: Chat) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Machine)?;
    let mut shell = Shell::new(Home::open(home)?);
    let outcome = runtime.block_on(dispatch(&mut shell, command));
    runtime.block_on(shell.finish());
    outcome
}

async fn dispatch(shell: &mut Shell, command: Chat) -> Result<(), Failure> {
    match command {
        Chat::Signup { username, server, name } => people::signup(shell, username, &server, name).await,
        Chat::Link { label, uses, expires } => people::link(shell, label, uses, expires).await,
        Chat::Add { link } => people::add(shell, link).await,
        Chat::Requests { what, format } => people::requests(shell, what, format).await,
        Chat::Invitations { what, format } => people::invitations(shell, what, format).await,
        Chat::Block { user } => people::block(shell, user).await,
        Chat::Chats { format } => lists::chats(shell, format).await,
        Chat::Read { chat, follow, save, last, format } => lists::read(shell, &chat, follow, save, last, format).await,
        Chat::Search { words, format } => lists::search(shell, &words.join(" "), format),
        Chat::Info { chat, id, format } => lists::info(shell, &chat, id, format),
        Chat::Words { file, confirm } => vault::words(shell, vault::What { file: file.as_deref(), confirm }).await,
        Chat::Restore { server, file } => vault::restore(shell, server, file.as_deref()).await,
        Chat::Sync => sync(shell).await,
        Chat::Send { chat, text, file, caption, alt, original, reply } => {
            say::send(shell, &chat, say::What { text: text.join(" "), file, caption, alt, original }, reply).await
        }
        Chat::React { chat, id, emoji } => {
            let chat = find(shell, &chat)?;
            say::said(shell, Command::React { chat, message: id, emoji }).await
        }
        Chat::Edit { chat, id, text } => {
            let chat = find(shell, &chat)?;
            say::said(shell, Command::Edit { chat, message: id, text: text.join(" ") }).await
        }
        Chat::Delete { chat, id } => {
            let chat = find(shell, &chat)?;
            say::said(shell, Command::Delete { chat, message: id }).await
        }
        Chat::Expire { chat, duration } => {
            let chat = find(shell, &chat)?;
            let seconds = say::seconds(&duration)?;
            say::said(shell, Command::Expire { chat, seconds }).await
        }
        Chat::Group { what } => people::group(shell, what).await,
    }
}

fn find(shell: &Shell, name: &str) -> Result<i64, Failure> {
    Ok(shell.home.client.find_chat(name).map_err(|fault| device(&fault))??)
}

fn id_of(reply: &Reply) -> i64 {
    match reply {
        Reply::Id(id) => *id,
        Reply::Done | Reply::Link { .. } => 0,
    }
}

/// Stays until everything queued is sent, as long as something moves; gives up at once where there is no connection.
async fn flush(shell: &mut Shell, doing: &str) -> Result<Flushed, Failure> {
    let (sent, total) = shell.progress.clone();
    let progress = print::Waiting::new(doing);
    let mut failed = None;
    loop {
        let before = sent.load(Ordering::Relaxed);
        let waited = shell
            .run(FLUSH, |shell, event| {
                if let Some(Event::Failed { why, .. }) = event {
                    failed = Some(why.clone());
                }
                progress.bytes(sent.load(Ordering::Relaxed), total.load(Ordering::Relaxed));
                shell.offline.is_some() || shell.home.client.unfinished(now()).is_ok_and(|left| left == 0)
            })
            .await?;
        if let Some(why) = failed {
            return Err(why.into());
        }
        match waited {
            Waited::Met if shell.offline.is_none() => return Ok(Flushed::Sent),
            Waited::TimedOut if sent.load(Ordering::Relaxed) != before => {}
            _ => return Ok(Flushed::Queued),
        }
    }
}

/// Fetches what is new, for a moment; without a connection says so on stderr and goes on with what is here.
async fn fetch(shell: &mut Shell) -> Result<(), Failure> {
    if shell.home.client.whoami().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::NotSignedUp.into());
    }
    let progress = print::Waiting::new("Fetching what is new");
    let mut refused = None;
    let caught_up = |shell: &mut Shell, event: Option<&Event>| {
        refused = refused.take().or_else(|| event.and_then(connection_refused));
        shell.offline.is_some() || refused.is_some() || matches!(event, Some(Event::CaughtUp))
    };
    let waited = shell.run(FETCH, caught_up).await?;
    drop(progress);
    if let Some(why) = refused {
        eprintln!("{why} This is what this device has.");
    } else if waited == Waited::TimedOut || shell.offline.is_some() {
        eprintln!("No connection: this is what this device has.");
    }
    Ok(())
}

/// Why a server does not speak with this account at all, if it is that.
fn connection_refused(event: &Event) -> Option<Refusal> {
    match event {
        Event::Failed { what, why } if what == "connect" => Some(why.clone()),
        _ => None,
    }
}

/// Until caught up and sent.
async fn sync(shell: &mut Shell) -> Result<(), Failure> {
    if shell.home.client.whoami().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::NotSignedUp.into());
    }
    let progress = print::Waiting::new("Sending and fetching");
    let (mut caught_up, mut refused) = (false, None);
    let waited = shell
        .run(SYNC, |shell, event| {
            caught_up |= matches!(event, Some(Event::CaughtUp));
            refused = refused.take().or_else(|| event.and_then(connection_refused));
            if let (Some(Event::Failed { why, .. }), None) = (event, &refused) {
                eprintln!("{why}");
            }
            refused.is_some() || caught_up && shell.home.client.unfinished(now()).is_ok_and(|left| left == 0)
        })
        .await?;
    drop(progress);
    if let Some(why) = refused {
        return Err(why.into());
    }
    if waited == Waited::Met {
        return Ok(());
    }
    let waiting = shell.home.client.unfinished(now()).map_err(|fault| device(&fault))?;
    let why = shell.offline.take().map_or_else(|| "the server is slow to answer".to_owned(), |error| error.to_string());
    Err(Failure::Said(format!(
        "Not everything is done after 60 seconds ({waiting} still waiting): {why}. Try again later; nothing is lost."
    )))
}
