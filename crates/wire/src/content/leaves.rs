//! Content cut into the leaves that a commitment is made over: what a message says, and apart from it what opens or shows its pictures.
//!
//! Leaf 0, the description, is the content with every key and every medium left blank; it is itself decodable content. After it comes one
//! leaf for each part that was blanked, in part order. A report for people who must not hold pictures opens leaf 0 and leaves the others
//! closed (docs/spec/content.md, "Leaves"). Cutting and joining are exact inverses.

use super::cbor::{Reader, Writer};
use super::error::Error;
use super::mimi::{Form, Message, Part, SecretBytes, exactly};

/// What a leaf holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafKind {
    /// The content, blanked. Always the first leaf.
    Description,
    /// Key, nonce and associated data of an external part.
    Key,
    /// A part in the message itself that is not text: a thumbnail.
    Media,
}

/// One committed field of a message.
///
/// # Security
/// A [`LeafKind::Key`] or [`LeafKind::Media`] leaf must never be given to compartment A of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub kind: LeafKind,
    pub bytes: SecretBytes,
}

/// Cuts encoded content into its leaves.
///
/// # Errors
/// `content` is not content.
pub fn split(content: &[u8]) -> Result<Vec<Leaf>, Error> {
    let mut message = Message::decode(content)?;
    let mut leaves = Vec::new();
    message.part.try_each_mut(&mut |part| {
        leaves.extend(take(part));
        Ok(())
    })?;
    let description = Leaf { kind: LeafKind::Description, bytes: SecretBytes::new(message.encode()?) };
    leaves.insert(0, description);
    Ok(leaves)
}

/// Puts leaves together to the encoded content they were cut from.
///
/// # Errors
/// The first is not a blank description, or the others are not those it asks for.
pub fn join<B: AsRef<[u8]>>(leaves: &[B]) -> Result<Vec<u8>, Error> {
    let (description, rest) = leaves.split_first().ok_or(Error::LeafCount)?;
    let mut message = Message::decode(description.as_ref())?;
    let mut rest = rest.iter();
    message.part.try_each_mut(&mut |part| put(part, || rest.next().map(AsRef::as_ref).ok_or(Error::LeafCount)))?;
    if rest.next().is_some() {
        return Err(Error::LeafCount);
    }
    message.encode()
}

/// Whether content is a description: blank wherever a leaf belongs.
///
/// # Errors
/// It is not, or not content at all.
pub fn check_description(content: &[u8]) -> Result<(), Error> {
    Message::decode(content)?.part.try_each_mut(&mut |part| put(part, || Ok(BLANK_KEY)))
}

impl AsRef<[u8]> for Leaf {
    fn as_ref(&self) -> &[u8] {
        self.bytes.expose()
    }
}

/// Text can be shown to anyone who may read the message; everything else may be a picture.
fn is_media(content_type: &str) -> bool {
    !content_type.starts_with("text/")
}

/// The array of three empty byte strings.
const BLANK_KEY: &[u8] = &[0x83, 0x40, 0x40, 0x40];

fn take(part: &mut Part) -> Option<Leaf> {
    match &mut part.form {
        Form::External(external) if external.enc_alg != 0 => {
            let mut writer = Writer::new();
            writer.array(3);
            for secret in [&mut external.key, &mut external.nonce, &mut external.aad] {
                writer.bytes(std::mem::take(secret).expose());
            }
            Some(Leaf { kind: LeafKind::Key, bytes: SecretBytes::new(writer.finish()) })
        }
        Form::Single { content_type, content } if is_media(content_type) => {
            Some(Leaf { kind: LeafKind::Media, bytes: SecretBytes::new(std::mem::take(content)) })
        }
        _ => None,
    }
}

fn put<'l>(part: &mut Part, leaf: impl FnOnce() -> Result<&'l [u8], Error>) -> Result<(), Error> {
    match &mut part.form {
        Form::External(external) if external.enc_alg != 0 => {
            let mut reader = Reader::new(leaf()?);
            exactly(&mut reader, 3)?;
            for secret in [&mut external.key, &mut external.nonce, &mut external.aad] {
                if !secret.is_empty() {
                    return Err(Error::LeafNotBlank);
                }
                *secret = SecretBytes::new(reader.bytes()?.to_vec());
            }
            reader.end()
        }
        Form::Single { content_type, content } if is_media(content_type) => {
            if !content.is_empty() {
                return Err(Error::LeafNotBlank);
            }
            *content = leaf()?.to_vec();
            Ok(())
        }
        _ => Ok(()),
    }
}
