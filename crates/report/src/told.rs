//! What somebody says who was in no chat, or has no account: words, and pictures that they chose (docs/spec/report.md, "Told").
//!
//! A type of its own and no [`crate::Report`]: no check takes it, so nothing of it can ever be shown as proved.

use crate::addressee::{Addressee, AddresseeSecret, ENC};
use crate::body::{
    Malformed, NOTE_MAX, Reason, SERVER_MAX, Writer, limited, read_line, read_long, read_long_text, read_reason, read_short_text,
};
use crate::label;
use crate::number::Number;
use crate::pictures::PicturesError;
use franking::encode::{Reader, hash};
use rand_core::CryptoRng;
use wire::{Hash32, Millis};
use zeroize::Zeroizing;

/// What the body of one begins with, where a report has its version.
pub const KIND: u8 = 2;
/// The same with a return address behind it.
pub const KIND_ANSWERABLE: u8 = 5;
/// Pictures of one.
pub const PICTURES_MAX: usize = 3;
/// Bytes of one picture: a screen, as small as it can be and still be read. Three of them with their words fit into one record.
pub const PICTURE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of how somebody can be reached.
pub const REACH_MAX: usize = 500;

const INFO: &[u8] = b"treehouse/1 report told pictures";
const TAG: usize = 16;
/// What a JPEG begins with. Nothing else is taken: what a desk hands on is what it is called.
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// What is said of a picture. The picture itself is closed to the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub bytes: u32,
    pub sha256: Hash32,
}

/// Words without a proof, before and after they are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// As the teller's device has it.
    pub made: Millis,
    pub number: Number,
    /// What answers are sealed to.
    pub return_key: Option<Addressee>,
    pub reason: Reason,
    /// The address of the server it was made for.
    pub server: String,
    pub words: String,
    /// How the desk may reach them; empty: they do not say.
    pub reach: String,
    pub pictures: Vec<Picture>,
    /// The pictures, sealed to the law enforcement desk; empty without.
    sealed: Vec<u8>,
}

/// Why it is not made: we were misused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TellError {
    #[error("nothing is said")]
    Empty,
    #[error("more than fits")]
    TooMuch,
    #[error("a picture that is none")]
    NotAPicture,
    #[error("nobody could open the pictures")]
    NoPolice,
}

impl Told {
    /// Words, without a picture.
    ///
    /// # Errors
    /// [`TellError`].
    pub fn new(made: Millis, number: Number, reason: Reason, server: String, words: String, reach: String) -> Result<Self, TellError> {
        if words.trim().is_empty() {
            return Err(TellError::Empty);
        }
        if words.len() > NOTE_MAX || reach.len() > REACH_MAX || server.len() > SERVER_MAX {
            return Err(TellError::TooMuch);
        }
        Ok(Self { made, number, return_key: None, reason, server, words, reach, pictures: vec![], sealed: vec![] })
    }

    /// The same, for who comes back for an answer. Before the pictures, which are bound to it.
    pub fn answerable(mut self, return_key: Addressee) -> Self {
        self.return_key = Some(return_key);
        self
    }

    /// The same with pictures, sealed to the law enforcement desk and to nobody else: no desk ever shows one.
    ///
    /// # Errors
    /// [`TellError`].
    pub fn with_pictures(mut self, pictures: &[Vec<u8>], police: Option<&Addressee>, rng: &mut impl CryptoRng) -> Result<Self, TellError> {
        if pictures.is_empty() {
            return Ok(self);
        }
        let pictures: Vec<&[u8]> = pictures.iter().map(Vec::as_slice).collect();
        self.pictures = described(&pictures)?;
        self.sealed = closed(&pictures, police.ok_or(TellError::NoPolice)?, (INFO, self.bound()), rng)?;
        Ok(self)
    }

