//! Names of uploads in paths and of invitations in links: lower-case hex, one spelling.

/// Two digits a byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of 32 lower-case digits; `None` for anything else.
pub fn decode(text: &str) -> Option<[u8; 16]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let mut out = [0; 16];
    if pairs.len() != out.len() || !rest.is_empty() {
        return None;
    }
    for ([high, low], byte) in pairs.iter().zip(&mut out) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_round_trips_and_no_other_decodes() {
        let bytes = *b"0123456789abcdef";
        assert_eq!(decode(&encode(&bytes)), Some(bytes));
        for other in ["", "ab", &"A".repeat(32), &"+f".repeat(16), &"0".repeat(34), &"é".repeat(16)] {
            assert_eq!(decode(other), None, "{other}");
        }
    }
}
