//! Refusals in the words of the command line: one plain sentence each, with what to do next.

use crate::terminal::flat;
use std::fmt;
use view::{Happened, Needing, Refusal, ReportRefusal, Sender, VaultRefusal, Why};

const PRIVATE_PICTURE: &str =
    "This is a private picture: this device neither shows it nor passes it on. Use `treehouse keep` or `treehouse report` if you want to.";
const TAKEN_BEFORE: &str = "The file of this picture was written out before, and that happens once. Look for it where you saved it.";
const CANNOT_BE_DONE: &str = "This cannot be done in this chat: what another member brought into it stands in the way. Try to remove that member, or make a new group without.";
const CHAT_ENDED: &str =
    "You are no longer part of this chat: what was said is kept, but nothing can be sent. Ask somebody in it to invite you.";
const INVITE_NEEDED: &str = "This server takes invited people only: ask its operator for an invitation link and give it as --server.";
const NOT_SENT_YET: &str =
    "This message has not been sent, so there is nothing to change for the others: take it back with `treehouse delete`.";
const OTHER_HISTORY: &str = "The server shows another history of this account than the one that was kept, perhaps an older one: nothing was changed. Ask its operator what has happened.";
const REPLACED: &str = "This account goes on on another device. All that is here stays and can be read, but nothing new is sent or fetched: write from the other device, or choose another --home DIR.";

/// A refusal that can be printed: one line, whoever chose the names in it.
pub struct Words<'a>(pub &'a Refusal);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&flat(&Sentence(self.0).to_string()))
    }
}

