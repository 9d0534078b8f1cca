//! Attachments end to end: sealed, stored, opened, damaged, resumed.

use media::stream::{
    AttachmentKey, Checkpoint, Layout, Locked, OpenError, Opener, PART, SEGMENT, SEGMENT_PLAIN, Salt, SealError, Sealed, Sealer, Step,
};
use proptest::prelude::*;
use std::io::{self, Read};
use wire::ids::{BlobId, Hash32};
use wire::pad::is_padme;

mod oracle;

fn key() -> AttachmentKey {
    AttachmentKey::new([0x4b; 32])
}

const SALT: Salt = Salt([0x5a; 32]);

fn file(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 167 + (i >> 8)) as u8).collect()
}

fn seal(plaintext: &[u8]) -> (Vec<u8>, Sealed) {
    let mut sealer = Sealer::new(&key(), &SALT, plaintext.len() as u64).unwrap();
    let (mut source, mut part, mut blob) = (plaintext, Vec::new(), Vec::new());
    while sealer.part(&mut source, &mut part).unwrap().is_some() {
        assert_eq!(sealer.last_part(), blob.len() as u64..(blob.len() + part.len()) as u64);
        blob.extend_from_slice(&part);
    }
    (blob, sealer.finish().unwrap())
}

fn list(layout: Layout, blob: &[u8]) -> Vec<u8> {
    let range = layout.list_range();
    blob[range.start as usize..range.end as usize].to_vec()
}

fn segment(layout: Layout, blob: &[u8], number: u32) -> Vec<u8> {
    let range = layout.segment_range(number).unwrap();
    blob[range.start as usize..range.end as usize].to_vec()
}

fn opener(blob: &[u8], sealed: &Sealed) -> Opener {
    let locked = Locked::new(&key(), &SALT, sealed.len, sealed.root).unwrap();
    let mut stored = list(locked.layout(), blob);
    locked.accept_list(&mut stored).unwrap()
}

fn read_all(opener: &Opener, blob: &[u8], hash: Hash32) -> Result<Vec<u8>, OpenError> {
    let mut out = Vec::new();
    let mut through = opener.read_through(hash);
    while let Some(number) = through.next() {
        out.extend_from_slice(through.open_next(&mut segment(opener.layout(), blob, number))?);
    }
    through.finish().map(|whole| {
        assert_eq!(whole.plain_len(), out.len() as u64);
        out
    })
}

#[test]
fn what_was_kept_as_it_is_stored_opens_whole_without_its_padding_and_a_changed_byte_opens_nothing() {
    for len in [0, 10, SEGMENT_PLAIN, 3 * SEGMENT_PLAIN + 1] {
        let plaintext = file(len);
        let (mut blob, sealed) = seal(&plaintext);
        let locked = || Locked::new(&key(), &SALT, sealed.len, sealed.root).unwrap();
        blob.truncate(locked().layout().list_range().end as usize);
        assert_eq!(*locked().open_whole(&mut blob.clone(), sealed.plaintext).unwrap(), plaintext, "{len}");
        assert_eq!(locked().open_whole(&mut blob.clone(), Hash32([1; 32])), Err(OpenError::ForeignPlaintext));
        let mut changed = blob.clone();
        changed[0] ^= 1;
        assert!(locked().open_whole(&mut changed, sealed.plaintext).is_err());
        let short = blob.len() - 1;
        assert!(locked().open_whole(&mut blob[..short], sealed.plaintext).is_err());
    }
}

