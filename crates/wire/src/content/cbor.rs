//! Deterministic CBOR (RFC 8949 section 4.2.1) on the tokens of `minicbor`, reading strictly.
//!
//! One value has one encoding, so that a hash of content is a hash of its meaning: shortest numbers and lengths, definite lengths, sorted
//! unique map keys. The data model is that of draft-ietf-mimi-content-08, "CBOR Data Model and Encoding Restrictions".

use super::error::Error;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// Containers and tags below the map of extensions: the draft allows four levels, the map itself is the first.
pub(super) const EXTENSION_LEVELS: usize = 3;
/// Integer map keys must survive a double: 2^53 - 1.
const KEY_INT_MAX: u64 = (1 << 53) - 1;
const TAG_BIGNUM_POSITIVE: u64 = 2;
const TAG_BIGNUM_NEGATIVE: u64 = 3;

/// One CBOR item as its deterministic bytes, checked: what this version does not understand is kept exactly.
#[derive(Clone, PartialEq, Eq)]
pub struct Item(Vec<u8>);

impl Item {
    /// # Errors
    /// Anything but one deterministic item of at most three levels, as the value of an extension may be.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        reader.item(EXTENSION_LEVELS)?;
        reader.end()?;
        Ok(Self(bytes.to_vec()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn build(write: impl FnOnce(&mut Writer)) -> Self {
        let mut writer = Writer::new();
        write(&mut writer);
        Self(writer.finish())
    }

    /// Only for slices that [`Reader::item`] has checked.
    pub(super) fn checked(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

/// Reads items one after the other; every method refuses what is not deterministic.
pub(super) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    pub fn uint(&mut self) -> Result<u64, Error> {
        let start = self.0.position();
        let value = self.0.u64().map_err(flat)?;
        self.shortest(start, value, 0)?;
        Ok(value)
    }

    /// A negative integer `-1 - n`, as its `n`.
    pub fn negative(&mut self) -> Result<u64, Error> {
        let start = self.0.position();
        let value = i128::from(self.0.int().map_err(flat)?);
        let argument = u64::try_from(-1 - value).map_err(|_| Error::UnexpectedType)?;
        self.shortest(start, argument, 0)?;
        Ok(argument)
    }

    pub fn bytes(&mut self) -> Result<&'b [u8], Error> {
        self.definite()?;
        let start = self.0.position();
        let bytes = self.0.bytes().map_err(flat)?;
        self.shortest(start, bytes.len() as u64, bytes.len())?;
        Ok(bytes)
    }

    pub fn text(&mut self) -> Result<&'b str, Error> {
        self.definite()?;
        let start = self.0.position();
        let text = self.0.str().map_err(|error| {
            let utf8 = !error.is_end_of_input() && !error.is_type_mismatch();
            if utf8 { Error::NotUtf8 } else { flat(error) }
        })?;
        self.shortest(start, text.len() as u64, text.len())?;
        Ok(text)
    }

    pub fn array(&mut self) -> Result<u64, Error> {
        self.definite()?;
        let start = self.0.position();
        let count = self.0.array().map_err(flat)?.ok_or(Error::Indefinite)?;
        self.shortest(start, count, 0)?;
        Ok(count)
    }

    pub fn map(&mut self) -> Result<u64, Error> {
        self.definite()?;
        let start = self.0.position();
        let count = self.0.map().map_err(flat)?.ok_or(Error::Indefinite)?;
        self.shortest(start, count, 0)?;
        Ok(count)
    }

    pub fn bool(&mut self) -> Result<bool, Error> {
        self.0.bool().map_err(flat)
    }

    /// Whether the next item is null, which is then consumed.
    pub fn null(&mut self) -> Result<bool, Error> {
        if self.datatype()? != Type::Null {
            return Ok(false);
        }
        self.0.null().map_err(flat)?;
        Ok(true)
    }

    pub fn datatype(&self) -> Result<Type, Error> {
        self.0.datatype().map_err(flat)
    }

    /// The bytes read since `start`.
    fn since(&self, start: usize) -> &'b [u8] {
        self.0.input().get(start..self.0.position()).unwrap_or_default()
    }

