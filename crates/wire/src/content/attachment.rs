//! Attachments: what is said about a file, and apart from it what opens it.
//!
//! The message commits key, salt, exact length and the root of the hash list over the ciphertext segments, because AES-GCM commits to
//! nothing: two keys can open one ciphertext to two pictures (docs/spec/content.md, "Attachments").

use super::cbor::{Item, Reader, Writer};
use super::error::Error;
use super::limits::{ALT_MAX, DURATION_MAX, MEDIA_TYPE_MAX, PIXELS_MAX};
use super::mimi::{Disposition, External, Form, Part, SecretBytes, exactly, narrow};
use super::{FileName, Reading, STREAM_ALG, Thumbnail};
use crate::ids::{BlobId, Hash32};
use crate::limits::BLOB_MAX;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// SHA-256 in the IANA Named Information registry.
const SHA_256: u8 = 1;
/// The URL of a blob, relative to the server that holds the conversation's log.
const BLOB_URL: &str = "blobs/";

/// One file of a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    pub class: Class,
    pub blob: BlobId,
    /// Exact bytes of the plaintext.
    pub length: u64,
    pub media_type: MediaType,
    pub file_name: Option<FileName>,
    /// Of the whole plaintext: a statement of the sender, checked when all is read and before anything is saved, kept or exported.
    pub sha256: Hash32,
    /// Root of the hash list over the ciphertext segments: each is checked before it is shown.
    pub root: Hash32,
    /// What is to be seen, for who cannot see it; or empty.
    pub alt: String,
    /// Width and height in pixels, 1 to [`super::limits::PIXELS_MAX`].
    pub dimensions: Option<(u32, u32)>,
    /// Of sound or film, in milliseconds, at most [`super::limits::DURATION_MAX`].
    pub duration: Option<u64>,
    /// Sent as a file: nothing was removed from it, not even where it was taken.
    pub original: bool,
    pub thumbnail: Option<Thumbnail>,
    /// What opens it; `None` only in a description, where it is withheld.
    pub secret: Option<AttachmentSecret>,
}

/// How an attachment is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Photo,
    Video,
    Voice,
    File,
    Sticker,
}

/// What opens one attachment (docs/spec/attachments.md): the nonces follow from both.
///
/// # Security
/// Key and salt are random and new for each upload, also of the same file: otherwise nonces repeat.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AttachmentSecret {
    pub key: [u8; 32],
    pub salt: [u8; 32],
}

impl PartialEq for AttachmentSecret {
    fn eq(&self, other: &Self) -> bool {
        (self.key.ct_eq(&other.key) & self.salt.ct_eq(&other.salt)).into()
    }
}
impl Eq for AttachmentSecret {}
impl fmt::Debug for AttachmentSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttachmentSecret([redacted])")
    }
}

/// A media type such as `image/jpeg`: two tokens (RFC 6838 section 4.2) in lower case, without parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaType(String);

impl MediaType {
    /// # Errors
    /// Anything else, or more than [`MEDIA_TYPE_MAX`] bytes.
    pub fn new(media_type: &str) -> Result<Self, Error> {
        if media_type.len() > MEDIA_TYPE_MAX {
            return Err(Error::TooLong);
        }
        let token = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b))
        };
        let two_tokens = media_type.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype));
        if two_tokens { Ok(Self(media_type.to_owned())) } else { Err(Error::Shape) }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AttachmentSecret {
    fn from_external(external: &External) -> Option<Self> {
        Some(Self { key: external.key.expose().try_into().ok()?, salt: external.nonce.expose().try_into().ok()? })
    }
}

impl Class {
    const ALL: [Self; 5] = [Self::Photo, Self::Video, Self::Voice, Self::File, Self::Sticker];

    fn disposition(self) -> Disposition {
        match self {
            Self::File => Disposition::ATTACHMENT,
            _ => Disposition::INLINE,
        }
    }
}

impl Attachment {
    /// Whether what opens one opens the other: they name one blob and commit to the same key, salt, length and root.
    ///
    /// # Security
    /// A blob's name alone says too little: another message can name the same blob with a key that opens nothing, and must not be shown by
    /// what opens this one.
    pub fn is_same_file(&self, other: &Self) -> bool {
        self.blob == other.blob && self.secret == other.secret && self.length == other.length && self.root == other.root
    }

