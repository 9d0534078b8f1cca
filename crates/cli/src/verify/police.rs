//! The pictures of a report, opened with both halves of a server's picture key: for an officer, and with one present.
//!
//! Nothing is shown: what opens is written under the name of its hash, once, for its owner's eyes.

use super::Failure;
use media::stream::{AttachmentKey, Locked, OpenError, Salt};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use wire::content::Attachment;
use wire::{BlobId, Hash32};
use zeroize::Zeroizing;

/// What a file is called whose kind is not known.
const NO_KIND: &str = "bin";

/// Why one file of a report is not in the folder.
#[derive(Debug, thiserror::Error)]
enum NotThere {
    #[error("its sealed bytes are not in that folder: who runs the server has them")]
    Missing,
    #[error("the sealed bytes cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("the sealed bytes are not those that the message commits to")]
    Other(#[from] OpenError),
    #[error("it cannot be written: {0}")]
    Unwritten(io::Error),
}

/// A file that was opened and written.
struct Written {
    path: PathBuf,
    /// SHA-256 of what was written.
    sha256: Hash32,
    /// Segments that do not open: zeros stand in their place.
    closed: u32,
}

/// One file of a report, and what came of it.
pub struct Looked {
    blob: BlobId,
    /// The SHA-256 that its sender stated. Anybody can state anything: it decides neither which file is which nor what is opened.
    stated: Hash32,
    came: Result<Written, NotThere>,
}

impl Looked {
    fn at(file: &Attachment, sealed: &Path, to: &Path) -> Self {
        let came = open(file, sealed).and_then(|opened| {
            let sha256 = Hash32::of(&opened.plain);
            let path = write(to, sha256, kind(&opened.plain), &opened.plain).map_err(NotThere::Unwritten)?;
            Ok(Written { path, sha256, closed: opened.closed })
        });
        Self { blob: file.blob, stated: file.sha256, came }
    }

    /// The true SHA-256 of a file whose sender stated another. Of one that did not open whole nobody can say it.
    pub fn lie(&self) -> Option<(BlobId, Hash32, Hash32)> {
        let written = self.came.as_ref().ok()?;
        (written.closed == 0 && written.sha256 != self.stated).then_some((self.blob, self.stated, written.sha256))
    }

    fn is_part(&self) -> bool {
        self.came.as_ref().is_ok_and(|written| written.closed > 0)
    }

    fn tell(&self) {
        let Self { blob, stated, came } = self;
        match came {
            Ok(written) => eprintln!("opened into {}", written.path.display()),
            Err(why) => eprintln!("file {stated}, sealed as {blob}: {why}"),
        }
        if let Some((_, stated, sha256)) = self.lie() {
            eprintln!("the stated hash is false: its sender says {stated}, it is {sha256}, sealed as {blob}");
        }
        if let Ok(Written { closed: closed @ 1.., .. }) = came {
            eprintln!("{closed} pieces of it do not open: zeros stand in their place; sealed as {blob}");
        }
    }

    pub fn json(&self) -> Value {
        let written = self.came.as_ref().ok();
        let whole = written.filter(|written| written.closed == 0);
        json!({
            "blob": self.blob.to_string(),
            "stated_sha256": self.stated.to_string(),
            "sha256": written.map(|written| written.sha256.to_string()),
            "stated_hash_is_false": whole.map(|_| self.lie().is_some()),
            "pieces_closed": written.map(|written| written.closed),
            "file": written.map(|written| written.path.display().to_string()),
            "why": self.came.as_ref().err().map(ToString::to_string),
        })
    }
}

/// Opens the files of a report from a folder with sealed bytes, as a server keeps them, each by its key and its root, as a page shows it.
/// Writes it under the SHA-256 that it has.
///
/// # Security
/// Neither what a sender states of a file nor a piece of it that does not open keeps from the police what a page has shown.
///
/// # Errors
/// [`Failure::Pictures`]: the folder cannot be written; [`Failure::PicturesMissing`]: not all of them could be opened;
/// [`Failure::PicturesPartly`]: of some a part opened; [`Failure::PicturesFalse`]: all are there, and not all are what was stated.
/// What could be opened is written in each case.
pub fn open_all(files: &[Attachment], sealed: &Path, to: &Path) -> (Vec<Looked>, Result<(), Failure>) {
    let look = |file| {
        let looked = Looked::at(file, sealed, to);
        looked.tell();
        looked
    };
    let looked: Vec<Looked> = files.iter().map(look).collect();
    let outcome = outcome(&looked, to);
    (looked, outcome)
}

fn outcome(looked: &[Looked], to: &Path) -> Result<(), Failure> {
    let unwritten = looked.iter().find_map(|file| match &file.came {
        Err(NotThere::Unwritten(why)) => Some(io::Error::new(why.kind(), why.to_string())),
        _ => None,
    });
    if let Some(why) = unwritten {
        return Err(Failure::Pictures(to.to_owned(), why));
    }
    let count = |is_it: fn(&Looked) -> bool| looked.iter().filter(|file| is_it(file)).count();
    match (count(|file| file.came.is_err()), count(Looked::is_part), count(|file| file.lie().is_some())) {
        (0, 0, 0) => Ok(()),
        (0, 0, lies) => Err(Failure::PicturesFalse(lies)),
        (0, parts, _) => Err(Failure::PicturesPartly(parts)),
        (missing, _, _) => Err(Failure::PicturesMissing(missing)),
    }
}

/// How many files lie there: who sends the same one twice has sent one.
pub fn written(looked: &[Looked]) -> usize {
    looked.iter().filter_map(|file| file.came.as_ref().ok()).map(|written| written.sha256).collect::<BTreeSet<_>>().len()
}

fn kind(plain: &[u8]) -> &'static str {
    match media::sniff(plain).media_type().rsplit_once('/') {
        Some((_, kind)) if kind != "octet-stream" => kind,
        _ => NO_KIND,
    }
}