#[test]
fn the_vectors_hold() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/attachments.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let bytes = |field: &str| Hash32::from_hex(case[field].as_str().unwrap()).unwrap();
        let number = |field: &str| case[field].as_u64().unwrap();
        let plaintext = file(number("plain_len") as usize);
        let mut sealer = Sealer::new(&AttachmentKey::new(bytes("key").0), &Salt(bytes("salt").0), number("plain_len")).unwrap();
        let layout = sealer.layout();
        let mut blob = Vec::new();
        sealer.part(&mut &plaintext[..], &mut blob).unwrap();
        let sealed = sealer.finish().unwrap();
        assert_eq!(layout.list_range(), number("list_start")..number("list_end"), "{}", case["name"]);
        assert_eq!((u64::from(layout.segments()), sealed.stored_len), (number("segments"), number("stored_len")));
        assert_eq!((sealed.plaintext, sealed.root, sealed.blob.0), (bytes("plaintext_sha256"), bytes("root"), bytes("blob").0));
        assert_eq!(Hash32::of(&segment(layout, &blob, 0)), bytes("first_segment_sha256"));
        assert_eq!(Hash32::of(&segment(layout, &blob, layout.segments() - 1)), bytes("last_segment_sha256"));
        assert_eq!(
            (blob[..32].to_vec(), blob[blob.len() - 32..].to_vec()),
            (bytes("blob_first_32").0.to_vec(), bytes("blob_last_32").0.to_vec())
        );
    }
}

#[test]
fn a_second_implementation_makes_the_same_blob() {
    for len in [0, 1, SEGMENT_PLAIN - 1, SEGMENT_PLAIN, SEGMENT_PLAIN + 1, 40 * SEGMENT_PLAIN, PART, PART + 3 * SEGMENT] {
        let plaintext = file(len);
        let (blob, sealed) = seal(&plaintext);
        let expected = oracle::blob(&key(), &SALT, &plaintext);
        assert!(blob == expected.stored, "the blobs of {len} bytes differ");
        assert_eq!((sealed.root.0, sealed.plaintext), (expected.root, Hash32::of(&plaintext)));
        assert_eq!((sealed.blob, sealed.stored_len), (BlobId::of(&blob), blob.len() as u64));
        assert!(is_padme(sealed.stored_len));
    }
}

#[test]
fn a_part_that_is_made_step_by_step_is_the_same() {
    for (len, most) in [(0, 1), (PART + 3 * SEGMENT, 512 * 1024), (5 * SEGMENT_PLAIN + 7, 1), (PART, PART)] {
        let plaintext = file(len);
        let mut sealer = Sealer::new(&key(), &SALT, len as u64).unwrap();
        let (mut source, mut part, mut blob, mut rests) = (&plaintext[..], Vec::new(), Vec::new(), 0);
        loop {
            match sealer.step(&mut source, &mut part, most).unwrap() {
                Step::More => rests += 1,
                Step::Part(_) => blob.extend_from_slice(&part),
                Step::End => break,
            }
        }
        let (expected, sealed) = seal(&plaintext);
        assert!(blob == expected, "{len} bytes, {most} at once");
        assert_eq!(sealer.finish().unwrap(), sealed);
        assert!(rests >= len.div_ceil(most.next_multiple_of(SEGMENT)) / 2 || most >= PART, "{rests} rests");
    }
}

#[test]
fn another_library_seals_the_same_blob() {
    use aes_gcm::aead::{Aead as _, KeyInit as _};
    for len in [0, 1, 3 * SEGMENT_PLAIN, PART + 3 * SEGMENT] {
        let plaintext = file(len);
        let mut sealer = Sealer::new(&key(), &SALT, len as u64).unwrap();
        let (mut source, mut part, mut blob) = (&plaintext[..], Vec::new(), Vec::new());
        loop {
            if let Some(read) = sealer.read(&mut source, &mut part, 512 * 1024).unwrap() {
                let mut hashes = Vec::new();
                let unsealed = sealer.hash(&part, read);
                for (number, room) in (unsealed.first..).zip(part[unsealed.place.clone()].chunks_mut(SEGMENT)) {
                    let (key, nonce) = sealer.elsewhere(number);
                    let sealed = aes_gcm::Aes256Gcm::new(key.into()).encrypt(&nonce.into(), &room[..room.len() - 16]).unwrap();
                    room.copy_from_slice(&sealed);
                    hashes.push(Hash32::of(room).0);
                }
                sealer.took(&part, unsealed, &hashes);
            }
            match sealer.step(&mut source, &mut part, 0).unwrap() {
                Step::More => {}
                Step::Part(_) => blob.extend_from_slice(&part),
                Step::End => break,
            }
        }
        let (expected, sealed) = seal(&plaintext);
        assert!(blob == expected, "{len} bytes");
        assert_eq!(sealer.finish().unwrap(), sealed);
    }
}

