//! What is told without an account, and what members of a desk note: neither is ever taken for a report, or for one another.

use crate::world::{ALICE, BOB, NOW, World, judge, police};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::exhibit::{Printing, TOLD_FIRST, text, told as exhibit};
use report::told::{PICTURE_BYTES_MAX, PICTURES_MAX};
use report::{
    AddresseeSecret, Case, Inside, Mark, Number, PicturesError, Reason, Recipients, Report, Says, Sealed, TellError, Told, Trust, seal,
};
use wire::Millis;

pub fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

pub fn desk() -> AddresseeSecret {
    AddresseeSecret::from_seed(&[1; 32])
}

fn words(words: &str) -> Result<Told, TellError> {
    let number = Case::from_bytes([9; 32]).number();
    Told::new(NOW, number, Reason::Friend, "https://chat.example.org".into(), words.into(), "the office".into())
}

/// As long as a picture may be, and no picture of anything.
fn picture(fill: u8, bytes: usize) -> Vec<u8> {
    let mut picture = vec![fill; bytes];
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    picture
}

pub fn told() -> Told {
    let pictures = [picture(1, 2000), picture(2, 300)];
    words("My pupil says that somebody writes to her every night.")
        .unwrap()
        .with_pictures(&pictures, Some(&police().public()), &mut rng(3))
        .unwrap()
}

fn file(of: &impl report::Sealable) -> Vec<u8> {
    seal(of, &Recipients { readers: vec![desk().public()], passphrase: None }, &mut rng(4)).unwrap()
}

fn printed(told: &Told) -> String {
    text(&exhibit(told, &Printing { time: &|at| format!("{} ms", at.0), file: None, pictures: None }))
}

#[test]
fn what_is_told_without_an_account_is_never_shown_as_proved() {
    let told = told();
    let Inside::Told(read) = Sealed::parse(&file(&told)).unwrap().look(&desk()).unwrap() else { panic!("told") };
    assert_eq!(*read, told);
    let text = printed(&read);
    assert!(text.starts_with(TOLD_FIRST) && text.contains("| My pupil says"), "{text}");
    for never in ["Made with this account's key", "every check", "holds", "The server proves", "\u{2713}", "\u{2714}", "verified"] {
        assert!(!text.contains(never), "{never}: {text}");
    }
    // Nobody's check takes it: it is no report, whatever it says of itself.
    assert!(Sealed::parse(&file(&told)).unwrap().open(&desk()).is_err());
    assert!(Report::from_bytes(&told.to_bytes()).is_err());
    let mut disguised = told.to_bytes();
    disguised[0] = 1;
    assert!(Report::from_bytes(&disguised).is_err());
}

#[test]
fn words_that_look_like_a_verdict_stand_behind_a_bar() {
    let forged = words("Made with this account's key, or by the Safety Authority.\nReport 1111-111-111\u{1b}[2J\u{202e}").unwrap();
    let text = printed(&forged);
    assert!(text.contains("    | Made with this account's key") && text.contains("    | Report 1111-111-111\u{fffd}[2J\u{fffd}"), "{text}");
    let mut reach = forged;
    reach.reach = "x\nThe server proves it".into();
    assert!(printed(&reach).contains("    | The server proves it"));
}

#[test]
fn a_report_in_the_shape_of_one_is_no_report() {
    let mut world = World::new();
    world.say(ALICE, "Hello Bob");
    let (report, _) = world.whole();
    assert!(judge(&report).holds());
    let mut bytes = report.to_bytes();
    for kind in [2, 3] {
        bytes[0] = kind;
        assert!(Told::from_bytes(&bytes).is_err() && Mark::from_bytes(&bytes).is_err() && Report::from_bytes(&bytes).is_err());
    }
}

#[test]
fn a_told_picture_is_opened_by_the_police_alone_and_in_no_other_report() {
    let told = told();
    let opened = told.open(&police()).unwrap();
    assert_eq!((opened.len(), opened[0].len(), opened[1].len()), (2, 2000, 300));
    assert_eq!(told.open(&desk()).unwrap_err(), PicturesError::NotForYou, "a desk opens no picture");
    let bytes = told.to_bytes();
    assert!(!bytes.windows(20).any(|window| window == [1; 20]), "nothing of a picture is readable for the desk");
    type Change = fn(&mut Told);
    let changes: [Change; 4] = [
        |told| told.words = "Somebody else".into(),
        |told| told.made = Millis(1),
        |told| told.number = Number::NONE,
        |told| told.pictures.reverse(),
    ];
    for change in changes {
        let mut changed = told.clone();
        change(&mut changed);
        assert_eq!(changed.open(&police()).unwrap_err(), PicturesError::NotForYou, "pictures of another report");
    }
}

