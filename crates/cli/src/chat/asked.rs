//! A question to whoever sits at the terminal.

use super::Failure;
use std::io::IsTerminal as _;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    No,
    /// Nobody sits there: a program runs this one.
    Nobody,
}

/// Asks for yes or no. `enter`: what a line without a word means.
///
/// # Errors
/// The keyboard cannot be read.
pub fn ask(question: &str, enter: Answer) -> Result<Answer, Failure> {
    let keyboard = std::io::stdin();
    if !keyboard.is_terminal() {
        return Ok(Answer::Nobody);
    }
    eprintln!("{question}");
    let mut line = String::new();
    let read = keyboard.read_line(&mut line).map_err(|error| Failure::Said(format!("The answer cannot be read: {error}. Try again.")))?;
    Ok(if read == 0 { Answer::No } else { said(&line, enter) })
}

fn said(line: &str, enter: Answer) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "" => enter,
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_is_one_and_an_empty_line_is_what_was_said_before() {
        for yes in ["y", "Yes\n", " YES "] {
            assert_eq!(said(yes, Answer::No), Answer::Yes);
        }
        for no in ["n\n", "no", "ja", "what?"] {
            assert_eq!(said(no, Answer::Yes), Answer::No);
        }
        assert_eq!((said("\n", Answer::Yes), said("\n", Answer::No)), (Answer::Yes, Answer::No));
    }
}
