//! What a reporter keeps of a report: a number to say to people, and secrets that ask after it and take it back without naming an account.

use crate::addressee::AddresseeSecret;
use crate::label;
use franking::encode::mac;
use std::fmt;
use wire::Hash32;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Read aloud and typed: no letters that look like others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a report is called: 50 bits of a hash. Names it, opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number([u8; 10]);

impl Number {
    /// Of no report.
    pub const NONE: Self = Self(*b"0000000000");

    /// Reads what was printed, in either case, with or without dashes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = [0; 10];
        let mut letters = text.bytes().filter(|byte| *byte != b'-' && *byte != b' ').map(|byte| byte.to_ascii_uppercase());
        for place in &mut out {
            *place = letters.next().filter(|letter| LETTERS.contains(letter))?;
        }
        letters.next().is_none().then_some(Self(out))
    }

    /// Its ten letters.
    pub fn as_bytes(&self) -> &[u8; 10] {
        &self.0
    }

    /// Takes ten letters; nothing when one is no letter of a number.
    pub fn from_bytes(bytes: &[u8; 10]) -> Option<Self> {
        bytes.iter().all(|byte| LETTERS.contains(byte)).then_some(Self(*bytes))
    }

    /// Of random bytes, or of a hash.
    fn of(bytes: &[u8; 32]) -> Self {
        Self(std::array::from_fn(|place| LETTERS[usize::from(bytes[place] % 32)]))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = |place: usize| char::from(self.0[place]);
        write!(f, "{}{}{}{}-", letter(0), letter(1), letter(2), letter(3))?;
        write!(f, "{}{}{}-{}{}{}", letter(4), letter(5), letter(6), letter(7), letter(8), letter(9))
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}

/// What somebody writes down who has no account: 25 letters that the secret of their report is made from.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Code([u8; 25]);

impl Code {
    /// The one of a request: whoever asks again under the same id, because nobody answered, has the same. `id`: 128 secret random bits; it has 125.
    pub fn of_request(id: &[u8; 16]) -> Self {
        let letters = Zeroizing::new(mac(&[0; 32], label::CASE_REQUEST, &[id]));
        Self(std::array::from_fn(|place| LETTERS[usize::from(letters[place] % 32)]))
    }

    /// Reads what was printed, in either case, with or without dashes.
    pub fn parse(text: &str) -> Option<Self> {
        let mut out = [0; 25];
        let mut letters = text.bytes().filter(|byte| *byte != b'-' && !byte.is_ascii_whitespace()).map(|byte| byte.to_ascii_uppercase());
        for place in &mut out {
            *place = letters.next().filter(|letter| LETTERS.contains(letter))?;
        }
        letters.next().is_none().then_some(Self(out))
    }

    /// As it is written down: five letters and five again.
    pub fn words(&self) -> Zeroizing<String> {
        let groups: Vec<String> = self.0.chunks(5).map(|group| group.iter().map(|letter| char::from(*letter)).collect()).collect();
        Zeroizing::new(groups.join("-"))
    }

    /// The secret that it stands for.
    pub fn case(&self) -> Case {
        Case(mac(&[0; 32], label::CASE_CODE, &[&self.0]))
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code([redacted])")
    }
}

/// The secret of one report, random and tied to nothing else. It stays with the reporter.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Case([u8; 32]);

impl Case {
    /// Takes it from where it is kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes themselves, for the one place that stores them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// What the report is called.
    pub fn number(&self) -> Number {
        Number::of(&mac(&self.0, label::CASE_NUMBER, &[]))
    }

    /// What asks after the report and takes it back. The server keeps its hash.
    pub fn token(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(mac(&self.0, label::CASE_TOKEN, &[]))
    }

    /// What the server files the report under.
    pub fn token_hash(&self) -> Hash32 {
        Hash32::of(&*self.token())
    }

    /// What answers to the reporter are sealed to: the return address.
    pub fn return_key(&self) -> AddresseeSecret {
        AddresseeSecret::from_seed(&mac(&self.0, label::CASE_RETURN, &[]))
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Case([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_it_is_printed_and_as_people_type_it() {
        let number = Case::from_bytes([7; 32]).number();
        let printed = number.to_string();
        assert_eq!(printed.len(), 12);
        assert_eq!(Number::parse(&printed), Some(number));
        assert_eq!(Number::parse(&printed.to_lowercase().replace('-', " ")), Some(number));
        for wrong in ["", "0000-000-00", "0000-000-0000", "000I-000-000"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_is_read_as_it_was_written_down_and_stands_for_one_report() {
        let code = Code::of_request(&[3; 16]);
        let words = code.words();
        assert_eq!((words.len(), words.matches('-').count()), (29, 4));
        for typed in [words.to_string(), words.to_lowercase().replace('-', " "), words.replace('-', "")] {
            assert_eq!(Code::parse(&typed).unwrap().case().number(), code.case().number());
        }
        assert_eq!(Code::of_request(&[3; 16]).words(), words, "asked for again it is the same");
        let other = Code::of_request(&[4; 16]);
        assert_ne!(other.case().number(), code.case().number());
        for wrong in [&words[1..], &format!("{}A", *words), ""] {
            assert!(Code::parse(wrong).is_none(), "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "Code([redacted])");
    }

    #[test]
    fn what_a_case_gives_differs_by_purpose_and_by_case() {
        let (one, two) = (Case::from_bytes([7; 32]), Case::from_bytes([8; 32]));
        assert_ne!(one.number(), two.number());
        assert_ne!(one.token_hash(), two.token_hash());
        assert_ne!(one.return_key().expose(), &*one.token());
        assert_eq!(format!("{one:?}"), "Case([redacted])");
    }
}
