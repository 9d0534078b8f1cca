//! Files made to hurt, and attachments that a server changed.

use media::clean::{Patched, photo, video};
use media::stream::{AttachmentKey, Locked, OpenError, Salt, Sealer};
use media::{Kind, PhotoFormat, VideoFormat, Wish, prepare};
use std::io::{Cursor, Read as _};
use std::sync::LazyLock;
use wire::Hash32;
use wire::content::Thumbnail;

pub fn sniff(data: &[u8]) {
    let kind = media::sniff(&data[..data.len().min(media::HEAD)]);
    assert!(!kind.media_type().is_empty());
}

fn is(data: &[u8], wanted: Kind) -> bool {
    media::sniff(&data[..data.len().min(media::HEAD)]) == wanted
}

/// What was cleaned is a photo of the same size still, its small picture fits into a message, and there is nothing left to clean.
fn clean_photo(data: &[u8], format: PhotoFormat) {
    if !is(data, Kind::Photo(format)) {
        return;
    }
    let mut out = Vec::new();
    let Ok(cleaned) = photo(&mut Cursor::new(data), &mut out) else { return };
    assert!(cleaned.width > 0 && cleaned.height > 0);
    if !cleaned.thumbnail.is_empty() {
        Thumbnail::new(cleaned.thumbnail.clone()).expect("a small picture that a message takes");
    }
    let mut again = Vec::new();
    let second = photo(&mut Cursor::new(&out), &mut again).expect("what was cleaned is a photo");
    assert_eq!((second.width, second.height), (cleaned.width, cleaned.height));
    assert!(again == out, "a second cleaning finds something");
}

/// No byte moves, and there is nothing left to blank.
fn clean_video(data: &[u8], wanted: &[Kind]) {
    if !wanted.iter().any(|kind| is(data, *kind)) {
        return;
    }
    let _ = prepare(&mut Cursor::new(data), Wish::Shown);
    let Ok(film) = video(&mut Cursor::new(data)) else { return };
    let mut out = Vec::new();
    Patched::new(Cursor::new(data), film.plan).and_then(|mut film| film.read_to_end(&mut out)).expect("memory is read");
    assert_eq!(out.len(), data.len());
    let second = video(&mut Cursor::new(&out)).expect("what was cleaned is a film");
    let mut again = Vec::new();
    Patched::new(Cursor::new(&out), second.plan).and_then(|mut film| film.read_to_end(&mut again)).expect("memory is read");
    assert!(again == out, "a second cleaning finds something");
}

pub fn jpeg(data: &[u8]) {
    clean_photo(data, PhotoFormat::Jpeg);
}
pub fn png(data: &[u8]) {
    clean_photo(data, PhotoFormat::Png);
}
pub fn webp(data: &[u8]) {
    clean_photo(data, PhotoFormat::WebP);
}
pub fn gif(data: &[u8]) {
    clean_photo(data, PhotoFormat::Gif);
}
pub fn mp4(data: &[u8]) {
    clean_video(data, &[Kind::Video(VideoFormat::Mp4), Kind::Voice]);
}
pub fn matroska(data: &[u8]) {
    clean_video(data, &[Kind::Video(VideoFormat::Matroska)]);
}

const KEY: [u8; 32] = [1; 32];
const SALT: Salt = Salt([2; 32]);
/// Two whole segments and a short one.
const LENGTH: usize = 2 * 65_520 + 1000;

/// A sealed attachment.
struct Attachment {
    plain: Vec<u8>,
    stored: Vec<u8>,
    root: Hash32,
}

static ATTACHMENT: LazyLock<Attachment> = LazyLock::new(|| {
    let plain: Vec<u8> = (0..LENGTH).map(|n| (n * 7 + n / 251) as u8).collect();
    let mut sealer = Sealer::new(&AttachmentKey::new(KEY), &SALT, LENGTH as u64).expect("a short file");
    let (mut source, mut stored, mut part) = (plain.as_slice(), Vec::new(), Vec::new());
    while sealer.part(&mut source, &mut part).expect("memory is read").is_some() {
        stored.append(&mut part);
    }
    let root = sealer.finish().expect("all was read").root;
    Attachment { plain, stored, root }
});

