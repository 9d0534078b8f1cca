//! `vectors/forgeries.json`: the attacks of hostile.rs as sealed files, by name, for every program that checks reports: each must say what is wrong.

use crate::hostile::{BENDS, fields, item, simulated, spoken};
use crate::world::{ALICE, BOB, World, police};
use franking::{Opening, Proof, Stamp, StampKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{AddresseeSecret, Entry, Item, Leaf, Passphrase, Recipients, Report, Reporter, Trust, Wrong, open_parts, seal, verify};
use serde_json::{Value, json};
use wire::content::{Body, Content, Salt, Text};
use wire::{Hash32, Millis};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/forgeries.json");
const WORDS: &str = "a lantern on the old pier";

/// A report, and what whoever checks it must find.
struct Forgery {
    name: &'static str,
    report: Report,
    /// Nothing: every check holds.
    wrong: Vec<Wrong>,
    /// Where it has pictures: whether both halves open them.
    halves_open: Option<bool>,
}

fn forgery(name: &'static str, report: Report, wrong: &[Wrong]) -> Forgery {
    Forgery { name, report, wrong: wrong.to_vec(), halves_open: None }
}

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
        forgery("honest", honest.clone(), &[]),
        forgery(
            "altered_word",
            changed(&|report| {
                let Leaf::Open { field, .. } = &mut item(report, 1).opening.leaves[0] else { panic!("open") };
                let last = field.len() - 2;
                field[last] ^= 1;
            }),
            &[Wrong::Altered],
        ),
        forgery("swapped_sender", changed(&|report| item(report, 1).cert = u16::try_from(bob).unwrap()), &[Wrong::OtherSender]),
        forgery("moved_time", changed(&|report| item(report, 3).stamp.stamp.ms = Millis(1_900_000_000_000)), &[Wrong::Stamp]),
        forgery("reordered", changed(&|report| report.entries.swap(1, 3)), &[Wrong::Order]),
        forgery("missing_gap", changed(&|report| drop(report.entries.remove(2))), &[Wrong::MissingGap]),
        forgery("broken_states", changed(&|report| break_states(report)), &[Wrong::States]),
        forgery(
            "another_reporter",
            changed(&|report| report.reporter = Reporter::Named { cert: u16::try_from(bob).unwrap(), proof: Proof::from_bytes([0; 128]) }),
            &[Wrong::Reporter],
        ),
        forgery("unknown_authority", changed(&|report| report.authority = [7; 32]), &[Wrong::Authority]),
        forgery("replayed", replayed(&honest), &[Wrong::Replayed]),
        forgery("reporter_and_server_cannot_fabricate", fabricated(&world, &honest), &[Wrong::Proof]),
    ];
    let mut elsewhere = world.elsewhere();
    elsewhere.say(ALICE, "See you at five");
    let other = elsewhere.whole().0.entries[1].clone();
    all.push(forgery("other_conversation", changed(&|report| report.entries[1] = other.clone()), &[Wrong::OtherConversation]));
    world.picture(ALICE);
    let (mut leaking, pictures) = world.whole();
    let key = pictures.keys[0].clone();
    item(&mut leaking, 4).opening.leaves[1] = Leaf::Open { key: key.key, field: key.field.to_vec() };
    all.push(forgery("image_key_in_compartment_a", leaking, &[Wrong::KeyInCompartmentA]));
    let [real, never_said] = simulated();
    // No bundle has the Authority of the tests: what was said and what was not are refused alike, and told apart by nobody.
    all.push(forgery("proved_for_the_authority_of_the_tests", real, &[Wrong::Authority]));
    all.push(forgery("authority_can_simulate", never_said, &[Wrong::Authority]));
    all.push(shown_but_unreportable());
    all.extend(two_plaintext_attachment());
    all
}

/// Every lie that a sender can prove: no honest program shows such a message, and no report makes it one.
fn shown_but_unreportable() -> Forgery {
    let mut world = World::new();
    let content = Content::new(Salt([6; 16]), Body::Text(Text::markdown("As it should be")));
    for bend in BENDS {
        let mut context = world.context(ALICE, &content.encode().unwrap(), content.kind().number());
        bend(&mut context);
        world.say_sealed(ALICE, context, fields(&content));
    }
    let wrong = [Wrong::WrittenElsewhere, Wrong::OtherSender, Wrong::Content, Wrong::SeenOther, Wrong::FromTheFuture];
    forgery("a_sender_cannot_make_a_shown_but_unreportable_message", world.whole().0, &wrong)
}

