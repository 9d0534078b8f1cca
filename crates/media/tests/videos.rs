//! Videos arrive with nothing private left and every frame as it was.

use media::clean::{CleanError, Patched, Video, video};
use media::{Kind, VideoFormat};
use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use tools::{Folder, exiftool, ffmpeg, tag, tags, text};

mod tools;

const H264: [&str; 6] = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"];
const PRIVATE: [&str; 14] = [
    "-metadata",
    "location=+51.5007-000.1246/",
    "-metadata",
    "make=canary maker",
    "-metadata",
    "model=canary model",
    "-metadata",
    "title=canary title",
    "-metadata",
    "comment=canary comment",
    "-metadata",
    "date=2024-05-06",
    "-metadata",
    "creation_time=2024-05-06T07:08:09Z",
];

fn clean(folder: &Folder, path: &Path) -> (PathBuf, Video) {
    let video = video(&mut File::open(path).unwrap()).unwrap();
    let mut out = Vec::new();
    Patched::new(File::open(path).unwrap(), video.plan.clone()).unwrap().read_to_end(&mut out).unwrap();
    assert_eq!(out.len() as u64, std::fs::metadata(path).unwrap().len());
    (folder.write(&format!("clean.{}", path.extension().unwrap().to_str().unwrap()), &out), video)
}

/// The SHA-256 of every frame of picture and sound.
fn frames(path: &Path) -> String {
    ffmpeg(&["-i", text(path), "-map", "0:v?", "-map", "0:a?", "-f", "streamhash", "-"])
}

fn assert_nothing_private(path: &Path) {
    let private = ["gps", "location", "canary", "make", "model", "comment", "title", "2024", "software", "author", "51.5"];
    for line in tags(path) {
        let lower = line.to_lowercase();
        assert!(!private.iter().any(|word| lower.contains(word)), "{line}");
    }
    let bytes = std::fs::read(path).unwrap();
    assert!(!bytes.windows(6).any(|window| window == b"canary"), "a canary lived");
}

#[test]
fn an_ordinary_mp4_passes_byte_for_byte() {
    let folder = Folder::new();
    for (name, options) in
        [("a.mp4", &[][..]), ("b.mp4", &["-movflags", "faststart"]), ("c.mov", &[]), ("d.mp4", &["-movflags", "frag_keyframe+empty_moov"])]
    {
        let source = folder.film(name, &[&H264[..], options].concat());
        assert!(std::fs::read(&source).unwrap().windows(4).any(|window| window == b"Lavf"), "FFmpeg signed it");
        let (out, video) = clean(&folder, &source);
        assert!(std::fs::read(&source).unwrap() == std::fs::read(&out).unwrap(), "{name}");
        assert_eq!((video.plan.blanked(), video.size), (0, Some((160, 120))));
    }
}

#[test]
fn an_mp4_loses_place_time_and_device_and_keeps_every_frame() {
    let folder = Folder::new();
    let kinds: [(&str, &[&str]); 4] = [
        ("a.mp4", &[]),
        ("b.mov", &[]),
        ("c.mov", &["-movflags", "use_metadata_tags", "-metadata", "com.apple.quicktime.location.ISO6709=+51.5007-000.1246/"]),
        ("d.mp4", &["-movflags", "frag_keyframe+empty_moov"]),
    ];
    for (name, options) in kinds {
        let source = folder.film(name, &[&H264[..], &PRIVATE, options].concat());
        assert!(tags(&source).iter().any(|line| line.contains("canary") || line.contains("51")), "exiftool sees what is to go in {name}");
        let (out, video) = clean(&folder, &source);
        assert_nothing_private(&out);
        assert_eq!(frames(&source), frames(&out), "{name}");
        assert_eq!(video.media_type, if name.ends_with("mov") { "video/quicktime" } else { "video/mp4" });
    }
}

#[test]
fn what_exiftool_writes_into_a_film_goes_too() {
    let folder = Folder::new();
    let source = folder.film("source.mp4", &H264);
    let canaries = [
        "-Keys:GPSCoordinates=51.5007 -0.1246 10",
        "-Keys:Make=canary maker",
        "-Keys:Model=canary model",
        "-Keys:Software=canary software",
        "-Keys:CreationDate=2024:05:06 07:08:09",
        "-UserData:GPSCoordinates=51.5007 -0.1246 10",
        "-ItemList:Comment=canary comment",
        "-XMP-dc:Creator=canary creator",
        "-XMP-exif:GPSLatitude=51.5007",
        "-QuickTime:CreateDate=2024:05:06 07:08:09",
        "-Track1:TrackCreateDate=2024:05:06 07:08:09",
        "-Track2:MediaModifyDate=2024:05:06 07:08:09",
    ];
    tag(&source, &canaries);
    let before = tags(&source);
    for group in ["[Keys]", "[UserData]", "[ItemList]", "[XMP-dc]"] {
        assert!(before.iter().any(|line| line.starts_with(group)), "exiftool wrote {group}");
    }
    let (out, video) = clean(&folder, &source);
    assert_nothing_private(&out);
    assert_eq!(frames(&source), frames(&out));
    assert_eq!((video.size, video.duration_ms, video.media_type), (Some((160, 120)), Some(2000), "video/mp4"));
}