/// The first eight bytes are a length that a message claims; then come places and what a server wrote there. What was changed does not open,
/// what was not does.
pub fn stream(data: &[u8]) {
    let honest = &*ATTACHMENT;
    let Some((claim, changes)) = data.split_first_chunk::<8>() else { return };
    let claim = u64::from_be_bytes(*claim);
    if let Ok(locked) = Locked::new(&AttachmentKey::new(KEY), &SALT, claim, honest.root)
        && claim != LENGTH as u64
    {
        let range = locked.layout().list_range();
        let mut list = changes.to_vec();
        list.resize(usize::try_from(range.end - range.start).unwrap_or(usize::MAX).min(1 << 16), 0);
        assert_eq!(locked.accept_list(&mut list).err(), Some(OpenError::ForeignList));
        return;
    }
    let mut stored = honest.stored.clone();
    for change in changes.as_chunks::<5>().0 {
        let [a, b, c, d, byte] = *change;
        let at = u32::from_be_bytes([a, b, c, d]) as usize % stored.len();
        stored[at] = byte;
    }
    let locked = Locked::new(&AttachmentKey::new(KEY), &SALT, LENGTH as u64, honest.root).expect("a short file");
    let layout = locked.layout();
    let part = |range: std::ops::Range<u64>| range.start as usize..range.end as usize;
    let same = |range: std::ops::Range<usize>| stored[range.clone()] == honest.stored[range];
    let list = part(layout.list_range());
    let unchanged = same(list.clone());
    let Ok(opener) = locked.accept_list(&mut stored[list].to_vec()) else {
        assert!(!unchanged, "an honest list is not accepted");
        return;
    };
    assert!(unchanged, "a changed list is accepted");
    for segment in 0..layout.segments() {
        let range = part(layout.segment_range(segment).expect("a segment that is there"));
        let plain = part(layout.plain_range(segment).expect("a segment that is there"));
        let opened = opener.open(segment, &mut stored[range.clone()].to_vec()).map(<[u8]>::to_vec);
        let wanted = if same(range) { Ok(honest.plain[plain].to_vec()) } else { Err(OpenError::ForeignSegment) };
        assert!(opened == wanted, "segment {segment}: {:?}", opened.err());
    }
    assert_eq!(opener.open(layout.segments(), &mut []).err(), Some(OpenError::NoSuchSegment));
}

pub fn streams() -> Vec<Vec<u8>> {
    let honest = (LENGTH as u64).to_be_bytes().to_vec();
    let changed = [honest.as_slice(), &[0, 0, 1, 0, 7, 0, 2, 0, 0, 9]].concat();
    vec![honest, changed, u64::MAX.to_be_bytes().into(), 0u64.to_be_bytes().into(), (4u64 << 30).to_be_bytes().into()]
}

pub fn jpegs() -> Vec<Vec<u8>> {
    let files: [&[u8]; 3] =
        [include_bytes!("../seeds/plain.jpg"), include_bytes!("../seeds/progressive.jpg"), include_bytes!("../seeds/restarts.jpg")];
    files.map(Into::into).into()
}
pub fn pngs() -> Vec<Vec<u8>> {
    vec![include_bytes!("../seeds/plain.png").into()]
}
pub fn webps() -> Vec<Vec<u8>> {
    vec![include_bytes!("../seeds/plain.webp").into()]
}
pub fn gifs() -> Vec<Vec<u8>> {
    vec![include_bytes!("../seeds/plain.gif").into()]
}
pub fn mp4s() -> Vec<Vec<u8>> {
    let films: [&[u8]; 3] =
        [include_bytes!("../seeds/plain.mp4"), include_bytes!("../seeds/fragments.mp4"), include_bytes!("../seeds/timecode.mov")];
    films.map(Into::into).into()
}
pub fn matroskas() -> Vec<Vec<u8>> {
    vec![include_bytes!("../seeds/plain.webm").into(), include_bytes!("../seeds/live.mkv").into()]
}
/// The beginnings of all of them.
pub fn heads() -> Vec<Vec<u8>> {
    let all = [jpegs(), pngs(), webps(), gifs(), mp4s(), matroskas()].concat();
    all.into_iter()
        .map(|mut file| {
            file.truncate(media::HEAD);
            file
        })
        .collect()
}
