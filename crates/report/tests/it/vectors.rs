//! `vectors/report.json`: a report in every encoding, computed again from its seeds, byte for byte, and judged as a reader would.

use crate::world::{ALICE, BOB, World, judge, police};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{AddresseeSecret, Case, Half, Passphrase, Pictures, Place, Recipients, Sealed, seal};
use serde_json::{Value, json};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len() / 2).map(|place| u8::from_str_radix(&text[place * 2..][..2], 16).unwrap()).collect()
}

fn made() -> Value {
    let mut world = World::new();
    world.say(ALICE, "Hello Bob");
    world.say(BOB, "Hello Alice");
    world.commit();
    world.picture(ALICE);
    world.say(ALICE, "Are you there?");
    let mut places = world.places(1, 4, |place| place == 1 || place == 4);
    places[1] = Place::Quote(world.log[2].stamp, "Hello Alice".into());
    let (report, pictures) = world.report(places);
    let body = report.to_bytes();
    let (reader, police) = (AddresseeSecret::from_seed(&[0x51; 32]), police());
    let passphrase = Passphrase::from_text("correct horse battery").unwrap();
    let to = Recipients { readers: vec![reader.public()], passphrase: Some(&passphrase) };
    let file = seal(&report, &to, &mut ChaCha20Rng::from_seed([0x53; 32])).unwrap();
    let case = Case::from_bytes([0x54; 32]);
    let told = crate::told::told();
    let mark = crate::told::mark(&world, report::Says::PoliceFirst, "Officer told at ten.");
    let answer = crate::answers::answer(&world, report::Stands::Looking, "We have spoken to the school.");
    let code = report::Code::parse("01234-56789-ABCDE-FGHJK-MNPQR").unwrap();
    let halves = police.halves(&mut ChaCha20Rng::from_seed([0x55; 32]));
    json!({
        "format": 1,
        "body": hex(&body),
        "pictures": hex(&pictures.to_bytes()),
        "verdict": { "messages": 2, "undisclosed": 2, "commits": 1, "closed": 1, "first_line": judge(&report).first_line() },
        "reader_seed": hex(reader.expose()), "police_seed": hex(police.expose()), "passphrase": passphrase.expose(),
        "police_fingerprint": police.public().fingerprint(),
        "file": hex(&file),
        "case": { "secret": hex(case.expose()), "number": case.number().to_string(), "token": hex(&*case.token()), "token_hash": hex(&case.token_hash().0), "return_seed": hex(case.return_key().expose()) },
        "halves": [halves[0].words().to_string(), halves[1].words().to_string()],
        "told": hex(&told.to_bytes()),
        "told_pictures": told.open(&police).unwrap().iter().map(|picture| hex(picture)).collect::<Vec<_>>(),
        "mark": hex(&mark.to_bytes()),
        "answerable": hex(&crate::answers::answerable().to_bytes()),
        "answer": hex(&answer.to_bytes()),
        "with_screens": hex(&crate::screens::made().to_bytes()),
        "screens": crate::screens::made().open_screens(&police).unwrap().iter().map(|picture| hex(picture)).collect::<Vec<_>>(),
        "withdrawal": hex(&report::Withdrawal::of(&case).to_bytes()),
        "code": { "letters": code.words().to_string(), "secret": hex(code.case().expose()) },
        "mark_account": hex(&world.people[BOB].identity.account().0),
    })
}

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/report.json");

