//! `vectors/forgeries.json`: the attacks of hostile.rs as sealed files, by name, for every program that checks reports: each must say what is wrong.

use crate::hostile::{item, spoken};
use crate::world::{ALICE, BOB, World};
use franking::{Opening, Proof, Stamp, StampKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{Entry, Item, Leaf, Passphrase, Recipients, Report, Reporter, Trust, Wrong, seal, verify};
use serde_json::{Value, json};
use wire::content::{Body, Content, Salt, Text};
use wire::{Hash32, Millis};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/forgeries.json");
const WORDS: &str = "a lantern on the old pier";

type Forgery = (&'static str, Report, Option<Wrong>);

/// The honest report first, then one attack each.
fn forgeries() -> Vec<Forgery> {
    let (mut world, honest) = spoken();
    let changed = |change: &dyn Fn(&mut Report)| {
        let mut report = honest.clone();
        change(&mut report);
        report
    };
    let bob = honest.certs.iter().position(|cert| cert.account == world.people[BOB].identity.account()).unwrap();
    let mut all = vec![
        ("honest", honest.clone(), None),
        (
            "altered_word",
            changed(&|report| {
                let Leaf::Open { field, .. } = &mut item(report, 1).opening.leaves[0] else { panic!("open") };
                let last = field.len() - 2;
                field[last] ^= 1;
            }),
            Some(Wrong::Altered),
        ),
        ("swapped_sender", changed(&|report| item(report, 1).cert = u16::try_from(bob).unwrap()), Some(Wrong::OtherSender)),
        ("moved_time", changed(&|report| item(report, 3).stamp.stamp.ms = Millis(1_900_000_000_000)), Some(Wrong::Stamp)),
        ("reordered", changed(&|report| report.entries.swap(1, 3)), Some(Wrong::Order)),
        ("missing_gap", changed(&|report| drop(report.entries.remove(2))), Some(Wrong::MissingGap)),
        ("broken_states", changed(&|report| break_states(report)), Some(Wrong::States)),
        (
            "another_reporter",
            changed(&|report| report.reporter = Reporter::Named { cert: u16::try_from(bob).unwrap(), proof: Proof::from_bytes([0; 128]) }),
            Some(Wrong::Reporter),
        ),
        ("unknown_authority", changed(&|report| report.authority = [7; 32]), Some(Wrong::Authority)),
        ("replayed", replayed(&honest), Some(Wrong::Replayed)),
        ("fabricated", fabricated(&world, &honest), Some(Wrong::Proof)),
    ];
    let mut elsewhere = world.elsewhere();
    elsewhere.say(ALICE, "See you at five");
    let other = elsewhere.whole().0.entries[1].clone();
    all.push(("other_conversation", changed(&|report| report.entries[1] = other.clone()), Some(Wrong::OtherConversation)));
    world.picture(ALICE);
    let (mut leaking, pictures) = world.whole();
    let key = pictures.keys[0].clone();
    item(&mut leaking, 4).opening.leaves[1] = Leaf::Open { key: key.key, field: key.field.to_vec() };
    all.push(("image_key_in_compartment_a", leaking, Some(Wrong::KeyInCompartmentA)));
    all
}

fn break_states(report: &mut Report) {
    let mut bytes = report.states[0].to_bytes();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    report.states[0] = franking::SignedState::from_bytes(&bytes).unwrap();
}

/// The server stamps a commitment a second time.
fn replayed(honest: &Report) -> Report {
    let (Entry::Item(first), Entry::Item(last)) = (&honest.entries[1], &honest.entries[3]) else { panic!("messages") };
    let again = Stamp { seq: last.stamp.stamp.seq.next(), prev: last.stamp.stamp.chain(), c: first.stamp.stamp.c, ..last.stamp.stamp };
    let mut report = honest.clone();
    report.entries.push(Entry::Item(Box::new(Item { stamp: StampKey::from_seed(&[4; 32]).stamp(again), ..first.as_ref().clone() })));
    report
}

/// The server and the reporter write what Alice never said.
fn fabricated(world: &World, honest: &Report) -> Report {
    let content = Content::new(Salt([3; 16]), Body::Text(Text::markdown("Give me your lunch"))).encode().unwrap();
    let context = franking::Context { counter: 3, previous: world.people[ALICE].said.c, ..world.context(ALICE, &content, 1) };
    let kf = franking::CommitKey::from_bytes([5; 32]);
    let c = franking::commit(&kf, &context, std::slice::from_ref(&content));
    let Entry::Item(last) = &honest.entries[3] else { panic!("a message") };
    let stamp = Stamp { seq: last.stamp.stamp.seq.next(), prev: last.stamp.stamp.chain(), c, ..last.stamp.stamp };
    let opening = Opening::of(&kf, &context, &[content], |_| true);
    let forged = Item { stamp: StampKey::from_seed(&[4; 32]).stamp(stamp), opening, ..last.as_ref().clone() };
    let mut report = honest.clone();
    report.entries.push(Entry::Item(Box::new(forged)));
    report
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn made() -> Value {
    let passphrase = Passphrase::from_text(WORDS).unwrap();
    let files = forgeries().into_iter().zip(1..).map(|((name, report, wrong), seed)| {
        let to = Recipients { readers: vec![], passphrase: Some(&passphrase) };
        let file = seal(&report, &to, &mut ChaCha20Rng::from_seed([seed; 32])).unwrap();
        json!({ "name": name, "wrong": wrong.map(|wrong| wrong.to_string()), "file": hex(&file) })
    });
    let mut files: Vec<Value> = files.collect();
    let to = Recipients { readers: vec![], passphrase: Some(&passphrase) };
    let told = seal(&crate::told::told(), &to, &mut ChaCha20Rng::from_seed([99; 32])).unwrap();
    files.push(json!({ "name": "told_without_an_account", "wrong": "Nothing in this is proved", "file": hex(&told) }));
    json!({ "format": 1, "passphrase": WORDS, "files": files })
}

#[test]
fn the_file_of_forgeries_is_what_hostile_people_make() {
    let made = made();
    if std::env::var_os("TREEHOUSE_WRITE_VECTORS").is_some() {
        std::fs::write(PATH, format!("{}\n", serde_json::to_string_pretty(&made).unwrap())).unwrap();
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    assert!(kept == made, "vectors/forgeries.json is not what these tests make");
}

#[test]
fn every_forgery_is_found_by_its_name_and_the_honest_report_holds() {
    for (name, report, wrong) in forgeries() {
        let body = report.to_bytes();
        let verdict = verify(&Report::from_bytes(&body).unwrap(), &body, &Trust::default());
        assert_eq!(verdict.holds(), wrong.is_none(), "{name}");
        if let Some(wrong) = wrong {
            assert!(verdict.faults.iter().any(|fault| fault.wrong == wrong), "{name}: {:?}", verdict.faults);
            assert!(verdict.first_line().starts_with("Something in this report does not hold."), "{name}");
        }
        assert_eq!(verdict.body, Hash32::of(&body));
    }
}
