//! Blobs as files: `DIR/uploads/<id>` while they grow, `DIR/<two digits>/<hash>` once complete.

use super::{BlobError, Blobs, Stored};
use crate::hex;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::fs::{self, DirEntry, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use wire::call::UploadId;
use wire::{BlobId, Hash32};

/// Uploads whose hash is kept as they grow; others are read again when they are complete.
const HASHERS: usize = 1024;
/// Uploads of which it is remembered what they hold, after somebody said something else of them.
const HASHES: usize = 16 * 1024;
/// Younger files may be waiting for their row: they are not looked at yet.
const FRESH: Duration = Duration::from_secs(3600);
/// How much is read at a time when an upload is hashed again.
const BLOCK: usize = 256 * 1024;

/// Blobs in a directory of one server.
pub struct FileBlobs {
    dir: PathBuf,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The hash so far, and how many bytes it covers.
    growing: HashMap<UploadId, (Sha256, u64)>,
    /// The hash of what is there in full: whoever names another one, and another, does not have it read again.
    whole: HashMap<UploadId, Hash32>,
    writing: HashSet<UploadId>,
    settling: HashSet<BlobId>,
}

impl FileBlobs {
    /// # Errors
    /// The directory cannot be made or written.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir.join("uploads"))?;
        Ok(Self { dir: dir.to_owned(), state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn upload_path(&self, upload: &UploadId) -> PathBuf {
        self.dir.join("uploads").join(hex::encode(&upload.0))
    }

    fn blob_path(&self, blob: &BlobId) -> PathBuf {
        let name = blob.to_string();
        self.dir.join(name.get(..2).unwrap_or_default()).join(name)
    }

    /// The hash of an upload that has all its bytes: none is ever added to it, or changed.
    fn hash_of_whole(&self, upload: &UploadId, file: &mut File, length: u64) -> io::Result<Hash32> {
        if let Some(known) = self.state().whole.get(upload) {
            return Ok(*known);
        }
        let hash = self.hash(upload, file, length)?;
        let mut state = self.state();
        if state.whole.len() >= HASHES {
            // Whichever it is, it is read once more if somebody asks.
            if let Some(any) = state.whole.keys().next().copied() {
                state.whole.remove(&any);
            }
        }
        state.whole.insert(*upload, hash);
        Ok(hash)
    }

    /// Hashes as many bytes as an upload should have; the file itself is the truth, the running hash saves reading it again.
    fn hash(&self, upload: &UploadId, file: &mut File, length: u64) -> io::Result<Hash32> {
        if let Some((hasher, covered)) = self.state().growing.remove(upload)
            && covered == length
        {
            return Ok(Hash32(hasher.finalize().into()));
        }
        let mut hasher = Sha256::new();
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block)? {
                0 => return Ok(Hash32(hasher.finalize().into())),
                read => hasher.update(block.get(..read).unwrap_or_default()),
            }
        }
    }

    fn place(&self, upload: &UploadId, length: u64, blob: &BlobId) -> io::Result<Result<(), BlobError>> {
        let (from, to) = (self.upload_path(upload), self.blob_path(blob));
        let mut file = match File::open(&from) {
            Ok(file) => file,
            // Moved already, before a power cut or a lost answer.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let moved = fs::metadata(&to).is_ok_and(|found| found.len() == length);
                return Ok(if moved { Ok(()) } else { Err(BlobError::NotFound) });
            }
            Err(error) => return Err(error),
        };
        let offset = file.metadata()?.len();
        if offset != length {
            return Ok(Err(BlobError::Elsewhere { offset }));
        }
        if self.hash_of_whole(upload, &mut file, length)?.0 != blob.0 {
            return Ok(Err(BlobError::OtherHash));
        }
        file.sync_all()?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
            fs::rename(&from, &to)?;
            File::open(folder)?.sync_all()?;
            File::open(&self.dir)?.sync_all()?;
        }
        self.state().whole.remove(upload);
        Ok(Ok(()))
    }

    fn append(&self, upload: &UploadId, at: u64, part: &[u8]) -> Result<u64, BlobError> {
        let file = OpenOptions::new().write(true).open(self.upload_path(upload)).map_err(fault)?;
        let offset = file.metadata().map_err(fault)?.len();
        if offset != at {
            return Err(BlobError::Elsewhere { offset });
        }
        if let Err(error) = file.write_all_at(part, at) {
            // A part that came half is not a part: the next one begins where this one began.
            let _ = file.set_len(at);
            return Err(fault(error));
        }
        let mut state = self.state();
        if at == 0 && state.growing.len() < HASHERS {
            state.growing.insert(*upload, (Sha256::new(), 0));
        }
        let end = at.saturating_add(part.len() as u64);
        if let Some((mut hasher, covered)) = state.growing.remove(upload)
            && covered == at
        {
            drop(state);
            hasher.update(part);
            self.state().growing.insert(*upload, (hasher, end));
        }
        Ok(end)
    }
}