/// Files are random by nature: what is computed again is everything but them, and they are opened.
#[test]
fn the_file_of_vectors_is_what_this_program_makes() {
    let made = made();
    if std::env::var_os("TREEHOUSE_WRITE_VECTORS").is_some() {
        std::fs::write(PATH, format!("{}\n", serde_json::to_string_pretty(&made).unwrap())).unwrap();
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    assert_eq!(kept, made);
}

#[test]
fn the_file_of_vectors_is_read_and_judged() {
    let kept: Value = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    let file = bytes(&kept["file"]);
    let sealed = Sealed::parse(&file).unwrap();
    let seed = |name: &str| AddresseeSecret::from_seed(&bytes(&kept[name]).try_into().unwrap());
    let contents = sealed.open(&seed("reader_seed")).unwrap();
    assert_eq!(contents.body.as_slice(), bytes(&kept["body"]));
    let with = sealed.open_with(&Passphrase::from_text(kept["passphrase"].as_str().unwrap()).unwrap()).unwrap();
    assert_eq!(with.report, contents.report);
    let pictures = Pictures::open(&contents.report.pictures[0], &seed("police_seed"), &contents.report).unwrap();
    assert_eq!(pictures.to_bytes().as_slice(), bytes(&kept["pictures"]));
    let verdict = judge(&contents.report);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    let counts = &kept["verdict"];
    assert_eq!(verdict.proved().count() as u64, counts["messages"].as_u64().unwrap());
    assert_eq!(verdict.missing.undisclosed, counts["undisclosed"].as_u64().unwrap());
    assert_eq!((verdict.missing.commits, verdict.missing.closed), (1, 1));
    assert_eq!(verdict.first_line(), counts["first_line"].as_str().unwrap());
    let halves = [0, 1].map(|place| Half::from_words(kept["halves"][place].as_str().unwrap()).unwrap());
    assert_eq!(AddresseeSecret::join(&halves[0], &halves[1]).public().fingerprint(), kept["police_fingerprint"].as_str().unwrap());
}

#[test]
fn the_vector_of_a_report_with_screenshots_is_read_and_opened_by_the_police() {
    let kept: Value = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    let report = report::Report::from_bytes(&bytes(&kept["with_screens"])).unwrap();
    assert!(judge(&report).holds());
    let secret = AddresseeSecret::from_seed(&bytes(&kept["police_seed"]).try_into().unwrap());
    let opened = report.open_screens(&secret).unwrap();
    let wanted: Vec<_> = kept["screens"].as_array().unwrap().iter().map(bytes).collect();
    assert_eq!(opened.iter().map(|picture| picture.to_vec()).collect::<Vec<_>>(), wanted);
}

#[test]
fn the_vectors_of_what_is_told_and_of_marks_are_read() {
    let kept: Value = serde_json::from_slice(&std::fs::read(PATH).unwrap()).unwrap();
    let told = report::Told::from_bytes(&bytes(&kept["told"])).unwrap();
    let secret = AddresseeSecret::from_seed(&bytes(&kept["police_seed"]).try_into().unwrap());
    let opened = told.open(&secret).unwrap();
    for (place, picture) in opened.iter().enumerate() {
        assert_eq!(picture.as_slice(), bytes(&kept["told_pictures"][place]));
    }
    let mark = report::Mark::from_bytes(&bytes(&kept["mark"])).unwrap();
    assert_eq!(mark.says, report::Says::PoliceFirst);
    assert_eq!(mark.account(&report::Trust::default()).unwrap().0.to_vec(), bytes(&kept["mark_account"]));
    let told = report::Told::from_bytes(&bytes(&kept["answerable"])).unwrap();
    let case = crate::answers::case();
    assert_eq!(told.return_key, Some(case.return_key().public()));
    let answer = report::Answer::from_bytes(&bytes(&kept["answer"])).unwrap();
    assert_eq!((answer.number, answer.stands), (case.number(), report::Stands::Looking));
    assert_eq!(answer.account(&report::Trust::default()), mark.account(&report::Trust::default()));
    assert_eq!(report::Withdrawal::from_bytes(&bytes(&kept["withdrawal"])).unwrap().number(), case.number());
    let code = report::Code::parse(kept["code"]["letters"].as_str().unwrap()).unwrap();
    assert_eq!(code.case().expose().to_vec(), bytes(&kept["code"]["secret"]));
}
