//! Photos arrive upright with nothing private left, as two programs that know nothing of us see it.

use media::clean::{CleanError, Photo, THUMBNAIL_MAX, photo};
use media::{Kind, PhotoFormat};
use std::io::Cursor;
use std::path::Path;
use tools::{Blue, Corner, Decoded, Folder, Green, Red, White, tag, tags};

mod tools;

/// What every canary of these tests contains.
const CANARY: &[u8] = b"canary";

/// Groups and tags that say how to show a picture and nothing else.
const HARMLESS: [&str; 17] = [
    "[File] FileType",
    "[File] MIMEType",
    "[File] Image",
    "[File] EncodingProcess",
    "[File] BitsPerSample",
    "[File] ColorComponents",
    "[File] YCbCrSubSampling",
    "[JFIF] ",
    "[Adobe] ",
    "[APP14] ",
    "[PNG] ",
    "[RIFF] ",
    "[GIF] ",
    "[Composite] ImageSize",
    "[Composite] Megapixels",
    "[ICC-header] ",
    "[ICC_Profile] ",
];

fn clean(bytes: &[u8]) -> Result<(Vec<u8>, Photo), CleanError> {
    let mut out = Vec::new();
    photo(&mut Cursor::new(bytes), &mut out).map(|photo| (out, photo))
}

fn clean_file(folder: &Folder, path: &Path, to: &str) -> (std::path::PathBuf, Photo) {
    let (bytes, photo) = clean(&std::fs::read(path).unwrap()).unwrap();
    (folder.write(to, &bytes), photo)
}

fn assert_harmless(path: &Path) {
    let found = tags(path);
    assert!(found.len() > 5, "exiftool sees a picture");
    for line in found {
        assert!(HARMLESS.iter().any(|harmless| line.starts_with(harmless)), "{line}");
        assert!(!line.contains("Profile") || !line.to_lowercase().contains("canary"), "{line}");
    }
    assert_no_canary(&std::fs::read(path).unwrap());
}

fn assert_no_canary(bytes: &[u8]) {
    assert!(!bytes.windows(CANARY.len()).any(|window| window.eq_ignore_ascii_case(CANARY)), "a canary lived");
}

/// Where, when, who and with what, in every place exiftool can write.
fn tag_everything(path: &Path, orientation: u16) {
    let orientation = format!("-IFD0:Orientation={orientation}");
    let canaries = [
        "-GPSLatitude=51.5007",
        "-GPSLatitudeRef=N",
        "-GPSLongitude=0.1246",
        "-GPSLongitudeRef=W",
        "-GPSDateStamp=2024:05:06",
        "-IFD0:Make=canary maker",
        "-IFD0:Model=canary model",
        "-IFD0:Software=canary software",
        "-ExifIFD:DateTimeOriginal=2024:05:06 07:08:09",
        "-ExifIFD:SerialNumber=canary serial",
        "-ExifIFD:OwnerName=canary owner",
        "-ExifIFD:UserComment=canary comment",
        "-XMP-dc:Creator=canary creator",
        "-XMP-photoshop:City=canary city",
        "-XMP-exif:GPSLatitude=51.5007",
    ];
    tag(path, &[&canaries[..], &[orientation.as_str()]].concat());
}

/// The corners of the upright picture when the drawing was stored under each orientation, written down by hand from CIPA DC-008.
const UPRIGHT: [[Corner; 4]; 8] = [
    [Red, Green, Blue, White],
    [Green, Red, White, Blue],
    [White, Blue, Green, Red],
    [Blue, White, Red, Green],
    [Red, Blue, Green, White],
    [Blue, Red, White, Green],
    [White, Green, Blue, Red],
    [Green, White, Red, Blue],
];

