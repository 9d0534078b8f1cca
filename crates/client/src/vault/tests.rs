//! Words, bytes and limits of the vault; the vectors fix them (vectors/vault.json).

use super::plain::{Plain, PlainChat, PlainLog, PlainPerson};
use super::seal::{BODY_MAX, VaultKeys};
use super::words::{Entropy, Recovery, recovery_text};
use crate::mls::SeededCrypto;
use proptest::prelude::*;
use prost::Message as _;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use serde_json::Value;
use view::{VaultRefusal, Words};
use wire::limits::{VAULT_MAX, VAULT_PAD_FLOOR};
use wire::pad::vault_size;

const SERVER: [u8; 32] = [5; 32];

fn crypto() -> SeededCrypto {
    SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]))
}

fn words(text: &str) -> Words {
    Words::new(text.to_owned())
}

fn keys(entropy: u8) -> VaultKeys {
    VaultKeys::derive(&Entropy::new([entropy; 16]), &SERVER).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/vault.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A vault with one of each.
fn sample() -> Plain {
    let log = |n: u8| PlainLog {
        log: vec![n; 32],
        pass: vec![n + 1; 32],
        next_pass: vec![],
        cursor: 7,
        chain: vec![n + 2; 32],
        ms: 1_798_761_600_000,
        last_commit: 3,
    };
    Plain {
        identity: vec![1; 32],
        inbox_key: vec![2; 32],
        username: "alice".into(),
        display_name: Some("Alice".into()),
        server_url: "https://chat.example.org".into(),
        server: SERVER.to_vec(),
        stamp_key: vec![6; 32],
        states: vec![b"state".to_vec()],
        handle_cert: b"certificate".to_vec(),
        inbox: Some(log(10)),
        links: vec![super::plain::PlainLink { token: vec![20; 32], label: "Bob".into(), made: 1, expires: 2, uses: 1, live: true }],
        people: vec![PlainPerson {
            account: vec![30; 32],
            username: Some("bob".into()),
            confirmed: true,
            display_name: None,
            label: "Bob".into(),
            state: b"his state".to_vec(),
            capability: b"capability".to_vec(),
            inbox_after: 4,
            door: vec![31; 32],
            door_live: true,
            take: vec![32; 32],
            blocked: false,
            met: 5,
        }],
        chats: vec![PlainChat {
            log: Some(log(40)),
            kind: 2,
            peer: vec![],
            name: Some("walkers".into()),
            description: None,
            expire_seconds: 60,
            helpers: vec![vec![30; 32]],
        }],
        written: 9,
        time: 1_798_761_600_000,
    }
}

#[test]
fn the_vectors_hold() {
    let vectors = vectors();
    for vector in vectors["words"].as_array().unwrap() {
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        let entropy = Entropy::parse(&words(&text("words"))).unwrap();
        assert_eq!(hex(entropy.expose()), text("entropy"));
        assert_eq!(entropy.words(), Some(words(&text("words"))));
        let server: [u8; 32] = unhex(&text("server")).try_into().unwrap();
        let keys = VaultKeys::derive(&entropy, &server).unwrap();
        let write = keys.write.clone();
        assert_eq!((keys.id.to_string(), hex(write.expose())), (text("id"), text("write")));
        assert_eq!(write.hash().to_string(), text("write_hash"));
        let nonce: [u8; 12] = unhex(&text("nonce")).try_into().unwrap();
        let sealed = keys.seal(&crypto(), nonce, &unhex(&text("body"))).unwrap();
        assert_eq!(wire::Hash32::of(&sealed).to_string(), text("sealed_sha256"));
        assert_eq!(hex(&sealed[..44]), text("sealed_begins"));
        assert_eq!(hex(&keys.open(&crypto(), &sealed).unwrap()), text("body"));
    }
    let plain = &vectors["plain"];
    assert_eq!(hex(&sample().encode_to_vec()), plain["encoded"].as_str().unwrap());
    assert_eq!(sample().digest().to_string(), plain["digest"].as_str().unwrap());
    let file = &vectors["file"];
    let said = words(file["words"].as_str().unwrap());
    assert_eq!(recovery_text(&said, file["server"].as_str().unwrap()).as_str(), file["text"].as_str().unwrap());
}

#[test]
fn words_are_read_in_any_case_and_spacing_and_what_is_wrong_is_said() {
    let good = Entropy::new([7; 16]).words().unwrap();
    let parse = |text: &str| Entropy::parse(&words(text)).map(|entropy| *entropy.expose());
    assert_eq!(parse(good.expose()), Ok([7; 16]));
    assert_eq!(parse(&format!("  {}\n", good.expose().to_uppercase().replace(' ', " \t\n"))), Ok([7; 16]));
    assert_eq!(parse(""), Err(VaultRefusal::Count { found: 0 }));
    let list: Vec<&str> = good.expose().split(' ').collect();
    assert_eq!(parse(&list[..11].join(" ")), Err(VaultRefusal::Count { found: 11 }));
    assert_eq!(parse(&[good.expose(), "zoo zoo zoo"].join(" ")), Err(VaultRefusal::Count { found: 15 }), "a length that BIP 39 has, too");
    let mut wrong = list.clone();
    wrong[4] = "treehouse";
    assert_eq!(parse(&wrong.join(" ")), Err(VaultRefusal::Unknown { number: 5 }));
    let mut wrong = list.clone();
    wrong[0] = if list[0] == "zoo" { "abandon" } else { "zoo" };
    assert_eq!(parse(&wrong.join(" ")), Err(VaultRefusal::Mistyped));
}

#[test]
fn one_wrong_word_of_the_list_is_found_by_the_checksum_15_times_in_16() {
    let good = Entropy::new([9; 16]).words().unwrap();
    let list: Vec<&str> = good.expose().split(' ').collect();
    let mut passed = 0;
    for word in bip39::Language::English.word_list() {
        let mut wrong = list.clone();
        wrong[6] = word;
        passed += u32::from(Entropy::parse(&words(&wrong.join(" "))).is_ok());
    }
    assert!((64..=192).contains(&passed), "{passed} of 2048: 128 are expected");
}

#[test]
fn a_vault_opens_under_its_words_at_its_server_alone() {
    let sealed = keys(1).seal(&crypto(), [3; 12], b"body").unwrap();
    assert_eq!(keys(1).open(&crypto(), &sealed).unwrap().as_slice(), b"body");
    let elsewhere = VaultKeys::derive(&Entropy::new([1; 16]), &[6; 32]).unwrap();
    for other in [keys(2), elsewhere] {
        assert_eq!(other.open(&crypto(), &sealed), Err(VaultRefusal::Damaged));
        assert_ne!(other.id, keys(1).id);
    }
    for at in [0, 11, 12, 44, sealed.len() - 1] {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert_eq!(keys(1).open(&crypto(), &altered), Err(VaultRefusal::Damaged), "byte {at}");
    }
    for len in [0, 11, 28, 100, VAULT_PAD_FLOOR - 1] {
        assert_eq!(keys(1).open(&crypto(), &sealed[..len]), Err(VaultRefusal::Damaged), "{len} bytes");
    }
    // A vault of another account put in the place of ours.
    let theirs = keys(2).seal(&crypto(), [3; 12], b"body").unwrap();
    assert_eq!(keys(1).open(&crypto(), &theirs), Err(VaultRefusal::Damaged));
}

#[test]
fn a_vault_has_one_of_six_lengths_and_no_more_than_the_limit() {
    for (length, wanted) in [(0, VAULT_PAD_FLOOR), (16_000, VAULT_PAD_FLOOR), (17_000, 2 * VAULT_PAD_FLOOR), (BODY_MAX, VAULT_MAX)] {
        let sealed = keys(1).seal(&crypto(), [0; 12], &vec![7; length]).unwrap();
        assert_eq!(sealed.len(), wanted, "{length}");
        assert_eq!(keys(1).open(&crypto(), &sealed).unwrap().len(), length);
    }
    assert_eq!(keys(1).seal(&crypto(), [0; 12], &vec![7; BODY_MAX + 1]), None);
}

#[test]
fn how_far_logs_are_read_is_no_change_and_everything_else_is() {
    let digest = |change: fn(&mut Plain)| {
        let mut plain = sample();
        change(&mut plain);
        plain.digest()
    };
    let same = sample().digest();
    assert_eq!(digest(|plain| (plain.written, plain.time) = (10, 11)), same);
    assert_eq!(digest(|plain| plain.inbox.as_mut().unwrap().cursor = 99), same);
    assert_eq!(digest(|plain| plain.chats[0].log.as_mut().unwrap().chain = vec![9; 32]), same);
    assert_eq!(digest(|plain| plain.people[0].inbox_after = 99), same);
    assert_ne!(digest(|plain| plain.chats[0].log.as_mut().unwrap().pass = vec![9; 32]), same);
    assert_ne!(digest(|plain| plain.people[0].blocked = true), same);
    assert_ne!(digest(|plain| plain.chats[0].name = None), same);
}

#[test]
fn nothing_inside_a_vault_prints_itself() {
    let text = format!("{:?} {:?}", sample(), Entropy::new([7; 16]));
    assert_eq!(text, "Plain([redacted]) Entropy([redacted])");
}

#[test]
fn a_recovery_file_is_read_also_when_it_was_edited_kindly() {
    let said = Entropy::new([8; 16]).words().unwrap();
    let file = recovery_text(&said, "https://chat.example.org").to_string();
    let wanted = Recovery { words: said.clone(), server: "https://chat.example.org".into() };
    assert_eq!(Recovery::parse(&file), Ok(wanted.clone()));
    assert_eq!(Recovery::parse(&format!("\u{feff}{}", file.replace('\n', "\r\n"))), Ok(wanted.clone()));
    assert_eq!(Recovery::parse(&file.replace("  ", "\t ")), Ok(wanted));
    for spoilt in [
        file.replace("version 1", "version 2"),
        file.replace("Server: ", "Servant: "),
        file.replace(" 7 ", " 8 "),
        file.lines().take(8).collect::<Vec<_>>().join("\n"),
        String::new(),
    ] {
        assert_eq!(Recovery::parse(&spoilt), Err(VaultRefusal::NotAFile), "{}", spoilt.len());
    }
}

proptest! {
    #[test]
    fn words_are_there_and_back(entropy: [u8; 16]) {
        let said = Entropy::new(entropy).words().unwrap();
        prop_assert_eq!(said.expose().split(' ').count(), 12);
        prop_assert_eq!(Entropy::parse(&said).map(|entropy| *entropy.expose()), Ok(entropy));
    }

    #[test]
    fn whatever_is_sealed_opens_and_has_a_length_of_the_set(entropy: [u8; 16], nonce: [u8; 12], body in proptest::collection::vec(any::<u8>(), 0..40_000)) {
        let keys = VaultKeys::derive(&Entropy::new(entropy), &SERVER).unwrap();
        let sealed = keys.seal(&crypto(), nonce, &body).unwrap();
        prop_assert_eq!(vault_size(sealed.len()), Some(sealed.len()));
        prop_assert_eq!(keys.open(&crypto(), &sealed).unwrap().to_vec(), body);
    }

    #[test]
    fn any_text_is_words_a_file_or_a_refusal(text in "\\PC{0,200}") {
        let _ = Entropy::parse(&words(&text));
        let _ = Recovery::parse(&text);
    }

    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert_eq!(keys(1).open(&crypto(), &bytes), Err(VaultRefusal::Damaged));
        let _ = Plain::decode(bytes.as_slice());
    }
}