/// Writes each that it can. Gives how many are there.
///
/// # Errors
/// The last that could not be written.
pub fn write_all<'p>(folder: &Path, pictures: impl Iterator<Item = (Hash32, &'static str, &'p [u8])>) -> (usize, Result<(), Failure>) {
    let (mut written, mut all) = (0, Ok(()));
    for (hash, kind, bytes) in pictures {
        match write(folder, hash, kind, bytes) {
            Ok(_) => written += 1,
            Err(why) => all = Err(Failure::Pictures(folder.to_owned(), why)),
        }
    }
    (written, all)
}

/// Writes one under the name of its hash, for nobody but its owner; never over another. One that is there already, byte for byte, is done.
fn write(folder: &Path, hash: Hash32, kind: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{hash}.{kind}"));
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut out) => out.write_all(bytes).and_then(|()| out.sync_all())?,
        Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
            if Hash32::of(&read(&path, u64::MAX)?) != hash {
                return Err(why);
            }
        }
        Err(why) => return Err(why),
    }
    Ok(path)
}

struct Opened {
    plain: Zeroizing<Vec<u8>>,
    /// Segments that do not open: zeros stand in their place.
    closed: u32,
}

/// What opens of a file; an error only where nothing does.
fn open(file: &Attachment, folder: &Path) -> Result<Opened, NotThere> {
    let secret = file.secret.as_ref().ok_or(NotThere::Missing)?;
    let locked = Locked::new(&AttachmentKey::new(secret.key), &Salt(secret.salt), file.length, file.root)?;
    let layout = locked.layout();
    let mut stored = read(&find(folder, &file.blob).ok_or(NotThere::Missing)?, layout.stored_len()).map_err(NotThere::Unreadable)?;
    let list = place(layout.list_range()).and_then(|place| stored.get_mut(place)).ok_or(OpenError::ForeignList)?;
    let opener = locked.accept_list(list)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(stored.len()));
    let (mut closed, mut last) = (0, None);
    for segment in 0..layout.segments() {
        let (text, range) = layout.plain_range(segment).zip(layout.segment_range(segment)).ok_or(OpenError::NoSuchSegment)?;
        let part = place(range).and_then(|place| stored.get_mut(place)).ok_or(OpenError::ForeignSegment)?;
        match opener.open(segment, part) {
            Ok(open) => plain.extend_from_slice(open),
            Err(why) => {
                let end = plain.len() + (text.end - text.start) as usize;
                plain.resize(end, 0);
                closed += 1;
                last = Some(why);
            }
        }
    }
    match last {
        Some(why) if closed == layout.segments() => Err(why.into()),
        _ => Ok(Opened { plain, closed }),
    }
}

fn place(range: Range<u64>) -> Option<Range<usize>> {
    Some(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?)
}

