//! Keeping an account safe with 12 words, and coming back with them.

use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Words that whoever reads them has the account. They wipe themselves and print as `[redacted]`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct Words(String);

impl Words {
    pub fn new(words: String) -> Self {
        Self(words)
    }

    /// The words themselves, for the one place that shows or reads them.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words([redacted])")
    }
}

/// What a person keeps in their hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keepsake {
    /// One space between them.
    pub words: Words,
    /// The recovery file that holds them.
    pub file: Words,
}

/// What a person asks for about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VaultCommand {
    /// Makes the words, unless they are made, and keeps what they open on the server from then on; what waits to be kept there goes at once.
    KeepSafe,
    /// Shows that the words are written down: some of them, by their numbers from 1.
    Confirm { words: Vec<(u32, Words)> },
    /// Becomes the account of the words, on a device that holds none.
    Restore {
        words: Words,
        /// Its URL.
        server: String,
    },
    /// The same with the recovery file; the server is the one that is asked, whatever the file says.
    RestoreFile { file: Words, server: String },
}

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VaultEvent {
    /// [`VaultRow`] says something else.
    Changed,
    /// The account is back; its chats follow as their people answer.
    Restored {
        username: String,
        /// When what came back was kept, in the server's time.
        kept_ms: u64,
    },
    RestoreRefused(crate::Refusal),
    /// The account went on on another device: this one keeps what it holds.
    Replaced,
}

/// How safe the account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultRow {
    /// The words are made.
    pub kept: bool,
    /// The person has shown that they are written down.
    pub confirmed: bool,
    /// When the server last took what they open.
    pub stored_ms: Option<u64>,
    /// Something has changed since.
    pub waiting: bool,
    /// People for whom there was no room.
    pub left_out: u64,
    /// This device was replaced by another.
    pub replaced: bool,
    /// Chats that are not back yet.
    pub returning: u64,
}

/// Why an account is not kept or does not come back. Variants are only ever added at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum VaultRefusal {
    /// So many words, not 12.
    Count {
        found: u32,
    },
    /// Not a word of the list, by its number from 1.
    Unknown {
        number: u32,
    },
    /// All are words of the list, but they do not belong together.
    Mistyped,
    NotTheWords,
    NotAFile,
    NotKept,
    NothingThere {
        server: String,
    },
    Damaged,
    TooNew,
    /// The server shows less of the account than the vault, or something else.
    OtherHistory,
    Replaced,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_never_print_themselves() {
        let command = VaultCommand::Restore { words: Words::new("abandon ability".into()), server: "https://a".into() };
        let text = format!("{command:?}");
        assert!(text.contains("[redacted]") && !text.contains("abandon"), "{text}");
        let confirm = format!("{:?}", VaultCommand::Confirm { words: vec![(1, Words::new("abandon".into()))] });
        assert!(!confirm.contains("abandon"), "{confirm}");
    }
}
