//! Fetching and opening: ciphertext comes into the home, resumable; a file is saved only when all of it is what the message committed to.

use super::http::{Http, HttpError};
use crate::net::Address;
use http_body_util::BodyExt as _;
use media::stream::{AttachmentKey, Locked, OpenError, SEGMENT, Salt};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wire::call::Refusal as Refused;
use wire::content::{Attachment, FileName};
use wire::{Bearer, BlobId, Hash32};

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0} is no longer on the server: ask for it again.")]
    Gone(String),
    #[error("{0} could not be fetched: {1}. Try again: it goes on where it stopped.")]
    Interrupted(String, HttpError),
    #[error("{0} is not what its sender sent: the server holds something else. Nothing was saved.")]
    NotTheFile(String),
    #[error("{0} is not what its sender said it is. Nothing was saved; the message can still be reported.")]
    NotAsSaid(String),
    #[error("{name} cannot be saved in {folder}: {why}. Make room or choose another folder, then try again.", name = .0, folder = .1.display(), why = .2)]
    Unsaved(String, PathBuf, std::io::Error),
    #[error("{0} came without its key and cannot be opened: ask for it again.")]
    Locked(String),
}

/// What a fetch needs.
pub struct From<'a> {
    pub address: &'a Address,
    pub bearer: Bearer,
    /// Ciphertext of received files.
    pub cache: &'a Path,
}

/// Brings the ciphertext of an attachment into the cache, from where an earlier try stopped.
pub async fn fetch(from: &From<'_>, attachment: &Attachment, mut progress: impl FnMut(u64, u64)) -> Result<PathBuf, FetchError> {
    let name = name_of(attachment);
    let lost = |error| match error {
        HttpError::Refused(Refused::NotFound) => FetchError::Gone(name.clone()),
        error => FetchError::Interrupted(name.clone(), error),
    };
    let unsaved = |error| FetchError::Unsaved(name.clone(), from.cache.to_owned(), error);
    let layout = locked(attachment)?.layout();
    let end = layout.list_range().end;
    fs::create_dir_all(from.cache).map_err(unsaved)?;
    let path = from.cache.join(attachment.blob.to_string());
    let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path).map_err(unsaved)?;
    let mut at = file.metadata().map_err(unsaved)?.len();
    progress(at, end);
    if at < end {
        let mut http = Http::connect(from.address, from.bearer.clone(), Arc::default()).await.map_err(lost)?;
        let mut body = http.stream(&attachment.blob, at..end).await.map_err(lost)?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| lost(HttpError::Lost(error)))?;
            let Ok(data) = frame.into_data() else { continue };
            file.write_all(&data).map_err(unsaved)?;
            at += data.len() as u64;
            progress(at, end);
        }
        if at < end {
            return Err(lost(HttpError::Unexpected));
        }
    }
    Ok(path)
}

/// The sealed bytes of a fetched attachment, each piece of which is one that the message commits to. Nothing is opened, and the cache has it no more.
pub fn sealed(attachment: &Attachment, ciphertext: &Path) -> Result<Vec<u8>, FetchError> {
    let name = name_of(attachment);
    let stored = fs::read(ciphertext).map_err(|error| FetchError::Unsaved(name.clone(), ciphertext.to_owned(), error))?;
    // It is fetched anew, if at all.
    let _ = fs::remove_file(ciphertext);
    let locked = locked(attachment)?;
    let layout = locked.layout();
    let part = |range: Range<u64>| stored.get(usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?);
    let foreign = || FetchError::NotTheFile(name.clone());
    let mut list = part(layout.list_range()).ok_or_else(foreign)?.to_vec();
    let opener = locked.accept_list(&mut list).map_err(|_| foreign())?;
    let is_committed = |segment: u32| {
        let here = layout.segment_range(segment).and_then(part).map(Hash32::of);
        here.zip(opener.elsewhere(segment)).is_some_and(|(here, said)| here.0.as_slice() == said.hash)
    };
    if (0..layout.segments()).all(is_committed) { Ok(stored) } else { Err(foreign()) }
}

