//! The content of messages: MIMI content (draft-ietf-mimi-content-08) in deterministic CBOR.
//!
//! Two layers. [`mimi`] is the format as it is. [`Content`] is what Treehouse says with it: the forms that MIMI has for itself where it has
//! them, else a kind number and data in private extensions with plain words for clients that do not know the kind. Bytes, keys and numbers
//! are listed in docs/spec/content.md.
//!
//! ```text
//! Content --encode--> bytes --leaves::split--> leaves (committed, sent, reported)
//! leaves --leaves::join--> bytes --Content::decode--> Content
//! leaf 0 --Content::decode_description--> Content without keys and thumbnails
//! ```

mod attachment;
mod body;
mod cbor;
mod error;
mod extensions;
mod fallback;
mod file_name;
mod keys;
mod kind;
pub mod leaves;
pub mod limits;
pub mod mimi;
mod read;
mod text;
mod write;

#[cfg(test)]
mod tests;

pub use attachment::{Attachment, AttachmentSecret, Class, MediaType};
pub use body::{Attachments, Body, Choice, ContactCard, MessageStatus, Poll, Profile, Reach, RepairRequest, Status, Sticker, Unknown};
pub use cbor::Item;
pub use error::Error;
pub use file_name::FileName;
pub use keys::RANGE as EXTENSION_KEYS;
pub use kind::{Kind, Kinds, Role};
pub use leaves::{Leaf, LeafKind};
pub use mimi::{Expires, Extensions, Salt};
pub use text::{Emoji, LinkPreview, Markup, Mention, Text, Thumbnail};

use crate::ids::{AccountId, MessageId, Millis, Route};
use mimi::{Form, Key, Message};
use std::fmt;

const PLAIN: &str = "text/plain;charset=utf-8";
const MARKDOWN: &str = "text/markdown;variant=GFM-MIMI";
const STATUS_REPORT: &str = "application/mimi-message-status";
const JPEG: &str = "image/jpeg";
/// Our attachment encryption, in the private range of the IANA AEAD registry (0x8000 to 0xffff).
const STREAM_ALG: u16 = 0x8001;
const ACCOUNT_URI: &str = "treehouse:u/";
const ROOM_URI: &str = "treehouse:r/";

/// The URI of an account: the sender in message ids, the target of a mention.
pub fn account_uri(account: &AccountId) -> String {
    format!("{ACCOUNT_URI}{account}")
}

/// The URI of a conversation, in message ids.
pub fn room_uri(route: &Route) -> String {
    format!("{ROOM_URI}{route}")
}

/// The id of a message that `sender` says in the conversation `route`.
///
/// # Errors
/// `content` is not content.
pub fn message_id(sender: &AccountId, route: &Route, content: &[u8]) -> Result<MessageId, Error> {
    mimi::message_id(&account_uri(sender), &room_uri(route), content)
}

/// One message: what it says, and how it stands to others.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    pub salt: Salt,
    /// Empty: none.
    pub topic: Vec<u8>,
    pub expires: Option<Expires>,
    /// `None` for bodies that have their target in them, but for edits and what is taken back.
    pub reply_to: Option<MessageId>,
    /// The words are someone else's, passed on; whose is not said.
    pub forwarded: bool,
    /// To be opened once.
    pub view_once: bool,
    /// When the words were typed, if that was long before they were sent. At most [`limits::TYPED_AT_MAX`].
    pub typed_at: Option<Millis>,
    /// Extensions that this version does not know: kept.
    pub other: Extensions,
    pub body: Body,
}

/// Whether keys and media are there or withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Whole,
    Description,
}

impl Content {
    /// A message with nothing around its body.
    pub fn new(salt: Salt, body: Body) -> Self {
        Self {
            salt,
            topic: Vec::new(),
            expires: None,
            reply_to: None,
            forwarded: false,
            view_once: false,
            typed_at: None,
            other: Extensions::default(),
            body,
        }
    }