    /// The external part and, if there is one, the thumbnail after it.
    pub(super) fn to_parts(&self) -> Vec<Part> {
        let external = External {
            content_type: self.media_type.0.clone(),
            url: format!("{BLOB_URL}{}", self.blob),
            expires: 0,
            size: self.length,
            enc_alg: STREAM_ALG,
            key: self.secret.as_ref().map(|secret| SecretBytes::new(secret.key.to_vec())).unwrap_or_default(),
            nonce: self.secret.as_ref().map(|secret| SecretBytes::new(secret.salt.to_vec())).unwrap_or_default(),
            aad: SecretBytes::default(),
            hash_alg: SHA_256,
            // The draft hashes the content at the URL, which is the ciphertext; a blob's id is that hash.
            content_hash: self.blob.0.to_vec(),
            description: self.alt.clone(),
            filename: self.file_name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        };
        let form = Form::External(Box::new(external));
        let external = Part { disposition: self.class.disposition(), language: String::new(), form };
        std::iter::once(external).chain(self.thumbnail.as_ref().map(Thumbnail::to_part)).collect()
    }

    /// What MIMI has no field for: `{0: class, 1: sha256, 2: root, ? 3: [width, height], ? 4: duration, ? 5: true if original}`.
    pub(super) fn write_data(&self, writer: &mut Writer) {
        let optional = [self.dimensions.is_some(), self.duration.is_some(), self.original];
        writer.map(3 + optional.into_iter().filter(|given| *given).count());
        writer.uint(0);
        writer.uint(self.class as u64);
        writer.uint(1);
        writer.bytes(&self.sha256.0);
        writer.uint(2);
        writer.bytes(&self.root.0);
        if let Some((width, height)) = self.dimensions {
            writer.uint(3);
            writer.array(2);
            writer.uint(width.into());
            writer.uint(height.into());
        }
        if let Some(duration) = self.duration {
            writer.uint(4);
            writer.uint(duration);
        }
        if self.original {
            writer.uint(5);
            writer.yes_or_no(true);
        }
    }

    /// Takes the parts of one attachment off the front of `parts`, with its data from `reader`.
    pub(super) fn read<'p>(
        parts: &mut std::iter::Peekable<impl Iterator<Item = &'p Part>>,
        reader: &mut Reader,
        reading: Reading,
    ) -> Result<Self, Error> {
        let Some(Form::External(external)) = parts.next().map(|part| &part.form) else { return Err(Error::Shape) };
        let thumbnail = parts.peek().and_then(|part| Thumbnail::from_part(part, reading)).transpose()?;
        if thumbnail.is_some() {
            parts.next();
        }
        let secret = match reading {
            Reading::Whole => Some(AttachmentSecret::from_external(external).ok_or(Error::Withheld)?),
            Reading::Description => None,
        };
        if external.description.len() > ALT_MAX {
            return Err(Error::TooLong);
        }
        if external.size > BLOB_MAX {
            return Err(Error::OutOfRange);
        }
        let mut attachment = Self {
            class: Class::File,
            blob: BlobId::try_from(external.content_hash.as_slice()).map_err(|_| Error::Shape)?,
            length: external.size,
            media_type: MediaType::new(&external.content_type)?,
            file_name: (!external.filename.is_empty()).then(|| FileName::new(&external.filename)),
            sha256: Hash32([0; 32]),
            root: Hash32([0; 32]),
            alt: external.description.clone(),
            dimensions: None,
            duration: None,
            original: false,
            thumbnail,
            secret,
        };
        attachment.read_data(reader)?;
        Ok(attachment)
    }

    fn read_data(&mut self, reader: &mut Reader) -> Result<(), Error> {
        for place in 0..reader.map()? {
            let key = reader.uint()?;
            match key {
                0 => self.class = *Class::ALL.get(narrow::<usize>(reader.uint()?)?).ok_or(Error::OutOfRange)?,
                1 => self.sha256 = Hash32::try_from(reader.bytes()?).map_err(|_| Error::BytesLength)?,
                2 => self.root = Hash32::try_from(reader.bytes()?).map_err(|_| Error::BytesLength)?,
                3 => {
                    exactly(reader, 2)?;
                    let (width, height) = (narrow(reader.uint()?)?, narrow(reader.uint()?)?);
                    if ![width, height].iter().all(|pixels| (1..=PIXELS_MAX).contains(pixels)) {
                        return Err(Error::OutOfRange);
                    }
                    self.dimensions = Some((width, height));
                }
                4 => match reader.uint()? {
                    duration if duration > DURATION_MAX => return Err(Error::OutOfRange),
                    duration => self.duration = Some(duration),
                },
                5 => self.original = reader.bool()?,
                _ => return Err(Error::Shape),
            }
            // The keys are sorted, so the three that must be there are the first three.
            if place < 3 && key != place {
                return Err(Error::Shape);
            }
        }
        Ok(())
    }
}

/// The data of several attachments, one after the other.
pub(super) fn data_of(attachments: &[&Attachment]) -> Item {
    Item::build(|writer| {
        writer.array(attachments.len());
        attachments.iter().for_each(|attachment| attachment.write_data(writer));
    })
}