/// One ciphertext that two keys open to two pictures. The message commits to one key, and to what it opens.
fn two_plaintext_attachment() -> [Forgery; 3] {
    let mut world = World::new();
    world.picture(ALICE);
    let (honest, pictures) = world.whole();
    let mut other_key = honest.clone();
    let mut forged = pictures;
    forged.keys[0].field[0] ^= 1;
    other_key.pictures = vec![forged.seal(&police().public(), &mut ChaCha20Rng::from_seed([97; 32])).unwrap()];
    let mut other_picture = honest.clone();
    let Leaf::Open { field, .. } = &mut item(&mut other_picture, 1).opening.leaves[0] else { panic!("open") };
    let at = field.windows(32).position(|window| window == PICTURE_HASH).unwrap();
    field[at] ^= 1;
    [
        Forgery { halves_open: Some(true), ..forgery("honest_picture", honest, &[]) },
        Forgery { halves_open: Some(false), ..forgery("two_plaintext_attachment", other_key, &[]) },
        forgery("two_plaintext_attachment_described_as_the_other", other_picture, &[Wrong::Altered]),
    ]
}

/// What [`World::picture`] says that its picture hashes to.
const PICTURE_HASH: [u8; 32] = [1; 32];

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
    let officer = || Recipients { readers: vec![], passphrase: Some(&passphrase) };
    let files = forgeries().into_iter().zip(1..).map(|(forgery, seed)| {
        let file = seal(&forgery.report, &officer(), &mut ChaCha20Rng::from_seed([seed; 32])).unwrap();
        let wrong: Vec<String> = forgery.wrong.iter().map(ToString::to_string).collect();
        json!({ "name": forgery.name, "wrong": wrong, "halves_open": forgery.halves_open, "file": hex(&file) })
    });
    let mut files: Vec<Value> = files.collect();
    let told = seal(&crate::told::told(), &officer(), &mut ChaCha20Rng::from_seed([99; 32])).unwrap();
    files.push(
        json!({ "name": "told_without_an_account", "wrong": ["Nothing in this is proved"], "halves_open": null, "file": hex(&told) }),
    );
    // For a member of a desk, and for nobody who has a passphrase.
    let desk = Recipients { readers: vec![AddresseeSecret::from_seed(&[1; 32]).public()], passphrase: None };
    let elsewhere = seal(&spoken().1, &desk, &mut ChaCha20Rng::from_seed([98; 32])).unwrap();
    let halves = police().halves(&mut ChaCha20Rng::from_seed([0x55; 32]));
    json!({
        "format": 2,
        "passphrase": WORDS,
        "halves": [halves[0].words().to_string(), halves[1].words().to_string()],
        "files": files,
        "wrong_addressee": hex(&elsewhere),
    })
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
    for Forgery { name, report, wrong, halves_open } in forgeries() {
        let body = report.to_bytes();
        let verdict = verify(&Report::from_bytes(&body).unwrap(), &body, &Trust::default());
        assert_eq!(verdict.holds(), wrong.is_empty(), "{name}");
        for wrong in &wrong {
            assert!(verdict.faults.iter().any(|fault| fault.wrong == *wrong), "{name}: {:?}", verdict.faults);
            assert!(verdict.first_line().starts_with("Something in this report does not hold."), "{name}");
        }
        if let Some(open) = halves_open {
            let opened = open_parts(&report, &police());
            assert_eq!((opened.keys(), opened.closed), if open { (1, 0) } else { (0, 1) }, "{name}");
        }
        assert_eq!(verdict.body, Hash32::of(&body));
    }
    // Of the sender's lies nothing is shown; what is no lie is.
    let report = shown_but_unreportable().report;
    let verdict = verify(&report, &report.to_bytes(), &Trust::default());
    assert_eq!((verdict.faults.len(), verdict.proved().count()), (7, 2));
}
