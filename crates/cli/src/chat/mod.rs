//! The commands of a person with an account: each opens the home, does its part, and shows what came of it.

mod asked;
mod desk;
mod elsewhere;
mod first;
mod held;
mod lists;
mod notice;
mod own;
mod people;
mod report;
mod say;
mod screenshot;
mod vault;
mod who;

use crate::args::{Chat, Named, Reason};
use crate::home::{Home, HomeError};
use crate::net::NetError;
use crate::print;
use crate::region;
use crate::shell::{Shell, Waited, now};
use crate::transfer::download;
use crate::words::Words;
use client::device_failed as device;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use view::{Command, Direction, Doing, Event, Refusal, Reply, ReportReason, RequestState, ShowName};

/// How long a command stays to see what it began arrive at the server.
const FLUSH: Duration = Duration::from_secs(30);
/// How long a list waits for what is new before it shows what is here.
const FETCH: Duration = Duration::from_secs(5);
/// How long `sync` tries.
const SYNC: Duration = Duration::from_secs(60);
/// And where the server's machine says that nobody listens.
const NOBODY: Duration = Duration::from_secs(10);

/// Why a command failed, as one sentence.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{}", Words(.0))]
    Refused(Refusal),
    #[error("{0}")]
    Home(#[from] HomeError),
    #[error("{0}")]
    Said(String),
    #[error("This machine cannot run the program, {0}: end other programs, then try again.")]
    Machine(std::io::Error),
}

impl From<Refusal> for Failure {
    fn from(why: Refusal) -> Self {
        Self::Refused(why)
    }
}

/// How a wait for the server ended.
enum Flushed {
    /// Everything is sent.
    Sent,
    /// There is no connection, or it took too long: it goes out later.
    Queued,
}

pub use notice::check;
use people::Before;

pub fn run(home: Option<PathBuf>, command: Chat) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Machine)?;
    let mut shell = Shell::new(Home::open(home)?);
    // Uploads stay on this thread: they share their code with shells that have no other.
    let here = tokio::task::LocalSet::new();
    let outcome = here.block_on(&runtime, dispatch(&mut shell, command));
    download::sweep(&shell.home.folder.join("files"), || shell.home.client.blobs().ok());
    here.block_on(&runtime, shell.finish());
    outcome
}

async fn dispatch(shell: &mut Shell, command: Chat) -> Result<(), Failure> {
    match command {
        Chat::Signup { username, server, name } => people::signup(shell, username, &server, name).await,
        Chat::Link { label, uses, expires } => people::link(shell, label, uses, expires).await,
        Chat::Add { link } => people::add(shell, link).await,
        Chat::Requests { what, format } => people::requests(shell, what, format).await,
        Chat::Invitations { what, format } => people::invitations(shell, what, format).await,
        Chat::Block { user, keep, no_keep, passphrase_file } => {
            let before = match (keep, no_keep) {
                (true, _) => Before::Keep,
                (false, true) => Before::Nothing,
                (false, false) => Before::Ask,
            };
            people::block(shell, user, before, passphrase_file.as_deref()).await
        }
        Chat::Unblock { user } => people::unblock(shell, user),
        Chat::Settings { receipts, born, trust, region, format } => {
            people::settings(shell, people::Choices { receipts, born, trust, region }, format)
        }
        Chat::Talk => people::need_to_talk(shell).await,
        Chat::Whoami { format } => people::whoami(shell, format),
        Chat::Chats { format } => lists::chats(shell, format).await,
        Chat::Read { chat, show: Some(id), format, .. } => lists::show(shell, &chat, id, format),
        Chat::Read { chat, follow, save, last, format, show: None } => lists::read(shell, &chat, follow, save, last, format).await,
        Chat::Who { chat, words, format } => who::who(shell, &chat, words, format),
        Chat::Know { chat, how } => who::know(shell, &chat, how),
        Chat::Search { words, format } => lists::search(shell, &words.join(" "), format),
        Chat::Info { chat, id, format } => lists::info(shell, &chat, id, format),
        Chat::Words { file, confirm } => vault::words(shell, vault::What { file: file.as_deref(), confirm }).await,
        Chat::Restore { server, file } => vault::restore(shell, server, file.as_deref()).await,
        Chat::Keep { screenshot: Some(file), passphrase_file, .. } => screenshot::keep(shell, &file, passphrase_file.as_deref()),
        Chat::Keep { chat, ids, passphrase_file, screenshot: None } => {
            report::keep(shell, &chat.unwrap_or_default(), ids, passphrase_file.as_deref()).await
        }
        Chat::Kept { passphrase_file, discard, voice, out, format } => {
            report::kept(shell, passphrase_file.as_deref(), report::OfKept { discard, voice: voice.zip(out) }, format)
        }
        Chat::Reports { what, format } => own::run(shell, what, format).await,
        Chat::Desk { what, format } => desk::run(shell, what, format).await,
        command @ Chat::Report { .. } => reported(shell, command).await,
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
        Chat::Delete { chat: named, id, anyway } => {
            let chat = find(shell, &named)?;
            first::keep_first(shell, &named, chat, vec![id], anyway)?;
            say::delete(shell, chat, id).await
        }
        Chat::Expire { chat, duration } => {
            let chat = find(shell, &chat)?;
            let seconds = say::seconds(&duration)?;
            say::said(shell, Command::Expire { chat, seconds }).await
        }
        Chat::Group { what } => people::group(shell, what).await,
    }
}

