//! The map of extensions of a message: what this version does not know is kept, in its place and byte for byte.

use super::cbor::{EXTENSION_LEVELS, Item, Reader, Writer};
use super::error::Error;
use minicbor::data::Type;
use std::cmp::Ordering;

/// The largest integer key: it must survive a double (draft-ietf-mimi-content-08, "Data model restrictions").
const KEY_MAX: u64 = (1 << 53) - 1;
/// The longest text key.
const KEY_TEXT_MAX: usize = 255;

/// The key of an extension. Positive integers are registered with IANA, negative ones and texts are private.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// From -(2^53 - 1) to 2^53 - 1.
    Number(i64),
    /// 1 to 255 bytes.
    Text(String),
}

impl Key {
    /// The sender's URI, for who cannot derive it.
    pub const SENDER_URI: Self = Self::Number(1);
    /// The room's URI, for who cannot derive it.
    pub const ROOM_URI: Self = Self::Number(2);

    fn read(reader: &mut Reader) -> Result<Self, Error> {
        match reader.datatype()? {
            Type::String => match reader.text()? {
                text if text.is_empty() || text.len() > KEY_TEXT_MAX => Err(Error::ExtensionKey),
                text => Ok(Self::Text(text.to_owned())),
            },
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => match reader.uint()? {
                number if number <= KEY_MAX => Ok(Self::Number(number as i64)),
                _ => Err(Error::MapKey),
            },
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => match reader.negative()? {
                argument if argument < KEY_MAX => Ok(Self::Number(-1 - argument as i64)),
                _ => Err(Error::MapKey),
            },
            _ => Err(Error::MapKey),
        }
    }

    fn write(&self, writer: &mut Writer) {
        match self {
            Self::Number(number) => writer.int(*number),
            Self::Text(text) => writer.text(text),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The order of the encoded keys (RFC 8949 section 4.2.1): 0, 1, .., -1, -2, .., then texts, the shorter first.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => (*a < 0, a.unsigned_abs()).cmp(&(*b < 0, b.unsigned_abs())),
            (Self::Text(a), Self::Text(b)) => (a.len(), a).cmp(&(b.len(), b)),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

/// Extensions by key, each key once.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Extensions(Vec<(Key, Item)>);

impl Extensions {
    pub fn get(&self, key: &Key) -> Option<&Item> {
        self.find(key).ok().and_then(|place| self.0.get(place)).map(|(_, item)| item)
    }

    /// Sets the value of a key, replacing the one it had.
    pub fn set(&mut self, key: Key, item: Item) {
        self.remove(&key);
        let place = self.find(&key).unwrap_or_else(|place| place);
        self.0.insert(place, (key, item));
    }

    pub fn remove(&mut self, key: &Key) -> Option<Item> {
        self.find(key).ok().map(|place| self.0.remove(place).1)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Item)> {
        self.0.iter().map(|(key, item)| (key, item))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn find(&self, key: &Key) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }

    pub(super) fn read(reader: &mut Reader) -> Result<Self, Error> {
        let mut all: Vec<(Key, Item)> = Vec::new();
        for _ in 0..reader.map()? {
            let key = Key::read(reader)?;
            if all.last().is_some_and(|(last, _)| *last >= key) {
                return Err(Error::MapOrder);
            }
            let value = reader.item(EXTENSION_LEVELS)?;
            if matches!(key, Key::SENDER_URI | Key::ROOM_URI) {
                Reader::new(value).text()?;
            }
            all.push((key, Item::checked(value)));
        }
        Ok(Self(all))
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        writer.map(self.0.len());
        for (key, item) in &self.0 {
            key.write(writer);
            writer.item(item);
        }
    }
}