#[test]
fn a_jpeg_of_every_orientation_arrives_upright() {
    let folder = Folder::new();
    for (width, height, sampling) in [(320, 240, "yuvj420p"), (323, 241, "yuvj420p"), (200, 120, "yuvj422p"), (97, 130, "yuvj444p")] {
        let plain = std::fs::read(folder.picture("plain.jpg", width, height, &["-q:v", "2", "-pix_fmt", sampling])).unwrap();
        for (orientation, corners) in (1..).zip(UPRIGHT) {
            let (out, photo) = clean(&with_segments(&plain, &[(0xe1, exif_with_maker_note(orientation))])).unwrap();
            assert_no_canary(&out);
            let shown = Decoded::read(&folder, &folder.write("out.jpg", &out));
            let size = if orientation > 4 { (height, width) } else { (width, height) };
            assert_eq!((shown.width, shown.height), size, "orientation {orientation}");
            assert_eq!((photo.width as usize, photo.height as usize, photo.media_type), (size.0, size.1, "image/jpeg"));
            assert_eq!(shown.corners(), corners, "orientation {orientation}");
            assert_thumbnail(&folder, &photo, corners);
        }
    }
}

#[test]
fn a_jpeg_keeps_nothing_that_exiftool_can_write() {
    let folder = Folder::new();
    for orientation in [1, 6] {
        let source = folder.picture("source.jpg", 320, 240, &["-q:v", "2"]);
        tag_everything(&source, orientation);
        tag(&source, &["-IPTC:City=canary town", "-Comment=canary remark"]);
        let (out, photo) = clean_file(&folder, &source, "out.jpg");
        assert_harmless(&out);
        assert_eq!(Decoded::read(&folder, &out).corners(), UPRIGHT[usize::from(orientation) - 1]);
        assert_harmless(&folder.write("thumbnail.jpg", &photo.thumbnail));
    }
}

fn assert_thumbnail(folder: &Folder, photo: &Photo, corners: [Corner; 4]) {
    assert!(photo.thumbnail.len() <= THUMBNAIL_MAX);
    let small = Decoded::read(folder, &folder.write("thumbnail.jpg", &photo.thumbnail));
    assert!(small.width.max(small.height) <= 96);
    assert_eq!(small.corners(), corners);
}

#[test]
fn an_upright_jpeg_keeps_every_pixel() {
    let folder = Folder::new();
    let source = folder.picture("source.jpg", 300, 200, &["-q:v", "3"]);
    tag_everything(&source, 1);
    let (out, _) = clean_file(&folder, &source, "out.jpg");
    assert_eq!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &out)), 0.0);
}

#[test]
fn a_turned_jpeg_loses_almost_nothing() {
    let folder = Folder::new();
    let source = folder.picture("source.jpg", 320, 240, &["-q:v", "2"]);
    tag(&source, &["-IFD0:Orientation=3"]);
    let (out, _) = clean_file(&folder, &source, "out.jpg");
    let mut stored = Decoded::read(&folder, &source);
    stored.rgb = stored.rgb.chunks(3).rev().flatten().copied().collect();
    assert!(stored.difference(&Decoded::read(&folder, &out)) < 0.5);
}

/// An Exif segment with a maker note, as cameras write it: big-endian, make, orientation, and a directory with the note.
fn exif_with_maker_note(orientation: u8) -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08\0\x03".to_vec();
    tiff.extend(b"\x01\x0f\0\x02\0\0\0\x07\0\0\0\x32"); // make, at 50
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
    tiff.extend(b"\x87\x69\0\x04\0\0\0\x01\0\0\0\x3a\0\0\0\0"); // the directory, at 58
    tiff.extend(b"canary\0\0");
    tiff.extend(b"\0\x01\x92\x7c\0\x07\0\0\0\x15\0\0\0\x4c\0\0\0\0"); // the note, at 76
    tiff.extend(b"Apple iOS\0canary note");
    [&b"Exif\0\0"[..], &tiff].concat()
}

fn with_segments(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    for (marker, body) in segments {
        out.extend([0xff, *marker]);
        out.extend((body.len() as u16 + 2).to_be_bytes());
        out.extend(body);
    }
    out.extend(&jpeg[2..]);
    out
}

