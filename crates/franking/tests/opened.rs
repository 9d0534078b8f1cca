//! The encoding of what travels inside an MLS message: one for each message, within limits, with padding that says nothing.

mod cast;

use cast::{Client, Log, Message, rng};
use franking::*;
use proptest::prelude::*;
use wire::pad::is_padme;

fn message(fields: &[&str]) -> (Client, Message, Log) {
    let (mut alice, mut log) = (Client::new(1), Log::new(1));
    let message = alice.say(&mut log, fields);
    (alice, message, log)
}

fn seal(fields: Vec<Vec<u8>>) -> Result<(wire::Commitment, Opened), SealError> {
    let (alice, log) = (Client::new(1), Log::new(1));
    let kf = CommitKey::from_bytes([1; 32]);
    Opened::seal(kf, alice.context(&log), fields, &alice.franking, &Authority::none(), &mut rng(1))
}

const COUNT_AT: usize = 1 + 32 + Context::LEN + 8 + Proof::LEN;

#[test]
fn a_message_cut_anywhere_does_not_decode() {
    let (_, message, _) = message(&["hello", "", "key"]);
    let bytes = message.opened.to_bytes();
    for len in 0..bytes.len() {
        assert_eq!(Opened::from_bytes(&bytes[..len]), Err(Malformed::Truncated), "{len} bytes");
    }
    assert_eq!(Opened::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Malformed::Trailing));
    let payload = message.opened.to_payload();
    for len in 0..payload.len() {
        assert!(Opened::from_payload(&payload[..len]).is_err(), "{len} bytes of payload");
    }
}

#[test]
fn a_flipped_bit_is_never_shown() {
    let (alice, message, log) = message(&["hello", "", "key"]);
    let payload = message.opened.to_payload();
    let expected = message.expected(log.head.route, Some(Said::NOTHING));
    for bit in 0..payload.len() * 8 {
        let mut flipped = payload.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(opened) = Opened::from_payload(&flipped) {
            let flipped = Message { opened, ..message.clone() };
            assert!(flipped.check(&alice.cert, &expected).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn padding_has_no_place_for_words() {
    let (_, message, _) = message(&["hello"]);
    let payload = message.opened.to_payload();
    let bytes = message.opened.to_bytes();
    assert!(payload.len() > bytes.len() && is_padme(payload.len() as u64));
    for place in bytes.len()..payload.len() {
        let mut written = payload.clone();
        written[place] = 1;
        assert_eq!(Opened::from_payload(&written), Err(Malformed::Trailing));
    }
    let longer = [payload.as_slice(), &[0; 4096]].concat();
    assert_eq!(Opened::from_payload(&longer), Err(Malformed::Trailing), "zeros that are not the padding");
    assert_eq!(Opened::from_payload(&bytes), Err(Malformed::Trailing), "no padding");
}

#[test]
fn nothing_beyond_the_limits_is_sealed_or_read() {
    assert_eq!(seal(vec![]), Err(SealError::Limit));
    assert_eq!(seal(vec![vec![]; FIELDS_MAX + 1]), Err(SealError::Limit));
    assert_eq!(seal(vec![vec![0; FIELDS_BYTES_MAX], vec![0]]), Err(SealError::Limit));
    for fields in [vec![vec![]; FIELDS_MAX], vec![vec![0; FIELDS_BYTES_MAX]]] {
        let (_, opened) = seal(fields).unwrap();
        assert_eq!(Opened::from_payload(&opened.to_payload()), Ok(opened));
    }

    let with_count = |count: u16, fields: &[u8]| {
        let mut bytes = seal(vec![vec![]]).unwrap().1.to_bytes();
        bytes.truncate(COUNT_AT);
        bytes.extend_from_slice(&count.to_be_bytes());
        bytes.extend_from_slice(fields);
        Opened::from_bytes(&bytes)
    };
    assert_eq!(with_count(0, &[]), Err(Malformed::Limit));
    assert_eq!(with_count(FIELDS_MAX as u16 + 1, &[0; 4 * (FIELDS_MAX + 1)]), Err(Malformed::Limit));
    assert_eq!(with_count(1, &u32::MAX.to_be_bytes()), Err(Malformed::Limit), "a length that is not there is not asked for");
    let long = [&(FIELDS_BYTES_MAX as u32 + 1).to_be_bytes(), vec![0; FIELDS_BYTES_MAX + 1].as_slice()].concat();
    assert_eq!(with_count(1, &long), Err(Malformed::Limit));
}

#[test]
fn a_context_that_contradicts_itself_is_not_sealed() {
    let (alice, log) = (Client::new(1), Log::new(1));
    let context = Context { counter: 0, ..alice.context(&log) };
    let sealed = Opened::seal(CommitKey::from_bytes([1; 32]), context, vec![vec![]], &alice.franking, &Authority::none(), &mut rng(1));
    assert_eq!(sealed, Err(SealError::Context));
}

#[test]
fn a_message_does_not_print_its_words() {
    let (alice, message, log) = message(&["a secret word"]);
    let verified = message.check(&alice.cert, &message.expected(log.head.route, None)).unwrap();
    let bytes = format!("{:?}", b"a secret word");
    for printed in [format!("{:?}", message.opened), format!("{verified:?}")] {
        assert!(!printed.contains("a secret word") && !printed.contains(&bytes));
    }
}

proptest! {
    #[test]
    fn every_message_round_trips(fields in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 1..5)) {
        let (c, opened) = seal(fields).unwrap();
        prop_assert_eq!(opened.commitment(), c);
        prop_assert_eq!(&Opened::from_bytes(&opened.to_bytes()), &Ok(opened.clone()));
        prop_assert_eq!(&Opened::from_payload(&opened.to_payload()), &Ok(opened));
    }

    #[test]
    fn whatever_decodes_as_a_message_is_its_own_encoding(tail in prop::collection::vec(0u8..6, 0..60)) {
        let mut bytes = seal(vec![vec![]]).unwrap().1.to_bytes();
        bytes.truncate(COUNT_AT);
        bytes.extend_from_slice(&tail);
        if let Ok(opened) = Opened::from_bytes(&bytes) {
            prop_assert_eq!(opened.to_bytes(), bytes);
        }
    }
}
