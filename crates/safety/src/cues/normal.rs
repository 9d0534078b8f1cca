//! A message as words: small letters, without apostrophes, abbreviations written out, letters that stand apart put together, digits that stand
//! for letters read as letters, emoji that say something as the word they say. Each word knows where it stands in what was typed.

use super::words::{WordId, Words};
use alloc::string::String;
use alloc::vec::Vec;

/// Words of one message that are looked at; more than people type, few enough that a message written to be slow is not.
pub const WORDS_MAX: usize = 400;
/// The longest word that is still a word.
const LETTERS_MAX: usize = 40;

/// One word of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// None: a word that no cue speaks of.
    pub id: Option<WordId>,
    /// The word that this one is a form of, where cues speak of both.
    pub base: Option<WordId>,
    /// A number in digits.
    pub number: Option<u32>,
    /// Where it stands in the text, in bytes.
    pub start: usize,
    pub end: usize,
}

/// A message in words.
pub fn tokens(text: &str, words: &Words) -> Vec<Token> {
    let mut found: Vec<Token> = Vec::new();
    for piece in joined(pieces(text)) {
        if found.len() >= WORDS_MAX {
            break;
        }
        let number = piece.text.parse().ok();
        let mut push = |id: Option<WordId>| {
            let base = id.and_then(|id| words.base(id));
            found.push(Token { id, base, number, start: piece.start, end: piece.end });
        };
        match known(&piece.text, words) {
            Some(Known::One(id)) => push(Some(id)),
            Some(Known::Several(ids)) => ids.iter().for_each(|id| push(Some(*id))),
            None => push(None),
        }
    }
    found
}

struct Piece {
    text: String,
    start: usize,
    end: usize,
}

/// Cuts at whatever is no part of a word.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut word = Piece { text: String::new(), start: 0, end: 0 };
    for (at, letter) in text.char_indices() {
        if is_apostrophe(letter) && !word.text.is_empty() {
            continue;
        }
        if letter.is_alphanumeric() || (matches!(letter, '@' | '$' | '*' | '0'..='9') && goes_on(text, at)) {
            if word.text.is_empty() {
                word.start = at;
            }
            word.text.extend(plain(letter));
            word.end = at + letter.len_utf8();
            continue;
        }
        if !word.text.is_empty() {
            pieces.push(core::mem::replace(&mut word, Piece { text: String::new(), start: 0, end: 0 }));
        }
        if let Some(said) = sign(letter) {
            pieces.push(Piece { text: said.into(), start: at, end: at + letter.len_utf8() });
        }
        if pieces.len() > 2 * WORDS_MAX {
            break;
        }
    }
    if !word.text.is_empty() {
        pieces.push(word);
    }
    pieces.retain(|piece| piece.text.len() <= LETTERS_MAX);
    pieces
}

fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | '`' | '´')
}

/// A sign that stands for a letter has a letter behind it, without a gap.
fn goes_on(text: &str, at: usize) -> bool {
    text[at..].chars().nth(1).is_some_and(char::is_alphanumeric) && (at > 0 || !text.starts_with('@'))
}

/// Small, without accents, of the Latin letters that look the same.
fn plain(letter: char) -> impl Iterator<Item = char> {
    let known = match letter {
        'à' | 'á' | 'â' | 'ä' | 'ã' | 'å' | 'а' | 'À' | 'Á' => 'a',
        'è' | 'é' | 'ê' | 'ë' | 'е' | 'É' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'і' => 'i',
        'ò' | 'ó' | 'ô' | 'ö' | 'õ' | 'о' => 'o',
        'ù' | 'ú' | 'û' | 'ü' => 'u',
        'с' | 'ç' => 'c',
        'р' => 'p',
        'х' => 'x',
        'ñ' => 'n',
        other => other,
    };
    known.to_lowercase()
}

/// What an emoji or a sign says.
fn sign(letter: char) -> Option<&'static str> {
    Some(match letter {
        '🤫' | '🤐' => "shh",
        '📷' | '📸' | '🤳' => "pic",
        '📹' | '🎥' => "video",
        '🍆' | '🍑' | '💦' | '🥵' => "sexual",
        '👻' => "snapchat",
        '💰' | '💵' | '💸' | '💷' | '£' | '€' => "money",
        '$' => "money",
        '🎁' => "gift",
        '😂' | '🤣' | '😆' | '😹' => "lol",
        '😘' | '😍' | '❤' | '💋' | '🥰' => "heart",
        '🔪' | '🔫' => "knife",
        _ => return None,
    })
}

/// `s e n d` and `n.u.d.e.s`: four letters or more that stand alone, one after the other, are one word.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut run: Vec<Piece> = Vec::new();
    let flush = |run: &mut Vec<Piece>, out: &mut Vec<Piece>| {
        if run.len() >= 4 {
            let text = run.iter().map(|piece| piece.text.as_str()).collect();
            out.push(Piece { text, start: run[0].start, end: run[run.len() - 1].end });
            run.clear();
        } else {
            out.append(run);
        }
    };
    for piece in pieces {
        if piece.text.chars().count() == 1 {
            run.push(piece);
        } else {
            flush(&mut run, &mut out);
            out.push(piece);
        }
    }
    flush(&mut run, &mut out);
    out
}

enum Known {
    One(WordId),
    Several(Vec<WordId>),
}

/// A word as a cue knows it, whatever was done to it.
fn known(text: &str, words: &Words) -> Option<Known> {
    if let Some(ids) = words.expanded(text) {
        return Some(Known::Several(ids.to_vec()));
    }
    let mut found = words.stem(text);
    if found.is_none() && text.contains(|c: char| c.is_ascii_digit() || c == '@' || c == '$') && text.contains(char::is_alphabetic) {
        found = words.stem(&letters(text));
    }
    if found.is_none() && text.contains('*') {
        found = words.like(text);
    }
    if found.is_none() && has_run(text) {
        found = words.stem(&squeezed(text, 2)).or_else(|| words.stem(&squeezed(text, 1)));
        if found.is_none() {
            if let Some(ids) = words.expanded(&squeezed(text, 1)) {
                return Some(Known::Several(ids.to_vec()));
            }
        }
    }
    found.or_else(|| words.near(text)).map(Known::One).or_else(|| words.cut(text).map(Known::Several))
}

fn letters(text: &str) -> String {
    let read = |c| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    };
    text.chars().map(read).collect()
}

fn has_run(text: &str) -> bool {
    let mut before = [None; 2];
    text.chars().any(|c| {
        let run = before == [Some(c); 2];
        before = [before[1], Some(c)];
        run
    })
}

/// `pleeease`: no letter more often in a row than `most` times where it stands three times or more.
fn squeezed(text: &str, most: usize) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for run in letters.chunk_by(|a, b| a == b) {
        let count = if run.len() >= 3 { most } else { run.len() };
        out.extend(run.iter().take(count));
    }
    out
}