/// The same with every name as it is.
struct Sentence<'a>(&'a Refusal);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Refusal::*;
        match self.0 {
            NotSignedUp => write!(f, "There is no account here yet: make one with `treehouse signup USERNAME --server URL`."),
            AlreadySignedUp { username } => {
                write!(f, "This home already belongs to {username}: choose another with --home DIR for a second account.")
            }
            UsernameShape => {
                write!(f, "A username has 3 to 32 letters, digits, dots, dashes or underscores and begins with a letter: choose another.")
            }
            UsernameTaken { username } => write!(f, "The username {username} is taken on this server: choose another."),
            InviteNeeded => f.write_str(INVITE_NEEDED),
            InviteSpent => write!(f, "This invitation is unknown, used or expired: ask for a new one."),
            LinkShape => write!(f, "This is not a contact link: copy the whole line that `treehouse link` printed."),
            LinkElsewhere { server, home } => {
                write!(f, "This link belongs to the server {server}, but your account is on {home}: contacts are on one server for now.")
            }
            LinkIsYours => write!(f, "This is your own link: send it to the person you want to chat with."),
            LinkSpent => write!(f, "This link was used up or has expired: ask for a new one."),
            AlreadyContact { name } => write!(f, "{name} is your contact already: write with `treehouse send`."),
            NoSuchChat { name } => write!(f, "There is no chat called {name}: `treehouse chats` lists them."),
            NoSuchUser { name } if name.is_empty() => {
                write!(f, "Somebody who was to be invited is no contact of yours any more: `treehouse chats` lists them.")
            }
            NoSuchUser { name } => write!(f, "You have no contact called {name}: `treehouse chats` lists them."),
            Ambiguous { name, matches } => write!(f, "{name} means more than one: {}. Use the id instead.", matches.join(", ")),
            NoSuchMessage { id } => write!(f, "There is no message {id} in this chat: `treehouse read` shows the ids."),
            NoSuchRequest { id } => write!(f, "There is no open request {id}: `treehouse requests` lists them."),
            NoSuchInvitation { id } => write!(f, "There is no open invitation {id}: `treehouse invitations` lists them."),
            NotYours => {
                write!(f, "This message is not yours: only what you sent can be changed, so answer it with `treehouse send --reply`.")
            }
            NotAdmin => write!(f, "Only an admin of the group can do this: ask one of them."),
            NotAMember { name } => write!(f, "{name} is not a member of this group: `treehouse group members` lists them."),
            LastAdmin => write!(f, "You are the last admin: promote somebody first with `treehouse group promote`."),
            OnlyInGroups => write!(f, "This works in groups only: make one with `treehouse group create`."),
            ChatEnded => f.write_str(CHAT_ENDED),
            Blocked { name } => write!(f, "You blocked {name}, so nothing can be sent: choose somebody else."),
            GroupFull { limit } => write!(f, "A group has at most {limit} members: take somebody out first, or make a second group."),
            NameTaken { name } => write!(f, "You already have a chat called {name}: choose another name."),
            EmptyName => write!(f, "A name has one letter at least: choose one."),
            FileTooLarge { name, limit } => {
                write!(f, "The file {name} is too large: at most {} GiB can be sent at once. Send it in parts.", limit >> 30)
            }
            EmptyText => write!(f, "There is nothing to send: write some text or choose a file with --file."),
            NotEmoji => write!(f, "A reaction is one emoji, such as 👍."),
            TooLong { limit } => write!(f, "This is too long: at most {limit} bytes fit in one message. Send it as a file instead."),
            FileUnreadable { name, why } => {
                write!(f, "The file {name} cannot be read: {why}. Look at its name and its permissions, then send it again.")
            }
            FileChanged { name } => write!(f, "The file {name} changed while it was sent: send it again."),
            CannotClean { name } => f.write_str(&cannot_clean(name)),
            CannotBeDone => f.write_str(CANNOT_BE_DONE),
            NotReady { what } => write!(f, "{} needs a connection to the server: try again when you are connected.", needing(*what)),
            WrongServer { url } => write!(
                f,
                "The server at {url} is not the one this account was made on: nothing was sent to it. Ask its operator what has happened."
            ),
            ServerRefused { why } => write!(f, "The server refused: {}.", server(*why)),
            Device { why } => write!(f, "This device could not do it: {why}. Nothing was changed: try again."),
            DiskFull => write!(f, "The disk of this device is full: make room and try again. Nothing was changed."),
            DiskReadOnly => {
                write!(f, "Your messages here cannot be written, the disk or the folder is read-only: change that and try again.")
            }
            DataDamaged => {
                write!(f, "What is stored here is damaged: bring the folder back from a backup, or choose another with --home DIR.")
            }
            TooMany { limit } => write!(f, "This is too much at once: at most {limit}. Send it in parts."),
            AlreadySent => {
                write!(f, "It may have left already: delete it for everyone with `treehouse delete`. Try again when it is sent.")
            }
            NotFailed => write!(f, "There is nothing to send again: `treehouse read` shows the ids."),
            CannotForward => write!(f, "This cannot be passed on: write it in your own words."),
            CannotEdit => write!(f, "Only words can be changed: delete it and send it again."),
            NotAPoll => write!(f, "This message is no poll: `treehouse read` shows the ids."),
            PollShape => write!(f, "A poll is a question with 2 to 24 different answers: change it and try again."),
            PollClosed => write!(f, "This poll is closed: ask who made it for a new one."),
            NoSuchChoice => write!(f, "This poll has no such answer, or takes one answer only: choose from those it has."),
            NoSuchLink { id } => write!(f, "There is no link {id} any more: make one with `treehouse link`."),
            RecordsLost { name } => f.write_str(&lost(name)),
            NotSentYet => f.write_str(NOT_SENT_YET),
            NoSuchMonth => f.write_str("There is no such month: choose one from 1 to 12."),
            ExpiryTooShort { days } => f.write_str(&too_short(*days)),
            PrivatePicture => f.write_str(PRIVATE_PICTURE),
            NoPicture => f.write_str("There is no picture in this message: `treehouse read` shows the ids."),
            TakenBefore => f.write_str(TAKEN_BEFORE),
            NobodyTrusted => f.write_str("You have named nobody whom you trust: choose somebody with `treehouse settings --trust NAME`."),
            NotAsSaid { name } => f.write_str(&not_as_said(name)),
            NameIsNumber => write!(f, "A name of digits alone would be taken for an id: choose one with a letter."),
            NameTooLong { limit } => write!(f, "This name is too long: choose one of at most {limit} bytes."),
            ExpiryTooLong { days } => {
                write!(f, "Messages can vanish after {days} days at the latest: choose a shorter time, or off to keep them.")
            }
            StillMember => write!(f, "You are still part of this group: take yourself out with `treehouse group leave` first."),
            WrongPassphrase => write!(f, "This passphrase does not open what is kept here: look whether capitals are on, then try again."),
            Vault(why) => f.write_str(&vault(why)),
            Report(why) => f.write_str(&report(why)),
            AboutThem { name } => write!(f, "This is about {name}, and nobody is given a report about themselves: choose somebody else."),
        }
    }
}

fn too_short(days: u64) -> String {
    format!("With somebody you know only online, messages stay at least {days} days: choose a longer time, or off to keep them.")
}

fn not_as_said(name: &str) -> String {
    format!("{name} is not what its sender said it is, and was not saved: make a report with `treehouse report` if you want to.")
}

