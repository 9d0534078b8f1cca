//! Compartment B: what opens the pictures of a report, for the law enforcement desk alone (docs/spec/report.md, "Compartment B").
//!
//! It is sealed to that key when a message is kept or reported, and then carried inside compartment A by people who cannot open it. Each key is bound
//! to the commitment of its message: nothing that the sender did not commit to can be put in, and it belongs to every report of that message.

use crate::addressee::{Addressee, AddresseeSecret, ENC};
use crate::body::{Item, Leaf, Malformed, Report, SERVER_MAX, Writer, limited, read_line, read_long};
use franking::LeafKey;
use franking::encode::{Reader, VERSION};
use rand_core::CryptoRng;
use std::fmt;
use subtle::ConstantTimeEq;
use wire::content::leaves::join;
use wire::content::{Attachment, Content};
use wire::pad::inbox_size;
use wire::{Commitment, Hash32};
use zeroize::Zeroizing;

/// Keys of pictures that are sealed together.
pub const PICTURES_MAX: usize = 4096;
/// Bytes of one sealed part.
pub const SEALED_MAX: usize = 2 * 1024 * 1024;

const INFO: &[u8] = b"treehouse/1 report pictures";
const TAG: usize = 16;
const LENGTH: usize = 4;

/// What opens one leaf that compartment A holds closed.
#[derive(Clone, PartialEq, Eq)]
pub struct PictureKey {
    /// The message.
    pub c: Commitment,
    /// The place among its leaves.
    pub leaf: u16,
    pub key: LeafKey,
    pub field: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for PictureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PictureKey({}, {}, [redacted])", self.c, self.leaf)
    }
}

/// Everything in one part of compartment B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pictures {
    /// Where the ciphertexts lie.
    pub server: String,
    pub keys: Vec<PictureKey>,
}

/// Why keys of pictures are not those of a report. The reporter misbehaved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PicturesError {
    #[error("sealed for somebody else, or not as it was sealed")]
    NotForYou,
    #[error("what is sealed is not keys of pictures")]
    Malformed(#[from] Malformed),
    #[error("a key for something that is not closed in the report")]
    NotClosed,
    #[error("a key that its message does not commit to")]
    NotCommitted,
}

impl Pictures {
    /// Its one encoding.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Writer::default();
        out.byte(VERSION);
        out.text(&self.server);
        out.count(self.keys.len());
        for picture in &self.keys {
            out.bytes(&picture.c.0);
            out.bytes(&picture.leaf.to_be_bytes());
            out.bytes(picture.key.expose());
            out.long(&picture.field);
        }
        Zeroizing::new(out.0)
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        reader.version()?;
        let server = read_line(&mut reader, SERVER_MAX)?;
        let count = limited(reader.u16()?.into(), PICTURES_MAX)?;
        let mut keys = Vec::new();
        for _ in 0..count {
            keys.push(PictureKey {
                c: Commitment(reader.array()?),
                leaf: reader.u16()?,
                key: LeafKey::from_bytes(reader.array()?),
                field: Zeroizing::new(read_long(&mut reader, franking::FIELDS_BYTES_MAX)?.to_vec()),
            });
        }
        reader.end()?;
        Ok(Self { server, keys })
    }

    /// Checks that every key opens a leaf that the report holds closed.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self, report: &Report) -> Result<(), PicturesError> {
        self.keys.iter().try_for_each(|picture| picture.check(report))
    }

    /// Seals it to the law enforcement desk: `encapsulated key 1120 | sealed(length 4 | pictures | zeros)`, 4 KiB * 2^n long. Nothing when there is more
    /// than fits.
    pub fn seal(&self, to: &Addressee, rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
        let plain = self.to_bytes();
        let size = inbox_size(ENC + LENGTH + plain.len() + TAG);
        if size > SEALED_MAX || self.keys.len() > PICTURES_MAX {
            return None;
        }
        let mut padded = Zeroizing::new(Vec::with_capacity(size - ENC - TAG));
        padded.extend_from_slice(&u32::try_from(plain.len()).ok()?.to_be_bytes());
        padded.extend_from_slice(&plain);
        padded.resize(size - ENC - TAG, 0);
        to.seal((INFO, &[]), &padded, rng)
    }

    /// Opens one part with the law enforcement desk's secret, and checks that it belongs to a report.
    ///
    /// # Errors
    /// [`PicturesError`].
    pub fn open(sealed: &[u8], secret: &AddresseeSecret, report: &Report) -> Result<Self, PicturesError> {
        let padded = secret.open((INFO, &[]), sealed).ok_or(PicturesError::NotForYou)?;
        let (length, rest) = padded.split_first_chunk::<LENGTH>().ok_or(Malformed::Truncated)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Malformed::Limit)?;
        let (plain, zeros) = rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err(Malformed::Trailing.into());
        }
        let pictures = Self::from_bytes(plain)?;
        pictures.check(report)?;
        Ok(pictures)
    }
}

/// What one secret opens of compartment B.
#[derive(Debug, Default)]
pub struct OpenedParts {
    pub parts: Vec<Pictures>,
    /// Parts that stay closed: sealed to another key, as each change of a desk makes one, or spoiled by who made the report.
    pub closed: usize,
}

impl OpenedParts {
    /// Keys of pictures in it.
    pub fn keys(&self) -> usize {
        self.parts.iter().map(|part| part.keys.len()).sum()
    }
}

/// Opens every part that it can. One that is not for this secret says nothing against the others.
pub fn open_parts(report: &Report, secret: &AddresseeSecret) -> OpenedParts {
    let parts: Vec<_> = report.pictures.iter().filter_map(|part| Pictures::open(part, secret, report).ok()).collect();
    let closed = report.pictures.len() - parts.len();
    OpenedParts { parts, closed }
}

/// The files of a report whose compartment B was opened, each with what opens it; those whose keys are missing are left out. `parts` were opened with
/// [`Pictures::open`].
///
/// # Security
/// For whoever holds both halves, with an officer present: nobody else has a reason to call it.
pub fn files(parts: &[Pictures], report: &Report) -> Vec<Attachment> {
    let keys = || parts.iter().flat_map(|part| &part.keys);
    let whole = |item: &Item| {
        let leaves = item.opening.leaves.iter().zip(0u16..).map(|(leaf, place)| match leaf {
            Leaf::Open { field, .. } => Some(field.as_slice()),
            Leaf::Closed(_) => keys().find(|key| key.c == item.stamp.stamp.c && key.leaf == place).map(|key| key.field.as_slice()),
        });
        let content = Zeroizing::new(join(&leaves.collect::<Option<Vec<_>>>()?).ok()?);
        let body = Content::decode(&content).ok()?.body;
        Some(body.attachments().into_iter().filter(|file| file.secret.is_some()).cloned().collect::<Vec<_>>())
    };
    report.items().filter_map(|(_, item)| whole(item)).flatten().collect()
}

impl PictureKey {
    fn check(&self, report: &Report) -> Result<(), PicturesError> {
        let item = report.items().map(|(_, item)| item).find(|item| item.stamp.stamp.c == self.c);
        let leaf = item.and_then(|item| item.opening.leaves.get(usize::from(self.leaf)));
        let Some(Leaf::Closed(Hash32(committed))) = leaf else { return Err(PicturesError::NotClosed) };
        if self.key.leaf(&self.field).0.ct_eq(committed).into() { Ok(()) } else { Err(PicturesError::NotCommitted) }
    }
}
