//! Words of others on their way to a terminal: they lose what could command it, and in JSON it is written out.

pub use report::exhibit::safe;
use report::exhibit::steers;
use serde::Serialize;

/// The same on one line: nothing of it looks like another line of ours.
pub fn flat(text: &str) -> String {
    safe(text).replace('\n', " ")
}

/// The same, of so many letters at most.
pub fn one_line(text: &str, width: usize) -> String {
    let flat = flat(text);
    if flat.chars().count() <= width { flat } else { flat.chars().take(width.saturating_sub(1)).chain(['…']).collect() }
}

/// One line of JSON. What it says is what it was; what steers stands there as `\u` and four digits.
///
/// # Errors
/// It has no form in JSON.
pub fn json<T: Serialize + ?Sized>(item: &T) -> Result<String, serde_json::Error> {
    let raw = serde_json::to_string(item)?;
    let mut line = String::with_capacity(raw.len());
    for c in raw.chars() {
        // In JSON such a sign stands in a string or nowhere, and all of them have four digits.
        if steers(c) { line.push_str(&format!("\\u{:04x}", u32::from(c))) } else { line.push(c) }
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{2066}c\u{200f}\u{61c}\u{2028}d\u{7f}";

    #[test]
    fn words_of_others_cannot_command_the_terminal() {
        assert_eq!(safe("a\u{1b}[31mb\u{202e}c\nd"), "a\u{fffd}[31mb\u{fffd}c\nd");
        assert_eq!((flat("a\nb").as_str(), one_line("a\nb", 10).as_str(), one_line("abcd", 3).as_str()), ("a b", "a b", "ab…"));
        assert!(!safe(HOSTILE).chars().any(steers));
    }

    #[test]
    fn json_says_the_same_and_holds_nothing_that_steers() {
        let line = json(&serde_json::json!({ HOSTILE: [HOSTILE, "plain 🌳 é"] })).unwrap();
        assert!(!line.chars().any(steers), "{line}");
        assert!(line.contains("\\u009b31m") && line.contains("\\u202e") && line.contains("plain 🌳 é"), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read[HOSTILE][0], HOSTILE);
    }
}