#[test]
fn another_library_opens_a_segment_by_what_it_is_told() {
    use aes_gcm::aead::{Aead as _, KeyInit as _};
    let plaintext = file(2 * SEGMENT_PLAIN + 77);
    let (blob, sealed) = seal(&plaintext);
    let opener = opener(&blob, &sealed);
    let mut out = Vec::new();
    for number in 0..opener.layout().segments() {
        let (told, stored) = (opener.elsewhere(number).unwrap(), segment(opener.layout(), &blob, number));
        assert_eq!(told.hash, Hash32::of(&stored).0);
        out.extend(aes_gcm::Aes256Gcm::new(told.key.into()).decrypt(&told.nonce.into(), stored.as_slice()).unwrap());
    }
    assert!(out == plaintext);
    assert!(opener.elsewhere(3).is_none());
}

#[test]
fn any_segment_opens_alone_and_the_last_one_first() {
    let plaintext = file(5 * SEGMENT_PLAIN + 77);
    let (blob, sealed) = seal(&plaintext);
    let opener = opener(&blob, &sealed);
    for number in [5, 0, 3, 3] {
        let range = opener.layout().plain_range(number).unwrap();
        assert_eq!(
            opener.open(number, &mut segment(opener.layout(), &blob, number)).unwrap(),
            &plaintext[range.start as usize..range.end as usize]
        );
    }
    assert_eq!(opener.open(6, &mut [0; 93]), Err(OpenError::NoSuchSegment));
}

#[test]
fn a_reading_from_end_to_end_proves_the_whole() {
    for len in [0, 1, 3 * SEGMENT_PLAIN] {
        let plaintext = file(len);
        let (blob, sealed) = seal(&plaintext);
        assert_eq!(read_all(&opener(&blob, &sealed), &blob, sealed.plaintext), Ok(plaintext));
    }
}

#[test]
fn a_run_of_segments_opens_like_one_by_one_and_stops_at_the_first_that_is_foreign() {
    let plaintext = file(20 * SEGMENT_PLAIN + 3);
    let (mut blob, sealed) = seal(&plaintext);
    let opener = opener(&blob, &sealed);
    let content = opener.layout().list_range().start as usize;
    let run = |blob: &[u8]| {
        let (mut out, mut through) = (Vec::new(), opener.read_through(sealed.plaintext));
        let outcome = blob[..content]
            .to_vec()
            .chunks_mut(7 * SEGMENT)
            .try_for_each(|part| through.open_run(part, |open| out.extend_from_slice(open)));
        (out, outcome.and_then(|()| through.finish().map(|_| ())))
    };
    assert!(run(&blob) == (plaintext.clone(), Ok(())));
    blob[9 * SEGMENT] ^= 1;
    assert!(run(&blob) == (plaintext[..9 * SEGMENT_PLAIN].to_vec(), Err(OpenError::ForeignSegment)));
}

#[test]
fn a_reading_that_stops_early_proves_nothing() {
    let (blob, sealed) = seal(&file(2 * SEGMENT_PLAIN));
    let opener = opener(&blob, &sealed);
    let mut through = opener.read_through(sealed.plaintext);
    through.open_next(&mut segment(opener.layout(), &blob, 0)).unwrap();
    assert_eq!(through.finish(), Err(OpenError::Unfinished));
}

#[test]
fn a_plaintext_other_than_the_stated_one_is_refused_at_the_end() {
    let (blob, sealed) = seal(&file(SEGMENT_PLAIN + 1));
    assert_eq!(read_all(&opener(&blob, &sealed), &blob, Hash32([9; 32])), Err(OpenError::ForeignPlaintext));
}

#[test]
fn swapped_segments_are_refused() {
    let (blob, sealed) = seal(&file(3 * SEGMENT_PLAIN));
    let opener = opener(&blob, &sealed);
    assert_eq!(opener.open(0, &mut segment(opener.layout(), &blob, 1)), Err(OpenError::ForeignSegment));
}

