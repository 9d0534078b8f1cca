//! Who can see a chat, line by line as things stand, and how one knows somebody.

use super::{Failure, device, find};
use crate::args::{Format, How, Words};
use crate::print::{self, NAME};
use crate::shell::{Shell, now};
use crate::terminal::{flat, one_line};
use crate::words::span;
use view::{ChatKind, Command, Knows, Query, Refusal, Switch, View, WhoRow};

/// For whom the lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// Six lines, without a word that one has to know.
    Child,
    Adult,
}

/// What protects, and what does not: as many lines of each.
struct Lines {
    good: Vec<Line>,
    risk: Vec<Line>,
}

struct Line {
    said: String,
    /// What it is made from.
    evidence: Vec<String>,
}

pub fn who(shell: &Shell, chat: &str, words: Option<Words>, format: Format) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let asked = shell.home.client.ask(now(), Query::Who { chat }).map_err(|fault| device(&fault))?;
    let View::Who(Some(row)) = asked else { return Err(Refusal::NotSignedUp.into()) };
    if format.json {
        print::json(&row);
        return Ok(());
    }
    let reader = match words {
        Some(Words::Plain) => Reader::Child,
        Some(Words::Detail) => Reader::Adult,
        None if row.ages.is_under_18() => Reader::Child,
        None => Reader::Adult,
    };
    let Lines { good, risk } = lines(&row, reader);
    for (title, lines) in [("What protects you", good), ("What stays open", risk)] {
        println!("{title}");
        for Line { said, evidence } in lines {
            println!("  {said}");
            evidence.iter().for_each(|made_from| println!("      {made_from}"));
        }
    }
    Ok(())
}

/// Says how one knows the other of a chat of two.
pub fn know(shell: &mut Shell, chat: &str, how: How) -> Result<(), Failure> {
    let chat = find(shell, chat)?;
    let how = match how {
        How::RealLife => Knows::InLife,
        How::Online => Knows::Online,
        How::Unsure => Knows::Unsure,
    };
    shell.command(Command::Know { chat, how })?;
    println!("It is known here alone. Say it again when it changes.");
    if how != Knows::InLife {
        println!(
            "Some people ask to move somewhere private so no one else can see. If that happened, it is not your fault. You can stop any time."
        );
    }
    Ok(())
}

fn lines(row: &WhoRow, reader: Reader) -> Lines {
    let line = |said: String, evidence: Vec<String>| Line { said, evidence };
    let mut good = vec![
        line(people(row, reader), devices(row)),
        line(lock(row, reader), locked(row, reader)),
        line(server(row, reader), carried(row)),
    ];
    let mut risk = vec![line(copies(row, reader), copied()), line(same(row, reader), compared(row)), line(timer(row), timed())];
    if reader == Reader::Adult {
        good.push(line(
            backup(row),
            strings(&["The words are kept by you alone. Without a device that has them, messages do not come back."]),
        ));
        risk.insert(1, line(times(row), strings(&["`treehouse settings --receipts` changes the first. It works both ways."])));
    }
    Lines { good, risk }
}

fn strings(all: &[&str]) -> Vec<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

fn named(row: &WhoRow) -> String {
    one_line(&row.name, NAME)
}

fn others(row: &WhoRow) -> usize {
    row.people.iter().filter(|person| !person.me).count()
}

fn same_digits(row: &WhoRow) -> usize {
    row.people.iter().filter(|person| person.compared && !person.me).count()
}

fn people(row: &WhoRow, reader: Reader) -> String {
    let all = row.people.len();
    match (reader, row.kind) {
        (Reader::Adult, _) => {
            let devices: u32 = row.people.iter().map(|person| person.devices).sum();
            format!("People who can read this: {all}. Their devices: {devices}. Nobody else, and not this server.")
        }
        (Reader::Child, _) if others(row) == 0 => "Only you can read this so far.".to_owned(),
        (Reader::Child, ChatKind::Two) => format!("You and {} can read this. Nobody else can.", named(row)),
        (Reader::Child, ChatKind::Group) => format!("The {all} people in this group can read this. Nobody else can."),
    }
}

