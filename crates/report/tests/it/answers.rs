//! Answers to who reported, and reports that are taken back.

use crate::told::{desk, rng};
use crate::world::{ALICE, BOB, NOW, World};
use report::answer::WORDS_MAX;
use report::seal::ANSWER_FILE;
use report::{
    Addressee, AddresseeSecret, Answer, Case, Code, Inside, Number, Reason, Recipients, Sealable, Sealed, SealedAnswer, Stands, Told,
    Trust, UnsealError, Withdrawal, seal,
};
use wire::Millis;

pub fn case() -> Case {
    Case::from_bytes([0x54; 32])
}

pub fn answer(world: &World, stands: Stands, words: &str) -> Answer {
    let bob = &world.people[BOB];
    let said = (NOW, case().number(), stands, words.to_owned());
    Answer::make(said, &world.authority, (&bob.cert, &bob.franking), &mut rng(6)).unwrap()
}

pub fn answerable() -> Told {
    let told = Told::new(NOW, case().number(), Reason::Friend, "https://chat.example.org".into(), "It is Monday.".into(), String::new());
    told.unwrap().answerable(case().return_key().public())
}

fn file(of: &impl Sealable, to: Addressee) -> Vec<u8> {
    seal(of, &Recipients { readers: vec![to], passphrase: None }, &mut rng(7)).unwrap()
}

#[test]
fn an_answer_is_its_makers_for_its_report_and_opens_for_who_made_that_alone() {
    let (world, trust) = (World::new(), Trust::default());
    let made = answer(&world, Stands::Looking, "We have spoken to the school.");
    let sealed = file(&made, case().return_key().public());
    let Inside::Answer(read) = Sealed::parse(&sealed).unwrap().look(&case().return_key()).unwrap() else { panic!("an answer") };
    assert_eq!((&*read, read.account(&trust)), (&made, Some(world.people[BOB].identity.account())));
    let other = Case::from_bytes([1; 32]);
    for stranger in [desk(), other.return_key(), AddresseeSecret::from_seed(&[0; 32])] {
        assert_eq!(Sealed::parse(&sealed).unwrap().look(&stranger).unwrap_err(), UnsealError::NotForYou);
    }
    for forged in [
        Answer { words: "We do nothing.".into(), ..made.clone() },
        Answer { stands: Stands::Refused, ..made.clone() },
        // Said of one report, and brought to another.
        Answer { number: other.number(), ..made.clone() },
        Answer { made: Millis(1), ..made.clone() },
        Answer { cert: world.people[ALICE].cert, ..made.clone() },
        Answer { authority: [7; 32], ..made.clone() },
        Answer { proof: franking::Proof::from_bytes([0; 128]), ..made.clone() },
    ] {
        assert_eq!(forged.account(&trust), None);
    }
    // A member's mark is no answer, whoever seals it anew.
    let mark = crate::told::mark(&world, report::Says::Closed, "All is well.");
    let as_answer = [&[report::answer::KIND][..], &mark.to_bytes()[1..]].concat();
    assert!(Answer::from_bytes(&as_answer).ok().is_none_or(|answer| answer.account(&trust).is_none()));
}

#[test]
fn every_answer_has_one_length_whatever_it_says() {
    let world = World::new();
    let long = |words: &str, stands| file(&answer(&world, stands, words), case().return_key().public()).len();
    let lengths: Vec<usize> = Stands::ALL.into_iter().flat_map(|stands| [long("", stands), long(&"x".repeat(WORDS_MAX), stands)]).collect();
    assert!(lengths.iter().all(|length| *length == ANSWER_FILE), "{lengths:?}");
    assert!(Answer::from_bytes(&answer(&world, Stands::Seen, &"x".repeat(WORDS_MAX + 1)).to_bytes()).is_err());
}

