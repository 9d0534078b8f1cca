//! A verdict in words, for a person: text alone, never a picture, and who says what kept apart. A command line and a page print the same.
//!
//! [`sections`] and [`told`] give it in parts, for a page to lay out; [`text`] puts them one below the other.

use crate::body::Reason;
use crate::told::Told;
use crate::trust::Source;
use crate::verdict::{AccountLine, Holder, Line, Missing, Proved, States, Verdict, Who};
use franking::{Class, Expiry};
use std::fmt::Write as _;
use wire::call::Flag;
use wire::content::{Attachment, Body, Class as Sort, Content};
use wire::{AccountId, Hash32, Millis};

/// What whoever prints knows besides.
pub struct Printing<'a> {
    /// Writes a time: in UTC, and as it was on the clock of whoever reads.
    pub time: &'a dyn Fn(Millis) -> String,
    /// SHA-256 of the file as it came, if it came as one.
    pub file: Option<Hash32>,
    /// Whether compartment B was opened; none: it was not.
    pub pictures: Option<BOpened<'a>>,
}

/// Compartment B, opened by whoever holds both halves.
#[derive(Debug, Clone, Copy)]
pub struct BOpened<'a> {
    /// Keys in it that belong to the report.
    pub keys: usize,
    /// For what it was opened: a crime reference.
    pub reference: &'a str,
}

/// Lines for who had the file.
const CUSTODY_LINES: usize = 4;

/// A part of an exhibit. The first has no title, and its first line is [`Verdict::first_line`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    pub title: String,
    pub lines: Vec<Shown>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Words of ours.
    Line(String),
    /// Something and what is known of it; the name is empty where the line above goes on.
    Field { name: String, value: String },
    /// Words of others, already [`safe`]: never set like our own.
    Words(String),
}

/// The whole exhibit, as text.
pub fn exhibit(verdict: &Verdict, printing: &Printing<'_>) -> String {
    text(&sections(verdict, printing))
}

/// The whole exhibit.
pub fn sections(verdict: &Verdict, printing: &Printing<'_>) -> Vec<Section> {
    let mut out = Page { sheet: Sheet::default(), verdict, printing };
    out.head();
    out.messages();
    out.reporter();
    out.missing();
    out.keys();
    out.again();
    out.sheet.0
}

/// The first line of what somebody without an account told.
pub const TOLD_FIRST: &str =
    "Nothing in this is proved. Somebody wrote it who gave no account: read it as you would read a letter without a stamp.";

/// What somebody told who gave no account. Nothing here is called proved: there is nothing that could be.
pub fn told(told: &Told, printing: &Printing<'_>) -> Vec<Section> {
    let mut out = Sheet::default();
    out.line(TOLD_FIRST);
    out.title(&format!("Report {}", told.number));
    if let Some(file) = printing.file {
        out.field("SHA-256 of file", &file.to_string());
    }
    out.field("Server proves", "nothing of what it says");
    out.field("Device says", "nothing that can be checked");
    out.title("The reporter says (nothing of this is proved)");
    out.field("Made", &(printing.time)(told.made));
    out.field("For the server", &safe(&told.server));
    out.field("Reason", reason(told.reason));
    out.field("Who", if told.reach.is_empty() { "They do not say." } else { "They can be reached, as they say, by:" });
    out.quote(&told.reach);
    out.field("What happened", "");
    out.quote(&told.words);
    out.title("What is missing");
    out.line("  Who wrote it, and whether it happened. No message is in it that could be checked.");
    match (told.pictures.len(), printing.pictures) {
        (0, _) => out.line("  No pictures came with it."),
        (many, Some(opened)) => {
            out.line(format!("  {} with it, and the two halves open them.", counted(many, "picture came", "pictures came")));
            out.opened_for(opened.reference);
        }
        (many, None) => out.line(format!(
            "  {} with it. They are closed here, and never shown: what opens them is for the police alone.",
            counted(many, "picture came", "pictures came")
        )),
    }
    for picture in &told.pictures {
        out.field("Picture", &format!("JPEG, {} bytes", picture.bytes));
        out.field("", &format!("SHA-256 {}", picture.sha256));
    }
    out.custody();
    out.0
}

