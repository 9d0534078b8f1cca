//! What happened in a chat, in words: who came and went, what it is called, when its messages vanish.

use crate::words::locale::Locale;
use crate::words::{Word, words};
use view::{Happened, Sender};

words! { Line:
    You: "You",
    ToYou: "you",
    Added: "{name} added {other}.",
    Joined: "{name} joined.",
    Left: "{name} left.",
    Removed: "{name} removed {other}.",
    MadeAdmin: "{name} made {other} admin.",
    TookAdmin: "{name} took the admin role from {other}.",
    Renamed: "{name} renamed the group: {text}",
    TimerOff: "{name}: messages in this chat no longer vanish.",
    Timer: "{name}: messages in this chat now vanish after {time}.",
    Seconds: "{n} seconds",
    Minutes: "{n} minutes",
    Hours: "{n} hours",
    Days: "{n} days",
    NewDevice: "{name} is here on a new device.",
    NewDeviceYou: "You are here on a new device.",
    NotShown: "A message could not be shown. You don’t need to do anything.",
    Why: "Why?",
    NotShownWhy: "It could not be checked who wrote it, or what it said. What cannot be checked cannot be reported, so it is not shown.",
    GoesOnElsewhere: "This group could not be repaired. It goes on in a new group of the same name.",
    RecordsLost: "The server has lost messages of this chat. Nothing is sent or read here until it has them again.",
}

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// The line, whole.
pub fn line(locale: Locale, happened: &Happened) -> String {
    let first = |one: &Sender| if one.me { locale.say(Line::You) } else { known_as(one) };
    let then = |some: &[Sender]| {
        let names: Vec<String> = some.iter().map(|one| if one.me { locale.say(Line::ToYou) } else { known_as(one) }).collect();
        names.join(", ")
    };
    let by = |line: Line, by: &Sender, who: &[Sender]| locale.say_with(line, &[("name", &first(by)), ("other", &then(who))]);
    match happened {
        Happened::Added { by: one, who } => by(Line::Added, one, who),
        Happened::Joined { who } => by(Line::Joined, who, &[]),
        Happened::Left { who } => match who.as_slice() {
            [one] => by(Line::Left, one, &[]),
            several => locale.say_with(Line::Left, &[("name", &then(several))]),
        },
        Happened::Removed { by: one, who } => by(Line::Removed, one, who),
        Happened::MadeAdmin { by: one, who } => by(Line::MadeAdmin, one, who),
        Happened::TookAdmin { by: one, who } => by(Line::TookAdmin, one, who),
        Happened::Renamed { by, name } => locale.say_with(Line::Renamed, &[("name", &first(by)), ("text", name)]),
        Happened::Timer { by: one, seconds: 0 } => by(Line::TimerOff, one, &[]),
        Happened::Timer { by, seconds } => locale.say_with(Line::Timer, &[("name", &first(by)), ("time", &lasting(locale, *seconds))]),
        Happened::NewDevice { who } if who.me => locale.say(Line::NewDeviceYou),
        Happened::NewDevice { who } => by(Line::NewDevice, who, &[]),
        Happened::NotShown => locale.say(Line::NotShown),
        Happened::GoesOnElsewhere => locale.say(Line::GoesOnElsewhere),
        Happened::RecordsLost => locale.say(Line::RecordsLost),
    }
}

/// As they want to be called, and by the username, which is theirs alone.
fn known_as(one: &Sender) -> String {
    match one.display_name.as_deref().map(str::trim).filter(|chosen| !chosen.is_empty() && *chosen != one.name) {
        Some(chosen) => format!("{chosen} (@{})", one.name),
        None => one.name.clone(),
    }
}

/// Why a line is there, where that is not said by it.
pub fn why(happened: &Happened) -> Option<Line> {
    matches!(happened, Happened::NotShown).then_some(Line::NotShownWhy)
}

/// In the largest unit that it is a whole number of; as it was chosen, where it can be chosen.
fn lasting(locale: Locale, seconds: u32) -> String {
    let named = [(HOUR, Word::Hour), (DAY, Word::Day), (7 * DAY, Word::Week), (28 * DAY, Word::FourWeeks)];
    if let Some((_, word)) = named.into_iter().find(|(length, _)| *length == seconds) {
        return locale.say(word);
    }
    let units = [(DAY, Line::Days), (HOUR, Line::Hours), (MINUTE, Line::Minutes), (1, Line::Seconds)];
    let (unit, word) = units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, Line::Seconds));
    locale.say_with(word, &[("n", &(seconds / unit).to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Sender {
        Sender { account: name.into(), name: name.into(), display_name: None, me: name == "me" }
    }

    #[test]
    fn a_line_says_who_did_what_and_oneself_is_you() {
        let said = |happened: Happened| line(Locale::English, &happened);
        let (me, bob, carol) = (person("me"), person("bob"), person("carol"));
        assert_eq!(said(Happened::Added { by: me.clone(), who: vec![bob.clone(), carol.clone()] }), "You added bob, carol.");
        assert_eq!(said(Happened::Removed { by: bob.clone(), who: vec![me.clone()] }), "bob removed you.");
        assert_eq!(said(Happened::Left { who: vec![me.clone()] }), "You left.");
        assert_eq!(said(Happened::Left { who: vec![bob.clone(), me.clone()] }), "bob, you left.");
        assert_eq!(said(Happened::Joined { who: bob.clone() }), "bob joined.");
        assert_eq!(said(Happened::Timer { by: bob.clone(), seconds: 10 }), "bob: messages in this chat now vanish after 10 seconds.");
        assert_eq!(said(Happened::Timer { by: me, seconds: 0 }), "You: messages in this chat no longer vanish.");
        let leo = Sender { display_name: Some("Leo".into()), ..person("leo.brandt") };
        assert_eq!(said(Happened::Joined { who: leo }), "Leo (@leo.brandt) joined.");
        assert_eq!(said(Happened::NewDevice { who: carol }), "carol is here on a new device.");
    }

    #[test]
    fn of_a_message_that_is_not_shown_it_is_said_that_and_why_and_that_nothing_is_to_be_done() {
        let said = line(Locale::English, &Happened::NotShown);
        assert_eq!(said, "A message could not be shown. You don’t need to do anything.");
        let why = Locale::English.say(super::why(&Happened::NotShown).unwrap());
        assert!(why.contains("cannot be reported, so it is not shown"), "{why}");
        // Nothing else in a chat needs it: it says itself what it is.
        for plain in [Happened::GoesOnElsewhere, Happened::RecordsLost, Happened::Joined { who: person("bob") }] {
            assert_eq!(super::why(&plain), None);
        }
    }
}