impl Blobs for FileBlobs {
    fn begin(&self, upload: &UploadId) -> Result<(), BlobError> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(self.upload_path(upload));
        file.map(drop).map_err(fault)
    }

    fn offset(&self, upload: &UploadId) -> Result<u64, BlobError> {
        fs::metadata(self.upload_path(upload)).map(|found| found.len()).map_err(fault)
    }

    fn write(&self, upload: &UploadId, at: u64, part: &[u8]) -> Result<u64, BlobError> {
        if !self.state().writing.insert(*upload) {
            return Err(BlobError::InUse);
        }
        let written = self.append(upload, at, part);
        self.state().writing.remove(upload);
        written
    }

    fn finish(&self, upload: &UploadId, length: u64, blob: &BlobId) -> Result<(), BlobError> {
        {
            let mut state = self.state();
            if !state.writing.insert(*upload) {
                return Err(BlobError::InUse);
            }
            state.settling.insert(*blob);
        }
        let placed = self.place(upload, length, blob).map_err(fault).and_then(|placed| placed);
        let mut state = self.state();
        state.writing.remove(upload);
        if placed.is_err() {
            state.settling.remove(blob);
        }
        placed
    }

    fn settled(&self, blob: &BlobId) {
        self.state().settling.remove(blob);
    }

    fn read(&self, blob: &BlobId, at: u64, wanted: usize) -> Result<Bytes, BlobError> {
        let file = File::open(self.blob_path(blob)).map_err(fault)?;
        let left = file.metadata().map_err(fault)?.len().saturating_sub(at);
        let mut bytes = vec![0; wanted.min(usize::try_from(left).unwrap_or(usize::MAX))];
        file.read_exact_at(&mut bytes, at).map_err(fault)?;
        Ok(bytes.into())
    }

    fn discard(&self, upload: &UploadId) {
        let mut state = self.state();
        state.growing.remove(upload);
        state.whole.remove(upload);
        drop(state);
        let _ = fs::remove_file(self.upload_path(upload));
    }

    fn remove(&self, blob: &BlobId, row_exists: &mut dyn FnMut() -> bool) {
        let aside = self.upload_path(&UploadId(*blob.0.first_chunk().unwrap_or(&[0; 16])));
        {
            // Held while the row is looked for and the name goes: no other upload of the same bytes can come in between.
            let state = self.state();
            if state.settling.contains(blob) || row_exists() || fs::rename(self.blob_path(blob), &aside).is_err() {
                return;
            }
        }
        // The bytes of a large file take their time. What a power cut leaves of them is an upload without a row.
        let _ = fs::remove_file(aside);
    }

    fn stored(&self) -> Vec<Stored> {
        let names = |folder: &Path| -> Vec<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.filter(is_old_or_folder).filter_map(|entry| entry.file_name().into_string().ok()).collect()
        };
        let uploads = names(&self.dir.join("uploads")).into_iter().filter_map(|name| hex::decode(&name).map(UploadId).map(Stored::Upload));
        let folders = names(&self.dir).into_iter().filter(|name| name.len() == 2);
        let blobs = folders.flat_map(|name| names(&self.dir.join(name))).filter_map(|name| BlobId::from_hex(&name).map(Stored::Blob));
        uploads.chain(blobs).collect()
    }
}

fn is_old_or_folder(entry: &DirEntry) -> bool {
    entry.metadata().is_ok_and(|found| found.is_dir() || found.modified().is_ok_and(|at| at.elapsed().is_ok_and(|age| age >= FRESH)))
}

fn fault(error: io::Error) -> BlobError {
    match error.kind() {
        ErrorKind::NotFound => BlobError::NotFound,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => BlobError::Full,
        _ => BlobError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_not_read_again_for_each_hash_that_somebody_names() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        let (upload, blob) = (UploadId([7; 16]), BlobId::of(b"whole"));
        blobs.begin(&upload).unwrap();
        blobs.write(&upload, 0, b"whole").unwrap();
        assert_eq!(blobs.finish(&upload, 5, &BlobId([9; 32])), Err(BlobError::OtherHash));
        // Whoever read it now would find other bytes.
        fs::write(blobs.upload_path(&upload), b"other").unwrap();
        assert_eq!(blobs.finish(&upload, 5, &BlobId::of(b"other")), Err(BlobError::OtherHash));
        fs::write(blobs.upload_path(&upload), b"whole").unwrap();
        for _ in 0..2 {
            assert_eq!(blobs.finish(&upload, 5, &blob), Ok(()), "who names the right one is served, also when the answer was lost");
        }
        let state = blobs.state();
        assert!(state.whole.is_empty() && state.growing.is_empty() && state.writing.is_empty());
    }

    #[test]
    fn what_is_thrown_away_is_remembered_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        let upload = UploadId([7; 16]);
        for bytes in [b"first", b"other"] {
            blobs.begin(&upload).unwrap();
            blobs.write(&upload, 0, bytes).unwrap();
            assert_eq!(blobs.finish(&upload, 5, &BlobId([9; 32])), Err(BlobError::OtherHash));
            blobs.discard(&upload);
        }
        assert!(blobs.state().whole.is_empty());
    }

    #[test]
    fn nobody_waits_while_the_bytes_of_a_blob_go_and_none_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let blobs = FileBlobs::open(dir.path()).unwrap();
        let (upload, blob) = (UploadId([7; 16]), BlobId::of(b"whole"));
        blobs.begin(&upload).unwrap();
        blobs.write(&upload, 0, b"whole").unwrap();
        blobs.finish(&upload, 5, &blob).unwrap();
        blobs.settled(&blob);
        blobs.remove(&blob, &mut || true);
        assert!(blobs.read(&blob, 0, 5).is_ok());
        // A folder stands where they go under another name, with no lock held.
        let aside = blobs.upload_path(&UploadId(*blob.0.first_chunk().unwrap()));
        fs::create_dir(&aside).unwrap();
        blobs.remove(&blob, &mut || false);
        assert!(blobs.read(&blob, 0, 5).is_ok());
        fs::remove_dir(&aside).unwrap();
        blobs.remove(&blob, &mut || false);
        assert_eq!(blobs.read(&blob, 0, 5), Err(BlobError::NotFound));
        assert!(fs::read_dir(dir.path().join("uploads")).unwrap().next().is_none());
    }
}
