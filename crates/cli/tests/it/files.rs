//! Files as people have them: photos, films, and what is larger than any memory.

use crate::neighbours::{Village, begin};
use crate::world::tools::{exiftool, ffmpeg, peak_memory, tag, tags, text};
use crate::world::{Direction, Line, Outcome, Person, gather, long};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::thread;

const MIB: u64 = 1024 * 1024;
/// What a client may take, whatever the size of the file.
const MEMORY: u64 = 64 * MIB;

/// Three people with a group.
static STUDIO: LazyLock<Village> = LazyLock::new(|| {
    let studio = Village::of(&["ada", "berta", "cleo"]);
    let [ada, berta, cleo] = &studio.people[..] else { panic!() };
    gather(ada, "Studio", &[berta, cleo]);
    studio
});

pub fn set_up() {
    LazyLock::force(&STUDIO);
}

/// The three, for one test at a time: a file is the newest message of the chat when it is saved.
fn studio() -> ([&'static Person; 3], MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    begin();
    let [ada, berta, cleo] = &STUDIO.people[..] else { panic!() };
    ([ada, berta, cleo], TURN.lock().unwrap_or_else(|broken| broken.into_inner()))
}

fn large() -> u64 {
    if long() { 1024 * MIB } else { 256 * MIB }
}

/// Runs a command of a person and watches its memory.
fn watched(person: &Person, arguments: &[&str]) -> (Outcome, u64) {
    let child = person.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = child.id();
    let ended = thread::spawn(move || Outcome::from(child.wait_with_output().unwrap()));
    let mut peak = 0;
    while !ended.is_finished() {
        // The highest mark only ever rises: what is missed is what the last moments took.
        peak = peak.max(peak_memory(process).unwrap_or(0));
        thread::park_timeout(std::time::Duration::from_millis(5));
    }
    (ended.join().unwrap(), peak)
}

/// A file of bytes that nothing can compress, written as a stream.
fn noise(path: &Path, length: u64, seed: u64) {
    let mut file = std::io::BufWriter::new(File::create(path).unwrap());
    let mut state = seed;
    for _ in 0..length / 8 {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        file.write_all(&(word ^ (word >> 31)).to_le_bytes()).unwrap();
    }
    file.flush().unwrap();
}

fn same(one: &Path, other: &Path) -> bool {
    let (mut a, mut b) = (File::open(one).unwrap(), File::open(other).unwrap());
    if a.metadata().unwrap().len() != b.metadata().unwrap().len() {
        return false;
    }
    let (mut left, mut right) = (vec![0; MIB as usize], vec![0; MIB as usize]);
    loop {
        let count = a.read(&mut left).unwrap();
        b.read_exact(&mut right[..count]).unwrap();
        if left[..count] != right[..count] {
            return false;
        }
        if count == 0 {
            return true;
        }
    }
}

/// Saves what somebody was sent and gives the path of one file.
fn save(person: &Person, chat: &str, name: &str) -> PathBuf {
    let folder = person.path("saved");
    let message = person.sees(name, &["read", chat], |message| message["file"]["name"] == name);
    assert_eq!(message["mine"], false);
    person.does(&["read", chat, "--last", "1", "--save", text(&folder)]);
    folder.join(name)
}

/// A photo of twelve megapixels, as a phone writes it: lying on its side, with the place, the camera and what programs add. Red, green, blue and
/// white quarters from the top left of the stored picture.
fn camera_photo(path: &Path) {
    let drawn = path.with_extension("drawn.ppm");
    draw(&drawn, 4032, 3024);
    ffmpeg(&["-i", text(&drawn), "-q:v", "3", "-pix_fmt", "yuvj420p", text(path)]);
    maker_note(path);
    let small = path.with_extension("small.jpg");
    ffmpeg(&["-i", text(path), "-vf", "scale=160:-1", text(&small)]);
    let private = [
        "-Orientation=6",
        "-Make=Cameramaker",
        "-Model=Pocket 9",
        "-Artist=Alice Liddell",
        "-Software=Firmware 1.2",
        "-ExifIFD:SerialNumber=A0815",
        "-LensModel=Wide 26",
        "-DateTimeOriginal=2026:05:04 03:02:01",
        "-OffsetTimeOriginal=+02:00",
        "-UserComment=At home",
        "-GPSLatitude=48.1371079",
        "-GPSLatitudeRef=N",
        "-GPSLongitude=11.5753822",
        "-GPSLongitudeRef=E",
        "-GPSAltitude=520",
        "-GPSDateStamp=2026:05:04",
        "-XMP-dc:Creator=Alice Liddell",
        "-XMP-photoshop:City=Munich",
        "-XMP-xmpMM:DocumentID=xmp.did:0815",
        "-XMP-iptcExt:PersonInImage=Bob",
        "-IPTC:City=Munich",
        "-IPTC:By-line=Alice Liddell",
        "-Comment=Taken at home",
    ];
    tag(path, &private);
    exiftool(&["-q", "-overwrite_original", &format!("-ThumbnailImage<={}", text(&small)), text(path)]);
    let found = tags(path).join("\n");
    for needed in ["GPSLatitude", "[XMP-dc] Creator", "[IPTC] City", "SerialNumber", "MakerNote", "ThumbnailImage", "Orientation"] {
        assert!(found.contains(needed), "the photo lacks {needed}: {found}");
    }
}

/// Four quarters with some grain.
fn draw(path: &Path, width: usize, height: usize) {
    let mut ppm = format!("P6 {width} {height} 255\n").into_bytes();
    for (x, y) in (0..width * height).map(|place| (place % width, place / width)) {
        let grain = ((x * 7 + y * 5 + x * y % 11) % 24) as u8;
        ppm.extend(match (2 * x < width, 2 * y < height) {
            (true, true) => [200 + grain, grain, grain],
            (false, true) => [grain, 200 + grain, grain],
            (true, false) => [grain, grain, 200 + grain],
            (false, false) => [230 + grain; 3],
        });
    }
    fs::write(path, ppm).unwrap();
}

/// Puts an Exif segment with a maker note behind the start of a JPEG: exiftool writes no maker notes of its own, but keeps those that are there.
fn maker_note(path: &Path) {
    const NOTE: &[u8; 32] = b"Secret of the camera maker 0815\0";
    // Little-endian: a directory at 8 that names one at 26, whose only entry is the note at 44.
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    exif.extend(b"\x01\0\x69\x87\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0");
    exif.extend(b"\x01\0\x7c\x92\x07\0\x20\0\0\0\x2c\0\0\0\0\0\0\0");
    exif.extend(NOTE);
    let jpeg = fs::read(path).unwrap();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    fs::write(path, [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()).unwrap();
}

/// What may be said of a picture that has nothing private left: its size, its colours and how it is packed.
const HARMLESS: &[&str] = &[
    "[File] FileType",
    "[File] FileTypeExtension",
    "[File] MIMEType",
    "[File] ImageWidth",
    "[File] ImageHeight",
    "[File] EncodingProcess",
    "[File] BitsPerSample",
    "[File] ColorComponents",
    "[File] YCbCrSubSampling",
    "[JFIF] JFIFVersion",
    "[JFIF] ResolutionUnit",
    "[JFIF] XResolution",
    "[JFIF] YResolution",
    "[Composite] ImageSize",
    "[Composite] Megapixels",
    "[File] CurrentIPTCDigest",
];

/// The colours in the middle of the quarters, line by line from the top left.
fn quarters(path: &Path) -> [&'static str; 4] {
    let small = path.with_extension("ppm");
    ffmpeg(&[
        "-noautorotate",
        "-i",
        text(path),
        "-vf",
        "format=rgb24,scale=2:2:flags=area",
        "-pix_fmt",
        "rgb24",
        "-frames:v",
        "1",
        "-f",
        "image2",
        text(&small),
    ]);
    let ppm = fs::read(small).unwrap();
    let pixels = &ppm[ppm.len() - 12..];
    [0, 1, 2, 3].map(|at| match [0, 1, 2].map(|channel| pixels[3 * at + channel] > 128) {
        [true, false, false] => "red",
        [false, true, false] => "green",
        [false, false, true] => "blue",
        [true, true, true] => "white",
        other => panic!("no colour of the picture: {other:?}"),
    })
}

#[test]
fn a_camera_photo_arrives_upright_with_nothing_private_left() {
    let ([ada, berta, cleo], _turn) = studio();
    let photo = ada.path("DSC_0815.jpg");
    camera_photo(&photo);
    assert_eq!(quarters(&photo), ["red", "green", "blue", "white"]);
    let (outcome, peak) = watched(ada, &["send", "Studio", "--file", text(&photo), "--caption", "The garden", "--alt", "Four quarters"]);
    assert!(outcome.done().starts_with("sent "));
    assert!(peak > 0 && peak < MEMORY, "the sender took {} MiB", peak / MIB);
    for person in [berta, cleo] {
        let saved = save(person, "Studio", "DSC_0815.jpg");
        // Turned by a quarter to the right.
        assert_eq!(quarters(&saved), ["blue", "red", "white", "green"]);
        let left: Vec<String> =
            tags(&saved).into_iter().filter(|tag| !HARMLESS.iter().any(|name| tag.starts_with(&format!("{name}:")))).collect();
        assert!(left.is_empty(), "left in the photo: {left:#?}");
        let message = person.reads("Studio", "The garden");
        let file = &message["file"];
        assert_eq!((&message["kind"], &file["media_type"], &file["original"]), (&"photo".into(), &"image/jpeg".into(), &false.into()));
        assert_eq!((&file["width"], &file["height"], &file["alt"]), (&3024.into(), &4032.into(), &"Four quarters".into()));
        assert_eq!(file["bytes"], fs::metadata(&saved).unwrap().len());
        let fields = ["name", "media_type", "bytes", "width", "height", "duration_ms", "alt", "original", "sha256", "held"];
        assert_eq!(crate::world::names(file), fields.into_iter().collect());
    }
}

#[test]
fn an_original_keeps_every_byte_and_says_so() {
    let ([ada, berta, cleo], _turn) = studio();
    let photo = ada.path("original.jpg");
    camera_photo(&photo);
    ada.does(&["send", "Studio", "--file", text(&photo), "--original"]);
    for person in [berta, cleo] {
        assert!(same(&photo, &save(person, "Studio", "original.jpg")));
        let messages = person.lists(&["read", "Studio"]);
        assert!(messages.iter().any(|message| message["file"]["name"] == "original.jpg" && message["file"]["original"] == true));
    }
}

#[test]
fn a_film_of_fifty_megabytes_arrives_byte_for_byte() {
    let ([ada, berta, cleo], _turn) = studio();
    let film = ada.path("film.mp4");
    let picture = ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25:duration=20"];
    let sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=20"];
    let packed = [
        "-vf",
        "noise=alls=40:allf=t",
        "-c:v",
        "mpeg4",
        "-b:v",
        "30M",
        "-minrate",
        "30M",
        "-maxrate",
        "30M",
        "-bufsize",
        "10M",
        "-c:a",
        "aac",
        text(&film),
    ];
    ffmpeg(&[&picture[..], &sound, &packed].concat());
    assert!(fs::metadata(&film).unwrap().len() >= 50 * 1000 * 1000);
    let (outcome, peak) = watched(ada, &["send", "Studio", "--file", text(&film), "--original"]);
    assert!(outcome.done().starts_with("sent "));
    assert!(peak > 0 && peak < MEMORY, "the sender took {} MiB", peak / MIB);
    for person in [berta, cleo] {
        assert!(same(&film, &save(person, "Studio", "film.mp4")));
    }
}

/// Waits until so many bytes have passed, or the program has ended.
fn passed(line: &Line, direction: Direction, bytes: u64, child: &mut Child) {
    let from = line.passed(direction);
    crate::world::until("bytes on their way", || {
        assert!(child.try_wait().unwrap().is_none(), "it was to be killed in the middle, and has ended already");
        (line.passed(direction) >= from + bytes).then_some(())
    });
}

#[test]
fn a_very_large_file_outlives_a_cut_line_and_both_programs_killed() {
    let ([ada, berta, cleo], _turn) = studio();
    let file = ada.path("very large.bin");
    noise(&file, large(), 1);
    let (up, down) = (Direction::Up, Direction::Down);

    // The sender is killed after a quarter of it.
    let begun = ada.line.passed(up);
    let mut sending = ada.command(&["send", "Studio", "--file", text(&file)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    passed(&ada.line, up, large() / 4, &mut sending);
    sending.kill().unwrap();
    sending.wait().unwrap();
    // Started again, its line is cut after another quarter, and it goes on by itself.
    ada.line.break_after(up, large() / 4);
    let breaks = ada.line.breaks();
    let (outcome, peak) = watched(ada, &["sync"]);
    outcome.done();
    assert_eq!(ada.line.breaks(), breaks + 1);
    assert!(peak > 0 && peak < MEMORY, "the sender took {} MiB", peak / MIB);
    let sent = ada.line.passed(up) - begun;
    // A part of 8 MiB may go twice for each interruption; the padding and the hash list are a few hundredths.
    assert!(sent >= large() && sent < large() + large() / 16 + 3 * 8 * MIB, "{} MiB left for a file of {} MiB", sent / MIB, large() / MIB);
    let sent = ada.lists(&["read", "Studio"]).pop().unwrap();
    assert_eq!((&sent["kind"], &sent["file"]["name"]), (&"file".into(), &"very large.bin".into()));
    assert_eq!(sent["file"]["bytes"], large());

    // One receiver is killed in the middle, the other's line is cut.
    let folder = berta.path("large");
    let saving = ["read", "Studio", "--last", "1", "--save", text(&folder)];
    berta.sees("the file", &["read", "Studio"], |message| message["file"]["name"] == "very large.bin");
    let begun = berta.line.passed(down);
    let mut receiving = berta.command(&saving).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    passed(&berta.line, down, large() / 3, &mut receiving);
    receiving.kill().unwrap();
    receiving.wait().unwrap();
    let (outcome, peak) = watched(berta, &saving);
    outcome.done();
    assert!(peak > 0 && peak < MEMORY, "the receiver took {} MiB", peak / MIB);
    let received = berta.line.passed(down) - begun;
    assert!(received < large() + large() / 16 + 8 * MIB, "{} MiB came for a file of {} MiB", received / MIB, large() / MIB);
    assert!(same(&file, &folder.join("very large.bin")));

    let folder = cleo.path("large");
    let saving = ["read", "Studio", "--last", "1", "--save", text(&folder)];
    cleo.sees("the file", &["read", "Studio"], |message| message["file"]["name"] == "very large.bin");
    let begun = cleo.line.passed(down);
    cleo.line.break_after(down, large() / 2);
    let cut = cleo.tries(&saving);
    assert!(cut.code == 0 || cut.stderr.contains("goes on where it stopped"), "{cut:?}");
    if cut.code != 0 {
        cleo.does(&saving);
    }
    let received = cleo.line.passed(down) - begun;
    assert!(received < large() + large() / 16 + 8 * MIB, "{} MiB came for a file of {} MiB", received / MIB, large() / MIB);
    assert!(same(&file, &folder.join("very large.bin")));
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_sent_anew_and_whole() {
    let ([ada, berta, _], _turn) = studio();
    let file = ada.path("changing.bin");
    noise(&file, 64 * MIB, 2);
    let mut sending = ada.command(&["send", "berta", "--file", text(&file)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    passed(&ada.line, Direction::Up, 24 * MIB, &mut sending);
    sending.kill().unwrap();
    sending.wait().unwrap();
    noise(&file, 32 * MIB, 3);
    ada.does(&["sync"]);
    assert!(same(&file, &save(berta, "ada", "changing.bin")));
}
