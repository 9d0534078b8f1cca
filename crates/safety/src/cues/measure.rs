//! How often the cues are right, over conversations that somebody has sorted.
//!
//! ```text
//! # a remark
//! +|new|grooming        something is not right; the other is known only online
//! O: …                  the other
//! C: …                  the owner of the device
//! -|known|friend        all is well; the other is known in life
//! ```

use super::{Cues, Knows, Line, Speaker};
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

/// One conversation, and what somebody says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case<'t> {
    /// Something is not right.
    pub alarming: bool,
    pub knows: Knows,
    pub category: &'t str,
    pub lines: Vec<Line<'t>>,
}

/// How many conversations of which kind got a note.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub found: u32,
    pub missed: u32,
    pub false_alarms: u32,
    pub left_alone: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measured<'t> {
    pub overall: Counts,
    pub by_category: BTreeMap<&'t str, Counts>,
}

impl Counts {
    /// Of those that got a note, how many deserved it. None: there was none.
    pub fn precision(&self) -> Option<f64> {
        share(self.found, self.false_alarms)
    }

    /// Of those that deserve a note, how many got one.
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.missed)
    }

    /// Of those in which all is well, how many got a note.
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_alarms, self.left_alone)
    }

    fn count(&mut self, alarming: bool, noted: bool) {
        let counter = match (alarming, noted) {
            (true, true) => &mut self.found,
            (true, false) => &mut self.missed,
            (false, true) => &mut self.false_alarms,
            (false, false) => &mut self.left_alone,
        };
        *counter += 1;
    }
}

fn share(part: u32, rest: u32) -> Option<f64> {
    (part + rest > 0).then(|| f64::from(part) / f64::from(part + rest))
}

/// Reads conversations.
///
/// # Errors
/// The line that is none, counted from 1.
pub fn cases(text: &str) -> Result<Vec<Case<'_>>, usize> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(case) = head(line) {
            cases.push(case);
            continue;
        }
        let who = match line.split_once(':') {
            Some(("O", _)) => Speaker::Other,
            Some(("C", _)) => Speaker::Own,
            _ => return Err(index + 1),
        };
        cases.last_mut().ok_or(index + 1)?.lines.push(Line { who, text: line[2..].trim_start() });
    }
    Ok(cases)
}

fn head(line: &str) -> Option<Case<'_>> {
    let mut parts = line.split('|').map(str::trim);
    let (sign, knows, category) = (parts.next()?, parts.next()?, parts.next()?);
    let alarming = match sign {
        "+" => true,
        "-" => false,
        _ => return None,
    };
    let knows = match knows {
        "new" => Knows::Online,
        "known" => Knows::InLife,
        _ => return None,
    };
    Some(Case { alarming, knows, category, lines: Vec::new() })
}

/// A note is any cue that would be shown, unasked or when the chat is checked.
pub fn measure<'t>(cues: &Cues, cases: &[Case<'t>]) -> Measured<'t> {
    let mut measured = Measured::default();
    for case in cases {
        let noted = cues.look(case.knows, &case.lines).asked().next().is_some();
        measured.overall.count(case.alarming, noted);
        measured.by_category.entry(case.category).or_default().count(case.alarming, noted);
    }
    measured
}