#[test]
fn another_length_root_salt_or_list_is_refused_before_anything_is_shown() {
    let (blob, sealed) = seal(&file(1000));
    let accept = |key: &AttachmentKey, salt: &Salt, len, root, flip: Option<usize>| {
        let locked = Locked::new(key, salt, len, root).unwrap();
        let mut stored = list(locked.layout(), &blob);
        if let Some(at) = flip {
            stored[at] ^= 1;
        }
        locked.accept_list(&mut stored).map(|_| ()).unwrap_err()
    };
    assert_eq!(accept(&key(), &SALT, 999, sealed.root, None), OpenError::ForeignList);
    assert_eq!(accept(&key(), &SALT, 1000, Hash32([0; 32]), None), OpenError::ForeignList);
    assert_eq!(accept(&key(), &Salt([0; 32]), 1000, sealed.root, None), OpenError::ForeignList);
    assert_eq!(accept(&AttachmentKey::new([0; 32]), &SALT, 1000, sealed.root, None), OpenError::ForeignList);
    assert_eq!(accept(&key(), &SALT, 1000, sealed.root, Some(5)), OpenError::ForeignList);
    let locked = Locked::new(&key(), &SALT, 1000, sealed.root).unwrap();
    assert_eq!(locked.accept_list(&mut [0; 47]).map(|_| ()).unwrap_err(), OpenError::ForeignList);
    assert_eq!(Locked::new(&key(), &SALT, u64::MAX, sealed.root).map(|_| ()).unwrap_err(), OpenError::TooLong);
}

/// The attack of Dodis, Grubbs, Ristenpart and Woodage 2018 on attachments: one ciphertext that AES-GCM opens under two keys to two texts.
#[test]
fn a_two_plaintext_attachment_opens_under_one_key_alone() {
    let forged = oracle::two_plaintext_attachment();
    let open = |key: &AttachmentKey| {
        let locked = Locked::new(key, &forged.salt, forged.len, Hash32(forged.root)).unwrap();
        let mut stored = list(locked.layout(), &forged.stored);
        locked.accept_list(&mut stored)
    };
    assert!(forged.first_text != forged.second_text, "plain AES-GCM gave two texts");
    let opener = open(&forged.first_key).unwrap();
    assert_eq!(opener.open(0, &mut segment(opener.layout(), &forged.stored, 0)).unwrap(), forged.first_text);
    assert_eq!(open(&forged.second_key).map(|_| ()).unwrap_err(), OpenError::ForeignList);
}

#[test]
fn equal_sizes_after_padding_look_alike() {
    let (one, _) = seal(&file(100_000));
    let (other, _) = seal(&file(100_001));
    assert_eq!(one.len(), other.len());
    // The list is sealed: else a server could find where the hashes begin by hashing what stands before them.
    let hash = Hash32::of(&segment(Layout::of(100_000).unwrap(), &one, 0));
    assert!(!one.windows(32).any(|window| window == hash.0));
}

fn first_parts(plaintext: &[u8], parts: usize) -> (Vec<u8>, Checkpoint) {
    let mut sealer = Sealer::new(&key(), &SALT, plaintext.len() as u64).unwrap();
    let (mut source, mut part, mut reached) = (plaintext, Vec::new(), None);
    for _ in 0..parts {
        reached = sealer.part(&mut source, &mut part).unwrap();
    }
    (part, reached.unwrap())
}

#[test]
fn a_resumed_upload_ends_in_the_same_blob() {
    let plaintext = file(2 * PART + 12345);
    let (blob, sealed) = seal(&plaintext);
    for parts in 1..=3 {
        let (_, checkpoint) = first_parts(&plaintext, parts);
        let checkpoint = Checkpoint::from_bytes(&checkpoint.to_bytes());
        let (mut source, mut part) = (&plaintext[..], Vec::new());
        let mut sealer = Sealer::resume(&key(), &SALT, plaintext.len() as u64, &checkpoint, &mut source, &mut part).unwrap();
        assert_eq!(part, blob[sealer.last_part().start as usize..sealer.last_part().end as usize]);
        let mut rest = part.clone();
        let start = sealer.last_part().start as usize;
        while sealer.part(&mut source, &mut part).unwrap().is_some() {
            rest.extend_from_slice(&part);
        }
        assert!(rest == blob[start..]);
        assert_eq!(sealer.finish().unwrap(), sealed);
    }
}