fn cannot_clean(name: &str) -> String {
    format!(
        "{name} is of a kind whose hidden details (place, camera) cannot be removed: send it with --original to keep every byte, or convert it to JPEG first."
    )
}

/// With the reason that the page gives under "Why?": here nobody can ask.
const NOT_SHOWN: &str = "A message could not be shown, because it could not be checked who wrote it or what it said: it could not have been reported. You don't need to do anything";

/// A line that nobody said: one line, whatever a group was called.
pub fn happened(happened: &Happened) -> String {
    let who = |one: &Sender| if one.me { "you".to_owned() } else { one.name.clone() };
    let all = |some: &[Sender]| some.iter().map(who).collect::<Vec<_>>().join(", ");
    let line = match happened {
        Happened::Added { by, who: some } => format!("{} added {}", who(by), all(some)),
        Happened::Joined { who: one } => format!("{} joined", who(one)),
        Happened::Left { who: some } => format!("{} left", all(some)),
        Happened::Removed { by, who: some } => format!("{} removed {}", who(by), all(some)),
        Happened::MadeAdmin { by, who: some } => format!("{} made {} admin", who(by), all(some)),
        Happened::TookAdmin { by, who: some } => format!("{} took the admin role from {}", who(by), all(some)),
        Happened::Renamed { by, name } => format!("{} renamed the group: {name}", who(by)),
        Happened::Timer { by, seconds: 0 } => format!("{}: messages in this chat no longer vanish", who(by)),
        Happened::Timer { by, seconds } => format!("{}: messages in this chat now vanish after {}", who(by), span(*seconds)),
        Happened::NewDevice { who: one } => format!("{} {} here on a new device", who(one), if one.me { "are" } else { "is" }),
        Happened::NotShown => NOT_SHOWN.into(),
        Happened::GoesOnElsewhere => "This group could not be repaired. It goes on in a new group of the same name".into(),
        Happened::RecordsLost => "The server has lost messages of this chat. Nothing is sent or read here until it has them again".into(),
    };
    let mut letters = line.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).filter(|_| line.starts_with("you")).unwrap_or_default();
    let rest = if first.is_empty() { line.as_str() } else { letters.as_str() };
    flat(&format!("{first}{rest}."))
}

/// A time in the largest unit that it is a whole number of.
pub fn span(seconds: u32) -> String {
    const UNITS: [(u32, &str); 5] = [(7 * 86_400, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, "second"));
    let count = seconds / unit;
    if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") }
}

fn lost(name: &str) -> String {
    format!(
        "The server has lost messages of {name} or shows others than before, as after an old backup was brought back, and nothing is sent or read there until it has them again: ask its operator, or go on anew (a contact: `treehouse add` with a new link from them; a group: `treehouse group create`)."
    )
}

fn report(why: &ReportRefusal) -> String {
    use ReportRefusal::*;
    match why {
        NoBox => "Nothing is kept here yet: `treehouse keep` makes the place for it.".to_owned(),
        BoxExists => "There is a place for what you keep already: it opens with the passphrase you chose.".to_owned(),
        PassphraseShort { min } => format!("This passphrase is too short: choose one of at least {min} letters."),
        NotProvable { id } => format!("Message {id} has no proof here, as it was never sent or its time is over: leave it out."),
        NothingChosen => "There is nothing to report in what you chose: `treehouse read` shows the ids.".to_owned(),
        TooMuch => "This is more than one report holds: choose fewer messages.".to_owned(),
        NoDesk => "This server has no safety team: choose somebody you trust, or a file for an officer.".to_owned(),
        AboutTheTeam => {
            "All who could read this report have words of their own in it, and nobody is given such a report: choose somebody you trust, or a file for an officer.".to_owned()
        }
        NoSuchKept { id } => format!("Nothing is kept under {id} in this chat: `treehouse kept` shows the ids."),
        DeskCode => "This is not what `treehouse admin desk` printed for you: ask the operator for the whole line.".to_owned(),
        NotInDesk => "This account is in no safety team: `treehouse desk join` takes the line that the operator gave you.".to_owned(),
        NoSuchReport { number } => format!("There is no report {number} that is sealed to you: `treehouse desk` lists them."),
        NothingSaid => "Nothing is said: write what happened.".to_owned(),
        NoPictures => "This is no picture that can be sent here: say in words what it shows.".to_owned(),
        BadCode => "This is no code of a report: look at what you wrote down.".to_owned(),
        PoliceFirst => {
            "The police were told first: nothing is done that the reported person could see, until it is marked open again.".to_owned()
        }
        NotInReport => "This report is about no such account and names no such file: `treehouse desk show` shows those it does.".to_owned(),
        OfTheTeam => "This account is in the safety team: the operator restricts, closes and opens those.".to_owned(),
        NoReturn => "Who made this report left no address to answer to.".to_owned(),
        NotForYou => "This report is not sealed to you: ask whoever sent it.".to_owned(),
        ScreenshotsFull { limit } => {
            format!("There are {limit} screenshots in the box already: take one out with `treehouse kept --discard ID`.")
        }
        NoEnd => "What the server shows of its safety team has no end: try again later, or ask who runs it.".to_owned(),
        Damaged => "What is kept here is damaged: bring this home back from a backup.".to_owned(),
    }
}

