//! Ways to somewhere else in a text: addresses, names on other apps, numbers. What is found can be hidden until it is asked for.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Stands where something is hidden.
pub const HIDDEN: &str = "•••";

/// Digits of a telephone number: fewer are a date, a price or a score.
const NUMBER_MIN: usize = 9;
/// After the name of an app, one of so many words may be a name there.
const AFTER_APP: usize = 4;
const APPS: &[&str] = &[
    "snap",
    "snapchat",
    "sc",
    "insta",
    "instagram",
    "ig",
    "discord",
    "disc",
    "kik",
    "telegram",
    "tele",
    "tiktok",
    "whatsapp",
    "signal",
    "steam",
    "xbox",
    "psn",
    "roblox",
    "wizz",
    "yubo",
    "skype",
    "viber",
    "wickr",
    "threema",
    "session",
    "omegle",
];
const SHORTENED: &[&str] = &["e.g.", "i.e.", "a.m.", "p.m.", "etc."];

/// Every way to somewhere else, in bytes of the text, in order. `names`: words that are none, though they begin with `@`.
pub fn ways(text: &str, names: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut since_app = usize::MAX;
    for (start, word) in words(text) {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '@' && c != '_' && c != '#');
        let at = start + word.find(bare).unwrap_or(0);
        if is_way(bare, names) || (since_app < AFTER_APP && is_called(bare)) {
            found.push(at..at + bare.len());
        }
        since_app = if APPS.contains(&bare.to_lowercase().as_str()) { 0 } else { since_app.saturating_add(1) };
    }
    found.extend(numbers(text));
    found.sort_by_key(|range| range.start);
    found.dedup_by(|next, before| next.start < before.end);
    found
}

/// The text with every way hidden; none where there is none.
pub fn hide(text: &str, names: &[&str]) -> Option<String> {
    let found = ways(text, names);
    if found.is_empty() {
        return None;
    }
    let mut shown = String::new();
    let mut last = 0;
    for range in found {
        shown.push_str(&text[last..range.start]);
        shown.push_str(HIDDEN);
        last = range.end;
    }
    shown.push_str(&text[last..]);
    Some(shown)
}

/// What stands between spaces and what holds others apart. Brackets count: a link in Markdown is two.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive(|c: char| c.is_whitespace() || "()[]<>,;\"'`*".contains(c)).map(move |piece| {
        let at = start;
        start += piece.len();
        (at, piece)
    })
}

fn is_way(word: &str, names: &[&str]) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    if let Some((before, after)) = word.split_once('@') {
        // A name with a sign before it, or a mail address.
        return if before.is_empty() { letters(after) >= 2 && !names.contains(&after) } else { after.contains('.') };
    }
    if word.contains("://") || word.to_lowercase().starts_with("www.") {
        return true;
    }
    if let Some((before, after)) = word.split_once('#') {
        return letters(before) >= 2 && after.len() >= 4 && after.chars().all(|c| c.is_ascii_digit());
    }
    is_host(word)
}

/// `discord.gg/x`: letters, a dot, an ending of letters, and perhaps a path.
fn is_host(word: &str) -> bool {
    let host = word.split(['/', '?', ':']).next().unwrap_or_default();
    let Some((before, ending)) = host.rsplit_once('.') else { return false };
    let path = host.len() < word.len();
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '.');
    let known = [
        "com", "net", "org", "gg", "me", "io", "tv", "co", "uk", "de", "app", "link", "chat", "live", "ly", "to", "us", "eu", "ie", "au",
        "ca",
    ];
    plain(before)
        && ending.len() >= 2
        && ending.chars().all(char::is_alphabetic)
        && (path || known.contains(&ending.to_lowercase().as_str()))
        && !SHORTENED.contains(&word.to_lowercase().as_str())
}

/// A name as they are on other apps: one word with a digit, or with a sign that no word has.
fn is_called(word: &str) -> bool {
    let letters = word.chars().any(char::is_alphabetic);
    let odd = word.chars().any(|c| c.is_ascii_digit() || c == '_') || word.trim_matches('.').contains('.');
    letters && odd && word.chars().count() >= 3
}

/// Telephone numbers, as people write them.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = None;
    let (mut digits, mut end) = (0, 0);
    for (at, c) in text.char_indices().chain([(text.len(), 'x')]) {
        if c.is_ascii_digit() {
            start.get_or_insert(at);
            digits += 1;
            end = at + 1;
        } else if c == '+' && digits == 0 {
            start = Some(at);
        } else if !" -./()".contains(c) || digits == 0 {
            if let Some(start) = start.take().filter(|_| digits >= NUMBER_MIN) {
                found.push(start..end);
            }
            (start, digits) = (None, 0);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        hide(text, &["sam"]).unwrap_or_else(|| text.into())
    }

    #[test]
    fn addresses_names_and_numbers_are_hidden_and_the_rest_stays() {
        for (text, shown) in [
            ("look: https://page.example/a?b=1 nice", "look: ••• nice"),
            ("[click](https://page.example/a)", "[click](•••)"),
            ("www.page.example", "•••"),
            ("join discord.gg/abc now", "join ••• now"),
            ("page.com.", "•••."),
            ("find me @cool_guy there", "find me ••• there"),
            ("mail me: a.b@page.example!", "mail me: •••!"),
            ("im on snap, its cool_guy99", "im on snap, its •••"),
            ("discord: guy#1234", "discord: •••"),
            ("call +44 7700 900123 ok", "call ••• ok"),
            ("07700 900123", "•••"),
        ] {
            assert_eq!(hidden(text), shown, "{text}");
        }
    }

    #[test]
    fn what_leads_nowhere_stays() {
        for text in [
            "hello there",
            "see you at 10.30",
            "it cost 12.50, really",
            "on 2026-11-26 at 15:00",
            "e.g. this one. And that",
            "we won 3-2 and 4-1",
            "@sam are you coming?",
            "my insta is private",
            "what is on snap today",
            "the end.Next one",
            "a #hash and 1/2",
            "",
        ] {
            assert_eq!(ways(text, &["sam"]), [], "{text}");
        }
    }

    #[test]
    fn any_text_is_cut_where_letters_end() {
        for text in ["ß@é.com ü", "🙂https://é.example🙂", "@", "@@", "+", "://", "[](", "٣@٣.٣", "snap 🙂1a_🙂"] {
            for range in ways(text, &[]) {
                assert!(text.get(range).is_some(), "{text}");
            }
        }
    }
}