    /// Reads content. What this version does not know, and what has not exactly the shape of its kind, becomes [`Body::Unknown`].
    ///
    /// # Errors
    /// It is not MIMI content at all.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        Self::decode_with(bytes, Kinds::ALL)
    }

    /// The same as a version would read it that knows only some kinds.
    ///
    /// # Errors
    /// As [`Self::decode`].
    pub fn decode_with(bytes: &[u8], kinds: Kinds) -> Result<Self, Error> {
        let message = Message::decode(bytes)?;
        Ok(Self::read(&message, kinds, Reading::Whole).unwrap_or_else(|_| Self::unknown(message, bytes)))
    }

    /// Reads leaf 0 of a message: everything but keys and thumbnails.
    ///
    /// # Errors
    /// It is not MIMI content, or something stands where a key or a medium must have been left out.
    pub fn decode_description(leaf: &[u8]) -> Result<Self, Error> {
        leaves::check_description(leaf)?;
        let message = Message::decode(leaf)?;
        Ok(Self::read(&message, Kinds::ALL, Reading::Description).unwrap_or_else(|_| Self::unknown(message, leaf)))
    }

    /// Writes content; for [`Body::Unknown`] the bytes it came in, whatever the other fields say.
    ///
    /// # Errors
    /// What a receiver would not read back as the same content, with what is wrong with it.
    ///
    /// # Security
    /// The bytes hold the keys of attachments: they go into the committed leaves and the client's own store, nowhere else.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let Some(message) = self.write() else {
            return match &self.body {
                Body::Unknown(unknown) => Ok(unknown.raw.clone()),
                _ => Err(Error::NotItself),
            };
        };
        let bytes = message.encode()?;
        if Self::read(&message, Kinds::ALL, Reading::Whole)? == *self { Ok(bytes) } else { Err(Error::NotItself) }
    }

    /// The leaves to commit to.
    ///
    /// # Errors
    /// As [`Self::encode`].
    pub fn leaves(&self) -> Result<Vec<Leaf>, Error> {
        leaves::split(&self.encode()?)
    }

    pub fn kind(&self) -> Kind {
        self.body.kind()
    }

    /// What it does to what a person sees; what is unknown is shown.
    pub fn role(&self) -> Role {
        match &self.body {
            Body::Unknown(_) => Role::Shown,
            body => body.kind().role(),
        }
    }

    /// Plain words for a place that can show nothing else.
    pub fn fallback(&self) -> String {
        match &self.body {
            Body::Unknown(unknown) => unknown.fallback.clone(),
            _ => self.write().map(|message| fallback::found_in(&message)).unwrap_or_default(),
        }
    }

    fn read(message: &Message, kinds: Kinds, reading: Reading) -> Result<Self, Error> {
        let kind = Kind::of(message);
        if !kinds.knows(kind) {
            return Err(Error::Shape);
        }
        let mut content = Self::envelope(message);
        content.body = read::body(kind, message, reading)?;
        for ours in [keys::KIND, keys::DATA, keys::FORWARDED, keys::TYPED_AT, keys::VIEW_ONCE, keys::PREVIEW, keys::REACH] {
            content.other.remove(&ours);
        }
        if !content.body.replaces() && content.body.target().is_some() {
            content.reply_to = None;
        }
        // Whatever the message holds beyond what was read would be committed to and not shown, or shown by other clients alone.
        let same = content.write().is_some_and(|written| written == with_safe_names(message));
        if same { Ok(content) } else { Err(Error::NotItself) }
    }

    /// All but the body, which is then replaced.
    fn envelope(message: &Message) -> Self {
        let extension = |key: &Key| message.extensions.get(key).map(|item| cbor::Reader::new(item.as_bytes()));
        let yes = |key: &Key| extension(key).is_some_and(|mut reader| reader.bool() == Ok(true));
        Self {
            topic: message.topic.clone(),
            expires: message.expires,
            reply_to: message.in_reply_to,
            forwarded: yes(&keys::FORWARDED),
            view_once: yes(&keys::VIEW_ONCE),
            typed_at: extension(&keys::TYPED_AT)
                .and_then(|mut reader| reader.uint().ok())
                .filter(|at| *at <= limits::TYPED_AT_MAX)
                .map(Millis),
            other: message.extensions.clone(),
            ..Self::new(message.salt, Body::Left)
        }
    }

    fn unknown(message: Message, raw: &[u8]) -> Self {
        let unknown = Unknown { kind: Kind::of(&message), fallback: fallback::found_in(&message), raw: raw.to_vec() };
        Self { body: Body::Unknown(unknown), ..Self::envelope(&message) }
    }

    /// `None` for what is unknown.
    fn write(&self) -> Option<Message> {
        let shape = write::Shape::of(&self.body)?;
        let mut extensions = self.other.clone();
        let kind = self.kind();
        let number = (!kind.is_native()).then(|| Item::build(|writer| writer.uint(kind.number().into())));
        let yes = |given: bool| given.then(|| Item::build(|writer| writer.yes_or_no(true)));
        let ours = [
            (keys::KIND, number),
            (keys::DATA, shape.data),
            (keys::FORWARDED, yes(self.forwarded)),
            (keys::TYPED_AT, self.typed_at.map(|at| Item::build(|writer| writer.uint(at.0)))),
            (keys::VIEW_ONCE, yes(self.view_once)),
            (keys::PREVIEW, shape.preview),
            (keys::REACH, shape.reach),
        ];
        for (key, item) in ours {
            if let Some(item) = item {
                extensions.set(key, item);
            }
        }
        Some(Message {
            salt: self.salt,
            replaces: shape.replaces,
            topic: self.topic.clone(),
            expires: self.expires,
            in_reply_to: shape.in_reply_to.or(self.reply_to),
            extensions,
            part: shape.part,
        })
    }
}

impl Body {
    fn replaces(&self) -> bool {
        matches!(self, Self::Edit { .. } | Self::Delete { .. } | Self::Unreact { .. })
    }
}

/// A name that was made safe differs from the one that came; nothing else may.
fn with_safe_names(message: &Message) -> Message {
    let mut message = message.clone();
    let safe = message.part.try_each_mut(&mut |part| {
        if let Form::External(external) = &mut part.form
            && !external.filename.is_empty()
        {
            external.filename = FileName::new(&external.filename).as_str().to_owned();
        }
        Ok(())
    });
    debug_assert_eq!(safe, Ok(()));
    message
}

/// Prints the name of a type and nothing of what is said: words printed into a log must not be a leak.
macro_rules! prints_its_name_alone {
    ($($type:path),* $(,)?) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($type), "([redacted])"))
            }
        }
    )*};
}

prints_its_name_alone!(
    Attachment,
    Attachments,
    ContactCard,
    Emoji,
    Extensions,
    Item,
    LinkPreview,
    Poll,
    Profile,
    Sticker,
    Text,
    Thumbnail,
    Unknown,
    mimi::External,
    mimi::Form,
    mimi::Message,
    mimi::Part,
);

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({:?})", self.kind())
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body({:?})", self.kind())
    }
}