fn devices(row: &WhoRow) -> Vec<String> {
    let called = |person: &view::WhoPerson| if person.me { "You".to_owned() } else { one_line(&person.name, NAME) };
    row.people.iter().map(|person| format!("{}: devices that can read this: {}", called(person), person.devices)).collect()
}

fn lock(row: &WhoRow, reader: Reader) -> String {
    let strong = row.lock.as_ref().map(|lock| lock.post_quantum);
    match (reader, strong) {
        (Reader::Child, None) => "This chat is not open now. Nothing is sent.",
        (Reader::Child, Some(true)) => "It is locked on your device, even against computers of the future. It opens only on theirs.",
        (Reader::Child, Some(false)) => "It is locked on your device. It opens only on theirs.",
        (Reader::Adult, None) => "There is no group here now, so nothing is encrypted or sent.",
        (Reader::Adult, Some(true)) => {
            "Encrypted from device to device, and post-quantum: recorded today, it stays closed to the computers expected tomorrow."
        }
        (Reader::Adult, Some(false)) => "Encrypted from device to device.",
    }
    .to_owned()
}

fn locked(row: &WhoRow, reader: Reader) -> Vec<String> {
    let mut all = strings(&["Every message was encrypted on the sender's device and checked on yours."]);
    if let (Some(lock), Reader::Adult) = (&row.lock, reader) {
        all.push(format!("Cipher suite {}, epoch {}.", lock.suite, lock.epoch));
    }
    all
}

fn server(row: &WhoRow, reader: Reader) -> String {
    let server = flat(&row.server);
    match reader {
        Reader::Child => format!("{server} passes it on. It cannot read it."),
        Reader::Adult => format!("{server} carries sealed messages. It sees their size and time, and when you are online."),
    }
}

fn carried(row: &WhoRow) -> Vec<String> {
    let mut all = strings(&[
        "The server knows that your account exists and when you are online. It keeps no list of who talks to whom.",
        "It does not get names, words or pictures.",
    ]);
    all.push(
        if row.woken { "It asks a push service to wake you: an empty message, no name." } else { "It wakes nobody for you." }.to_owned(),
    );
    all
}

fn copies(row: &WhoRow, reader: Reader) -> String {
    let kept = match (others(row), row.kind) {
        (0, _) => "Whoever you let in can keep what you send.".to_owned(),
        (_, ChatKind::Two) => format!("{} can keep it, show it to others, or take a photo of it.", named(row)),
        (_, ChatKind::Group) => "Each of them can keep it, show it to others, or take a photo of it.".to_owned(),
    };
    // An adult has a line of its own for this.
    match (reader, row.receipts) {
        (Reader::Adult, _) => kept,
        (Reader::Child, Switch::On) => format!("{kept} They can see when you have read it."),
        (Reader::Child, Switch::Off) => format!("{kept} They cannot see when you have read it."),
    }
}

fn copied() -> Vec<String> {
    strings(&[
        "Encryption does not stop that. Nobody is told of a screenshot.",
        "Anyone who can unlock your device, or theirs, reads it too.",
    ])
}

fn same(row: &WhoRow, reader: Reader) -> String {
    let (checked, others) = (same_digits(row), others(row));
    match (reader, row.kind) {
        (Reader::Adult, _) => format!("Keys compared: {checked} of {others}. That shows whose account it is, not who holds the device."),
        (Reader::Child, ChatKind::Two) if checked > 0 => format!("You have checked that this is {}'s own account.", named(row)),
        (Reader::Child, ChatKind::Two) => format!("You have not checked that this is {}'s own account.", named(row)),
        (Reader::Child, ChatKind::Group) => format!("You have checked the accounts of {checked} of {others} people."),
    }
}

fn compared(row: &WhoRow) -> Vec<String> {
    let mut all = strings(&["Read these digits to each other by voice, or side by side. If they differ, someone is between you."]);
    let digits = |person: &view::WhoPerson| person.digits.as_ref().map(|digits| format!("{}: {digits}", one_line(&person.name, NAME)));
    all.extend(row.people.iter().filter_map(digits));
    all
}

fn timer(row: &WhoRow) -> String {
    match row.expire_seconds {
        0 => "It stays until someone deletes it.".to_owned(),
        seconds => format!("It goes away after {}. A copy can stay.", span(u32::try_from(seconds).unwrap_or(u32::MAX))),
    }
}

