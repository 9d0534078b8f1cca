//! What stands in the terminal: lists as columns or as one JSON object a line. Words of others lose what could command a terminal.

use crate::args::Format;
use crate::terminal::{self, flat, one_line, safe};
use client::Whoami;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::time::Duration;
use view::{
    ChatKind, ChatRow, ChatState, ContactRow, Direction, InfoRow, InvitationRow, KeptChange, KeptRow, KeptSealed, MemberRow, MemberState,
    MessageKind, MessageRow, MessageState, Noticed, RequestRow, SearchRow, Structure,
};

/// Letters of a name that are shown, and of one with what stands beside it: ` (`, another, and `)`.
pub const NAME: usize = 32;
const CALLED: usize = 2 * NAME + 3;
/// Letters of what a group is called.
pub const GROUP: usize = 64;

/// A spinner on stderr while something takes longer than a moment; gone when dropped.
pub struct Waiting(ProgressBar);

impl Waiting {
    pub fn new(doing: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        bar.set_message(format!("{doing}…"));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(bar)
    }

    /// Turns into a bar once bytes are counted.
    pub fn bytes(&self, done: u64, total: u64) {
        if total > 0 && self.0.length() != Some(total) {
            self.0.set_length(total);
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}") {
                self.0.set_style(style);
            }
        }
        self.0.set_position(done);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A bar on stderr for bytes on their way; gone when dropped.
pub struct Bar(ProgressBar);

impl Bar {
    pub fn new(name: &str) -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta}") {
            bar.set_style(style);
        }
        bar.set_message(one_line(name, 40));
        Self(bar)
    }

    pub fn at(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

fn rows<T: Serialize>(items: &[T], format: Format, empty: &str, line: impl Fn(&T) -> String) {
    if format.json {
        items.iter().for_each(json);
    } else if items.is_empty() {
        eprintln!("{empty}");
    } else {
        items.iter().for_each(|item| println!("{}", line(item)));
    }
}

/// One object a line.
pub fn json<T: Serialize>(item: &T) {
    match terminal::json(item) {
        Ok(text) => println!("{text}"),
        Err(error) => eprintln!("This row cannot be shown as JSON: {error}."),
    }
}

/// What a trusted adult reads before what somebody tells them, in the order of the page.
const CARE: [&str; 5] =
    ["Thank them.", "Don't blame.", "Don't promise to keep it secret.", "Don't ask for or look at pictures.", "Ask if they are safe now."];

/// Beside what is shown, and before it.
pub fn care() {
    eprintln!("First: {}", CARE.join(" "));
}

/// UTC, to the minute.
pub fn time(ms: u64) -> String {
    let mut clock = report::exhibit::clock((ms / 1000) as i64);
    clock.truncate(clock.rfind(':').unwrap_or(clock.len()));
    clock
}

pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let unit_name = UNITS.get(unit).unwrap_or(&"");
    if unit == 0 { format!("{count} {unit_name}") } else { format!("{value:.1} {unit_name}") }
}

/// What stands beside names: how people want to be called, and who is blocked.
pub struct Names(Vec<ContactRow>);

impl Names {
    pub fn new(known: Vec<ContactRow>) -> Self {
        Self(known)
    }

    fn of_chat(&self, chat: i64) -> Option<&ContactRow> {
        self.0.iter().find(|known| known.chat == Some(chat))
    }

    fn of_account(&self, account: &str) -> Option<&ContactRow> {
        self.0.iter().find(|known| known.account == account)
    }

    /// Nobody where a name means several: it is not confirmed, and none of them may lend it to another.
    fn of_name(&self, name: &str) -> Option<&ContactRow> {
        let mut named = self.0.iter().filter(|known| known.name == name);
        named.next().filter(|_| named.next().is_none())
    }
}

/// A row, and what stands beside its name.
#[derive(Serialize)]
struct Beside<'a, T> {
    #[serde(flatten)]
    row: &'a T,
    display_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<bool>,
    /// Links and names in it are hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    masked: Option<bool>,
}

impl<'a, T> Beside<'a, T> {
    fn new(row: &'a T, known: Option<&'a ContactRow>) -> Self {
        Self { row, display_name: known.and_then(|known| known.display_name.as_deref()), blocked: None, masked: None }
    }

    /// `bob (Uncle Bob)`: what anybody may choose never stands alone.
    fn called(&self, name: &str) -> String {
        let name = one_line(name, NAME);
        match self.display_name {
            Some(display) if display != name => format!("{name} ({})", one_line(display, NAME)),
            _ => name,
        }
    }
}

pub fn whoami(who: &Whoami, format: Format) {
    let Whoami { username, display_name, account, server_url, signed_up } = who;
    if format.json {
        let line = serde_json::json!({ "username": username, "display_name": display_name, "account": account, "server": server_url, "signed_up": signed_up });
        json(&line);
        return;
    }
    let called = display_name.as_ref().map(|name| format!(" ({})", one_line(name, NAME))).unwrap_or_default();
    let made = if *signed_up { "" } else { ", not made yet" };
    println!("{username}{called} on {server_url}{made}\naccount {account}");
}