/// As a server lays them out, or one beside the other, also as who kept them gives them out.
fn find(folder: &Path, blob: &BlobId) -> Option<PathBuf> {
    let name = blob.to_string();
    [folder.join(name.get(..2)?).join(&name), folder.join(&name), folder.join(format!("{name}.sealed"))]
        .into_iter()
        .find(|path| path.is_file())
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use media::stream::{SEGMENT, SEGMENT_PLAIN, Sealer};
    use wire::content::{AttachmentSecret, Class, MediaType};

    /// Seals a file into the folder as a server keeps it, and gives what an honest message says of it.
    fn sent(folder: &Path, plain: &[u8], key: u8) -> Attachment {
        let secret = AttachmentSecret { key: [key; 32], salt: [key; 32] };
        let mut sealer = Sealer::new(&AttachmentKey::new(secret.key), &Salt(secret.salt), plain.len() as u64).unwrap();
        let (mut source, mut part, mut blob) = (plain, Vec::new(), Vec::new());
        while sealer.part(&mut source, &mut part).unwrap().is_some() {
            blob.extend_from_slice(&part);
        }
        let sealed = sealer.finish().unwrap();
        fs::write(folder.join(sealed.blob.to_string()), blob).unwrap();
        Attachment {
            class: Class::Photo,
            blob: sealed.blob,
            length: sealed.len,
            media_type: MediaType::new("image/jpeg").unwrap(),
            file_name: None,
            sha256: sealed.plaintext,
            root: sealed.root,
            alt: String::new(),
            dimensions: None,
            duration: None,
            original: false,
            thumbnail: None,
            secret: Some(secret),
        }
    }

    /// What was written, in the order of its names.
    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
        let all = entries.map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = all.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect();
        all.sort();
        all
    }

    fn named(plain: &[u8]) -> (String, Vec<u8>) {
        (format!("{}.bin", Hash32::of(plain)), plain.to_vec())
    }

    const HARMLESS: &[u8] = b"a boat on a lake";
    const HIDDEN: &[u8] = b"what is not to be found";

    #[test]
    fn a_false_hash_hides_no_file_behind_another_and_is_called_false() {
        let (sealed, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let harmless = sent(sealed.path(), HARMLESS, 1);
        let hidden = Attachment { sha256: harmless.sha256, ..sent(sealed.path(), HIDDEN, 2) };
        let (looked, outcome) = open_all(&[harmless, hidden], sealed.path(), to.path());
        let mut expected = [named(HARMLESS), named(HIDDEN)];
        expected.sort();
        assert_eq!((files(to.path()).as_slice(), written(&looked)), (expected.as_slice(), 2));
        assert!(matches!(outcome, Err(Failure::PicturesFalse(1))), "{outcome:?}");
        let json: Vec<Value> = looked.iter().map(Looked::json).collect();
        assert_eq!([&json[0]["stated_hash_is_false"], &json[1]["stated_hash_is_false"]], [&Value::from(false), &Value::from(true)]);
        assert_eq!(json[1]["sha256"], Hash32::of(HIDDEN).to_string());
        assert_eq!(json[1]["stated_sha256"], Hash32::of(HARMLESS).to_string());
    }

    #[test]
    fn a_false_hash_alone_keeps_no_file_from_being_written() {
        let (sealed, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let hidden = Attachment { sha256: Hash32([7; 32]), ..sent(sealed.path(), HIDDEN, 2) };
        let (looked, outcome) = open_all(std::slice::from_ref(&hidden), sealed.path(), to.path());
        assert_eq!(files(to.path()), [named(HIDDEN)]);
        assert!(matches!(outcome, Err(Failure::PicturesFalse(1))), "{outcome:?}");
        assert_eq!(looked[0].lie(), Some((hidden.blob, Hash32([7; 32]), Hash32::of(HIDDEN))));
    }

    #[test]
    fn the_same_file_under_two_keys_is_written_once_and_nothing_is_false() {
        let (sealed, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let both = [sent(sealed.path(), HARMLESS, 1), sent(sealed.path(), HARMLESS, 2)];
        let (looked, outcome) = open_all(&both, sealed.path(), to.path());
        assert!(outcome.is_ok(), "{outcome:?}");
        assert_eq!((files(to.path()), written(&looked)), (vec![named(HARMLESS)], 1));
    }

    #[test]
    fn what_opens_of_a_file_is_written_and_what_does_not_is_zeros_and_counted() {
        let (sealed, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let plain = vec![b'a'; 2 * SEGMENT_PLAIN + 100];
        let file = sent(sealed.path(), &plain, 1);
        let path = sealed.path().join(file.blob.to_string());
        let mut blob = fs::read(&path).unwrap();
        blob[SEGMENT + 9] ^= 1;
        fs::write(&path, blob).unwrap();
        let (looked, outcome) = open_all(&[file], sealed.path(), to.path());
        let mut expected = plain;
        expected[SEGMENT_PLAIN..2 * SEGMENT_PLAIN].fill(0);
        assert_eq!(files(to.path()), [named(&expected)]);
        assert!(matches!(outcome, Err(Failure::PicturesPartly(1))), "{outcome:?}");
        let json = looked[0].json();
        assert_eq!((&json["pieces_closed"], &json["stated_hash_is_false"]), (&Value::from(1), &Value::Null));
    }

    #[test]
    fn a_key_that_opens_nothing_writes_nothing_and_is_missed() {
        let (sealed, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = Attachment { secret: Some(AttachmentSecret { key: [9; 32], salt: [9; 32] }), ..sent(sealed.path(), HIDDEN, 2) };
        let (looked, outcome) = open_all(&[file], sealed.path(), to.path());
        assert_eq!((files(to.path()), written(&looked)), (vec![], 0));
        assert!(matches!(outcome, Err(Failure::PicturesMissing(1))), "{outcome:?}");
        assert_eq!(looked[0].json()["file"], Value::Null);
    }
}
