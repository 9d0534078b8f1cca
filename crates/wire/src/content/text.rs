//! Words: text and its markup, mentions, link previews, emoji.

use super::error::Error;
use super::limits::{EMOJI_MAX, LINK_MAX, PREVIEW_TEXT_MAX, PREVIEW_TITLE_MAX, THUMBNAIL_MAX};
use super::mimi::{Disposition, Form, Part};
use super::{ACCOUNT_URI, JPEG, MARKDOWN, PLAIN, Reading, account_uri};
use crate::ids::AccountId;
use std::ops::Range;

/// How a text is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// `text/plain;charset=utf-8`: shown as it is.
    Plain,
    /// `text/markdown;variant=GFM-MIMI`: GitHub Flavored Markdown without HTML and autolinks. A tag in it is text (the draft's "No HTML").
    Gfm,
}

/// What someone writes.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Never empty. As written: what makes it safe to show is done where it is shown.
    pub text: String,
    pub markup: Markup,
    /// Language tags (RFC 5646), comma-separated, or empty.
    pub language: String,
    /// Made by the sender, so that no receiver asks the site.
    pub preview: Option<LinkPreview>,
}

/// What a link leads to, as its sender saw it.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkPreview {
    pub url: String,
    pub title: String,
    pub description: String,
    pub picture: Option<Thumbnail>,
}

/// Someone named in a text: a link to their account URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    pub account: AccountId,
    /// Where the link's label is in the text, in bytes. It is the sender's choice of words: show the name you know.
    pub label: Range<usize>,
}

/// A small JPEG; empty where it is withheld (in a description).
#[derive(Clone, PartialEq, Eq)]
pub struct Thumbnail(Vec<u8>);

/// One emoji, as far as can be told without tables: 1 to [`EMOJI_MAX`] bytes, no letter of ASCII, no space, no control character.
#[derive(Clone, PartialEq, Eq)]
pub struct Emoji(String);

impl Text {
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), markup: Markup::Plain, language: String::new(), preview: None }
    }

    pub fn markdown(text: impl Into<String>) -> Self {
        Self { text: text.into(), markup: Markup::Gfm, language: String::new(), preview: None }
    }

    /// Who is mentioned, in order: links of the form `[label](treehouse:u/<account>)` in markdown.
    ///
    /// The text itself is the list, so that what is shown and who is notified cannot differ.
    pub fn mentions(&self) -> Vec<Mention> {
        if self.markup == Markup::Plain {
            return Vec::new();
        }
        let (opening, mut from, mut found) = (format!("]({ACCOUNT_URI}"), 0, Vec::new());
        while let Some(at) = self.text.get(from..).and_then(|rest| rest.find(&opening)) {
            let (label_end, id_start) = (from + at, from + at + opening.len());
            found.extend(self.mention_at(label_end, id_start));
            from = id_start;
        }
        found
    }

    fn mention_at(&self, label_end: usize, id_start: usize) -> Option<Mention> {
        let id_end = id_start.checked_add(2 * AccountId::LEN)?;
        let account = AccountId::from_hex(self.text.get(id_start..id_end)?)?;
        let closed = self.text.get(id_end..)?.starts_with(')');
        let label_start = self.text.get(..label_end)?.rfind('[')? + 1;
        closed.then_some(Mention { account, label: label_start..label_end })
    }

    /// The markdown that mentions an account; characters that would end the label are left out of it.
    pub fn mention(account: &AccountId, label: &str) -> String {
        let label: String = label.chars().filter(|c| !matches!(c, '[' | ']' | '(' | ')' | '\\' | '`' | '<' | '>' | '\n' | '\r')).collect();
        format!("[{label}]({})", account_uri(account))
    }

    pub(super) fn to_part(&self) -> Part {
        let content_type = match self.markup {
            Markup::Plain => PLAIN,
            Markup::Gfm => MARKDOWN,
        };
        Part { language: self.language.clone(), ..Part::single(Disposition::RENDER, content_type, self.text.as_bytes()) }
    }

    /// The words alone: a preview is elsewhere in the message.
    pub(super) fn from_part(part: &Part) -> Result<Self, Error> {
        let Form::Single { content_type, content } = &part.form else { return Err(Error::Shape) };
        let markup = match content_type.as_str() {
            PLAIN => Markup::Plain,
            MARKDOWN => Markup::Gfm,
            _ => return Err(Error::Shape),
        };
        let text = std::str::from_utf8(content).map_err(|_| Error::NotUtf8)?.to_owned();
        if text.is_empty() {
            return Err(Error::Empty);
        }
        Ok(Self { text, markup, language: part.language.clone(), preview: None })
    }
}

impl LinkPreview {
    pub(super) fn check(self) -> Result<Self, Error> {
        if self.url.is_empty() {
            return Err(Error::Empty);
        }
        let fits = self.url.len() <= LINK_MAX && self.title.len() <= PREVIEW_TITLE_MAX && self.description.len() <= PREVIEW_TEXT_MAX;
        if fits { Ok(self) } else { Err(Error::TooLong) }
    }
}

impl Thumbnail {
    /// # Errors
    /// Empty, longer than [`THUMBNAIL_MAX`], or not beginning as a JPEG does.
    pub fn new(jpeg: Vec<u8>) -> Result<Self, Error> {
        match jpeg.len() {
            0 => Err(Error::Empty),
            len if len > THUMBNAIL_MAX => Err(Error::TooLong),
            _ if jpeg.starts_with(&[0xff, 0xd8, 0xff]) => Ok(Self(jpeg)),
            _ => Err(Error::Shape),
        }
    }

    /// The JPEG, or nothing where it is withheld.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_part(&self) -> Part {
        Part::single(Disposition::PREVIEW, JPEG, self.0.as_slice())
    }

    /// `None`: this part is no thumbnail.
    pub(super) fn from_part(part: &Part, reading: Reading) -> Option<Result<Self, Error>> {
        match &part.form {
            Form::Single { content_type, content } if part.disposition == Disposition::PREVIEW && content_type == JPEG => {
                Some(match reading {
                    Reading::Whole => Self::new(content.clone()),
                    Reading::Description => Ok(Self(Vec::new())),
                })
            }
            _ => None,
        }
    }
}

impl Emoji {
    /// # Errors
    /// Empty, too long, or with characters that no emoji has.
    pub fn new(emoji: &str) -> Result<Self, Error> {
        match emoji.len() {
            0 => return Err(Error::Empty),
            len if len > EMOJI_MAX => return Err(Error::TooLong),
            _ => {}
        }
        let strange = |c: char| {
            c.is_ascii_alphabetic() || c.is_whitespace() || c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        if emoji.chars().any(strange) { Err(Error::Shape) } else { Ok(Self(emoji.to_owned())) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
