//! The format itself: deterministic CBOR and the draft's rules, each with a no.

use super::*;

/// `{extensions}` and `[part]` of a message that is otherwise empty.
fn message(extensions: &str, part: &str) -> Vec<u8> {
    unhex(&format!("8750{}f640f6f6{extensions}{part}", "00".repeat(16)))
}

const NULL_PART: &str = "83016000";
/// Up to and with the size.
const EXTERNAL_HEAD: &str = "8f06600260600000";

fn with_value(value: &str) -> Result<Message, Error> {
    Message::decode(&message(&format!("a13903e7{value}"), NULL_PART))
}

#[test]
fn an_empty_message_is_taken() {
    assert!(Message::decode(&message("a0", NULL_PART)).is_ok());
}

#[test]
fn every_deterministic_value_is_kept_as_it_is() {
    let values = [
        "00",
        "17",
        "1818",
        "18ff",
        "190100",
        "1a00010000",
        "1b0000000100000000",
        "1bffffffffffffffff",
        "20",
        "3818",
        "3bffffffffffffffff",
        "40",
        "4101",
        "60",
        "62c3a9",
        "80",
        "820102",
        "a0",
        "a2010203f6",
        "a3010020004000",
        "a140f5",
        "f4",
        "f5",
        "f6",
        "f7",
        "e0",
        "f3",
        "f820",
        "f8ff",
        "f97e00",
        "f90000",
        "f93e00",
        "f97c00",
        "fa47c35000",
        "fa7f7fffff",
        "fa33000000",
        "fb3ff199999999999a",
        "fb7e37e43c8800759c",
        "c001",
        "d81801",
        "c249010000000000000000",
        "c349010000000000000000",
        "818100",
        "8181c001",
    ];
    for value in values {
        let message = message(&format!("a13903e7{value}"), NULL_PART);
        assert_eq!(
            hex(&Message::decode(&message).unwrap_or_else(|error| panic!("{value}: {error}")).encode().unwrap()),
            hex(&message),
            "{value}"
        );
    }
}

#[test]
fn another_form_of_a_value_is_refused() {
    let cases = [
        ("1817", Error::NotShortest),
        ("1900ff", Error::NotShortest),
        ("1a0000ffff", Error::NotShortest),
        ("1b00000000ffffffff", Error::NotShortest),
        ("3817", Error::NotShortest),
        ("3b00000000ffffffff", Error::NotShortest),
        ("5801aa", Error::NotShortest),
        ("780161", Error::NotShortest),
        ("980101", Error::NotShortest),
        ("b8010101", Error::NotShortest),
        ("d80101", Error::NotShortest),
        ("c24101", Error::NotShortest),
        ("c2480100000000000000", Error::NotShortest),
        ("c24900ffffffffffffffff", Error::NotShortest),
        ("f810", Error::NotShortest),
        ("f818", Error::NotShortest),
        ("fa3fc00000", Error::NotShortest),
        ("fa7f800000", Error::NotShortest),
        ("fa00000000", Error::NotShortest),
        ("fa33800000", Error::NotShortest),
        ("fb3ff8000000000000", Error::NotShortest),
        ("fb7ff0000000000000", Error::NotShortest),
        ("fa7fc00000", Error::NotANumber),
        ("fb7ff8000000000000", Error::NotANumber),
        ("f97e01", Error::NotANumber),
        ("f9fe00", Error::NotANumber),
        ("5f4100ff", Error::Indefinite),
        ("7f6161ff", Error::Indefinite),
        ("9f01ff", Error::Indefinite),
        ("bf0101ff", Error::Indefinite),
        ("ff", Error::UnexpectedType),
        ("1c", Error::UnexpectedType),
        ("fc", Error::UnexpectedType),
        ("61ff", Error::NotUtf8),
        ("62c328", Error::NotUtf8),
        ("a201000100", Error::MapOrder),
        ("a202000100", Error::MapOrder),
        ("a220000100", Error::MapOrder),
        ("a262616100616200", Error::MapOrder),
        ("a1f500", Error::MapKey),
        ("a18000", Error::MapKey),
        ("a11b002000000000000000", Error::MapKey),
        ("a13b001fffffffffffff00", Error::MapKey),
        ("8181818100", Error::TooDeep),
        ("8181c0c001", Error::TooDeep),
        ("a100a100a100a10000", Error::TooDeep),
        ("9bffffffffffffffff", Error::Truncated),
        ("5bffffffffffffffff", Error::Truncated),
        ("bbffffffffffffffff", Error::Truncated),
    ];
    for (value, error) in cases {
        let tail = match error {
            Error::Truncated => String::new(),
            _ => NULL_PART.to_owned(),
        };
        let bytes = unhex(&format!("8750{}f640f6f6a13903e7{value}{tail}", "00".repeat(16)));
        assert_eq!(Message::decode(&bytes), Err(error), "{value}");
    }
}

