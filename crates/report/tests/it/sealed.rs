//! Files: who opens them, and what is seen from outside.

use crate::world::{ALICE, World, police};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{Addressee, AddresseeSecret, Passphrase, Pictures, PicturesError, Recipients, Report, SealError, Sealed, UnsealError, seal};

fn desk(number: u8) -> AddresseeSecret {
    AddresseeSecret::from_seed(&[number; 32])
}

fn made() -> Report {
    let mut world = World::new();
    world.say(ALICE, "Hello");
    world.picture(ALICE);
    world.whole().0
}

fn sealed(readers: Vec<Addressee>, passphrase: Option<&Passphrase>) -> Vec<u8> {
    let report = made();
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    seal(&report, &Recipients { readers, passphrase }, &mut rng).unwrap()
}

#[test]
fn every_addressee_reads_the_same_and_only_the_police_key_opens_pictures() {
    let file = sealed(vec![desk(1).public(), desk(2).public()], None);
    let sealed = Sealed::parse(&file).unwrap();
    let (one, two) = (sealed.open(&desk(1)).unwrap(), sealed.open(&desk(2)).unwrap());
    assert_eq!(one.body, two.body);
    assert_eq!(one.report, made());
    let part = &one.report.pictures[0];
    assert_eq!(Pictures::open(part, &police(), &one.report).unwrap().keys.len(), 1);
    assert_eq!(Pictures::open(part, &desk(1), &one.report).unwrap_err(), PicturesError::NotForYou, "a desk opens no pictures");
    assert_eq!(sealed.open(&police()).unwrap_err(), UnsealError::NotForYou, "the police key opens pictures alone");
}

#[test]
fn wrong_addressee() {
    let file = sealed(vec![desk(1).public()], None);
    let sealed = Sealed::parse(&file).unwrap();
    assert!(sealed.open(&desk(1)).is_ok());
    for other in 2..6 {
        assert_eq!(sealed.open(&desk(other)).unwrap_err(), UnsealError::NotForYou);
    }
    let passphrase = Passphrase::from_text("a passphrase of somebody").unwrap();
    assert_eq!(sealed.open_with(&passphrase).unwrap_err(), UnsealError::NotForYou);
}

#[test]
fn an_officers_file_opens_with_its_passphrase_and_no_other() {
    let passphrase = Passphrase::from_text("correct horse battery").unwrap();
    let file = sealed(vec![], Some(&passphrase));
    let sealed = Sealed::parse(&file).unwrap();
    assert!(sealed.takes_passphrase());
    let contents = sealed.open_with(&passphrase).unwrap();
    assert_eq!(contents.report, made());
    let other = Passphrase::from_text("correct horse batterz").unwrap();
    assert_eq!(sealed.open_with(&other).unwrap_err(), UnsealError::NotForYou);
}

#[test]
fn there_is_no_unsealed_report() {
    let report = made();
    let mut rng = ChaCha20Rng::from_seed([3; 32]);
    assert_eq!(seal(&report, &Recipients::default(), &mut rng), Err(SealError::Nobody));
    let file = sealed(vec![desk(1).public()], None);
    for words in [b"Hello".as_slice(), b"It began on Monday", &report.route.0, &report.certs[0].account.0] {
        assert!(!file.windows(words.len()).any(|window| window == words));
    }
}

#[test]
fn lengths_and_slots_do_not_tell_how_many_read_or_how_much_there_is() {
    let one = sealed(vec![desk(1).public()], None);
    let three = sealed(vec![desk(1).public(), desk(2).public(), desk(3).public()], None);
    assert_eq!(one.len(), three.len());
    let mut world = World::new();
    world.say(ALICE, "Hello");
    let (report, _) = world.whole();
    let to = Recipients { readers: vec![desk(1).public()], passphrase: None };
    let without = seal(&report, &to, &mut ChaCha20Rng::from_seed([3; 32])).unwrap();
    assert_eq!(one.len(), without.len(), "with a picture or without");
}

#[test]
fn a_flipped_bit_anywhere_and_a_cut_anywhere_do_not_open() {
    let file = sealed(vec![desk(1).public()], None);
    let opens = |file: &[u8]| Sealed::parse(file).is_ok_and(|sealed| sealed.open(&desk(1)).is_ok());
    assert!(opens(&file));
    let header = 16 + 16 + 1 + 4 * (1 + 1120 + 48);
    let a = file.len() - header;
    for at in (0..header + a).step_by(797).chain([0, 15, 16, 31, 32, header - 1, header, header + 35, header + 36]) {
        let mut flipped = file.clone();
        flipped[at] ^= 1;
        assert!(!opens(&flipped), "byte {at}");
    }
    for len in (0..file.len()).step_by(501) {
        assert!(Sealed::parse(&file[..len]).is_err());
    }
    assert!(Sealed::parse(&[file.as_slice(), &[0]].concat()).is_err());
    assert_eq!(Sealed::parse(b"something else entirely").unwrap_err(), UnsealError::NotAReport);
    let mut newer = file.clone();
    newer[15] = 2;
    assert_eq!(Sealed::parse(&newer).unwrap_err(), UnsealError::TooNew);
}

