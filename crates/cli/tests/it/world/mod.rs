//! What the tests stand on: the real program, started as a person would start it, on servers and homes of their own.
//!
//! Requests and Welcomes are deposited after a random 2 to 20 seconds, as for everybody. So people are set up once a test program, at the same
//! time, and every wait asks the program itself until it says what is waited for, or until a deadline.

mod disk;
mod line;
mod person;
mod server;
pub mod tools;

pub use disk::Disk;
pub use line::{Direction, Line};
pub use person::{Person, befriend, gather};
pub use server::{Server, http_get, http_status};

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_treehouse");

/// The longest that anything here may take: two deposits of 20 seconds each on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(120);
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Long counts and large files.
pub fn long() -> bool {
    std::env::var_os("TREEHOUSE_LONG").is_some()
}

/// Asks until there is an answer.
///
/// # Panics
/// There is none within [`PATIENCE`].
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        // Only how often is asked; what ends the wait is the answer.
        std::thread::park_timeout(ASK_AGAIN);
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    /// What it printed, given that it did what it was asked.
    pub fn done(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// The sentence with which it refused.
    pub fn refused(self) -> String {
        assert_eq!(self.code, 1, "{self:?}");
        let said = self.stderr.trim();
        // A report begins with what is more urgent, and says where it goes before it is made.
        let sentence = if said.starts_with("In danger now? ") { said.lines().last().unwrap_or_default() } else { said };
        assert!(!sentence.is_empty() && !sentence.contains('\n'), "not one sentence: {self:?}");
        assert!(!sentence.contains("panicked") && !sentence.starts_with("Error"), "not a sentence for a person: {self:?}");
        sentence.to_owned()
    }

    /// The rows of a listing.
    pub fn rows(self) -> Vec<Value> {
        self.done().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        // A program that a signal ended has no code.
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// Runs the program without an account.
pub fn treehouse(arguments: &[&str]) -> Outcome {
    Outcome::of(Command::new(PROGRAM).args(arguments).env_remove("TREEHOUSE_HOME").env_remove("TREEHOUSE_LOG"))
}

/// The names of a row's fields.
pub fn names(row: &Value) -> BTreeSet<&str> {
    row.as_object().unwrap().keys().map(String::as_str).collect()
}

/// The id of a row.
pub fn id(row: &Value) -> String {
    row["id"].as_i64().unwrap().to_string()
}

/// The row in which a field has a value.
pub fn row<'a>(rows: &'a [Value], field: &str, value: &str) -> Option<&'a Value> {
    rows.iter().find(|row| row[field] == value)
}

/// A folder of a test's own.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}
