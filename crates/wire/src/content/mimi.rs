//! MIMI content (draft-ietf-mimi-content-08), as it is: salt, relations, extensions and nested parts.
//!
//! Decoding is strict and encoding its exact inverse: whatever [`Message::decode`] takes, [`Message::encode`] gives back byte for byte. What
//! Treehouse says with it is in [`super::Content`].

use super::cbor::{Reader, Writer};
use super::error::Error;
pub use super::extensions::{Extensions, Key};
use crate::ids::MessageId;
use crate::limits::{CONTENT_DEPTH_MAX, CONTENT_MAX, CONTENT_PARTS_MAX};
use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Parts are nested at most this deep, the outermost being the first (the draft's "Depth restrictions").
pub const PART_LEVELS_MAX: usize = 4;
// Each level is two arrays: the part, and the list it stands in.
const _: () = assert!(2 * PART_LEVELS_MAX == CONTENT_DEPTH_MAX);
/// A longer topic id is a sign of malice (the draft's "General handling").
pub const TOPIC_MAX: usize = 4096;
/// SHA-256 in the IANA hash registry: the first byte of a message id.
const SHA_256: u8 = 1;

/// 16 random bytes that keep a message id from telling a guessed message.
///
/// # Security
/// Must come from a cryptographic source of randomness, a new one for each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 16]);

/// When a message is to vanish from the devices that honour it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expires {
    /// So many seconds after it was read.
    AfterReading(u32),
    /// At this second since 1970-01-01T00:00Z.
    At(u32),
}

/// One MIMI content message.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub salt: Salt,
    /// The first version of the message that this one edits, deletes or takes back.
    pub replaces: Option<MessageId>,
    /// Groups messages; empty: none. At most [`TOPIC_MAX`] bytes.
    pub topic: Vec<u8>,
    pub expires: Option<Expires>,
    pub in_reply_to: Option<MessageId>,
    pub extensions: Extensions,
    pub part: Part,
}

/// A body or a piece of one.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    pub disposition: Disposition,
    /// Language tags (RFC 5646), comma-separated, or empty.
    pub language: String,
    pub form: Form,
}

/// What a part is meant for. Unknown values are treated as [`Disposition::RENDER`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disposition(pub u8);

impl Disposition {
    pub const UNSPECIFIED: Self = Self(0);
    pub const RENDER: Self = Self(1);
    pub const REACTION: Self = Self(2);
    pub const PROFILE: Self = Self(3);
    pub const INLINE: Self = Self(4);
    pub const ATTACHMENT: Self = Self(6);
    pub const PREVIEW: Self = Self(8);
}

/// The cardinality of a part, with what it holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Form {
    Null,
    Single { content_type: String, content: Vec<u8> },
    External(Box<External>),
    Multi { semantics: Semantics, parts: Vec<Part> },
}

/// Content elsewhere, and what opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct External {
    pub content_type: String,
    pub url: String,
    /// Seconds since 1970-01-01T00:00Z, or 0.
    pub expires: u32,
    /// Bytes, or 0.
    pub size: u64,
    /// IANA AEAD algorithm, or 0: then key, nonce and aad are empty.
    pub enc_alg: u16,
    pub key: SecretBytes,
    pub nonce: SecretBytes,
    pub aad: SecretBytes,
    /// IANA Named Information hash algorithm, or 0.
    pub hash_alg: u8,
    /// Of the content at the URL.
    pub content_hash: Vec<u8>,
    pub description: String,
    /// As sent: unsafe until it is a [`super::FileName`].
    pub filename: String,
}

/// How the parts of a multipart belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Semantics {
    ChooseOne,
    SingleUnit,
    ProcessAll,
}

/// Bytes that open an attachment: they wipe themselves, compare in constant time and print `[redacted]`.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
    /// The bytes themselves, for the one place that needs them.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
impl Eq for SecretBytes {}
impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes([redacted])")
    }
}

