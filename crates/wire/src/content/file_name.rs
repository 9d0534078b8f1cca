//! File names from others, made safe before anything else sees them.

use super::limits::FILE_NAME_MAX;
use std::fmt;

/// A file name that can be shown and saved: no path, no control or direction characters, no reserved or hidden name, never empty, at most
/// [`FILE_NAME_MAX`] bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct FileName(String);

/// What a file is called that has no usable name.
const NAMELESS: &str = "file";
/// An extension longer than this is none.
const EXTENSION_MAX: usize = 16;

impl FileName {
    /// Makes any text a safe name; a safe name stays as it is.
    pub fn new(raw: &str) -> Self {
        let mut safe = String::with_capacity(raw.len().min(FILE_NAME_MAX));
        for c in raw.chars().filter(|c| !is_invisible(*c)).map(replaced) {
            // Runs of spaces push the true extension out of sight.
            if !(c == ' ' && safe.ends_with(' ')) {
                safe.push(c);
            }
        }
        let mut safe = shortened(trimmed(&safe));
        if is_reserved(&safe) {
            safe = shortened(&format!("_{safe}"));
        }
        Self(if safe.is_empty() { NAMELESS.to_owned() } else { safe })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names come from people: they do not print into logs.
impl fmt::Debug for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileName({} bytes)", self.0.len())
    }
}

/// Nothing to see, or turns the reading direction so that "gpj.exe" reads "exe.jpg".
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !c.is_whitespace())
}

/// Separators, wildcards and what looks like a separator become an underscore, all white space a space.
fn replaced(c: char) -> char {
    match c {
        c if c.is_whitespace() => ' ',
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
        '\u{2044}' | '\u{2215}' | '\u{2216}' | '\u{29f5}' | '\u{29f8}' | '\u{29f9}' | '\u{fe68}' | '\u{ff0f}' | '\u{ff3c}' | '\u{ff1a}' => {
            '_'
        }
        c => c,
    }
}

/// A leading dot hides a file; Windows drops trailing dots and spaces, which makes two names one.
fn trimmed(name: &str) -> &str {
    name.trim_start_matches(['.', ' ']).trim_end_matches(['.', ' '])
}

/// Device names of Windows open the device, whatever the extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let device = |prefix: &str| stem.strip_prefix(prefix).is_some_and(|rest| rest.chars().count() == 1 && rest.chars().all(is_port));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") || device("COM") || device("LPT")
}

fn is_port(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '¹' | '²' | '³')
}

/// Cuts the stem, so that the extension, which says what the file is, stays.
fn shortened(name: &str) -> String {
    if name.len() <= FILE_NAME_MAX {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.').map(|dot| name.split_at(dot)) {
        Some((stem, extension)) if extension.len() <= EXTENSION_MAX => (stem, extension),
        _ => (name, ""),
    };
    let room = FILE_NAME_MAX - extension.len();
    let cut = (0..=room.min(stem.len())).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
    let stem = stem.get(..cut).unwrap_or_default();
    format!("{}{extension}", stem.trim_end_matches(['.', ' ']))
}
