//! The cues, as they stand in `data/cues.txt`.
//!
//! ```text
//! version 1
//! class NAME WORD WORD WORD+WORD      several lines of one name add up
//! short u = you                       an abbreviation, written out
//! family NAME                         then its `why` and `what`
//! cue NAME FAMILY STRENGTH NEW KNOWN  STRENGTH is hard, firm (hard from people known only online) or soft;
//!                                     what it weighs from somebody new, and from somebody known
//!   who C                             said by the owner of this device; else by the other
//!   after FAMILY                      only once that family was found before
//!   + PATTERN                         any of them
//!   - PATTERN                         none of them, in the same message
//!   -- PATTERN                        none of them, in any message
//!   ~ PATTERN                         none of them, in the same message, between people who know each other in life
//! ```

use super::normal::Token;
use super::pattern::{Classes, Pattern};
use super::words::Words;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// When a cue is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Only when somebody asks for a chat to be checked.
    Soft,
    /// Without being asked, in chats with people known only online; secrecy and a meeting together are hard.
    Firm,
    /// Without being asked, in every chat.
    Hard,
}

#[derive(Debug)]
pub struct Family {
    pub name: String,
    pub why: String,
    pub what: String,
}

#[derive(Debug)]
pub struct Cue {
    pub name: String,
    /// Into [`Book::families`].
    pub family: usize,
    pub strength: Strength,
    pub new: i32,
    pub known: i32,
    pub own: bool,
    pub after: Option<usize>,
    pub any: Vec<Pattern>,
    pub none: Vec<Pattern>,
    pub nowhere: Vec<Pattern>,
    pub none_known: Vec<Pattern>,
}

#[derive(Debug, Default)]
pub struct Book {
    pub version: u32,
    pub words: Words,
    pub families: Vec<Family>,
    pub cues: Vec<Cue>,
    /// By word: the cues, and which of their patterns, that a message with this word may fit.
    index: Vec<Vec<(u16, u16)>>,
    /// Those that need no particular word.
    anywhere: Vec<(u16, u16)>,
}

/// The line of the data that cannot be read, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreadable(pub usize);

impl Book {
    /// # Errors
    /// The first line that cannot be read.
    pub fn read(data: &str) -> Result<Self, Unreadable> {
        let mut book = Self::default();
        let mut classes = Classes::default();
        // Abbreviations first, then classes: a pattern may name one that comes later.
        for (index, line) in data.lines().enumerate() {
            if let Some(rest) = line.strip_prefix("short ") {
                let (short, long) = rest.split_once(" = ").ok_or(Unreadable(index + 1))?;
                short.split(' ').for_each(|short| book.words.expand(short, long));
            }
        }
        for (index, line) in data.lines().enumerate() {
            if let Some((name, members)) = line.strip_prefix("class ").and_then(|rest| rest.split_once(' ')) {
                classes.add(name, members, &mut book.words).ok_or(Unreadable(index + 1))?;
            }
        }
        for (index, line) in data.lines().enumerate() {
            book.take(line.trim(), &classes).ok_or(Unreadable(index + 1))?;
        }
        book.words.settle();
        book.make_index();
        Ok(book)
    }

    fn make_index(&mut self) {
        self.index = vec![Vec::new(); self.words.len()];
        for (cue, each) in self.cues.iter().enumerate() {
            for (pattern, any) in each.any.iter().enumerate() {
                let place = (cue as u16, pattern as u16);
                match any.anchors(&self.words) {
                    Some(anchors) => anchors.iter().for_each(|word| self.index[word.0 as usize].push(place)),
                    None => self.anywhere.push(place),
                }
            }
        }
    }

    /// The cues that a message may fit, each with the patterns to try, in their order.
    pub fn candidates(&self, tokens: &[Token]) -> Vec<(u16, u16)> {
        let words = tokens.iter().flat_map(|token| [token.id, token.base]).flatten();
        let mut found: Vec<(u16, u16)> = words.flat_map(|word| self.index[word.0 as usize].iter().copied()).collect();
        found.extend_from_slice(&self.anywhere);
        found.sort_unstable();
        found.dedup();
        found
    }

    fn take(&mut self, line: &str, classes: &Classes) -> Option<()> {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        match first {
            "" | "#" | "class" | "short" => {}
            "version" => self.version = rest.parse().ok()?,
            "family" => self.families.push(Family { name: rest.into(), why: String::new(), what: String::new() }),
            "why" => self.families.last_mut()?.why = rest.into(),
            "what" => self.families.last_mut()?.what = rest.into(),
            "cue" => {
                let cue = self.cue(rest)?;
                self.cues.push(cue);
            }
            "who" => self.cues.last_mut()?.own = rest == "C",
            "after" => {
                let family = self.family(rest)?;
                self.cues.last_mut()?.after = Some(family);
            }
            "+" | "-" | "--" | "~" => {
                let pattern = Pattern::parse(rest, classes, &mut self.words)?;
                let cue = self.cues.last_mut()?;
                match first {
                    "+" => cue.any.push(pattern),
                    "-" => cue.none.push(pattern),
                    "~" => cue.none_known.push(pattern),
                    _ => cue.nowhere.push(pattern),
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn family(&self, name: &str) -> Option<usize> {
        self.families.iter().position(|family| family.name == name)
    }

    fn cue(&self, head: &str) -> Option<Cue> {
        let mut parts = head.split_whitespace();
        let (name, family, strength) = (parts.next()?, parts.next()?, parts.next()?);
        let strength = match strength {
            "hard" => Strength::Hard,
            "firm" => Strength::Firm,
            "soft" => Strength::Soft,
            _ => return None,
        };
        let (new, known) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let family = self.family(family)?;
        let none = Vec::new;
        Some(Cue {
            name: name.into(),
            family,
            strength,
            new,
            known,
            own: false,
            after: None,
            any: none(),
            none: none(),
            nowhere: none(),
            none_known: none(),
        })
    }
}