impl Message {
    /// # Errors
    /// Anything but one deterministic MIMI content message within the limits.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > CONTENT_MAX {
            return Err(Error::TooLarge);
        }
        let mut reader = Reader::new(bytes);
        let message = Self::read(&mut reader)?;
        reader.end()?;
        Ok(message)
    }

    /// # Errors
    /// What a receiver would refuse: the reader is the one place that holds the rules, so what is written is read once.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        let bytes = writer.finish();
        if Self::decode(&bytes)? == *self { Ok(bytes) } else { Err(Error::NotItself) }
    }

    /// All parts, depth first: the place in this order is the draft's part index.
    pub fn parts(&self) -> Vec<&Part> {
        let mut all = Vec::new();
        self.part.each(&mut |part| all.push(part));
        all
    }

    fn read(reader: &mut Reader) -> Result<Self, Error> {
        exactly(reader, 7)?;
        let salt = Salt(reader.bytes()?.try_into().map_err(|_| Error::BytesLength)?);
        let replaces = read_message_id_or_null(reader)?;
        let topic = reader.bytes()?.to_vec();
        if topic.len() > TOPIC_MAX {
            return Err(Error::TopicTooLong);
        }
        let expires = read_expires(reader)?;
        let in_reply_to = read_message_id_or_null(reader)?;
        let extensions = Extensions::read(reader)?;
        let part = Part::read(reader, PART_LEVELS_MAX, &mut 0)?;
        Ok(Self { salt, replaces, topic, expires, in_reply_to, extensions, part })
    }

    fn write(&self, writer: &mut Writer) {
        writer.array(7);
        writer.bytes(&self.salt.0);
        write_message_id_or_null(writer, self.replaces.as_ref());
        writer.bytes(&self.topic);
        match self.expires {
            None => writer.null(),
            Some(expires) => {
                let (relative, seconds) = match expires {
                    Expires::AfterReading(seconds) => (true, seconds),
                    Expires::At(seconds) => (false, seconds),
                };
                writer.array(2);
                writer.yes_or_no(relative);
                writer.uint(seconds.into());
            }
        }
        write_message_id_or_null(writer, self.in_reply_to.as_ref());
        self.extensions.write(writer);
        self.part.write(writer);
    }
}

/// The message id of encoded content (section "Message ID" of the draft): SHA-256 over both URIs, the message and, against length extension,
/// its salt again, as 0x01 and the first 31 bytes.
///
/// # Errors
/// `message` is not content, or a URI is longer than 65535 bytes.
pub fn message_id(sender_uri: &str, room_uri: &str, message: &[u8]) -> Result<MessageId, Error> {
    let salt = Message::decode(message)?.salt;
    let mut hash = Sha256::new();
    for uri in [sender_uri, room_uri] {
        let len = u16::try_from(uri.len()).map_err(|_| Error::UriTooLong)?;
        hash.update(len.to_be_bytes());
        hash.update(uri.as_bytes());
    }
    hash.update(message);
    hash.update(salt.0);
    let mut id = [SHA_256; 32];
    for (to, from) in id.iter_mut().skip(1).zip(hash.finalize()) {
        *to = from;
    }
    Ok(MessageId(id))
}

impl Part {
    /// A part held in the message.
    pub fn single(disposition: Disposition, content_type: &str, content: impl Into<Vec<u8>>) -> Self {
        let form = Form::Single { content_type: content_type.to_owned(), content: content.into() };
        Self { disposition, language: String::new(), form }
    }

    /// No content: what a message that takes something back carries.
    pub fn null(disposition: Disposition) -> Self {
        Self { disposition, language: String::new(), form: Form::Null }
    }

    /// Parts that are all shown, or the one there is.
    pub fn all_of(mut parts: Vec<Part>) -> Self {
        match (parts.pop(), parts.is_empty()) {
            (Some(only), true) => only,
            (Some(last), false) => {
                parts.push(last);
                let form = Form::Multi { semantics: Semantics::ProcessAll, parts };
                Self { disposition: Disposition::RENDER, language: String::new(), form }
            }
            (None, _) => Self::null(Disposition::RENDER),
        }
    }

    fn each<'a>(&'a self, visit: &mut impl FnMut(&'a Part)) {
        visit(self);
        if let Form::Multi { parts, .. } = &self.form {
            parts.iter().for_each(|part| part.each(visit));
        }
    }

    /// The same walk with the right to change; stops at the first error.
    pub(super) fn try_each_mut(&mut self, visit: &mut impl FnMut(&mut Part) -> Result<(), Error>) -> Result<(), Error> {
        visit(self)?;
        if let Form::Multi { parts, .. } = &mut self.form {
            parts.iter_mut().try_for_each(|part| part.try_each_mut(visit))?;
        }
        Ok(())
    }

    fn read(reader: &mut Reader, levels: usize, count: &mut usize) -> Result<Self, Error> {
        let levels = levels.checked_sub(1).ok_or(Error::TooDeep)?;
        *count += 1;
        if *count > CONTENT_PARTS_MAX {
            return Err(Error::TooManyParts);
        }
        let items = reader.array()?;
        let disposition = Disposition(narrow(reader.uint()?)?);
        let language = reader.text()?.to_owned();
        let form = match (reader.uint()?, items) {
            (0, 3) => Form::Null,
            (1, 5) => Form::Single { content_type: reader.text()?.to_owned(), content: reader.bytes()?.to_vec() },
            (2, 15) => Form::External(Box::new(External::read(reader)?)),
            (3, 5) => Self::read_multi(reader, levels, count)?,
            (0..=3, _) => return Err(Error::ArrayLength),
            _ => return Err(Error::Cardinality),
        };
        Ok(Self { disposition, language, form })
    }