    /// Any item with at most `levels` of arrays, maps and tags, as its bytes.
    pub fn item(&mut self, levels: usize) -> Result<&'b [u8], Error> {
        let start = self.0.position();
        self.walk(levels)?;
        Ok(self.since(start))
    }

    /// Nothing may follow: two messages in one would be hashed as one and shown as another.
    pub fn end(&self) -> Result<(), Error> {
        if self.0.position() == self.0.input().len() { Ok(()) } else { Err(Error::Trailing) }
    }

    fn walk(&mut self, levels: usize) -> Result<(), Error> {
        let below = || levels.checked_sub(1).ok_or(Error::TooDeep);
        match self.datatype()? {
            Type::U8 | Type::U16 | Type::U32 | Type::U64 => self.uint().map(drop),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => self.negative().map(drop),
            Type::Bytes => self.bytes().map(drop),
            Type::String => self.text().map(drop),
            Type::Array => {
                let below = below()?;
                // A lying count ends at the end of the input: each item takes at least a byte.
                (0..self.array()?).try_for_each(|_| self.walk(below))
            }
            Type::Map => self.walk_map(below()?),
            Type::Tag => self.walk_tag(below()?),
            Type::Bool | Type::Null | Type::Undefined | Type::Simple => self.simple(),
            Type::F16 | Type::F32 | Type::F64 => self.float(),
            Type::BytesIndef | Type::StringIndef | Type::ArrayIndef | Type::MapIndef => Err(Error::Indefinite),
            Type::Break | Type::Unknown(_) => Err(Error::UnexpectedType),
        }
    }

    fn walk_map(&mut self, levels: usize) -> Result<(), Error> {
        let mut last: Option<&[u8]> = None;
        for _ in 0..self.map()? {
            let start = self.0.position();
            match self.datatype()? {
                Type::Bytes | Type::String => self.walk(levels)?,
                Type::U8 | Type::U16 | Type::U32 | Type::U64 => within_double(self.uint()?)?,
                Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
                    within_double(self.negative()?.checked_add(1).ok_or(Error::MapKey)?)?;
                }
                _ => return Err(Error::MapKey),
            }
            let key = self.since(start);
            if last.is_some_and(|last| last >= key) {
                return Err(Error::MapOrder);
            }
            last = Some(key);
            self.walk(levels)?;
        }
        Ok(())
    }

    fn walk_tag(&mut self, levels: usize) -> Result<(), Error> {
        let start = self.0.position();
        let tag = self.0.tag().map_err(flat)?.as_u64();
        self.shortest(start, tag, 0)?;
        if matches!(tag, TAG_BIGNUM_POSITIVE | TAG_BIGNUM_NEGATIVE) {
            // A big number that fits a number has another, shorter encoding.
            let digits = self.bytes()?;
            return if digits.len() > 8 && digits.first() != Some(&0) { Ok(()) } else { Err(Error::NotShortest) };
        }
        self.walk(levels)
    }

    fn simple(&mut self) -> Result<(), Error> {
        let start = self.0.position();
        match self.0.input().get(start) {
            // RFC 8949 section 3.3: simple values below 32 do not take a second byte.
            Some(0xf8) if self.0.input().get(start + 1).is_some_and(|value| *value < 32) => Err(Error::NotShortest),
            Some(0xf8) => self.0.simple().map(drop).map_err(flat),
            Some(_) => {
                self.0.set_position(start + 1);
                Ok(())
            }
            None => Err(Error::Truncated),
        }
    }

    fn float(&mut self) -> Result<(), Error> {
        let start = self.0.position();
        let rest = self.0.input().get(start..).unwrap_or_default();
        match rest {
            [0xf9, high, low, ..] => {
                let half = u16::from_be_bytes([*high, *low]);
                self.0.set_position(start + 3);
                if half & 0x7c00 == 0x7c00 && half & 0x03ff != 0 && half != 0x7e00 { Err(Error::NotANumber) } else { Ok(()) }
            }
            [0xfa, ..] => match self.0.f32().map_err(flat)? {
                single if single.is_nan() => Err(Error::NotANumber),
                single if fits_half(single) => Err(Error::NotShortest),
                _ => Ok(()),
            },
            [0xfb, ..] => match self.0.f64().map_err(flat)? {
                double if double.is_nan() => Err(Error::NotANumber),
                double if f64::from(double as f32) == double => Err(Error::NotShortest),
                _ => Ok(()),
            },
            _ => Err(Error::Truncated),
        }
    }

    fn definite(&self) -> Result<(), Error> {
        match self.datatype()? {
            Type::BytesIndef | Type::StringIndef | Type::ArrayIndef | Type::MapIndef => Err(Error::Indefinite),
            _ => Ok(()),
        }
    }

    /// The head of the item read since `start` is as short as its argument allows.
    fn shortest(&self, start: usize, argument: u64, payload: usize) -> Result<(), Error> {
        let head = match argument {
            0..=23 => 1,
            24..=0xff => 2,
            0x100..=0xffff => 3,
            0x1_0000..=0xffff_ffff => 5,
            _ => 9,
        };
        if self.0.position() == start + head + payload { Ok(()) } else { Err(Error::NotShortest) }
    }
}

fn within_double(magnitude: u64) -> Result<(), Error> {
    if magnitude <= KEY_INT_MAX { Ok(()) } else { Err(Error::MapKey) }
}

fn flat(error: minicbor::decode::Error) -> Error {
    if error.is_end_of_input() { Error::Truncated } else { Error::UnexpectedType }
}

/// Whether a single-precision number is also a half-precision one.
fn fits_half(single: f32) -> bool {
    let bits = single.to_bits();
    let (exponent, fraction) = ((bits >> 23 & 0xff) as i32 - 127, bits & 0x7f_ffff);
    match exponent {
        -127 => fraction == 0,
        // Subnormal halves are the multiples of 2^-24.
        -24..=-15 => (fraction | 0x80_0000).trailing_zeros() as i32 >= -(exponent + 1),
        -14..=15 => fraction & 0x1fff == 0,
        128 => true,
        _ => false,
    }
}

/// Writes items one after the other, in their only form.
pub(super) struct Writer(Encoder<Vec<u8>>);

// A `Vec` takes any bytes, so the results of the encoder, whose error is `Infallible`, hold nothing to look at.
impl Writer {
    pub fn new() -> Self {
        Self(Encoder::new(Vec::new()))
    }
    pub fn uint(&mut self, value: u64) {
        let _ = self.0.u64(value);
    }
    pub fn int(&mut self, value: i64) {
        let _ = self.0.i64(value);
    }
    pub fn bytes(&mut self, bytes: &[u8]) {
        let _ = self.0.bytes(bytes);
    }
    pub fn text(&mut self, text: &str) {
        let _ = self.0.str(text);
    }
    pub fn array(&mut self, count: usize) {
        let _ = self.0.array(count as u64);
    }
    pub fn map(&mut self, count: usize) {
        let _ = self.0.map(count as u64);
    }
    pub fn null(&mut self) {
        let _ = self.0.null();
    }
    pub fn yes_or_no(&mut self, value: impl Into<bool>) {
        let _ = self.0.bool(value.into());
    }
    pub fn item(&mut self, item: &Item) {
        self.0.writer_mut().extend_from_slice(&item.0);
    }
    pub fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }
}
