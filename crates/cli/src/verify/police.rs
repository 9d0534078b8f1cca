//! The pictures of a report, opened with both halves of a server's picture key: for an officer, and with one present.
//!
//! Nothing is shown: what opens is written under the name of its hash, once, for its owner's eyes.

use super::Failure;
use media::stream::{AttachmentKey, Locked, OpenError, Salt};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use wire::content::Attachment;
use wire::{BlobId, Hash32};
use zeroize::Zeroizing;

/// What a file is called whose kind is not known.
const NO_KIND: &str = "bin";

/// Why one file of a report was not opened.
#[derive(Debug, thiserror::Error)]
enum NotOpened {
    #[error("its sealed bytes are not in that folder: who runs the server has them")]
    Missing,
    #[error("the sealed bytes cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("the sealed bytes are not those that the message commits to")]
    Other(#[from] OpenError),
}

/// Opens the files of a report from a folder with sealed bytes, as a server keeps them, and writes each that is what its sender committed to. Gives how
/// many are there.
///
/// # Errors
/// [`Failure::Pictures`]: the folder cannot be written; [`Failure::PicturesMissing`]: not all of them could be opened. Those that could are written.
pub fn open_all(files: &[Attachment], sealed: &Path, to: &Path) -> (usize, Result<(), Failure>) {
    let (mut written, mut missing) = (0, 0);
    let mut failed = None;
    let mut done = BTreeSet::new();
    for file in files {
        // Somebody who sends the same picture twice hides nothing behind it.
        if !done.insert(file.sha256) {
            continue;
        }
        match open(file, sealed) {
            Ok(plain) => {
                let kind = media::sniff(&plain).media_type();
                let kind = kind.rsplit_once('/').map_or(NO_KIND, |(_, kind)| if kind == "octet-stream" { NO_KIND } else { kind });
                match write(to, file.sha256, kind, &plain) {
                    Ok(path) => {
                        written += 1;
                        eprintln!("opened into {}", path.display());
                    }
                    Err(why) => {
                        eprintln!("file {}: {why}", file.sha256);
                        failed = Some(why);
                    }
                }
            }
            Err(why) => {
                missing += 1;
                // Another message may name the same picture by a file that is there.
                done.remove(&file.sha256);
                eprintln!("file {}, sealed as {}: {why}", file.sha256, file.blob);
            }
        }
    }
    let outcome = match failed {
        Some(why) => Err(Failure::Pictures(to.to_owned(), why)),
        None if missing > 0 => Err(Failure::PicturesMissing(missing)),
        None => Ok(()),
    };
    (written, outcome)
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

fn open(file: &Attachment, folder: &Path) -> Result<Zeroizing<Vec<u8>>, NotOpened> {
    let secret = file.secret.as_ref().ok_or(NotOpened::Missing)?;
    let locked = Locked::new(&AttachmentKey::new(secret.key), &Salt(secret.salt), file.length, file.root)?;
    let layout = locked.layout();
    let mut stored = read(&find(folder, &file.blob).ok_or(NotOpened::Missing)?, layout.stored_len()).map_err(NotOpened::Unreadable)?;
    let range = layout.list_range();
    let list = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
    let list = list.and_then(|(from, to)| stored.get_mut(from..to)).ok_or(OpenError::ForeignList)?;
    let opener = locked.accept_list(list)?;
    let mut through = opener.read_through(file.sha256);
    let mut plain = Zeroizing::new(Vec::with_capacity(stored.len()));
    while let Some(segment) = through.next() {
        let range = layout.segment_range(segment).ok_or(OpenError::NoSuchSegment)?;
        let place = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let part = place.and_then(|(from, to)| stored.get_mut(from..to)).ok_or(OpenError::ForeignSegment)?;
        plain.extend_from_slice(through.open_next(part)?);
    }
    through.finish()?;
    Ok(plain)
}

/// As a server lays them out, or one beside the other.
fn find(folder: &Path, blob: &BlobId) -> Option<PathBuf> {
    let name = blob.to_string();
    [folder.join(name.get(..2)?).join(&name), folder.join(&name)].into_iter().find(|path| path.is_file())
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}