#[test]
fn maker_notes_and_whatever_follows_the_picture_stay_behind() {
    let folder = Folder::new();
    for orientation in [1, 6] {
        let plain = std::fs::read(folder.picture("plain.jpg", 160, 120, &[])).unwrap();
        let unknown = (0xe5, b"canary in a segment nobody knows".to_vec());
        let mut bytes = with_segments(&plain, &[(0xe1, exif_with_maker_note(orientation)), unknown]);
        // A second picture and a film, as phones append them.
        bytes.extend(with_segments(&plain, &[(0xe1, exif_with_maker_note(orientation))]));
        bytes.extend(b"\0\0\0\x18ftypmp42canary MotionPhoto_Data");
        let noted = folder.write("noted.jpg", &bytes);
        assert!(tags(&noted).iter().any(|line| line.contains("canary")), "exiftool sees what is to go");
        let (out, _) = clean_file(&folder, &noted, "out.jpg");
        assert_harmless(&out);
        assert_eq!(Decoded::read(&folder, &out).corners(), UPRIGHT[usize::from(orientation) - 1]);
    }
}

#[test]
fn what_hides_after_the_last_pixel_of_the_scan_stays_behind() {
    let folder = Folder::new();
    let source = folder.picture("source.jpg", 160, 120, &[]);
    let mut bytes = std::fs::read(&source).unwrap();
    let end = bytes.len() - 2;
    bytes.splice(end..end, b"canary in coded data".iter().copied());
    let (out, _) = clean(&bytes).unwrap();
    assert_no_canary(&out);
    assert!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &folder.write("out.jpg", &out))) < 0.5);
}

#[test]
fn a_missing_end_is_forgiven_and_a_missing_piece_is_not() {
    let folder = Folder::new();
    let source = folder.picture("source.jpg", 160, 120, &[]);
    let bytes = std::fs::read(&source).unwrap();
    let (out, _) = clean(&bytes[..bytes.len() - 2]).unwrap();
    assert_eq!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &folder.write("out.jpg", &out))), 0.0);
    let mut cut = Vec::new();
    assert_eq!(photo(&mut Cursor::new(&bytes[..bytes.len() - 200]), &mut cut), Err(CleanError::Damaged(Kind::Photo(PhotoFormat::Jpeg))));
    assert!(cut.is_empty(), "nothing is half written");
}

/// Pictures of kinds the tools of these tests do not make: progressive, in several scans, with restarts, four components, no YCbCr. All are
/// stored for orientation 6, but the last.
#[test]
fn rarer_kinds_of_jpeg_arrive_upright_too() {
    let folder = Folder::new();
    for name in ["progressive_420", "restarts_422", "several_scans", "rgb"] {
        let source = picture(name);
        let (out, photo) = clean(&source).unwrap();
        let out = folder.write("out.jpg", &out);
        assert_harmless(&out);
        assert_eq!((photo.width, photo.height), (56, 72), "{name}");
        assert_eq!(Decoded::read(&folder, &out).corners(), UPRIGHT[5], "{name}");
        assert_thumbnail(&folder, &photo, UPRIGHT[5]);
    }
    for name in ["progressive_gray", "cmyk"] {
        let (out, photo) = clean(&picture(name)).unwrap();
        let out = folder.write("out.jpg", &out);
        assert_harmless(&out);
        let shown = Decoded::read(&folder, &out);
        assert_eq!((shown.width, shown.height, photo.width, photo.height), (56, 72, 56, 72), "{name}");
    }
    assert_eq!(clean(&picture("arithmetic")).unwrap_err(), CleanError::CannotClean(Kind::Photo(PhotoFormat::Jpeg)));
}

fn picture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name).with_extension("jpg")).unwrap()
}