pub fn chats(items: &[ChatRow], names: &Names, format: Format) {
    let mut beside = Vec::with_capacity(items.len());
    for chat in items {
        let known = names.of_chat(chat.id);
        beside.push(Beside { blocked: Some(known.is_some_and(|known| known.blocked)), ..Beside::new(chat, known) });
    }
    let items = beside;
    let width = items.iter().map(|chat| chat.called(&chat.row.name).chars().count()).max().unwrap_or(0).min(48);
    rows(&items, format, "No chats yet: `treehouse link` makes a link for somebody you know.", |beside| {
        let unread = if beside.row.unread > 0 { format!("{} new", beside.row.unread) } else { String::new() };
        let (name, blocked) = (beside.called(&beside.row.name), if beside.blocked == Some(true) { "[blocked] " } else { "" });
        let chat = beside.row;
        let state = if chat.state == ChatState::Active { String::new() } else { format!("[{}] ", chat.state.name()) };
        let members = match (chat.kind, chat.members) {
            (ChatKind::Two, _) => String::new(),
            (ChatKind::Group, 1) => "(1 member) ".into(),
            (ChatKind::Group, count) => format!("({count} members) "),
        };
        let happened = chat.last_happened.as_ref().map(crate::words::happened);
        let last = happened.as_deref().or(chat.last_text.as_deref()).unwrap_or("");
        let when = chat.last_ms.map(time).unwrap_or_default();
        format!("{:>4}  {name:width$}  {unread:>7}  {when:16}  {blocked}{state}{members}{}", chat.id, one_line(last, 60))
    });
}

/// A message as it may be shown.
pub struct Said {
    pub row: MessageRow,
    /// Links and names in it are hidden.
    pub masked: bool,
}

pub fn messages(items: &[Said], names: &Names, format: Format) {
    // What happened is data: here it gets its words.
    let worded = items.iter().map(|Said { row, masked }| match &row.happened {
        Some(happened) => Said { row: MessageRow { text: crate::words::happened(happened), ..row.clone() }, masked: *masked },
        None => Said { row: row.clone(), masked: *masked },
    });
    let worded: Vec<Said> = worded.collect();
    let items: Vec<Beside<'_, MessageRow>> = worded
        .iter()
        .map(|said| Beside { masked: said.masked.then_some(true), ..Beside::new(&said.row, names.of_name(&said.row.sender)) })
        .collect();
    rows(&items, format, "Nothing has been said here yet.", |beside| {
        let line = message_line(beside.row, &beside.called(&beside.row.sender));
        if beside.masked.is_some() { format!("{line} (something is hidden: --show {})", beside.row.id) } else { line }
    });
}

fn message_line(message: &MessageRow, sender: &str) -> String {
    let mut marks = String::new();
    if message.edited {
        marks.push_str(" (edited)");
    }
    if message.forwarded {
        marks.push_str(" (forwarded)");
    }
    if let Some(to) = message.reply_to {
        marks.push_str(&format!(" (answers {to})"));
    }
    if message.mine && message.state != MessageState::Sent {
        marks.push_str(&format!(" [{}]", message.state.name()));
    }
    if message.kind == MessageKind::Notice {
        return format!("{:>6}  {}  {}", message.id, time(message.sent_ms), flat(&message.text));
    }
    let said = match message.kind {
        MessageKind::Deleted => "(deleted)".to_owned(),
        _ => safe(&message.text).replace('\n', "\n        "),
    };
    let file = message.file.as_ref().map(|file| {
        let size = file.width.zip(file.height).map(|(width, height)| format!(", {width} x {height}")).unwrap_or_default();
        let original = if file.original { ", original" } else { "" };
        format!("[{}: {}, {}{size}{original}] ", message.kind.name(), one_line(&file.name, 60), bytes(file.bytes))
    });
    let reactions: String =
        message.reactions.iter().map(|reaction| format!(" {} {}", flat(&reaction.emoji), one_line(&reaction.by, NAME))).collect();
    format!(
        "{:>6}  {}  {}: {}{said}{marks}{reactions}",
        message.id,
        time(message.sent_ms),
        one_line(sender, CALLED),
        file.unwrap_or_default()
    )
}

pub fn requests(items: &[RequestRow], format: Format) {
    rows(items, format, "Nobody asks to be your contact.", |request| {
        let what = if request.direction == Direction::In { "asks you" } else { "you asked" };
        let label = if request.label.is_empty() { String::new() } else { format!("by the link for {}", one_line(&request.label, 40)) };
        format!("{:>4}  {what:9}  {:9}  {}  {}  {label}", request.id, request.state.name(), time(request.arrived_ms), request.emoji)
    });
}

pub fn invitations(items: &[InvitationRow], format: Format) {
    rows(items, format, "No invitations.", |invitation| {
        let id = invitation.id;
        let from = one_line(&invitation.from, NAME);
        format!("{id:>4}  {from} invites you to a group of {}, of whom you know {}", invitation.members, invitation.known)
    });
}