#[test]
fn a_file_changed_at_the_same_length_is_noticed_before_a_byte_leaves() {
    let mut plaintext = file(PART + 1000);
    let (_, checkpoint) = first_parts(&plaintext, 1);
    plaintext[3] ^= 1;
    let mut part = Vec::new();
    let outcome = Sealer::resume(&key(), &SALT, plaintext.len() as u64, &checkpoint, &mut &plaintext[..], &mut part);
    assert_eq!(outcome.map(|_| ()).unwrap_err(), SealError::SourceChanged);
    assert!(part.is_empty(), "nothing to send by mistake");
}

#[test]
fn a_change_after_the_checkpoint_is_no_danger_and_goes_on() {
    let mut plaintext = file(PART + SEGMENT);
    let (_, checkpoint) = first_parts(&plaintext, 1);
    *plaintext.last_mut().unwrap() ^= 1;
    let (blob, sealed) = seal(&plaintext);
    let (mut source, mut part) = (&plaintext[..], Vec::new());
    let mut sealer = Sealer::resume(&key(), &SALT, plaintext.len() as u64, &checkpoint, &mut source, &mut part).unwrap();
    sealer.part(&mut source, &mut part).unwrap();
    assert!(part == blob[PART..]);
    assert_eq!(sealer.finish().unwrap(), sealed);
}

#[test]
fn a_checkpoint_of_another_file_is_refused() {
    let (_, checkpoint) = first_parts(&file(3 * PART), 3);
    for checkpoint in [checkpoint, Checkpoint { parts: 0, ..checkpoint }, Checkpoint { parts: u32::MAX, ..checkpoint }] {
        let outcome = Sealer::resume(&key(), &SALT, 100, &checkpoint, &mut &file(100)[..], &mut Vec::new());
        assert_eq!(outcome.map(|_| ()).unwrap_err(), SealError::ForeignCheckpoint);
    }
}

#[test]
fn a_source_that_shrinks_or_grows_or_fails_is_refused() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::PermissionDenied.into())
        }
    }
    for len in [1000, 10 * SEGMENT as u64] {
        let part = |source: &mut dyn Read| {
            let mut sealer = Sealer::new(&key(), &SALT, len).unwrap();
            sealer.part(&mut Box::new(source), &mut Vec::new()).unwrap_err()
        };
        assert_eq!(part(&mut &file(len as usize - 1)[..]), SealError::SourceShrank);
        assert_eq!(part(&mut &file(len as usize + 1)[..]), SealError::SourceGrew);
        assert_eq!(part(&mut Broken), SealError::Source(io::ErrorKind::PermissionDenied));
    }
    assert_eq!(Sealer::new(&key(), &SALT, u64::MAX).map(|_| ()).unwrap_err(), SealError::TooLong);
    assert_eq!(Sealer::new(&key(), &SALT, 1).unwrap().finish().unwrap_err(), SealError::Unfinished);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flipped_bit_never_reaches_a_reader(len in 1usize..3 * SEGMENT, at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let plaintext = file(len);
        let (mut blob, sealed) = seal(&plaintext);
        let at = at.index(blob.len());
        blob[at] ^= 1 << bit;
        let locked = Locked::new(&key(), &SALT, sealed.len, sealed.root).unwrap();
        let layout = locked.layout();
        match locked.accept_list(&mut list(layout, &blob)) {
            Err(error) => prop_assert!(error == OpenError::ForeignList && layout.list_range().contains(&(at as u64))),
            Ok(opener) => for number in 0..layout.segments() {
                let range = layout.segment_range(number).unwrap();
                let outcome = opener.open(number, &mut segment(layout, &blob, number)).map(<[u8]>::to_vec);
                if range.contains(&(at as u64)) {
                    prop_assert_eq!(outcome, Err(OpenError::ForeignSegment));
                } else {
                    let plain = layout.plain_range(number).unwrap();
                    prop_assert_eq!(outcome.unwrap(), &plaintext[plain.start as usize..plain.end as usize]);
                }
            }
        }
    }
}