#[test]
fn rarer_kinds_of_jpeg_lose_almost_nothing() {
    let folder = Folder::new();
    for name in ["progressive_420", "progressive_gray", "restarts_422", "several_scans", "rgb"] {
        let source = picture(name);
        let stored = Decoded::read(&folder, &folder.write("source.jpg", &source));
        let shown = Decoded::read(&folder, &folder.write("out.jpg", &clean(&source).unwrap().0));
        // Orientation 6: upright(x, y) is stored(y, height - 1 - x).
        let turned = |place: usize| {
            let (x, y) = (place % stored.height, place / stored.height);
            let at = 3 * ((stored.height - 1 - x) * stored.width + y);
            stored.rgb[at..at + 3].iter().copied()
        };
        let rgb = (0..stored.width * stored.height).flat_map(turned).collect();
        let expected = Decoded { width: stored.height, height: stored.width, rgb };
        // Most of it is how the judge scales up the turned colour planes.
        assert!(expected.difference(&shown) < 3.0, "{name}: {}", expected.difference(&shown));
    }
}

/// A colour profile with the columns of Display P3, or others, that names its maker.
fn profile(red: [i32; 3]) -> Vec<u8> {
    let columns = [red, [19_133, 45_369, 2_750], [10_290, 4_360, 51_380]];
    let mut out = vec![0; 128];
    out[12..24].copy_from_slice(b"mntrRGB XYZ ");
    out[36..40].copy_from_slice(b"acsp");
    out.extend(4u32.to_be_bytes());
    for (nth, name) in [b"rXYZ", b"gXYZ", b"bXYZ"].into_iter().enumerate() {
        out.extend([&name[..], &(180 + 20 * nth as u32).to_be_bytes(), &20u32.to_be_bytes()].concat());
    }
    out.extend([&b"desc"[..], &240u32.to_be_bytes(), &28u32.to_be_bytes()].concat());
    for column in columns {
        out.extend(b"XYZ \0\0\0\0");
        out.extend(column.iter().flat_map(|part| part.to_be_bytes()));
    }
    out.extend(b"desc\0\0\0\0\0\0\0\x0ecanary screen\0\0\0");
    let len = out.len() as u32;
    out[..4].copy_from_slice(&len.to_be_bytes());
    out
}

#[test]
fn wide_colours_stay_in_a_profile_of_our_own() {
    let folder = Folder::new();
    let p3 = [33_760, 15_806, -70];
    for (red, stays) in [(p3, true), ([40_000, 15_806, -70], false)] {
        let body = [&b"ICC_PROFILE\0\x01\x01"[..], &profile(red)].concat();
        let plain = std::fs::read(folder.picture("plain.jpg", 64, 48, &[])).unwrap();
        for orientation in [1, 8] {
            let bytes = with_segments(&plain, &[(0xe2, body.clone()), (0xe1, exif_with_maker_note(orientation))]);
            let out = folder.write("out.jpg", &clean(&bytes).unwrap().0);
            assert_harmless(&out);
            assert_eq!(tags(&out).iter().any(|line| line == "[ICC_Profile] ProfileDescription: Display P3"), stays);
        }
        let icc = folder.write("canary.icc", &profile(red));
        let source = folder.picture("source.png", 64, 48, &[]);
        tag(&source, &[&format!("-ICC_Profile<={}", tools::text(&icc))]);
        let (out, _) = clean_file(&folder, &source, "out.png");
        assert_harmless(&out);
        assert_eq!(tags(&out).iter().any(|line| line == "[ICC_Profile] ProfileDescription: Display P3"), stays);
        assert_eq!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &out)), 0.0);
    }
}

#[test]
fn a_png_of_every_orientation_arrives_upright_with_nothing_private() {
    let folder = Folder::new();
    for (orientation, corners) in (1..).zip(UPRIGHT) {
        let source = folder.picture("source.png", 133, 100, &[]);
        tag_everything(&source, orientation);
        tag(&source, &["-PNG:Comment=canary remark", "-PNG:Author=canary author", "-PNG:ModifyDate=2024:05:06 07:08:09"]);
        assert_clean_png(&folder, &source, corners);
    }
}