/// One below the other.
pub fn text(sections: &[Section]) -> String {
    let mut out = String::new();
    for Section { title, lines } in sections {
        if !title.is_empty() {
            let _ = writeln!(out, "\n{title}");
        }
        for line in lines {
            let _ = match line {
                Shown::Line(line) => writeln!(out, "{line}"),
                Shown::Field { name, value } => writeln!(out, "  {name:<18} {value}"),
                Shown::Words(words) => writeln!(out, "    | {words}"),
            };
        }
    }
    out
}

/// `2026-11-26 05:30:01 UTC (2026-11-26 06:30:01 +01:00 here)`, for a clock so many minutes east of UTC.
pub fn time(at: Millis, east_minutes: i32) -> String {
    // Year 9999: what is later is no time that a clock ever showed.
    if at.0 > 253_402_300_799_999 {
        return format!("{} ms after 1970", at.0);
    }
    let seconds = (at.0 / 1000) as i64;
    let sign = if east_minutes < 0 { '-' } else { '+' };
    let (hours, minutes) = (east_minutes.abs() / 60, east_minutes.abs() % 60);
    let here = clock(seconds + i64::from(east_minutes) * 60);
    format!("{} UTC ({here} {sign}{hours:02}:{minutes:02} here)", clock(seconds))
}