#[test]
fn what_has_not_the_slots_and_the_length_of_an_answer_is_tried_with_no_key() {
    let (world, own) = (World::new(), case().return_key());
    let made = answer(&world, Stands::Looking, "We have spoken to the school.");
    let sealed = file(&made, own.public());
    assert_eq!(SealedAnswer::parse(&sealed).unwrap().open(&own), Some(made.clone()));
    assert_eq!(SealedAnswer::parse(&sealed).unwrap().open(&Case::from_bytes([1; 32]).return_key()), None);
    // To five it has eight slots; and so on up to sixty-four, each of which would cost whoever tries it.
    let strangers = |count: u8| (1..=count).map(|seed| AddresseeSecret::from_seed(&[seed; 32]).public());
    for more in [4, 63] {
        let readers = strangers(more).chain([own.public()]).collect();
        let wide = seal(&made, &Recipients { readers, passphrase: None }, &mut rng(7)).unwrap();
        assert!(Sealed::parse(&wide).unwrap().look(&own).is_ok(), "it opens as what it is");
        assert!(SealedAnswer::parse(&wide).is_none(), "{more} more");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    for other in [&sealed[1..], &sealed[..sealed.len() - 1], longer.as_slice(), &[]] {
        assert!(SealedAnswer::parse(other).is_none(), "{} bytes", other.len());
    }
    let mut nothing = sealed.clone();
    nothing[..16].fill(0);
    assert!(SealedAnswer::parse(&nothing).is_none());
    // What takes a report back is as long, and no answer to whoever opens it.
    let back = file(&Withdrawal::of(&case()), own.public());
    assert_eq!(SealedAnswer::parse(&back).unwrap().open(&own), None);
}

/// Where the first slot that opens ended it, as many slots of one key as there can be would cost its owner a part of what they cost everybody else.
#[test]
fn every_slot_of_an_answer_is_tried_and_with_two_of_one_key_it_is_none() {
    let (world, own) = (World::new(), case().return_key());
    let made = answer(&world, Stands::Looking, "We have spoken to the school.");
    let to = |readers| seal(&made, &Recipients { readers, passphrase: None }, &mut rng(7)).unwrap();
    let twice = to(vec![own.public(), own.public()]);
    assert!(Sealed::parse(&twice).unwrap().look(&own).is_ok(), "one of them would do");
    assert_eq!(SealedAnswer::parse(&twice).unwrap().open(&own), None);
    let other = Case::from_bytes([1; 32]).return_key();
    let two = to(vec![own.public(), other.public()]);
    for key in [&own, &other] {
        assert_eq!(SealedAnswer::parse(&two).unwrap().open(key), Some(made.clone()));
    }
}

#[test]
fn a_report_is_taken_back_by_its_secret_and_by_nothing_else() {
    let made = Withdrawal::of(&case());
    let Inside::Withdrawal(read) = Sealed::parse(&file(&made, desk().public())).unwrap().look(&desk()).unwrap() else { panic!("back") };
    assert_eq!((read.number(), read.case().return_key().public()), (case().number(), case().return_key().public()));
    // Whoever knows the number knows nothing that gives it.
    assert_ne!(Withdrawal::of(&Case::from_bytes([2; 32])).number(), case().number());
    assert_eq!(format!("{made:?}"), "Withdrawal(Case([redacted]))");
    let bytes = made.to_bytes();
    for len in 0..bytes.len() {
        assert!(Withdrawal::from_bytes(&bytes[..len]).is_err());
    }
    assert!(Withdrawal::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn what_is_told_with_a_return_address_has_one_encoding_and_another_kind() {
    let told = answerable();
    let bytes = told.to_bytes();
    assert_eq!(bytes[0], report::told::KIND_ANSWERABLE);
    assert_eq!(Told::from_bytes(&bytes), Ok(told.clone()));
    for len in 0..bytes.len() {
        assert!(Told::from_bytes(&bytes[..len]).is_err(), "cut at {len}");
    }
    let mut without = told;
    without.return_key = None;
    assert_eq!((without.to_bytes()[0], without.to_bytes().len()), (report::told::KIND, bytes.len() - Addressee::LEN));
    let code = Code::of_request(&[8; 16]);
    assert_ne!(code.case().number(), Number::NONE);
}