#[test]
fn a_png_of_every_kind_arrives_upright() {
    let folder = Folder::new();
    let kinds: [&[&str]; 5] = [
        &["-flags", "ildct"],
        &["-pix_fmt", "rgba"],
        &["-pix_fmt", "rgb48be"],
        &["-pix_fmt", "pal8"],
        &["-pix_fmt", "pal8", "-flags", "ildct"],
    ];
    for kind in kinds {
        for orientation in [1, 8] {
            let source = folder.picture("source.png", 133, 100, kind);
            tag(&source, &[&format!("-IFD0:Orientation={orientation}")]);
            assert_clean_png(&folder, &source, UPRIGHT[orientation - 1]);
        }
    }
}

fn assert_clean_png(folder: &Folder, source: &Path, corners: [Corner; 4]) {
    let mut bytes = std::fs::read(source).unwrap();
    bytes.extend(b"canary after the end");
    let (out, photo) = clean(&bytes).unwrap();
    let out = folder.write("out.png", &out);
    assert_harmless(&out);
    let shown = Decoded::read(folder, &out);
    assert_eq!((shown.corners(), photo.width as usize, photo.height as usize), (corners, shown.width, shown.height));
    assert_thumbnail(folder, &photo, corners);
}

#[test]
fn a_webp_loses_its_tags_and_keeps_its_pixels() {
    let folder = Folder::new();
    for options in [&["-lossless", "1"][..], &["-lossless", "0"]] {
        let source = folder.picture("source.webp", 133, 100, options);
        tag_everything(&source, 1);
        assert!(tags(&source).iter().any(|line| line.contains("canary")));
        let (out, photo) = clean_file(&folder, &source, "out.webp");
        assert_harmless(&out);
        assert_eq!((photo.width, photo.height, photo.media_type), (133, 100, "image/webp"));
        assert_eq!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &out)), 0.0);
    }
}

#[test]
fn a_webp_that_is_not_upright_is_refused() {
    let folder = Folder::new();
    let source = folder.picture("source.webp", 133, 100, &[]);
    tag(&source, &["-IFD0:Orientation=6"]);
    assert_eq!(clean(&std::fs::read(source).unwrap()).unwrap_err(), CleanError::CannotClean(Kind::Photo(PhotoFormat::WebP)));
}

#[test]
fn a_gif_loses_its_comments_and_keeps_its_loop() {
    let folder = Folder::new();
    let source = folder.path("source.gif");
    tools::ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=80x60:rate=5:duration=1", "-loop", "0", tools::text(&source)]);
    tag(&source, &["-GIF:Comment=canary remark", "-XMP-dc:Creator=canary creator"]);
    let mut bytes = std::fs::read(&source).unwrap();
    bytes.extend(b"canary after the end");
    let (out, photo) = clean(&bytes).unwrap();
    let out = folder.write("out.gif", &out);
    assert_harmless(&out);
    assert!(
        tags(&out).iter().any(|line| line == "[GIF] FrameCount: 5")
            && tags(&out).iter().any(|line| line == "[GIF] AnimationIterations: Infinite")
    );
    assert_eq!((photo.width, photo.height, photo.media_type), (80, 60, "image/gif"));
    assert_eq!(Decoded::read(&folder, &source).difference(&Decoded::read(&folder, &out)), 0.0);
}

#[test]
fn a_photo_of_a_format_we_do_not_know_inside_is_refused() {
    let heads: [(&[u8], PhotoFormat); 3] = [
        (b"\0\0\0\x18ftypheic\0\0\0\0", PhotoFormat::Heif),
        (b"\0\0\0\x18ftypavif\0\0\0\0", PhotoFormat::Avif),
        (b"II*\0\x08\0\0\0", PhotoFormat::Tiff),
    ];
    for (head, format) in heads {
        assert_eq!(clean(head).unwrap_err(), CleanError::CannotClean(Kind::Photo(format)));
    }
}