/// A reporter who gives a desk another key than the officer: ChaCha20-Poly1305 alone would let one ciphertext open to two texts.
#[test]
fn one_file_cannot_open_to_two_reports() {
    let one = sealed(vec![desk(1).public()], None);
    let other = {
        let mut world = World::new();
        world.say(ALICE, "Goodbye");
        world.picture(ALICE);
        let (report, _) = world.whole();
        let to = Recipients { readers: vec![desk(2).public()], ..Recipients::default() };
        seal(&report, &to, &mut ChaCha20Rng::from_seed([4; 32])).unwrap()
    };
    assert_eq!(one.len(), other.len());
    let slots = 33..33 + 4 * 1169;
    // The slots of the second in front of the ciphertext of the first, with and without its id and its commitment.
    for mixed in [vec![slots.clone()], vec![16..32, slots.clone()], vec![16..32, slots.clone(), slots.end..slots.end + 32]] {
        let mut file = one.clone();
        mixed.into_iter().for_each(|range| file[range.clone()].copy_from_slice(&other[range]));
        assert!(Sealed::parse(&file).unwrap().open(&desk(2)).is_err());
    }
}

/// The key of the police changes with the members of a desk, and who reports may put anything in the place of a part.
#[test]
fn a_part_under_another_key_or_spoiled_closes_no_other_part() {
    let mut world = World::new();
    world.picture(ALICE);
    let (kept, _) = world.whole();
    world.picture(ALICE);
    let now = AddresseeSecret::from_seed(&[0x53; 32]);
    let mut draft = world.draft(world.places(1, 2, |_| true));
    draft.police = Some(now.public());
    draft.kept_pictures = vec![b"garbage".to_vec(), kept.pictures[0].clone()];
    let report = draft.make(&mut world.rng.clone()).unwrap();
    assert_eq!(report.pictures.len(), 3);
    // With the halves of then, and with those of now.
    for (secret, keys) in [(police(), 1), (now, 2)] {
        let opened = report::open_parts(&report, &secret);
        assert_eq!((opened.parts.len(), opened.keys(), opened.closed), (1, keys, 2));
    }
    let neither = report::open_parts(&report, &desk(1));
    assert!(neither.parts.is_empty() && neither.closed == 3);
}

/// Each passphrase slot costs a reader a tenth of a second, 64 MiB and more.
#[test]
fn a_file_has_one_passphrase_and_costs_at_most_eight_times_the_usual() {
    let passphrase = Passphrase::from_text("correct horse battery").unwrap();
    let file = sealed(vec![], Some(&passphrase));
    let slot = 33..33 + 1 + 16 + 4 + 4 + 1 + 32 + 48;
    let twice = [&file[..32], &[2], &file[slot.clone()], &file[slot.start..]].concat();
    assert_eq!(Sealed::parse(&twice).unwrap_err(), UnsealError::Altered);
    let with = |kib: u32, passes: u32| {
        let mut costly = file.clone();
        costly[slot.start + 17..slot.start + 21].copy_from_slice(&kib.to_be_bytes());
        costly[slot.start + 21..slot.start + 25].copy_from_slice(&passes.to_be_bytes());
        Sealed::parse(&costly).is_ok()
    };
    let usual = 64 * 1024;
    assert!(with(usual, 3) && with(8 * usual, 3) && with(usual, 24));
    for (kib, passes) in [(8 * usual, 4), (8 * usual, 16), (usual, 25), (usual - 1, 3), (usual, 2), (u32::MAX, u32::MAX)] {
        assert!(!with(kib, passes), "{kib} {passes}");
    }
}

#[test]
fn a_part_sealed_when_a_message_was_kept_belongs_to_every_report_of_that_message_and_to_no_other() {
    let mut world = World::new();
    world.picture(ALICE);
    let (kept, _) = world.whole();
    world.say(ALICE, "Did you look?");
    let mut draft = world.draft(world.places(1, 2, |_| true));
    draft.police = None;
    draft.kept_pictures = kept.pictures.clone();
    let later = draft.make(&mut world.rng.clone()).unwrap();
    assert_eq!(Pictures::open(&later.pictures[0], &police(), &later).unwrap().keys.len(), 1);
    let (without, _) = world.report(world.places(2, 2, |_| true));
    assert_eq!(Pictures::open(&kept.pictures[0], &police(), &without).unwrap_err(), PicturesError::NotClosed);
}