#[test]
fn the_levels_of_an_extension_are_those_of_the_draft() {
    assert!(with_value("8181c001").is_ok(), "the map, two arrays, a tag");
    assert_eq!(with_value("8181c08101"), Err(Error::TooDeep));
}

#[test]
fn extension_keys_are_sorted_single_and_of_the_right_type() {
    let of = |extensions: &str| Message::decode(&message(extensions, NULL_PART)).err();
    assert_eq!(of("a4 00f6 3903e7f6 6161f6 626161f6".replace(' ', "").as_str()), None);
    assert_eq!(of("a23903e7f63903e7f6"), Some(Error::MapOrder));
    assert_eq!(of("a26161f63903e7f6"), Some(Error::MapOrder));
    assert_eq!(of("a1 60 f6".replace(' ', "").as_str()), Some(Error::ExtensionKey));
    assert_eq!(of(&format!("a1790100{}f6", "61".repeat(256))), Some(Error::ExtensionKey));
    assert_eq!(of(&format!("a178ff{}f6", "61".repeat(255))), None);
    assert_eq!(of("a14101f6"), Some(Error::MapKey));
    assert_eq!(of("a11b001ffffffffffffff6"), None);
    assert_eq!(of("a11b0020000000000000f6"), Some(Error::MapKey));
    assert_eq!(of("a13b001ffffffffffffef6"), None);
    assert_eq!(of("a13b001ffffffffffffff6"), Some(Error::MapKey));
    assert_eq!(of("a101f6"), Some(Error::UnexpectedType), "a sender URI is a text");
    assert_eq!(of("a1026161"), None);
}

#[test]
fn the_fields_of_a_message_have_their_lengths() {
    let whole = |salt: &str, rest: &str| Message::decode(&unhex(&format!("87{salt}{rest}a0{NULL_PART}"))).err();
    let salt = format!("50{}", "00".repeat(16));
    let id = |first: &str| format!("5820{first}{}", "aa".repeat(31));
    assert_eq!(whole(&format!("4f{}", "00".repeat(15)), "f640f6f6"), Some(Error::BytesLength));
    assert_eq!(whole(&salt, &format!("{}40f6f6", id("01"))), None);
    assert_eq!(whole(&salt, &format!("{}40f6f6", id("02"))), Some(Error::MessageIdAlgorithm));
    assert_eq!(whole(&salt, "4101 40f6f6".replace(' ', "").as_str()), Some(Error::BytesLength));
    assert_eq!(whole(&salt, &format!("f6591000{}f6f6", "00".repeat(4096))), None);
    assert_eq!(whole(&salt, &format!("f6591001{}f6f6", "00".repeat(4097))), Some(Error::TopicTooLong));
    assert_eq!(whole(&salt, "f64082f51affffffff f6".replace(' ', "").as_str()), None);
    assert_eq!(whole(&salt, "f64082f51b0000000100000000f6"), Some(Error::NumberTooLarge));
    assert_eq!(whole(&salt, "f64082f600f6"), Some(Error::UnexpectedType));
    assert_eq!(whole(&salt, "f64083f50000f6"), Some(Error::ArrayLength));
    assert_eq!(Message::decode(&unhex("86")), Err(Error::ArrayLength));
    let mut long = message("a0", NULL_PART);
    long.push(0);
    assert_eq!(Message::decode(&long), Err(Error::Trailing));
    assert_eq!(Message::decode(&vec![0; crate::limits::CONTENT_MAX + 1]), Err(Error::TooLarge));
}

