//! Single fields: lengths, counts, enums.

use super::Malformed;
use crate::call::{Flag, Role};
use crate::{ids::WrongLength, proto};
use bytes::Bytes;

impl From<WrongLength> for Malformed {
    fn from(_: WrongLength) -> Self {
        Self::WrongLength
    }
}

/// An id or secret of fixed length.
pub(super) fn id<T>(bytes: &Bytes) -> Result<T, Malformed>
where
    T: for<'a> TryFrom<&'a [u8], Error = WrongLength>,
{
    Ok(T::try_from(bytes)?)
}

pub(super) fn array<const N: usize>(bytes: &Bytes) -> Result<[u8; N], Malformed> {
    bytes.as_ref().try_into().map_err(|_| Malformed::WrongLength)
}

pub(super) fn at_most(found: usize, limit: usize) -> Result<(), Malformed> {
    if found > limit { Err(Malformed::OverLimit) } else { Ok(()) }
}

/// Bytes that are there and no more than `limit`.
pub(super) fn within(bytes: Bytes, limit: usize) -> Result<Bytes, Malformed> {
    if bytes.is_empty() {
        return Err(Malformed::Missing);
    }
    at_most(bytes.len(), limit)?;
    Ok(bytes)
}

/// Bytes of one length, whatever they say.
pub(super) fn exactly(bytes: Bytes, len: usize) -> Result<Bytes, Malformed> {
    if bytes.len() == len { Ok(bytes) } else { Err(Malformed::WrongLength) }
}

/// Bytes that may be absent, which is said by leaving them empty.
pub(super) fn optional(bytes: Bytes, limit: usize) -> Result<Option<Bytes>, Malformed> {
    if bytes.is_empty() { Ok(None) } else { within(bytes, limit).map(Some) }
}

/// Every element of a list no longer than `limit`.
pub(super) fn each<T, U>(items: Vec<T>, limit: usize, parse: impl Fn(T) -> Result<U, Malformed>) -> Result<Vec<U>, Malformed> {
    at_most(items.len(), limit)?;
    items.into_iter().map(parse).collect()
}

pub(super) fn words(words: Vec<String>) -> Result<Vec<String>, Malformed> {
    use crate::limits::{FEATURE_LEN_MAX, FEATURES_MAX};
    each(words, FEATURES_MAX, |word| at_most(word.len(), FEATURE_LEN_MAX).map(|()| word))
}

pub(super) fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

pub(super) fn flag(value: i32) -> Result<Flag, Malformed> {
    match proto::Flag::try_from(value) {
        Ok(proto::Flag::Content) => Ok(Flag::Content),
        Ok(proto::Flag::Commit) => Ok(Flag::Commit),
        Ok(proto::Flag::Unspecified) | Err(_) => Err(Malformed::Unspecified),
    }
}

pub(super) fn flag_code(flag: Flag) -> i32 {
    match flag {
        Flag::Content => proto::Flag::Content.into(),
        Flag::Commit => proto::Flag::Commit.into(),
    }
}

pub(super) fn role(value: i32) -> Result<Role, Malformed> {
    match proto::Role::try_from(value) {
        Ok(proto::Role::Owner) => Ok(Role::Owner),
        Ok(proto::Role::Member) => Ok(Role::Member),
        Ok(proto::Role::Drop) => Ok(Role::Drop),
        Ok(proto::Role::Unspecified) | Err(_) => Err(Malformed::Unspecified),
    }
}

pub(super) fn role_code(role: Role) -> i32 {
    match role {
        Role::Owner => proto::Role::Owner.into(),
        Role::Member => proto::Role::Member.into(),
        Role::Drop => proto::Role::Drop.into(),
    }
}