#[test]
fn a_track_of_places_is_removed_with_its_samples() {
    let folder = Folder::new();
    let places = folder.write("places.srt", b"1\n00:00:00,000 --> 00:00:01,000\ncanary GPS(51.5007,-0.1246)\n\n");
    let source = folder.path("source.mp4");
    let film = folder.film("film.mp4", &H264);
    ffmpeg(&[
        "-i",
        text(&film),
        "-i",
        text(&places),
        "-map",
        "0",
        "-map",
        "1",
        "-c:v",
        "copy",
        "-c:a",
        "copy",
        "-c:s",
        "mov_text",
        text(&source),
    ]);
    assert!(std::fs::read(&source).unwrap().windows(6).any(|window| window == b"canary"));
    let (out, _) = clean(&folder, &source);
    assert_nothing_private(&out);
    assert_eq!(frames(&source), frames(&out));
    assert!(!exiftool(&["-ee", "-G1", text(&out)]).contains("Track3"));
}

#[test]
fn a_time_code_track_is_removed_and_what_led_to_it() {
    let folder = Folder::new();
    let source = folder.film("source.mov", &[&H264[..], &["-timecode", "07:08:09:00"]].concat());
    assert!(tags(&source).iter().any(|line| line.contains("TimeCode")));
    let (out, _) = clean(&folder, &source);
    assert!(!tags(&out).iter().any(|line| line.contains("TimeCode")));
    assert_eq!(frames(&source), frames(&out));
}

#[test]
fn a_track_of_places_in_fragments_is_refused() {
    let folder = Folder::new();
    let places = folder.write("places.srt", b"1\n00:00:00,000 --> 00:00:01,000\ncanary GPS(51.5007,-0.1246)\n\n");
    let source = folder.path("source.mp4");
    let film = folder.film("film.mp4", &H264);
    let fragments = ["-c:v", "copy", "-c:a", "copy", "-c:s", "mov_text", "-movflags", "frag_keyframe+empty_moov"];
    ffmpeg(&[&["-i", text(&film), "-i", text(&places), "-map", "0", "-map", "1"], &fragments[..], &[text(&source)]].concat());
    assert_eq!(video(&mut File::open(&source).unwrap()), Err(CleanError::CannotClean(Kind::Video(VideoFormat::Mp4))));
}

#[test]
fn raw_sound_in_quicktime_is_not_cut() {
    let folder = Folder::new();
    let source = folder.film("source.mov", &[&["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"], &PRIVATE[..]].concat());
    let (out, _) = clean(&folder, &source);
    assert_nothing_private(&out);
    assert_eq!(frames(&source), frames(&out));
}

#[test]
fn bytes_between_the_samples_are_blanked() {
    let folder = Folder::new();
    let source = folder.film("source.mp4", &[&H264[..], &["-movflags", "faststart"]].concat());
    let mut bytes = std::fs::read(&source).unwrap();
    // The media data is the last box: it may grow.
    let data = bytes.windows(4).position(|window| window == b"mdat").unwrap();
    let len = u32::from_be_bytes(bytes[data - 4..data].try_into().unwrap());
    assert_eq!(data - 4 + len as usize, bytes.len());
    bytes.extend(b"canary in the media data");
    bytes[data - 4..data].copy_from_slice(&(len + 24).to_be_bytes());
    bytes.extend(b"canary, and no box");
    let (out, _) = clean(&folder, &folder.write("grown.mp4", &bytes));
    assert_nothing_private(&out);
    assert_eq!(frames(&source), frames(&out));
}

#[test]
fn a_film_made_upright_by_its_matrix_says_how_it_is_shown() {
    let folder = Folder::new();
    let film = folder.film("film.mp4", &H264);
    let source = folder.path("source.mp4");
    ffmpeg(&["-i", text(&film), "-c", "copy", "-metadata:s:v:0", "rotate=90", text(&source)]);
    let (_, video) = clean(&folder, &source);
    assert_eq!(video.size, Some((120, 160)));
}

