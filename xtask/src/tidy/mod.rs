//! The tidy tests: rules of the house that the compiler does not know.
//!
//! A rule is a function from the [`Tree`] to its findings; each stands in a file with a yes and at least two noes.

mod arrows;
mod claims;
mod colours;
mod documents;
mod manifests;
mod markdown;
pub mod program;
mod rust;
mod scrub;
mod shape;
mod sources;
mod tree;
mod words;

use crate::house::House;
use crate::stop::Stop;
pub use tree::Tree;

/// Something that breaks a rule, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    path: String,
    /// Counted from 1.
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Runs every tidy test that needs no built program.
///
/// # Errors
/// [`Stop::Untidy`] after printing what was found.
pub fn tidy(house: &House) -> Result<(), Stop> {
    let tree = Tree::read(&house.root)?;
    let mut findings = arrows::check(&arrows::of(house)?);
    for rule in [documents::check, manifests::check, shape::check, sources::check, words::check, claims::check, colours::check] {
        findings.extend(rule(&tree));
    }
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() { Ok(()) } else { Err(Stop::Untidy(findings.len())) }
}