fn timed() -> Vec<String> {
    strings(&["Anyone in the chat can change this. It counts from the moment of sending."])
}

fn backup(row: &WhoRow) -> String {
    if row.vault {
        "No copy of this chat is kept elsewhere. Your 12 words bring back your contacts and groups.".to_owned()
    } else {
        "No copy of this chat is kept elsewhere. You have no 12 words: if you lose this device, the account is gone.".to_owned()
    }
}

fn times(row: &WhoRow) -> String {
    let switch = |switch: Switch| if switch == Switch::On { "on" } else { "off" };
    format!("Others see when you write and send. Read receipts: {}. \"Is writing\": {}.", switch(row.receipts), switch(row.typing))
}

#[cfg(test)]
mod tests {
    use super::*;
    use safety::readability::{self, GRADE, LONGEST};
    use view::{Ages, ChatState, WhoLock, WhoPerson};

    fn person(name: &str) -> WhoPerson {
        let me = name == "me";
        WhoPerson { account: name.into(), name: name.into(), me, devices: 1, compared: false, digits: (!me).then(|| "12345".into()) }
    }

    fn two() -> WhoRow {
        WhoRow {
            chat: 1,
            name: "sam".into(),
            kind: ChatKind::Two,
            state: ChatState::Active,
            people: vec![person("me"), person("sam")],
            lock: Some(WhoLock { suite: "MLS_256_X".into(), post_quantum: true, epoch: 3 }),
            expire_seconds: 0,
            receipts: Switch::Off,
            typing: Switch::Off,
            woken: false,
            server: "chat.example.org".into(),
            vault: false,
            ages: Ages::Unsaid,
        }
    }

    fn changes() -> Vec<WhoRow> {
        let changed = |change: &dyn Fn(&mut WhoRow)| {
            let mut row = two();
            change(&mut row);
            row
        };
        vec![
            changed(&|row| row.people.truncate(1)),
            changed(&|row| (row.kind, row.people) = (ChatKind::Group, vec![person("me"), person("sam"), person("kim")])),
            changed(&|row| row.lock = None),
            changed(&|row| row.lock.as_mut().unwrap().post_quantum = false),
            changed(&|row| row.server = "other.example.org".into()),
            changed(&|row| row.receipts = Switch::On),
            changed(&|row| row.people[1].compared = true),
            changed(&|row| row.expire_seconds = 3600),
        ]
    }

    fn said(row: &WhoRow, reader: Reader) -> Vec<String> {
        let Lines { good, risk } = lines(row, reader);
        assert_eq!(good.len(), risk.len(), "as many of the good as of the risk");
        assert!(good.iter().chain(&risk).all(|line| !line.evidence.is_empty()));
        good.into_iter().chain(risk).map(|line| line.said).collect()
    }

    #[test]
    fn what_is_said_of_who_can_see_a_chat_changes_with_the_chat() {
        for reader in [Reader::Child, Reader::Adult] {
            let before = said(&two(), reader);
            for row in changes() {
                assert_ne!(said(&row, reader), before, "{row:?}");
            }
        }
        let (mut kept, mut writing) = (two(), two());
        (kept.vault, writing.typing) = (true, Switch::On);
        for row in [kept, writing] {
            assert_ne!(said(&row, Reader::Adult), said(&two(), Reader::Adult));
        }
    }

    #[test]
    fn a_child_reads_six_plain_lines_of_who_can_see_a_chat() {
        for row in changes().into_iter().chain([two()]) {
            // An address is one word to read.
            let said: Vec<String> = said(&row, Reader::Child).iter().map(|line| line.replace(&row.server, "It")).collect();
            assert_eq!(said.len(), 6);
            for word in ["key", "quantum", "epoch", "cipher", "credential"] {
                assert!(!said.iter().any(|line| line.to_lowercase().contains(word)), "{word}: {said:?}");
            }
            let reading = readability::read(&said.join("\n"));
            assert!(reading.longest <= LONGEST && reading.grade() <= GRADE, "{} {:.1}: {said:?}", reading.longest, reading.grade());
        }
    }
}
