//! Files made to hurt: whatever the bytes, the answer is a value.

use media::clean::{Patched, photo, video};
use media::{Wish, prepare};
use proptest::prelude::*;
use std::io::{Cursor, Read};
use std::sync::LazyLock;
use tools::{Folder, ffmpeg, tag, text};

mod tools;

/// A small file of every format.
static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let folder = Folder::new();
    let mut seeds = Vec::new();
    for name in ["a.jpg", "b.png", "c.webp"] {
        let path = folder.picture(name, 40, 24, &[]);
        tag(&path, &["-IFD0:Orientation=6", "-GPSLatitude=51.5"]);
        seeds.push(std::fs::read(&path).unwrap());
        tag(&path, &["-IFD0:Orientation=1"]);
        seeds.push(std::fs::read(&path).unwrap());
    }
    seeds.push(std::fs::read(folder.picture("d.png", 40, 24, &["-flags", "ildct", "-pix_fmt", "pal8"])).unwrap());
    let pictures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures");
    seeds.extend(std::fs::read_dir(pictures).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap()));
    for (name, options) in [
        ("e.gif", &["-t", "0.4"][..]),
        ("f.webp", &["-c:v", "libwebp_anim", "-loop", "0"]),
        ("g.mp4", &["-c:v", "libx264", "-metadata", "title=x"]),
        ("h.mov", &["-c:v", "mjpeg", "-timecode", "01:02:03:04"]),
        ("i.mp4", &["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"]),
        ("j.webm", &["-c:v", "libvpx", "-metadata", "title=x"]),
        ("k.mkv", &["-c:v", "libx264", "-live", "1"]),
    ] {
        let path = folder.path(name);
        ffmpeg(&[&["-f", "lavfi", "-i", "testsrc=size=32x32:rate=5:duration=1"], options, &[text(&path)]].concat());
        seeds.push(std::fs::read(path).unwrap());
    }
    seeds
});

/// Goes through everything a shell would do; the values do not matter, that they come does.
fn survive(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut out = Vec::new();
    if let Ok(photo) = photo(&mut Cursor::new(bytes), &mut out) {
        prop_assert!(photo.width > 0 && photo.height > 0);
        // What was cleaned stays clean: a second cleaning finds a photo again.
        let mut again = Vec::new();
        let second = media::clean::photo(&mut Cursor::new(&out), &mut again);
        prop_assert_eq!(second.map(|second| (second.width, second.height)), Ok((photo.width, photo.height)));
    }
    if let Ok(video) = video(&mut Cursor::new(bytes)) {
        let mut out = Vec::new();
        Patched::new(Cursor::new(bytes), video.plan).unwrap().read_to_end(&mut out).unwrap();
        prop_assert_eq!(out.len(), bytes.len());
    }
    let _ = prepare(&mut Cursor::new(bytes), Wish::Shown);
    Ok(())
}

/// What is done to a seed.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>;
    prop_oneof![
        6 => (place(), any::<u8>()).prop_map(|(place, byte)| Damage::Flip(place, byte)),
        6 => (place(), prop::sample::select(vec![0, 1, 0x7f, 0x80, 0xff])).prop_map(|(place, byte)| Damage::Set(place, byte)),
        1 => place().prop_map(Damage::Cut),
        2 => (place(), 1usize..40).prop_map(|(place, len)| Damage::Remove(place, len)),
        2 => (place(), 1usize..40).prop_map(|(place, len)| Damage::Repeat(place, len)),
    ]
}

fn apply(bytes: &mut Vec<u8>, damage: &Damage) {
    // Most of what can go wrong stands in the first bytes and the last.
    let at = |place: &prop::sample::Index| {
        let place = place.index(2 * bytes.len().max(1));
        if place < bytes.len() { place } else { (place - bytes.len()) % bytes.len().clamp(1, 700) }
    };
    match damage {
        _ if bytes.is_empty() => {}
        Damage::Flip(place, mask) => {
            let at = at(place);
            bytes[at] ^= mask;
        }
        Damage::Set(place, byte) => {
            let at = at(place);
            bytes[at] = *byte;
        }
        Damage::Cut(place) => bytes.truncate(at(place)),
        Damage::Remove(place, len) => {
            let at = at(place);
            bytes.drain(at..bytes.len().min(at + len));
        }
        Damage::Repeat(place, len) => {
            let at = at(place);
            let copy = bytes[at..bytes.len().min(at + len)].to_vec();
            bytes.splice(at..at, copy);
        }
    }
}

#[test]
fn every_seed_is_read_and_survives_being_cut_anywhere() {
    for seed in SEEDS.iter() {
        survive(seed).unwrap();
        for len in (0..seed.len()).step_by(seed.len() / 60 + 1) {
            survive(&seed[..len]).unwrap();
        }
    }
}

/// Found by fuzzing: the copy ended at the first of them, and what was sent was half a picture.
#[test]
fn fill_bytes_before_a_restart_do_not_end_the_picture() {
    let plain = include_bytes!("pictures/restarts_422.jpg");
    let mut filled = Vec::new();
    for (at, byte) in plain.iter().enumerate() {
        filled.push(*byte);
        if *byte == 0xff && matches!(plain.get(at + 1), Some(0xd0..=0xd7)) {
            filled.extend([0xff; 7]);
        }
    }
    assert!(filled.len() > plain.len(), "there are restarts");
    let [mut once, mut twice] = [Vec::new(), Vec::new()];
    let photos = [photo(&mut Cursor::new(plain.as_slice()), &mut once), photo(&mut Cursor::new(&filled), &mut twice)];
    assert_eq!(photos[0], photos[1]);
    assert!(once == twice, "the same picture");
}

/// A few bytes that claim much: work and memory follow the bytes, not the claim.
#[test]
fn a_small_file_that_claims_to_be_huge_is_refused_quickly() {
    let mut jpeg = SEEDS[0].clone();
    let frame = jpeg.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x3f, 0xff, 0x3f, 0xff]);
    let mut png = SEEDS[2].clone();
    png[16..24].copy_from_slice(&[0, 0, 0x3f, 0xff, 0, 0, 0x3f, 0xff]);
    for bytes in [jpeg, png] {
        assert!(photo(&mut Cursor::new(&bytes), &mut Vec::new()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_damaged_file_never_ends_the_program(seed in any::<prop::sample::Index>(), damages in prop::collection::vec(damage(), 1..6)) {
        let mut bytes = seed.get(&SEEDS).clone();
        damages.iter().for_each(|damage| apply(&mut bytes, damage));
        survive(&bytes)?;
    }

    #[test]
    fn nor_do_random_bytes_under_a_known_beginning(seed in any::<prop::sample::Index>(), keep in 0usize..64, rest in prop::collection::vec(any::<u8>(), 0..400)) {
        let seed = seed.get(&SEEDS);
        let bytes = [&seed[..keep.min(seed.len())], &rest].concat();
        survive(&bytes)?;
    }
}
