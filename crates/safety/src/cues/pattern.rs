//! What a cue looks for in one message: words and classes in an order, with gaps.
//!
//! `@tell _ @adult` is one of the words of `tell`, then up to two other words, then one of `adult`. `__` is up to five words, `...` any number;
//! `x?` may be missing; `(a b|c)` is either; `^` is the beginning of a message and `$` its end; `#13-17` is a number.

use super::normal::Token;
use super::words::{ClassId, WordId, Words};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(WordId),
    Class(ClassId),
    /// Alternatives, each a sequence.
    Either(Vec<Vec<Part>>),
    Maybe(Box<Part>),
    /// Up to so many words.
    Gap(usize),
    Number(u32, u32),
    Begin,
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Part>);

/// Classes by name: words that stand alone are in [`Words`], those of several words are here.
#[derive(Debug, Default)]
pub struct Classes {
    pub ids: BTreeMap<String, ClassId>,
    phrases: BTreeMap<String, Vec<Vec<WordId>>>,
}

const SHORT: usize = 2;
const LONG: usize = 5;

impl Classes {
    /// Puts a class into the words. A member is a word, several words joined by `+`, or another class.
    pub fn add(&mut self, name: &str, members: &str, words: &mut Words) -> Option<()> {
        let id = ClassId(u16::try_from(self.ids.len()).ok().filter(|id| usize::from(*id) < super::words::CLASSES_MAX)?);
        let id = *self.ids.entry(name.into()).or_insert(id);
        for member in members.split_whitespace() {
            if member.contains('+') || words.expanded(member).is_some() {
                let phrase = member.split('+').flat_map(|word| as_read(word, words)).collect();
                self.phrases.entry(name.into()).or_default().push(phrase);
            } else {
                words.put(member, id);
            }
        }
        Some(())
    }

    fn part(&self, name: &str) -> Option<Part> {
        let class = Part::Class(*self.ids.get(name)?);
        let Some(phrases) = self.phrases.get(name) else { return Some(class) };
        let mut either: Vec<Vec<Part>> = phrases.iter().map(|phrase| phrase.iter().map(|word| Part::Word(*word)).collect()).collect();
        either.push(Vec::from([class]));
        Some(Part::Either(either))
    }
}

/// A word as a message is read: an abbreviation is written out.
fn as_read(word: &str, words: &mut Words) -> Vec<WordId> {
    match words.expanded(word) {
        Some(ids) => ids.to_vec(),
        None => Vec::from([words.id(word)]),
    }
}

impl Pattern {
    /// None: it cannot be read, or names a class that is not there.
    pub fn parse(text: &str, classes: &Classes, words: &mut Words) -> Option<Self> {
        let (parts, rest) = sequence(text, classes, words)?;
        (rest.is_empty() && !parts.is_empty()).then_some(Self(parts))
    }

    /// Words of which a message must have one, as few as can be told. None: it may begin anywhere.
    pub fn anchors(&self, words: &Words) -> Option<Vec<WordId>> {
        fewest(&self.0, words)
    }

    /// Where it stands in a message, in words.
    pub fn find(&self, tokens: &[Token], words: &Words) -> Option<Range<usize>> {
        (0..tokens.len()).find_map(|start| {
            let end = go(&self.0, tokens, start, words)?;
            (end > start).then_some(start..end)
        })
    }
}

fn fewest(parts: &[Part], words: &Words) -> Option<Vec<WordId>> {
    parts.iter().filter_map(|part| needed(part, words)).min_by_key(Vec::len)
}

fn needed(part: &Part, words: &Words) -> Option<Vec<WordId>> {
    match part {
        Part::Word(word) => Some(Vec::from([*word])),
        Part::Class(class) => Some(words.members(*class)),
        Part::Either(all) => {
            let each: Option<Vec<Vec<WordId>>> = all.iter().map(|parts| fewest(parts, words)).collect();
            each.map(|each| each.concat())
        }
        Part::Maybe(_) | Part::Gap(_) | Part::Number(..) | Part::Begin | Part::End => None,
    }
}