/// Date and time of so many seconds after 1970, to the second. The date as in Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
pub fn clock(seconds: i64) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let since = days + 719_468;
    let (era, day_of_era) = (since.div_euclid(146_097), since.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// What a message says in words, for a program to read.
pub fn words(content: &Content) -> String {
    match &content.body {
        Body::Text(text) | Body::Edit { text, .. } => text.text.clone(),
        Body::Attachments(attachments) => attachments.caption.as_ref().map(|caption| caption.text.clone()).unwrap_or_default(),
        _ => content.fallback(),
    }
}

/// What a terminal obeys and nobody sees: control characters, those of 8 bits among them, and signs that turn the direction of a line or end one.
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Takes from words of others what could command a terminal or turn a line around. Line ends stay.
pub fn safe(text: &str) -> String {
    text.chars().map(|c| if c != '\n' && steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same where a value stands on one line of ours: no line of it ends, so that nothing in it can stand like a line of its own.
pub fn one_line(text: &str) -> String {
    safe(text).chars().map(|c| if c == '\n' { '\u{fffd}' } else { c }).collect()
}

/// Sections, written from top to bottom.
#[derive(Default)]
struct Sheet(Vec<Section>);

impl Sheet {
    fn push(&mut self, line: Shown) {
        if self.0.is_empty() {
            self.0.push(Section::default());
        }
        if let Some(section) = self.0.last_mut() {
            section.lines.push(line);
        }
    }

    fn line(&mut self, line: impl AsRef<str>) {
        self.push(Shown::Line(line.as_ref().to_owned()));
    }

    fn opened_for(&mut self, reference: &str) {
        self.line(format!("  It was opened against the reference {}.", one_line(&safe(reference))));
    }

    /// To be filled in by hand, on paper.
    fn custody(&mut self) {
        self.title("Custody");
        self.line("  Keep the file as it is. Whoever hands it on writes a line here, and whoever gets it checks its SHA-256.");
        self.line("  When (UTC)            From whom             To whom               SHA-256 checked");
        for _ in 0..CUSTODY_LINES {
            self.line("  ____________________  ____________________  ____________________  ____________________");
        }
    }

    fn title(&mut self, title: &str) {
        self.0.push(Section { title: title.to_owned(), lines: vec![] });
    }

    fn field(&mut self, name: &str, value: &str) {
        self.push(Shown::Field { name: name.to_owned(), value: one_line(value) });
    }

    /// Words of others: each line behind a bar, so that none can be taken for one of ours.
    fn quote(&mut self, words: &str) {
        for line in safe(words).lines() {
            self.push(Shown::Words(line.to_owned()));
        }
    }
}

struct Page<'a> {
    sheet: Sheet,
    verdict: &'a Verdict,
    printing: &'a Printing<'a>,
}

impl Page<'_> {
    fn line(&mut self, line: impl AsRef<str>) {
        self.sheet.line(line);
    }

    fn title(&mut self, title: &str) {
        self.sheet.title(title);
    }

    fn field(&mut self, name: &str, value: &str) {
        self.sheet.field(name, value);
    }

    fn quote(&mut self, words: &str) {
        self.sheet.quote(words);
    }

    /// Who says what stands in the stamps.
    fn server(&self) -> &'static str {
        if self.verdict.is_of_another_server() { "Another key says" } else { "Server proves" }
    }

    fn time(&self, at: Millis) -> String {
        (self.printing.time)(at)
    }

    /// Accounts are long: here they have letters, and the list says whose each is.
    fn letter(&self, account: &AccountId) -> String {
        let place = self.verdict.accounts.iter().position(|line| line.account == *account);
        place.map_or_else(|| account.to_string(), |place| format!("account {}", letter(place)))
    }

    fn head(&mut self) {
        let verdict = self.verdict;
        self.line(verdict.first_line());
        self.line("");
        match verdict.faults.len() {
            0 if verdict.holds() && verdict.is_of_another_server() => {
                self.line("It holds for that other key alone, and says nothing of anybody on your server.");
            }
            0 if verdict.holds() => {
                let proved = verdict.proved().count();
                self.line(format!(
                    "{} opened, and every check of {} holds.",
                    counted(proved, "message is", "messages are"),
                    if proved == 1 { "it" } else { "them" }
                ));
            }
            0 => self.line("Nothing in it is proved: it is what somebody wrote."),
            many => {
                self.line(format!("{} not hold:", counted(many, "check does", "checks do")));
                for fault in &verdict.faults {
                    let place = fault.place.map_or_else(String::new, |place| format!("entry {}: ", place + 1));
                    self.line(format!("  - {place}{}.", fault.wrong));
                }
            }
        }
        if verdict.authority == Holder::Nobody {
            self.line("There is no Safety Authority yet: its key is a point whose secret nobody knows. Until there is one, each proof is a plain signature.");
        }
        self.line("It shows which account's key made a message, not which hand.");
        self.title(&format!("Report {}", verdict.reporter.number));
        if let Some(file) = self.printing.file {
            self.field("SHA-256 of file", &file.to_string());
        }
        self.field("SHA-256 inside", &verdict.body.to_string());
        self.field("Conversation", &verdict.route.to_string());
    }

    fn messages(&mut self) {
        self.title("Messages, in the server's order");
        let verdict = self.verdict;
        for line in &verdict.lines {
            match line {
                Line::Proved(proved) => self.message(proved),
                Line::Failed { place } => {
                    self.line(format!("  Entry {}: its proof does not hold, so nothing of it is shown.", place + 1));
                }
                Line::Undisclosed { seq, at, flag, .. } => {
                    let what = match flag {
                        Flag::Content => "a record the reporter did not open",
                        Flag::Commit => "a change of members or keys, without words",
                    };
                    let time = self.time(*at);
                    self.line(format!("  Record {}: {what}, {time}.", seq.0));
                }
                Line::Quoted { seq, at, text, .. } => {
                    let time = self.time(*at);
                    self.line(format!("  Record {}, {time}", seq.0));
                    self.field(self.server(), "that there is a record here");
                    self.field("Reporter says", "that it was their own, and said:");
                    self.quote(text);
                }
                Line::Break { after, before } => {
                    self.line(format!("  Between records {} and {}: nothing is shown here.", after.0, before.0));
                }
            }
        }
    }

    fn message(&mut self, proved: &Proved) {
        let (server, device) = (self.time(proved.at), self.time(proved.sent));
        self.line(format!("  Record {}", proved.seq.0));
        self.field(self.server(), &format!("it was there {server}"));
        self.field("", &format!("record {}", proved.record));
        self.field("", &format!("given in with pass {}", proved.by));
        let class = match proved.class {
            Class::Native => "a program",
            Class::Web => "a web page",
        };
        let who = self.letter(&proved.account);
        self.field("Device says", &format!("{who}, {class} {}, its message {} here", proved.client, proved.counter));
        self.field("", &format!("written {device}, when it had seen record {}", proved.seen.0));
        if let Some(typed) = proved.content.typed_at {
            let typed = self.time(typed);
            self.field("", &format!("typed {typed}"));
        }
        match proved.expiry {
            Expiry::Never => {}
            Expiry::AfterReading(seconds) => self.field("", &format!("to vanish {seconds} seconds after reading")),
            Expiry::At(second) => {
                let at = self.time(Millis(u64::from(second) * 1000));
                self.field("", &format!("to vanish {at}"));
            }
        }
        self.field("", &format!("message {}", proved.message));
        self.content(&proved.content);
    }

    fn content(&mut self, content: &Content) {
        if let Some(to) = content.reply_to {
            self.field("", &format!("answers message {to}"));
        }
        if content.forwarded {
            self.field("", "passed on: the words are someone else's");
        }
        match &content.body {
            Body::Text(text) => self.quote(&text.text),
            Body::Edit { of, text } => {
                self.field("", &format!("gives message {of} new words:"));
                self.quote(&text.text);
            }
            Body::Delete { of } => self.field("", &format!("takes message {of} back")),
            Body::Reaction { to, emoji } => self.field("", &format!("reacts to message {to} with {}", safe(emoji.as_str()))),
            Body::Unreact { reaction } => self.field("", &format!("takes reaction {reaction} back")),
            Body::Attachments(attachments) => {
                for attachment in &attachments.items {
                    self.attachment(attachment);
                }
                if let Some(caption) = &attachments.caption {
                    self.quote(&caption.text);
                }
            }
            _ => {
                for attachment in content.body.attachments() {
                    self.attachment(attachment);
                }
                self.quote(&content.fallback());
            }
        }
    }

    /// What is said of a file. It is never shown.
    fn attachment(&mut self, attachment: &Attachment) {
        let sort = match attachment.class {
            Sort::Photo => "a photo",
            Sort::Video => "a video",
            Sort::Voice => "a voice message",
            Sort::File => "a file",
            Sort::Sticker => "a sticker",
        };
        let name = attachment.file_name.as_ref().map_or_else(String::new, |name| format!(" called {:?}", safe(name.as_str())));
        self.field("Attachment", &format!("{sort}{name}, {}, {} bytes", attachment.media_type.as_str(), attachment.length));
        self.field("", &format!("SHA-256 {}", attachment.sha256));
        self.field("", &format!("stored as blob {}", attachment.blob));
        if !attachment.alt.is_empty() {
            self.field("", "described by its sender as:");
            self.quote(&attachment.alt);
        }
    }

    fn reporter(&mut self) {
        self.title("The reporter says (nothing of this is proved)");
        let says = &self.verdict.reporter;
        let made = self.time(says.made);
        self.field("Made", &made);
        self.field("Reason", reason(says.reason));
        let who = match says.who {
            Who::Withheld => "They left their name out: their certificate is not in this file.".to_owned(),
            Who::Proved { account, .. } => format!("They are {}: this is proved, as messages are.", self.letter(&account)),
            Who::Failed => "They name an account, and the proof of it does not hold.".to_owned(),
        };
        self.field("Who", &who);
        if says.note.is_empty() {
            self.field("Note", "none");
        } else {
            self.field("Note", "");
            self.quote(&says.note);
        }
        for screen in &says.screens {
            let added = self.time(screen.added);
            self.field("Screenshot", "that the reporter added. Not proved.");
            self.field("", &format!("added {added}"));
            self.field("", &format!("JPEG, {} bytes", screen.picture.bytes));
            self.field("", &format!("SHA-256 {}", screen.picture.sha256));
        }
        if !says.screens.is_empty() && self.printing.pictures.is_none() {
            self.line("  Screenshots are closed here, and never shown: what opens them is for the police alone.");
        }
    }

    fn missing(&mut self) {
        self.title("What is missing");
        if self.verdict.is_of_another_server() {
            self.line("  What follows is counted as the other key has it: who has that key can leave out what they like.");
        }
        let missing = &self.verdict.missing;
        let Missing { undisclosed, commits, breaks, in_breaks, closed, skipped } = missing;
        if missing.contiguous() {
            self.line(format!("  From the first to the last record nothing is left out unseen: {undisclosed} undisclosed, {commits} of them changes without words."));
        } else {
            self.line(format!(
                "  Not contiguous: in {} the report leaves out {in_breaks} records by the server's count. Besides, {undisclosed} undisclosed, {commits} of them changes without words.",
                counted(usize::try_from(*breaks).unwrap_or(usize::MAX), "place", "places")
            ));
        }
        for (account, count) in skipped {
            let who = self.letter(account);
            self.line(format!("  Between what is shown, {who} sent {count} more by its own count."));
        }
        let pictures = match self.printing.pictures {
            Some(BOpened { keys, .. }) => {
                format!("  {closed} keys or small pictures are closed here; compartment B was opened and has {keys} of them.")
            }
            None => format!("  {closed} keys or small pictures are closed here. What opens them is for the police alone."),
        };
        self.line(pictures);
        if let Some(opened) = self.printing.pictures {
            self.sheet.opened_for(opened.reference);
        }
        self.line("  What was said before the first and after the last record is not in this file.");
        self.line("  No directory's checkpoint is in this file: whether an account showed other devices to others is not known from it.");
    }

    fn keys(&mut self) {
        self.title("Where trust in each key comes from");
        let key = &self.verdict.stamp_key;
        let server = safe(&key.server);
        self.field("Server's stamps", &key.key.to_string());
        self.field("", &source(&key.source));
        if let Some(fetched) = &key.fetched {
            let (host, identity) = (safe(&fetched.host), fetched.identity);
            self.field("", &format!("Fetched now from {host}: the same key, signed for by that server's identity {identity}."));
        }
        self.field("", &format!("The reporter's device calls the server {server}."));
        if let Some(known) = &key.known_as {
            self.field("", &format!("Known as {}.", safe(known)));
        }
        let authority = match &self.verdict.authority {
            Holder::Nobody => "nobody's: the trust bundle of this program.".to_owned(),
            Holder::Named { name, source: from } => format!("{}: {}", safe(name), source(from)),
            Holder::Operator { name, source: from } => format!("{}, who runs the server: {}", safe(name), source(from)),
            Holder::Unknown => "in no trust bundle: no proof for it counts.".to_owned(),
        };
        self.field("Safety Authority", &authority);
        let verdict = self.verdict;
        for (place, account) in verdict.accounts.iter().enumerate() {
            self.account(place, account, &server);
        }
    }

    fn account(&mut self, place: usize, account: &AccountLine, server: &str) {
        self.field(&format!("Account {}", letter(place)), &account.account.to_string());
        let called = match &account.called {
            Some(name) => format!("Called {} by {server}, as the reporter's device has it. ", safe(name)),
            None => String::new(),
        };
        self.field("", &format!("{called}{}", source(&account.source)));
        let states = match account.states {
            States::None => "What it says of its own devices is not in this file.".to_owned(),
            States::Chain { first, last } => {
                format!("Its own list of devices, {first} to {last}, is signed and unbroken, and has each that wrote here.")
            }
            States::WithoutClient { first, last } => {
                format!(
                    "Its own list of devices, {first} to {last}, is signed and unbroken; a device that wrote here is not in it any more, or not yet."
                )
            }
        };
        self.field("", &states);
    }

    fn again(&mut self) {
        self.title("To check this again");
        self.line(
            "  `treehouse verify FILE` on any machine, without an account or a network; docs/spec/report.md says how to write one's own.",
        );
        self.sheet.custody();
    }
}