pub fn members(items: &[MemberRow], names: &Names, format: Format) {
    let items: Vec<Beside<'_, MemberRow>> = items.iter().map(|member| Beside::new(member, names.of_account(&member.account))).collect();
    rows(&items, format, "Nobody.", |beside| {
        let member = beside.row;
        let admin = if member.admin { "admin" } else { "" };
        format!(
            "{:32}  {admin:5}  {}",
            beside.called(&member.name),
            match member.state {
                MemberState::Here => "",
                MemberState::Added => "added, not yet here",
            }
        )
    });
}

pub fn kept(items: &[KeptRow], format: Format) {
    rows(items, format, "Nothing is kept here.", |kept| {
        if let (true, Some(file)) = (kept.screenshot, kept.files.first()) {
            return format!(
                "{:>4}  {}  Screenshot that you added. Not proved. {} bytes, SHA-256 {}",
                kept.id,
                time(kept.kept_ms),
                file.bytes,
                file.sha256
            );
        }
        let mut line = format!(
            "{:>4}  {}  {}: {}",
            kept.id,
            time(kept.stamped_ms),
            one_line(&kept.name, NAME),
            safe(&kept.text).replace('\n', "\n        ")
        );
        for file in &kept.files {
            line.push_str(&format!("\n        [{}, {} bytes, SHA-256 {}]", one_line(&file.name, 60), file.bytes, file.sha256));
            line.push_str(match file.sealed {
                KeptSealed::No => "",
                KeptSealed::Here => "\n        kept sealed: the police can open it, and nobody here",
                KeptSealed::Voice => "\n        kept, and can be heard: `treehouse kept --voice ID --out FILE`",
                KeptSealed::NotHere => "\n        not kept itself: it is fetched as long as it is in the chat (`treehouse sync`)",
                KeptSealed::TooLarge => "\n        too large to be kept itself: more than 32 MiB",
                KeptSealed::NoKey => "\n        the server had no key for the police: nobody opens it once it is taken back",
            });
        }
        for event in &kept.since {
            let what = match event.what {
                KeptChange::Edited => "was given other words by its sender",
                KeptChange::Deleted => "was deleted for everyone by its sender",
                KeptChange::Expired => "vanished from the chat at its time",
                KeptChange::PutAway => "was deleted on this device",
            };
            line.push_str(&format!("\n        since: {what}, {}", time(event.at_ms)));
        }
        line
    });
}

/// What stands out, on stderr: it is no part of what was said.
pub fn noticed(noticed: &Noticed) {
    for note in &noticed.notes {
        eprintln!("This stands out in message {}: “{}”. {} {}", note.message, one_line(&note.quote, 80), note.why, note.what);
    }
    eprintln!(
        "Only you see this, and nobody is told. Help: `treehouse help-lines`, or /help on your server. `treehouse keep` keeps a message, `treehouse report` reports it."
    );
}

/// The same because somebody asked.
pub fn checked(noticed: &Noticed, format: Format) {
    if format.json {
        return json(noticed);
    }
    for structure in &noticed.structure {
        println!(
            "{}",
            match structure {
                Structure::OnlyOnline => "You know them only online.",
                Structure::NotSure => "You are not sure how you know them.",
                Structure::NotSaid => "You have not said how you know them.",
                Structure::ByMyLink => "They came by a link of yours.",
                Structure::ByTheirLink => "You came by their link.",
                Structure::NoSharedGroups => "You are in no group together.",
                Structure::AccountThisWeek => "Their account was made this week.",
            }
        );
    }
    for note in &noticed.notes {
        println!("{:>6}  “{}”\n        {}\n        {}", note.message, one_line(&note.quote, 80), note.why, note.what);
    }
    if noticed.notes.is_empty() {
        println!("No signs found in the last {} messages.", noticed.messages);
    }
    println!("No signs found does not mean it is safe. If it feels wrong, tell someone you trust.");
}

pub fn hits(items: &[SearchRow], format: Format) {
    rows(items, format, "No message has these words.", |hit| {
        format!(
            "{:>6}  {}  {} / {}: {}",
            hit.id,
            time(hit.sent_ms),
            one_line(&hit.chat_name, 24),
            one_line(&hit.sender, NAME),
            one_line(&hit.text, 80)
        )
    });
}

pub fn info(info: &InfoRow, format: Format) {
    rows(std::slice::from_ref(info), format, "", |info| {
        let stamped = info.stamped_ms.map_or_else(|| "not yet".to_owned(), time);
        let proof = if info.provable { "checked, and kept for a report" } else { "none yet" };
        let read = if info.read_by.is_empty() { "nobody has said so".to_owned() } else { flat(&info.read_by.join(", ")) };
        format!(
            "{}\n  message   {}\n  account   {}\n  stamped   {stamped}, place {}\n  proof     {proof}\n  read by   {read}",
            message_line(&info.message, &info.message.sender),
            info.message_id,
            info.sender_account,
            info.seq.map_or_else(|| "none".to_owned(), |seq| seq.to_string()),
        )
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_leap_days_count() {
        assert_eq!(time(0), "1970-01-01 00:00");
        assert_eq!(time(951_782_400_000), "2000-02-29 00:00");
        assert_eq!(time(1_795_571_940_000), "2026-11-25 01:59");
    }
}
