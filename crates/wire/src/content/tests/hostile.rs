//! Bytes that mean harm: an error or a message, never a panic, and nothing that is read is not written back.

use super::*;
use crate::content::leaves::{join, split};
use proptest::collection::vec;
use proptest::prelude::*;

/// Reads bytes in every way there is. What is taken must come back byte for byte, or two texts would have one meaning.
fn read_in_every_way(bytes: &[u8]) {
    if let Ok(message) = Message::decode(bytes) {
        assert_eq!(message.encode().unwrap(), bytes);
        assert_eq!(join(&split(bytes).unwrap()).unwrap(), bytes);
        let content = Content::decode(bytes).unwrap();
        let names_changed = content.encode().unwrap() != bytes;
        assert!(!names_changed || content.body.attachments().iter().any(|attachment| attachment.file_name.is_some()));
        assert_eq!(content.kind(), Kind::of(&message));
        assert!(content.fallback().len() <= bytes.len());
        let _ = message_id(&AccountId([1; 32]), &Route([2; 32]), bytes).unwrap();
    }
    let _ = Content::decode_description(bytes);
    let _ = join(&[bytes, bytes]);
    let _ = Item::parse(bytes);
}

fn examples() -> Vec<Vec<u8>> {
    [include_str!("../../../../../vectors/mimi-content.json"), include_str!("../../../../../vectors/mimi-content-treehouse.json")]
        .into_iter()
        .flat_map(|text| {
            let all: serde_json::Value = serde_json::from_str(text).unwrap();
            let list = all.get("examples").or(all.get("content")).unwrap().as_array().unwrap().clone();
            list.into_iter().map(|one| unhex(one["hex"].as_str().unwrap()))
        })
        .collect()
}

#[test]
fn a_message_cut_short_anywhere_is_refused() {
    for example in examples() {
        for end in 0..example.len() {
            assert!(Message::decode(&example[..end]).is_err());
            read_in_every_way(&example[..end]);
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_an_error_or_another_message() {
    for example in examples() {
        let original = Message::decode(&example).unwrap();
        for bit in 0..example.len() * 8 {
            let mut flipped = example.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            read_in_every_way(&flipped);
            if let Ok(message) = Message::decode(&flipped) {
                assert!(message != original);
            }
        }
    }
}

#[test]
fn a_byte_put_in_or_taken_out_anywhere_is_an_error_or_another_message() {
    for example in examples() {
        for place in 0..example.len() {
            let mut shorter = example.clone();
            shorter.remove(place);
            read_in_every_way(&shorter);
            for byte in [0x00, 0x5f, 0x80, 0x9b, 0xff] {
                let mut longer = example.clone();
                longer.insert(place, byte);
                read_in_every_way(&longer);
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused_without_going_deep() {
    for opening in [0x81u8, 0xc0, 0xa1, 0x9f] {
        let bytes = vec![opening; crate::limits::CONTENT_MAX];
        assert!(Message::decode(&bytes).is_err() && Item::parse(&bytes).is_err());
    }
    let parts = unhex(&format!("8750{}f640f6f6a0{}", "00".repeat(16), "850160030282".repeat(5000)));
    assert_eq!(Message::decode(&parts), Err(Error::TooDeep));
}

#[test]
fn a_giant_length_takes_no_room() {
    for giant in ["5b7fffffffffffffff", "7bffffffffffffffff", "9b00000000ffffffff", "bb7fffffffffffffff"] {
        let start = format!("8750{}f6", "00".repeat(16));
        read_in_every_way(&unhex(&format!("{start}{giant}")));
        read_in_every_way(&unhex(&format!("{start}40f6f6a13903e7{giant}")));
        assert!(Message::decode(&unhex(&format!("{start}{giant}"))).is_err());
    }
}

proptest! {
    #[test]
    fn random_bytes_do_no_harm(bytes in vec(any::<u8>(), 0..400)) {
        read_in_every_way(&bytes);
    }

    #[test]
    fn random_bytes_in_an_extension_or_a_part_do_no_harm(extensions in vec(any::<u8>(), 0..60), part in vec(any::<u8>(), 0..60)) {
        let start = unhex(&format!("8750{}f640f6f6", "00".repeat(16)));
        read_in_every_way(&[start.as_slice(), &[0xa1, 0x39, 0x03, 0xe7], &extensions, &part].concat());
        read_in_every_way(&[start.as_slice(), &[0xa0, 0x85, 0x01, 0x60], &part].concat());
    }

    #[test]
    fn random_data_of_every_kind_is_shown_by_its_words(number in 8u16..24, data in vec(0u8..=0x9f, 1..24), relation in 0u8..4) {
        let Ok(data) = Item::parse(&data) else { return Ok(()) };
        let mut message = Message::decode(&Content::new(salt(1), Body::Text(Text::plain("words"))).encode().unwrap()).unwrap();
        message.extensions.set(keys::KIND, Item::build(|writer| writer.uint(number.into())));
        message.extensions.set(keys::DATA, data);
        message.in_reply_to = (relation & 1 != 0).then(|| id(5));
        message.replaces = (relation & 2 != 0).then(|| id(6));
        let bytes = message.encode().unwrap();
        read_in_every_way(&bytes);
        let content = Content::decode(&bytes).unwrap();
        prop_assert_eq!(content.fallback(), "words");
    }
}