fn letter(place: usize) -> String {
    match u8::try_from(place) {
        Ok(place) if place < 26 => char::from(b'A' + place).to_string(),
        _ => format!("{}", place + 1),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn source(source: &Source) -> String {
    match source {
        Source::Bundle => "Known from the trust bundle of this program.",
        Source::Given => "Known from a trust bundle that you gave.",
        Source::Pinned => "Known from your own account on that server.",
        Source::Fetched => "Known from the server itself, asked now at its address.",
        Source::OnlyThisFile => "Known from this file only: not verified.",
    }
    .to_owned()
}

/// A reason as the screen says it.
pub fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Mean => "Someone is being mean or threatening",
        Reason::Pictures => "Private pictures",
        Reason::Pretending => "Someone older, or pretending to be someone else",
        Reason::Friend => "Worried about a friend",
        Reason::SomethingElse => "Something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_a_calendar() {
        for (ms, east, text) in [
            (0, 0, "1970-01-01 00:00:00 UTC (1970-01-01 00:00:00 +00:00 here)"),
            (951_782_400_000, 60, "2000-02-29 00:00:00 UTC (2000-02-29 01:00:00 +01:00 here)"),
            (1_800_000_000_123, -210, "2027-01-15 08:00:00 UTC (2027-01-15 04:30:00 -03:30 here)"),
            (0, -60, "1970-01-01 00:00:00 UTC (1969-12-31 23:00:00 -01:00 here)"),
            (4_107_542_399_000, 345, "2100-02-28 23:59:59 UTC (2100-03-01 05:44:59 +05:45 here)"),
        ] {
            assert_eq!(time(Millis(ms), east), text);
        }
        assert_eq!(time(Millis(u64::MAX), 0), format!("{} ms after 1970", u64::MAX));
    }
}