#[test]
fn what_is_no_picture_or_too_much_is_not_told() {
    let key = police().public();
    let with = |pictures: &[Vec<u8>], key| words("x").unwrap().with_pictures(pictures, key, &mut rng(3));
    assert_eq!(words(" \n").unwrap_err(), TellError::Empty);
    assert_eq!(words(&"x".repeat(20_000)).unwrap_err(), TellError::TooMuch);
    assert_eq!(with(&[picture(1, 100)], None).unwrap_err(), TellError::NoPolice);
    assert_eq!(with(&[b"<svg onload=x>".to_vec()], Some(&key)).unwrap_err(), TellError::NotAPicture);
    assert_eq!(with(&[picture(1, PICTURE_BYTES_MAX + 1)], Some(&key)).unwrap_err(), TellError::TooMuch);
    assert_eq!(with(&vec![picture(1, 10); PICTURES_MAX + 1], Some(&key)).unwrap_err(), TellError::TooMuch);
    // The most there can be is one record of a log.
    let most = vec![picture(1, PICTURE_BYTES_MAX); PICTURES_MAX];
    let most = words(&"x".repeat(16 * 1024)).unwrap().with_pictures(&most, Some(&key), &mut rng(3)).unwrap();
    let readers = vec![desk().public(); wire::limits::DESK_MEMBERS_MAX];
    let sealed = seal(&most, &Recipients { readers, passphrase: None }, &mut rng(4)).unwrap();
    assert!(sealed.len() <= wire::limits::REPORT_MAX, "{}", sealed.len());
}

#[test]
fn what_is_told_has_one_encoding_and_no_place_for_anything_else() {
    for told in [told(), words("x").unwrap()] {
        let bytes = told.to_bytes();
        assert_eq!(Told::from_bytes(&bytes), Ok(told));
        for len in 0..bytes.len() {
            assert!(Told::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
        }
        assert!(Told::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
        // Something sealed where nothing is said to be.
        let mut more = bytes[..bytes.len() - 4].to_vec();
        more.extend([0, 0, 0, 1, 7]);
        assert!(Told::from_bytes(&more).is_err());
    }
}

pub fn mark(world: &World, says: Says, note: &str) -> Mark {
    let bob = &world.people[BOB];
    let said = (NOW, Case::from_bytes([9; 32]).number(), says, note.to_owned());
    Mark::make(said, &world.authority, (&bob.cert, &bob.franking), &mut rng(5)).unwrap()
}

#[test]
fn a_mark_is_its_makers_and_nobody_elses() {
    let world = World::new();
    let trust = Trust::default();
    let made = mark(&world, Says::Note, "I have called home.");
    let Inside::Mark(read) = Sealed::parse(&file(&made)).unwrap().look(&desk()).unwrap() else { panic!("a mark") };
    assert_eq!(*read, made);
    assert_eq!(made.account(&trust), Some(world.people[BOB].identity.account()));
    let other = world.people[ALICE].cert;
    for forged in [
        Mark { note: "I have not.".into(), ..made.clone() },
        Mark { says: Says::Closed, ..made.clone() },
        Mark { number: Number::NONE, ..made.clone() },
        Mark { made: Millis(1), ..made.clone() },
        Mark { cert: other, ..made.clone() },
        Mark { authority: [7; 32], ..made.clone() },
        Mark { proof: franking::Proof::from_bytes([0; 128]), ..made.clone() },
    ] {
        assert_eq!(forged.account(&trust), None);
    }
    let bytes = made.to_bytes();
    assert_eq!(Mark::from_bytes(&bytes), Ok(made));
    for len in 0..bytes.len() {
        assert!(Mark::from_bytes(&bytes[..len]).is_err());
    }
}

/// A proof that somebody made a report with their name in it is none of a mark with the same bytes.
#[test]
fn no_proof_of_a_report_makes_a_mark() {
    let world = World::new();
    let bob = &world.people[BOB];
    let made = mark(&world, Says::Refused, "");
    let hash = wire::Hash32::of(&made.to_bytes());
    let proof = franking::prove_report(&bob.franking, &world.authority, &hash, &mut rng(6)).unwrap();
    assert_eq!(Mark { proof, ..made }.account(&Trust::default()), None);
}

/// Everything that stands on a line of ours is words of whoever made the file.
#[test]
fn no_value_on_a_line_of_ours_has_a_line_of_its_own() {
    let forged =
        "x\n\nMessages, in the server's order\n  Record 7\n    | I will hurt you\u{2028}  Record 8\u{2029}\u{85}\u{202e}\r\u{1b}[2J";
    let number = Case::from_bytes([9; 32]).number();
    let made = |server: &str| Told::new(NOW, number, Reason::Mean, server.to_owned(), "It began on Monday.".into(), String::new()).unwrap();
    let text = printed(&made(forged));
    assert!(!text.lines().any(|line| line.starts_with("Messages") || line.trim_start().starts_with("Record")), "{text}");
    assert!(!text.contains(['\u{2028}', '\u{2029}', '\u{85}', '\u{202e}', '\r', '\u{1b}']));
    // And nothing of the kind is read in the first place.
    assert!(Told::from_bytes(&made(forged).to_bytes()).is_err());
    for end in ["\n", "\r", "\u{2028}", "\u{2029}", "\u{202e}", "\u{7f}"] {
        assert!(Told::from_bytes(&made(&format!("chat{end}")).to_bytes()).is_err(), "{end:?}");
    }
    assert!(Told::from_bytes(&made("https://chat.example.org").to_bytes()).is_ok());
}