    /// What the sealed pictures are bound to: everything before them. They open in no other report.
    fn bound(&self) -> [u8; 32] {
        hash(label::TOLD, &[&self.said()])
    }

    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(self.said());
        out.long(&self.sealed);
        out.0
    }

    fn said(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.byte(if self.return_key.is_some() { KIND_ANSWERABLE } else { KIND });
        out.u64(self.made.0);
        out.bytes(self.number.as_bytes());
        if let Some(key) = &self.return_key {
            out.bytes(key.as_bytes());
        }
        out.byte(self.reason.number());
        out.text(&self.server);
        out.long(self.words.as_bytes());
        out.text(&self.reach);
        out.byte(self.pictures.len() as u8);
        self.pictures.iter().for_each(|picture| picture.write(&mut out));
        out.0
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let kind = reader.u8()?;
        if kind != KIND && kind != KIND_ANSWERABLE {
            return Err(Malformed::Version);
        }
        let mut told = Self {
            made: Millis(reader.u64()?),
            number: Number::from_bytes(&reader.array()?).ok_or(Malformed::Choice)?,
            return_key: match kind {
                KIND_ANSWERABLE => Some(Addressee::from_bytes(reader.take(Addressee::LEN)?).ok_or(Malformed::Choice)?),
                _ => None,
            },
            reason: read_reason(reader.u8()?)?,
            server: read_line(&mut reader, SERVER_MAX)?,
            words: read_long_text(&mut reader, NOTE_MAX)?,
            reach: read_short_text(&mut reader, REACH_MAX)?,
            pictures: vec![],
            sealed: vec![],
        };
        for _ in 0..limited(reader.u8()?.into(), PICTURES_MAX)? {
            told.pictures.push(Picture::read(&mut reader)?);
        }
        told.sealed = read_closed(&mut reader, &told.pictures)?;
        reader.end()?;
        if told.words.trim().is_empty() { Err(Malformed::Contradiction) } else { Ok(told) }
    }

    /// Opens the pictures with the law enforcement desk's secret. Each is a JPEG, and the one whose hash the desk was given.
    ///
    /// # Errors
    /// [`PicturesError`].
    pub fn open(&self, secret: &AddresseeSecret) -> Result<Vec<Zeroizing<Vec<u8>>>, PicturesError> {
        opened(&self.sealed, &self.pictures, secret, (INFO, self.bound()))
    }
}

impl Picture {
    pub(crate) fn write(&self, out: &mut Writer) {
        out.bytes(&self.bytes.to_be_bytes());
        out.bytes(&self.sha256.0);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let picture = Self { bytes: reader.u32()?, sha256: Hash32(reader.array()?) };
        limited(usize::try_from(picture.bytes).map_err(|_| Malformed::Limit)?, PICTURE_BYTES_MAX)?;
        Ok(picture)
    }
}

/// Whether a report can carry a picture.
///
/// # Errors
/// [`TellError::TooMuch`], [`TellError::NotAPicture`].
pub fn fits(picture: &[u8]) -> Result<(), TellError> {
    if picture.len() > PICTURE_BYTES_MAX {
        return Err(TellError::TooMuch);
    }
    if picture.starts_with(JPEG) { Ok(()) } else { Err(TellError::NotAPicture) }
}

/// What is said of pictures, if a report can carry them.
pub(crate) fn described(pictures: &[&[u8]]) -> Result<Vec<Picture>, TellError> {
    if pictures.len() > PICTURES_MAX {
        return Err(TellError::TooMuch);
    }
    pictures.iter().try_for_each(|picture| fits(picture))?;
    Ok(pictures.iter().map(|picture| Picture { bytes: picture.len() as u32, sha256: Hash32::of(picture) }).collect())
}

/// Pictures one behind the other, sealed to the law enforcement desk: `encapsulated key 1120 | sealed`. They are sealed for a purpose and bound to a hash.
pub(crate) fn closed(
    pictures: &[&[u8]],
    police: &Addressee,
    (info, bound): (&[u8], [u8; 32]),
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, TellError> {
    let plain = Zeroizing::new(pictures.concat());
    police.seal((info, &bound), &plain, rng).ok_or(TellError::NoPolice)
}

/// As long as what is said to be in it, and nothing where nothing is: it is no place for anything else.
pub(crate) fn read_closed(reader: &mut Reader<'_>, said: &[Picture]) -> Result<Vec<u8>, Malformed> {
    let sealed = read_long(reader, ENC + PICTURES_MAX * PICTURE_BYTES_MAX + TAG)?.to_vec();
    let inside: usize = said.iter().map(|picture| picture.bytes as usize).sum();
    let whole = if said.is_empty() { 0 } else { ENC + inside + TAG };
    if sealed.len() == whole { Ok(sealed) } else { Err(Malformed::Contradiction) }
}

/// Opens what [`closed`] made. Each is a JPEG, and the one whose hash was said.
pub(crate) fn opened(
    sealed: &[u8],
    said: &[Picture],
    secret: &AddresseeSecret,
    (info, bound): (&[u8], [u8; 32]),
) -> Result<Vec<Zeroizing<Vec<u8>>>, PicturesError> {
    if said.is_empty() {
        return Ok(vec![]);
    }
    let plain = secret.open((info, &bound), sealed).ok_or(PicturesError::NotForYou)?;
    let mut rest = plain.as_slice();
    let mut pictures = Vec::new();
    for said in said {
        let (picture, after) = rest.split_at_checked(said.bytes as usize).ok_or(Malformed::Truncated)?;
        if Hash32::of(picture) != said.sha256 || !picture.starts_with(JPEG) {
            return Err(PicturesError::NotCommitted);
        }
        pictures.push(Zeroizing::new(picture.to_vec()));
        rest = after;
    }
    Ok(pictures)
}