fn needing(what: Needing) -> &'static str {
    match what {
        Needing::Link => "A link",
        Needing::Files => "Fetching files",
    }
}

fn server(why: Why) -> String {
    match why {
        Why::Misunderstood => "it and this program do not understand each other. Update the older of the two".into(),
        Why::NotNow => "it cannot do it at the moment. Try again later".into(),
        Why::BadProof => "it could not check who asks. Try again, and if it stays so ask its operator".into(),
        Why::AccountClosed => "its operator has closed this account. Ask them why".into(),
        Why::HandleTaken => "the username belongs to somebody else. Choose another".into(),
        Why::InviteNeeded => "it takes people with a good invitation only. Ask its operator for one".into(),
        Why::Gone => "it does not have that any more. Ask for it to be sent again".into(),
        Why::NotAllowed => "you may not do that there any more. Ask somebody who may".into(),
        Why::TooFast { wait_ms } => format!("too much at once. Try again in {} seconds", wait_ms.div_ceil(1000)),
        Why::Quota => "you have sent as much today as you may. Try again tomorrow, or ask its operator for more".into(),
        Why::TooLarge { limit } => format!("it takes at most {limit} bytes at once. Send less, or send it in parts"),
        Why::Overtaken => "something else came first. Try again".into(),
        Why::Restricted => "the safety team restricted this account: it goes on with its chats and begins nothing new. `treehouse settings` says whom you can ask".into(),
        Why::TooMuchWork => "it asks for more work than this program gives. Ask its operator to ask for less".into(),
    }
}

