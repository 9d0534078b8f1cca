//! What no release may be made with. This file compiles on its own with the two values that it is about: a test does so.

#[cfg(any(test, not(debug_assertions)))]
use crate::trust::{AUTHORITY_OF_TESTS, SHIPPED};

// A release whose bundle names the Authority of the tests does not compile: everybody knows its secret, and could write in anybody's name.
#[cfg(not(debug_assertions))]
const _: () = assert!(!names(SHIPPED.as_bytes(), &AUTHORITY_OF_TESTS), "the trust bundle names the Authority of the tests");

/// Whether a text names a key in hex, in either case.
#[cfg(any(test, not(debug_assertions)))]
const fn names(text: &[u8], key: &[u8; 32]) -> bool {
    let mut start = 0;
    while start + 64 <= text.len() {
        let mut place = 0;
        while place < 64 {
            let byte = key[place / 2];
            let nibble = if place % 2 == 0 { byte >> 4 } else { byte & 15 };
            if text[start + place].to_ascii_lowercase() != b"0123456789abcdef"[nibble as usize] {
                break;
            }
            place += 1;
        }
        if place == 64 {
            return true;
        }
        start += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_of_the_tests_is_found_in_any_text_and_not_in_the_bundle_of_this_program() {
        let key = wire::Hash32(AUTHORITY_OF_TESTS).to_string();
        for text in [key.clone(), format!("\n# x\nauthority {key} tests\n"), key.to_uppercase()] {
            assert!(names(text.as_bytes(), &AUTHORITY_OF_TESTS), "{text}");
        }
        assert!(!names(b"short", &AUTHORITY_OF_TESTS) && !names(key[..63].as_bytes(), &AUTHORITY_OF_TESTS));
        assert!(!names(SHIPPED.as_bytes(), &AUTHORITY_OF_TESTS));
    }
}