#[test]
fn a_voice_recording_loses_its_tags() {
    let folder = Folder::new();
    let source = folder.path("source.m4a");
    ffmpeg(&[&["-f", "lavfi", "-i", "sine=duration=2"], &PRIVATE[..], &[text(&source)]].concat());
    let (out, video) = clean(&folder, &source);
    assert_nothing_private(&out);
    assert_eq!((frames(&source), video.media_type, video.size), (frames(&out), "audio/mp4", None));
}

#[test]
fn a_3gp_loses_its_place() {
    let folder = Folder::new();
    let source = folder.path("source.3gp");
    let picture = ["-f", "lavfi", "-i", "testsrc=size=176x144:rate=10:duration=1", "-c:v", "h263"];
    ffmpeg(&[&picture[..], &PRIVATE, &[text(&source)]].concat());
    let (out, video) = clean(&folder, &source);
    assert_nothing_private(&out);
    assert_eq!((frames(&source), video.media_type, video.size), (frames(&out), "video/3gpp", Some((176, 144))));
}

#[test]
fn a_webm_loses_its_tags_and_keeps_every_frame() {
    let folder = Folder::new();
    let kinds: [(&str, &[&str]); 3] = [
        ("a.webm", &["-c:v", "libvpx", "-c:a", "libopus"]),
        ("b.mkv", &["-c:v", "libx264", "-c:a", "aac", "-metadata:s:v:0", "title=canary camera"]),
        ("c.webm", &["-c:v", "libvpx", "-c:a", "libopus", "-live", "1"]),
    ];
    for (name, options) in kinds {
        let source = folder.film(name, &[options, &PRIVATE].concat());
        assert!(std::fs::read(&source).unwrap().windows(6).any(|window| window == b"canary"));
        let (out, video) = clean(&folder, &source);
        assert_nothing_private(&out);
        assert_eq!(frames(&source), frames(&out), "{name}");
        assert_eq!((video.size, video.duration_ms.is_some()), (Some((160, 120)), name != "c.webm"), "{name}");
    }
}

#[test]
fn a_matroska_film_with_texts_is_refused() {
    let folder = Folder::new();
    let places = folder.write("places.srt", b"1\n00:00:00,000 --> 00:00:01,000\ncanary GPS(51.5007,-0.1246)\n\n");
    let source = folder.path("source.mkv");
    let film = folder.film("film.mkv", &H264);
    ffmpeg(&["-i", text(&film), "-i", text(&places), "-map", "0", "-map", "1", "-c", "copy", text(&source)]);
    assert_eq!(video(&mut File::open(&source).unwrap()), Err(CleanError::CannotClean(Kind::Video(VideoFormat::Matroska))));
}

#[test]
fn a_cleaned_film_can_be_read_from_any_place() {
    let folder = Folder::new();
    let source = folder.film("source.mp4", &[&H264[..], &PRIVATE].concat());
    let (out, video) = clean(&folder, &source);
    let whole = std::fs::read(out).unwrap();
    let mut patched = Patched::new(File::open(&source).unwrap(), video.plan).unwrap();
    for start in (0..whole.len()).step_by(997) {
        patched.seek(SeekFrom::Start(start as u64)).unwrap();
        let mut some = vec![0; 500.min(whole.len() - start)];
        patched.read_exact(&mut some).unwrap();
        assert!(some == whole[start..start + some.len()]);
    }
}

#[test]
fn sizes_that_lead_nowhere_are_refused() {
    let kind = Kind::Video(VideoFormat::Mp4);
    let file = |rest: &[u8]| video(&mut Cursor::new([&b"\0\0\0\x10ftypisom\0\0\0\0"[..], rest].concat()));
    assert_eq!(file(b""), Err(CleanError::Damaged(kind)), "no film");
    assert_eq!(file(b"\0\0\0\x07moov"), Err(CleanError::Damaged(kind)), "smaller than its header");
    assert_eq!(file(b"\xff\xff\xff\xffmoov"), Err(CleanError::Damaged(kind)), "beyond the end");
    assert_eq!(file(b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff"), Err(CleanError::Damaged(kind)), "an overflow");
    assert_eq!(file(b"\0\0\0\x10moov\0\0\0\x08cmov"), Err(CleanError::CannotClean(kind)), "a compressed header");
    let matroska = Kind::Video(VideoFormat::Matroska);
    assert_eq!(video(&mut Cursor::new(b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xfe")), Err(CleanError::Damaged(matroska)));
}