async fn reported(shell: &mut Shell, command: Chat) -> Result<(), Failure> {
    let Chat::Report { chat, again, last, messages, only, kept, to, reason, note, name, out, passphrase_file, box_passphrase_file, yes } =
        command
    else {
        return Ok(());
    };
    eprintln!("{}", region::in_danger(region::region(Some(&shell.home.folder))));
    if let Some(file) = again {
        return report::again(shell, &file).await;
    }
    // What is missing was refused when the line was read.
    let (Some(chat), Some(to), Some(reason)) = (chat, to, reason) else { return Ok(()) };
    let note = note.unwrap_or_default();
    let reason = match reason {
        Reason::Mean => ReportReason::Mean,
        Reason::Pictures => ReportReason::Pictures,
        Reason::Pretending => ReportReason::Pretending,
        Reason::Friend => ReportReason::Friend,
        Reason::Else => ReportReason::SomethingElse,
    };
    let name = name.map(|name| match name {
        Named::Yes => ShowName::Shown,
        Named::No => ShowName::LeftOut,
    });
    let asks = if yes { report::Asks::Nothing } else { report::Asks::First };
    let what = report::What { last, messages, only, kept, to, reason, note, name, out, passphrase_file, box_passphrase_file, asks };
    report::report(shell, &chat, what).await
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
                shell.offline.is_some() || is_done(shell)
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

/// Whether nothing is left to do, but for what waits for a chat of which the server has lost records.
fn is_done(shell: &Shell) -> bool {
    let client = &shell.home.client;
    let left = client.unfinished(now()).unwrap_or(u64::MAX);
    left == 0 || shell.caught_up && client.stuck(now()).is_ok_and(|stuck| left <= stuck)
}

/// Of the chats that stand still because of the server: this one, or all. As one refusal.
fn lost(shell: &Shell, chat: Option<i64>) -> Result<Option<Refusal>, Failure> {
    let client = &shell.home.client;
    let mut names = Vec::new();
    for id in client.lost_chats().map_err(|fault| device(&fault))? {
        if chat.is_none_or(|chat| chat == id) {
            names.push(client.chat_name(id).map_err(|fault| device(&fault))?);
        }
    }
    Ok((!names.is_empty()).then(|| Refusal::RecordsLost { name: names.join(", ") }))
}

/// Says on stderr what the server has lost.
fn tell_lost(shell: &Shell, chat: Option<i64>) -> Result<(), Failure> {
    if let Some(why) = lost(shell, chat)? {
        eprintln!("{}", Words(&why));
    }
    Ok(())
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
        eprintln!("{} This is what this device has.", Words(&why));
    } else if waited == Waited::TimedOut || shell.offline.is_some() {
        eprintln!("No connection: this is what this device has.");
    }
    Ok(())
}