fn vault(why: &VaultRefusal) -> String {
    match why {
        VaultRefusal::Count { found } => {
            format!("These are {found} words, and there must be 12: look at your paper and write all of them, try again.")
        }
        VaultRefusal::Unknown { number } => {
            format!("Word {number} is not one of the list the words are taken from: look how it is written and try again.")
        }
        VaultRefusal::Mistyped => {
            "These are words of the list, but one is mistyped or two have changed places: compare each with your paper and try again.".into()
        }
        VaultRefusal::NotTheWords => "These are not your words: compare them with your paper and try again.".into(),
        VaultRefusal::NotAFile => {
            "This is not a recovery file: choose the one that `treehouse words --file` wrote, or type the 12 words.".into()
        }
        VaultRefusal::NotKept => "This account has no words yet: make them with `treehouse words`.".into(),
        VaultRefusal::NothingThere { server } => format!(
            "The server at {server} keeps nothing for these words: look whether the address is that of your account, and try again."
        ),
        VaultRefusal::Damaged => {
            "What the server keeps for these words does not open, it was changed: nothing was taken from it. Ask its operator what has happened."
                .into()
        }
        VaultRefusal::TooNew => "This account was kept by a newer treehouse. Update this program and try again.".into(),
        VaultRefusal::OtherHistory => OTHER_HISTORY.into(),
        VaultRefusal::Replaced => REPLACED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each.
    fn all() -> Vec<Refusal> {
        use Refusal::*;
        use VaultRefusal as V;
        let name = || "bob".to_owned();
        vec![
            NotSignedUp,
            CannotBeDone,
            AlreadySignedUp { username: name() },
            UsernameShape,
            UsernameTaken { username: name() },
            InviteNeeded,
            InviteSpent,
            LinkShape,
            LinkElsewhere { server: name(), home: name() },
            LinkIsYours,
            LinkSpent,
            AlreadyContact { name: name() },
            NoSuchChat { name: name() },
            NoSuchUser { name: name() },
            NoSuchUser { name: String::new() },
            Ambiguous { name: name(), matches: vec![name()] },
            NoSuchMessage { id: 1 },
            NoSuchRequest { id: 1 },
            NoSuchInvitation { id: 1 },
            NotYours,
            NotAdmin,
            NotAMember { name: name() },
            LastAdmin,
            OnlyInGroups,
            ChatEnded,
            Blocked { name: name() },
            GroupFull { limit: 256 },
            NameTaken { name: name() },
            EmptyText,
            NotEmoji,
            TooLong { limit: 1 },
            FileUnreadable { name: name(), why: name() },
            FileChanged { name: name() },
            CannotClean { name: name() },
            NotReady { what: Needing::Link },
            WrongServer { url: name() },
            ServerRefused { why: Why::NotNow },
            Device { why: name() },
            DiskFull,
            DiskReadOnly,
            DataDamaged,
            EmptyName,
            FileTooLarge { name: name(), limit: 4 << 30 },
            TooMany { limit: 10 },
            AlreadySent,
            NotFailed,
            CannotForward,
            CannotEdit,
            NotAPoll,
            PollShape,
            PollClosed,
            NoSuchChoice,
            NoSuchLink { id: 1 },
            StillMember,
            RecordsLost { name: name() },
            NotSentYet,
            NameIsNumber,
            NameTooLong { limit: 128 },
            ExpiryTooLong { days: 365 },
            WrongPassphrase,
            NoSuchMonth,
            ExpiryTooShort { days: 7 },
            PrivatePicture,
            NoPicture,
            TakenBefore,
            NobodyTrusted,
            NotAsSaid { name: name() },
            Vault(V::Count { found: 11 }),
            Vault(V::Unknown { number: 3 }),
            Vault(V::Mistyped),
            Vault(V::NotTheWords),
            Vault(V::NotAFile),
            Vault(V::NotKept),
            Vault(V::NothingThere { server: name() }),
            Vault(V::Damaged),
            Vault(V::TooNew),
            Vault(V::OtherHistory),
            Vault(V::Replaced),
        ]
    }

    #[test]
    fn every_refusal_says_what_happened_and_what_to_do() {
        const WAYS_ON: [&str; 26] = [
            "make ",
            "choose ",
            "Choose ",
            "ask ",
            "Ask ",
            "write ",
            "Use ",
            "try ",
            "Try ",
            "change ",
            "bring ",
            "take ",
            "promote ",
            "send ",
            "Send ",
            "copy ",
            "convert ",
            "lists them",
            "shows the ids",
            "such as",
            "Look ",
            "Make ",
            "one server for now",
            "answer ",
            "Update ",
            "accept ",
        ];
        for refusal in all() {
            let text = Words(&refusal).to_string();
            assert!(text.ends_with('.') && !text.contains('\n') && !text.contains(".."), "{text}");
            assert!(WAYS_ON.iter().any(|way| text.contains(way)), "nothing to do next: {text}");
        }
    }

    #[test]
    fn of_a_message_that_is_not_shown_the_line_says_why_and_that_nothing_is_to_be_done() {
        let said = happened(&Happened::NotShown);
        for part in ["A message could not be shown, because", "could not have been reported", "You don't need to do anything."] {
            assert!(said.contains(part), "{said}");
        }
        assert!(said.ends_with("anything.") && !said.contains('\n'), "{said}");
    }

    #[test]
    fn a_name_that_others_chose_commands_no_terminal_and_makes_no_line() {
        let name = "x\u{1b}[2K\n    58  2026-11-27 10:01  alice: I did it\u{202e}";
        let by = Sender { account: String::new(), name: "bob".into(), display_name: None, me: false };
        let renamed = happened(&Happened::Renamed { by, name: name.into() });
        let lost = Words(&Refusal::RecordsLost { name: name.into() }).to_string();
        for said in [renamed, lost] {
            assert!(said.contains("x\u{fffd}[2K     58  2026-11-27 10:01  alice: I did it\u{fffd}"), "{said}");
            assert!(!said.chars().any(|c| c.is_control() || c == '\u{202e}'), "{said}");
        }
    }

    #[test]
    fn whoever_a_server_refuses_is_told_what_to_do() {
        for (why, wanted) in [
            (Why::Quota, "The server refused: you have sent as much today as you may. Try again tomorrow, or ask its operator for more."),
            (Why::TooFast { wait_ms: 1500 }, "The server refused: too much at once. Try again in 2 seconds."),
            (Why::AccountClosed, "The server refused: its operator has closed this account. Ask them why."),
        ] {
            assert_eq!(Words(&Refusal::ServerRefused { why }).to_string(), wanted);
        }
    }
}