/// Opens a fetched attachment into a folder, under its own name made safe; gives the path. Every segment is checked before it is opened, and the
/// whole before the file has its name.
pub fn save(attachment: &Attachment, ciphertext: &Path, folder: &Path) -> Result<PathBuf, FetchError> {
    let name = name_of(attachment);
    let unsaved = |error| FetchError::Unsaved(name.clone(), folder.to_owned(), error);
    let foreign = |error: OpenError| {
        // What is in the cache is not the file: it is fetched anew next time.
        let _ = fs::remove_file(ciphertext);
        match error {
            OpenError::ForeignPlaintext => FetchError::NotAsSaid(name.clone()),
            _ => FetchError::NotTheFile(name.clone()),
        }
    };
    fs::create_dir_all(folder).map_err(unsaved)?;
    let mut source = File::open(ciphertext).map_err(unsaved)?;
    let locked = locked(attachment)?;
    let layout = locked.layout();
    let list = layout.list_range();
    let mut stored = vec![0; usize::try_from(list.end - list.start).unwrap_or(usize::MAX)];
    source.seek(SeekFrom::Start(list.start)).and_then(|_| source.read_exact(&mut stored)).map_err(unsaved)?;
    let opener = locked.accept_list(&mut stored).map_err(foreign)?;
    let mut draft = tempfile::NamedTempFile::new_in(folder).map_err(unsaved)?;
    let mut through = opener.read_through(attachment.sha256);
    let mut buffer = vec![0; SEGMENT];
    source.seek(SeekFrom::Start(0)).map_err(unsaved)?;
    while let Some(segment) = through.next() {
        let Some(range) = layout.segment_range(segment) else { break };
        let piece = buffer.get_mut(..(range.end - range.start) as usize).ok_or_else(|| FetchError::NotTheFile(name.clone()))?;
        source.read_exact(piece).map_err(unsaved)?;
        let plain = through.open_next(piece).map_err(foreign)?;
        draft.write_all(plain).map_err(unsaved)?;
    }
    through.finish().map_err(foreign)?;
    draft.as_file().sync_all().map_err(unsaved)?;
    let path = keep(draft, folder, &name).map_err(unsaved)?;
    // It is where it was wanted. That the ciphertext cannot be removed is no reason to say that it is not.
    let _ = fs::remove_file(ciphertext);
    Ok(path)
}

/// Removes what was fetched of files that no message here holds any more: deleted, or at the end of their time.
pub fn sweep(cache: &Path, held: impl FnOnce() -> Option<BTreeSet<BlobId>>) {
    let fetched: Vec<(PathBuf, BlobId)> = fs::read_dir(cache)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.path(), BlobId::from_hex(entry.file_name().to_str()?)?)))
        .collect();
    // Mostly there is nothing, and nobody has to be asked.
    let Some(held) = (!fetched.is_empty()).then(held).flatten() else { return };
    for (path, _) in fetched.iter().filter(|(_, blob)| !held.contains(blob)) {
        let _ = fs::remove_file(path);
    }
}

/// Gives the file its name, or the next free one: nothing that is there is replaced.
fn keep(mut draft: tempfile::NamedTempFile, folder: &Path, name: &str) -> std::io::Result<PathBuf> {
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    for count in 1u32.. {
        let name = if count == 1 { name.to_owned() } else { format!("{stem} ({count}){ending}") };
        let path = folder.join(name);
        match draft.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => draft = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}

fn locked(attachment: &Attachment) -> Result<Locked, FetchError> {
    let name = name_of(attachment);
    let secret = attachment.secret.as_ref().ok_or_else(|| FetchError::Locked(name.clone()))?;
    let (key, salt) = (AttachmentKey::new(secret.key), Salt(secret.salt));
    Locked::new(&key, &salt, attachment.length, attachment.root).map_err(|_| FetchError::NotTheFile(name))
}

fn name_of(attachment: &Attachment) -> String {
    let given = attachment.file_name.clone().unwrap_or_else(|| FileName::new("file"));
    given.as_str().to_owned()
}