    fn read_multi(reader: &mut Reader, levels: usize, count: &mut usize) -> Result<Form, Error> {
        let semantics = match reader.uint()? {
            0 => Semantics::ChooseOne,
            1 => Semantics::SingleUnit,
            2 => Semantics::ProcessAll,
            _ => return Err(Error::PartSemantics),
        };
        let announced = reader.array()?;
        if announced < 2 {
            return Err(Error::TooFewParts);
        }
        if announced > CONTENT_PARTS_MAX as u64 {
            return Err(Error::TooManyParts);
        }
        let parts = (0..announced).map(|_| Self::read(reader, levels, count)).collect::<Result<_, _>>()?;
        Ok(Form::Multi { semantics, parts })
    }

    fn write(&self, writer: &mut Writer) {
        let (items, cardinality) = match &self.form {
            Form::Null => (3, 0),
            Form::Single { .. } => (5, 1),
            Form::External(_) => (15, 2),
            Form::Multi { .. } => (5, 3),
        };
        writer.array(items);
        writer.uint(self.disposition.0.into());
        writer.text(&self.language);
        writer.uint(cardinality);
        match &self.form {
            Form::Null => {}
            Form::Single { content_type, content } => {
                writer.text(content_type);
                writer.bytes(content);
            }
            Form::External(external) => external.write(writer),
            Form::Multi { semantics, parts } => {
                writer.uint(*semantics as u64);
                writer.array(parts.len());
                parts.iter().for_each(|part| part.write(writer));
            }
        }
    }
}

impl External {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        let external = Self {
            content_type: reader.text()?.to_owned(),
            url: reader.text()?.to_owned(),
            expires: narrow(reader.uint()?)?,
            size: reader.uint()?,
            enc_alg: narrow(reader.uint()?)?,
            key: SecretBytes::new(reader.bytes()?.to_vec()),
            nonce: SecretBytes::new(reader.bytes()?.to_vec()),
            aad: SecretBytes::new(reader.bytes()?.to_vec()),
            hash_alg: narrow(reader.uint()?)?,
            content_hash: reader.bytes()?.to_vec(),
            description: reader.text()?.to_owned(),
            filename: reader.text()?.to_owned(),
        };
        // Section "External content": without an algorithm the three are zero length. Else a key could lie where no leaf is made for it.
        let keyed = !(external.key.is_empty() && external.nonce.is_empty() && external.aad.is_empty());
        if external.enc_alg == 0 && keyed { Err(Error::KeyWithoutAlgorithm) } else { Ok(external) }
    }

    fn write(&self, writer: &mut Writer) {
        writer.text(&self.content_type);
        writer.text(&self.url);
        writer.uint(self.expires.into());
        writer.uint(self.size);
        writer.uint(self.enc_alg.into());
        writer.bytes(self.key.expose());
        writer.bytes(self.nonce.expose());
        writer.bytes(self.aad.expose());
        writer.uint(self.hash_alg.into());
        writer.bytes(&self.content_hash);
        writer.text(&self.description);
        writer.text(&self.filename);
    }
}

pub(super) fn exactly(reader: &mut Reader, items: u64) -> Result<(), Error> {
    if reader.array()? == items { Ok(()) } else { Err(Error::ArrayLength) }
}

pub(super) fn narrow<T: TryFrom<u64>>(value: u64) -> Result<T, Error> {
    value.try_into().map_err(|_| Error::NumberTooLarge)
}

pub(super) fn read_message_id(reader: &mut Reader) -> Result<MessageId, Error> {
    let id = MessageId::try_from(reader.bytes()?).map_err(|_| Error::BytesLength)?;
    // The draft's "General handling": an id by an unknown hash algorithm refers to nothing.
    if id.0.first() == Some(&SHA_256) { Ok(id) } else { Err(Error::MessageIdAlgorithm) }
}

fn read_message_id_or_null(reader: &mut Reader) -> Result<Option<MessageId>, Error> {
    if reader.null()? { Ok(None) } else { read_message_id(reader).map(Some) }
}

fn write_message_id_or_null(writer: &mut Writer, id: Option<&MessageId>) {
    match id {
        Some(id) => writer.bytes(&id.0),
        None => writer.null(),
    }
}

fn read_expires(reader: &mut Reader) -> Result<Option<Expires>, Error> {
    if reader.null()? {
        return Ok(None);
    }
    exactly(reader, 2)?;
    let relative = reader.bool()?;
    let seconds = narrow(reader.uint()?)?;
    Ok(Some(if relative { Expires::AfterReading(seconds) } else { Expires::At(seconds) }))
}
