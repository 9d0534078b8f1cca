//! Screenshots in a report: unproved, said in numbers, and opened by the police alone.

use crate::told::{desk, rng};
use crate::world::{ALICE, BOB, NOW, World, judge, police};
use report::draft::DraftError;
use report::exhibit::{Printing, exhibit};
use report::kept::KeptAs;
use report::told::{PICTURE_BYTES_MAX, PICTURES_MAX};
use report::{Naming, Number, PicturesError, Report, Screens, TellError};
use wire::{Hash32, Millis};
use zeroize::Zeroizing;

fn picture(fill: u8, bytes: usize) -> Zeroizing<Vec<u8>> {
    let mut picture = vec![fill; bytes];
    picture[..3].copy_from_slice(&[0xff, 0xd8, 0xff]);
    Zeroizing::new(picture)
}

/// A named report with two screenshots beside a message.
pub fn made() -> Report {
    let mut world = World::new();
    world.say(ALICE, "Hello Bob");
    let bob = &world.people[BOB];
    let draft = report::Draft {
        screens: vec![(NOW, picture(1, 2000)), (Millis(NOW.0 + 5), picture(2, 300))],
        naming: Naming::Named { cert: &bob.cert, key: &bob.franking },
        ..world.draft(world.places(1, 1, |_| true))
    };
    draft.make(&mut world.rng.clone()).unwrap()
}

#[test]
fn a_screenshot_in_a_report_is_unproved_and_opened_by_the_police_alone() {
    let report = made();
    let verdict = judge(&report);
    assert!(verdict.holds(), "{:?}", verdict.faults);
    let shown = exhibit(&verdict, &Printing { time: &|at| format!("{} ms", at.0), file: None, pictures: None });
    let says = shown.split_once("The reporter says (nothing of this is proved)").unwrap().1;
    assert!(says.contains("that the reporter added. Not proved.") && says.contains("JPEG, 2000 bytes"), "{shown}");
    assert!(says.contains(&format!("added {} ms", NOW.0)) && says.contains(&Hash32::of(&picture(1, 2000)).to_string()), "{shown}");
    let bytes = report.to_bytes();
    assert!(!bytes.windows(20).any(|window| window == [1; 20]), "nothing of a picture is readable for the desk");
    let opened = report.open_screens(&police()).unwrap();
    assert_eq!(opened, [picture(1, 2000), picture(2, 300)]);
    assert_eq!(report.open_screens(&desk()).unwrap_err(), PicturesError::NotForYou);
    // Who reported is named, and nobody can take one out or put it into another report.
    let without = Report { screens: Screens::default(), ..report.clone() };
    assert!(!judge(&without).holds());
    let other = Report { number: Number::NONE, ..report };
    assert_eq!(other.open_screens(&police()).unwrap_err(), PicturesError::NotForYou);
    assert!(!judge(&other).holds());
}

#[test]
fn a_report_with_screenshots_has_one_encoding_and_without_it_is_one_of_the_first_version() {
    let report = made();
    let bytes = report.to_bytes();
    assert_eq!((bytes[0], Report::from_bytes(&bytes)), (7, Ok(report.clone())));
    let mut old = bytes.clone();
    old[0] = 1;
    assert!(Report::from_bytes(&old).is_err());
    let without = Report { screens: Screens::default(), ..report }.to_bytes();
    assert_eq!(without[0], 1);
    let mut new = without;
    new[0] = 7;
    assert!(Report::from_bytes(&new).is_err(), "a place for screenshots without any");
    for len in 0..bytes.len() {
        assert!(Report::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
    }
}

#[test]
fn what_is_no_screenshot_or_too_much_goes_into_no_report() {
    let with = |screens: Vec<Zeroizing<Vec<u8>>>| {
        let key = police().public();
        let screens: Vec<_> = screens.into_iter().map(|screen| (NOW, screen)).collect();
        Screens::seal(&Number::NONE, &screens, Some(&key), &mut rng(3)).map(drop)
    };
    assert_eq!(with(vec![picture(1, 10); PICTURES_MAX]), Ok(()));
    assert_eq!(with(vec![picture(1, 10); PICTURES_MAX + 1]), Err(TellError::TooMuch));
    assert_eq!(with(vec![picture(1, PICTURE_BYTES_MAX + 1)]), Err(TellError::TooMuch));
    assert_eq!(with(vec![Zeroizing::new(b"<svg onload=x>".to_vec())]), Err(TellError::NotAPicture));
    let mut world = World::new();
    world.say(ALICE, "Hello Bob");
    let draft = report::Draft { screens: vec![(NOW, picture(1, 10))], police: None, ..world.draft(world.places(1, 1, |_| true)) };
    assert_eq!(draft.make(&mut world.rng.clone()).unwrap_err(), DraftError::Screens(TellError::NoPolice), "nobody could open it");
}

#[test]
fn what_lies_in_the_box_opens_with_its_secret_alone_and_as_what_it_was_put_there() {
    let sealed = KeptAs::Screenshot.seal(&desk().public(), &picture(1, 300), &mut rng(5)).unwrap();
    assert_eq!(KeptAs::Screenshot.open(&desk(), &sealed).unwrap(), picture(1, 300));
    assert_eq!(KeptAs::Screenshot.open(&police(), &sealed), None);
    assert_eq!(KeptAs::Voice.open(&desk(), &sealed), None, "one is not taken for another");
    let mut spoiled = sealed.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    assert_eq!(KeptAs::Screenshot.open(&desk(), &spoiled), None);
    assert_eq!(KeptAs::Screenshot.open(&desk(), &sealed[..100]), None);
}