/// The end of the first way in which `parts` fit from `at`.
fn go(parts: &[Part], tokens: &[Token], at: usize, words: &Words) -> Option<usize> {
    let Some((part, rest)) = parts.split_first() else { return Some(at) };
    let one = |fits: bool| if fits { go(rest, tokens, at + 1, words) } else { None };
    let is = |fits: &dyn Fn(WordId) -> bool| tokens.get(at).is_some_and(|token| token.id.is_some_and(fits) || token.base.is_some_and(fits));
    match part {
        Part::Word(word) => one(is(&|id| id == *word)),
        Part::Class(class) => one(is(&|id| words.is_in(id, *class))),
        Part::Number(from, to) => one(tokens.get(at).and_then(|token| token.number).is_some_and(|number| (*from..=*to).contains(&number))),
        Part::Begin => (at == 0).then(|| go(rest, tokens, at, words)).flatten(),
        Part::End => (at == tokens.len()).then(|| go(rest, tokens, at, words)).flatten(),
        Part::Gap(most) => (0..=*most).take_while(|skip| at + skip <= tokens.len()).find_map(|skip| go(rest, tokens, at + skip, words)),
        Part::Maybe(part) => go(core::slice::from_ref(part), tokens, at, words)
            .and_then(|next| go(rest, tokens, next, words))
            .or_else(|| go(rest, tokens, at, words)),
        Part::Either(all) => all.iter().find_map(|parts| go(parts, tokens, at, words).and_then(|next| go(rest, tokens, next, words))),
    }
}

/// Reads until the end, or a `|` or `)` that belongs to whoever called.
fn sequence<'t>(mut text: &'t str, classes: &Classes, words: &mut Words) -> Option<(Vec<Part>, &'t str)> {
    let mut parts = Vec::new();
    loop {
        text = text.trim_start();
        if text.is_empty() || text.starts_with(['|', ')']) {
            return Some((parts, text));
        }
        let (part, rest) = part(text, classes, words)?;
        parts.push(part);
        text = rest;
    }
}

fn part<'t>(text: &'t str, classes: &Classes, words: &mut Words) -> Option<(Part, &'t str)> {
    let (part, rest) = certain(text, classes, words)?;
    Some(match rest.strip_prefix('?') {
        Some(rest) => (Part::Maybe(Box::new(part)), rest),
        None => (part, rest),
    })
}

/// A part without the mark that makes it one that may be missing.
fn certain<'t>(text: &'t str, classes: &Classes, words: &mut Words) -> Option<(Part, &'t str)> {
    if let Some(mut rest) = text.strip_prefix('(') {
        let mut either = Vec::new();
        loop {
            let (parts, after) = sequence(rest, classes, words)?;
            either.push(parts);
            match after.strip_prefix('|') {
                Some(next) => rest = next,
                None => return Some((Part::Either(either), after.strip_prefix(')')?)),
            }
        }
    }
    let end = text.find([' ', '|', ')', '?']).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let part = match word {
        "" => return None,
        "_" => Part::Gap(SHORT),
        "__" => Part::Gap(LONG),
        "..." => Part::Gap(super::normal::WORDS_MAX),
        "^" => Part::Begin,
        "$" => Part::End,
        word => match (word.strip_prefix('@'), word.strip_prefix('#')) {
            (Some(class), _) => classes.part(class)?,
            (_, Some(range)) => {
                let (from, to) = range.split_once('-')?;
                Part::Number(from.parse().ok()?, to.parse().ok()?)
            }
            _ => match as_read(word, words).as_slice() {
                [one] => Part::Word(*one),
                several => Part::Either(Vec::from([several.iter().map(|word| Part::Word(*word)).collect()])),
            },
        },
    };
    Some((part, rest))
}