/// Why a server does not speak with this account at all, if it is that.
fn connection_refused(event: &Event) -> Option<Refusal> {
    match event {
        Event::Failed { what, why } if *what == Doing::Connect => Some(why.clone()),
        _ => None,
    }
}

/// Until caught up and sent.
async fn sync(shell: &mut Shell) -> Result<(), Failure> {
    if shell.home.client.whoami().map_err(|fault| device(&fault))?.is_none() {
        return Err(Refusal::NotSignedUp.into());
    }
    let before = News::of(shell)?;
    let progress = print::Waiting::new("Sending and fetching");
    let mut refused = None;
    let mut unreachable: Option<Instant> = None;
    let begun = Instant::now();
    let waited = shell
        .run(SYNC, |shell, event| {
            refused = refused.take().or_else(|| event.and_then(connection_refused));
            if let (Some(Event::Failed { why, .. }), None) = (event, &refused) {
                eprintln!("{}", Words(why));
            }
            // Where nobody listens nobody will in a minute.
            let nobody = matches!(&shell.offline, Some(NetError::Unreachable(_, error)) if error.kind() == ErrorKind::ConnectionRefused);
            unreachable = if nobody { unreachable.or_else(|| Some(Instant::now())) } else { None };
            let in_vain = unreachable.is_some_and(|since| since.elapsed() >= NOBODY);
            refused.is_some() || in_vain || shell.caught_up && is_done(shell)
        })
        .await?;
    drop(progress);
    if let Some(why) = refused {
        return Err(why.into());
    }
    if waited == Waited::Met && shell.offline.is_none() {
        println!("{}", News::of(shell)?.since(&before));
        // Now and not when something is kept or reported: that would tell the server of it.
        desk::learn(shell).await?;
        desk::tell_news(shell)?;
        let wanted = shell.home.client.kept_wanted().map_err(|fault| device(&fault))?;
        held::take(shell, &wanted).await?;
        let stuck = shell.home.client.stuck(now()).map_err(|fault| device(&fault))?;
        return match lost(shell, None)? {
            Some(why) if stuck > 0 => Err(why.into()),
            _ => tell_lost(shell, None),
        };
    }
    let waiting = shell.home.client.unfinished(now()).map_err(|fault| device(&fault))?;
    let why = shell.offline.take().map_or_else(|| "the server is slow to answer".to_owned(), |error| error.to_string());
    Err(Failure::Said(format!(
        "Not everything is done after {} seconds ({waiting} still waiting): {why}. Try again later; nothing is lost.",
        begun.elapsed().as_secs()
    )))
}

/// What there is to look at.
struct News {
    unread: u64,
    requests: usize,
    invitations: usize,
}

impl News {
    fn of(shell: &Shell) -> Result<Self, Failure> {
        let client = &shell.home.client;
        let open = |request: &view::RequestRow| request.direction == Direction::In && request.state == RequestState::Open;
        Ok(Self {
            unread: client.chats().map_err(|fault| device(&fault))?.iter().map(|chat| chat.unread).sum(),
            requests: client.requests().map_err(|fault| device(&fault))?.into_iter().filter(open).count(),
            invitations: client.invitations().map_err(|fault| device(&fault))?.len(),
        })
    }

    /// What came, in one line.
    fn since(&self, before: &Self) -> String {
        let counted = |now: u64, before: u64, one: &str| match now.saturating_sub(before) {
            0 => None,
            1 => Some(format!("1 new {one}")),
            count => Some(format!("{count} new {one}s")),
        };
        let parts = [
            counted(self.unread, before.unread, "message"),
            counted(self.requests as u64, before.requests as u64, "request"),
            counted(self.invitations as u64, before.invitations as u64, "invitation"),
        ];
        let came: Vec<String> = parts.into_iter().flatten().collect();
        if came.is_empty() { "Nothing new.".into() } else { format!("{}.", came.join(", ")) }
    }
}
