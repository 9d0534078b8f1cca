//! The private extension keys of Treehouse: -29801 to -29900, whose CBOR arguments begin with "t". None is ever given another meaning.

use super::mimi::Key;

/// Where our keys are. One that is not listed below belongs to a later version and is kept.
pub const RANGE: std::ops::RangeInclusive<i64> = -29900..=-29801;

/// uint: the number of a kind that MIMI has no form for.
pub(super) const KIND: Key = Key::Number(-29801);
/// The data of a kind: an array whose items docs/spec/content.md lists.
pub(super) const DATA: Key = Key::Number(-29802);
/// true: the words are someone else's, passed on. No trace of the source.
pub(super) const FORWARDED: Key = Key::Number(-29803);
/// uint: when the words were typed, in milliseconds.
pub(super) const TYPED_AT: Key = Key::Number(-29804);
/// true: to be opened once.
pub(super) const VIEW_ONCE: Key = Key::Number(-29805);
/// [url, title, description]: the preview of a link in a text.
pub(super) const PREVIEW: Key = Key::Number(-29806);
/// [inbox, drop pass, take pass]: how the sender of a Profile can be reached from now on.
pub(super) const REACH: Key = Key::Number(-29807);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_private_ours_and_used_once() {
        let all = [KIND, DATA, FORWARDED, TYPED_AT, VIEW_ONCE, PREVIEW, REACH];
        for key in &all {
            assert!(matches!(key, Key::Number(number) if RANGE.contains(number)));
            assert_eq!(all.iter().filter(|other| *other == key).count(), 1);
        }
    }
}