#[test]
fn parts_have_the_form_of_their_cardinality() {
    let of = |part: &str| Message::decode(&message("a0", &part.replace(' ', ""))).err();
    assert_eq!(of("8501 60 00 60 40"), Some(Error::ArrayLength));
    assert_eq!(of("8301 60 01"), Some(Error::ArrayLength));
    assert_eq!(of("8501 60 04 60 40"), Some(Error::Cardinality));
    assert_eq!(of("84 01 60 00 00"), Some(Error::ArrayLength));
    assert_eq!(of("83 18ff 60 00"), None);
    assert_eq!(of("83 190100 60 00"), Some(Error::NumberTooLarge));
    assert_eq!(of("85 01 60 03 03 82 83016000 83016000"), Some(Error::PartSemantics));
    assert_eq!(of("85 01 60 03 02 80"), Some(Error::TooFewParts));
    assert_eq!(of("85 01 60 03 02 81 83016000"), Some(Error::TooFewParts));
    assert_eq!(of("85 01 60 03 02 82 83016000 83016000"), None);
    assert_eq!(of("85 01 60 03 02 9bffffffffffffffff"), Some(Error::TooManyParts));
    assert_eq!(of(&format!("85 01 60 03 02 983f {}", NULL_PART.repeat(63))), None);
    assert_eq!(of(&format!("85 01 60 03 02 9840 {}", NULL_PART.repeat(64))), Some(Error::TooManyParts));
}

#[test]
fn four_levels_of_parts_are_taken_and_five_are_not() {
    let nest =
        |levels: usize| (0..levels).fold(NULL_PART.to_owned(), |inner, _| format!("8501600302 82{NULL_PART}{inner}").replace(' ', ""));
    assert!(Message::decode(&message("a0", &nest(3))).is_ok());
    assert_eq!(Message::decode(&message("a0", &nest(4))), Err(Error::TooDeep));
}

#[test]
fn a_key_without_an_algorithm_is_refused() {
    let external = |alg: &str, key: &str| {
        let part = format!("{EXTERNAL_HEAD}{alg}{key}404000406060");
        Message::decode(&message("a0", &part)).err()
    };
    assert_eq!(external("00", "40"), None);
    assert_eq!(external("01", "41aa"), None);
    assert_eq!(external("00", "41aa"), Some(Error::KeyWithoutAlgorithm));
    assert_eq!(external("1a00010000", "40"), Some(Error::NumberTooLarge));
}

#[test]
fn parts_are_counted_depth_first() {
    let inner = format!("8501600302 82{NULL_PART}83026000").replace(' ', "");
    let message = Message::decode(&message("a0", &format!("850160030282{inner}83036000"))).unwrap();
    let dispositions: Vec<u8> = message.parts().iter().map(|part| part.disposition.0).collect();
    assert_eq!(dispositions, [1, 1, 1, 2, 3]);
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let valid = Message::decode(&message("a0", NULL_PART)).unwrap();
    assert_eq!(Message { topic: vec![0; mimi::TOPIC_MAX + 1], ..valid.clone() }.encode(), Err(Error::TopicTooLong));
    assert_eq!(Message { replaces: Some(MessageId([0; 32])), ..valid.clone() }.encode(), Err(Error::MessageIdAlgorithm));
    let mut odd = valid.clone();
    odd.extensions.set(Key::Text(String::new()), Item::build(|writer| writer.null()));
    assert_eq!(odd.encode(), Err(Error::ExtensionKey));
    let mut alone = valid;
    alone.part.form = Form::Multi { semantics: mimi::Semantics::ProcessAll, parts: vec![] };
    assert_eq!(alone.encode(), Err(Error::TooFewParts));
}

#[test]
fn an_item_is_one_deterministic_value() {
    assert!(Item::parse(&unhex("8181c001")).is_ok());
    assert_eq!(Item::parse(&unhex("0000")).err(), Some(Error::Trailing));
    assert_eq!(Item::parse(&unhex("1800")).err(), Some(Error::NotShortest));
    assert_eq!(Item::parse(&[]).err(), Some(Error::Truncated));
}

#[test]
fn a_uri_that_has_no_length_in_two_bytes_has_no_message_id() {
    let bytes = message("a0", NULL_PART);
    assert_eq!(mimi::message_id(&"u".repeat(65536), "", &bytes), Err(Error::UriTooLong));
    assert_eq!(mimi::message_id("", "", &[]), Err(Error::Truncated));
    let (ab_c, a_bc) = (mimi::message_id("ab", "c", &bytes).unwrap(), mimi::message_id("a", "bc", &bytes).unwrap());
    assert_ne!(ab_c, a_bc);
}
