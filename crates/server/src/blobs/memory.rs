//! Blobs in memory, for worlds in a process.

use super::{BlobError, Blobs, Stored};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use wire::BlobId;
use wire::call::UploadId;

/// Blobs that end with the process.
#[derive(Debug, Default)]
pub struct MemoryBlobs(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    uploads: BTreeMap<UploadId, Vec<u8>>,
    blobs: BTreeMap<BlobId, Bytes>,
    settling: BTreeSet<BlobId>,
}

impl MemoryBlobs {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs for MemoryBlobs {
    fn begin(&self, upload: &UploadId) -> Result<(), BlobError> {
        self.held().uploads.entry(*upload).or_default();
        Ok(())
    }

    fn offset(&self, upload: &UploadId) -> Result<u64, BlobError> {
        self.held().uploads.get(upload).map(|bytes| bytes.len() as u64).ok_or(BlobError::NotFound)
    }

    fn write(&self, upload: &UploadId, at: u64, part: &[u8]) -> Result<u64, BlobError> {
        let mut held = self.held();
        let bytes = held.uploads.get_mut(upload).ok_or(BlobError::NotFound)?;
        if bytes.len() as u64 != at {
            return Err(BlobError::Elsewhere { offset: bytes.len() as u64 });
        }
        bytes.extend_from_slice(part);
        Ok(bytes.len() as u64)
    }

    fn finish(&self, upload: &UploadId, length: u64, blob: &BlobId) -> Result<(), BlobError> {
        let mut held = self.held();
        let Some(bytes) = held.uploads.get(upload) else {
            return if held.blobs.get(blob).is_some_and(|bytes| bytes.len() as u64 == length) { Ok(()) } else { Err(BlobError::NotFound) };
        };
        if bytes.len() as u64 != length {
            return Err(BlobError::Elsewhere { offset: bytes.len() as u64 });
        }
        if BlobId::of(bytes) != *blob {
            return Err(BlobError::OtherHash);
        }
        if let Some(bytes) = held.uploads.remove(upload) {
            held.blobs.insert(*blob, bytes.into());
            held.settling.insert(*blob);
        }
        Ok(())
    }

    fn settled(&self, blob: &BlobId) {
        self.held().settling.remove(blob);
    }

    fn read(&self, blob: &BlobId, at: u64, wanted: usize) -> Result<Bytes, BlobError> {
        let held = self.held();
        let bytes = held.blobs.get(blob).ok_or(BlobError::NotFound)?;
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
        Ok(bytes.slice(from..from.saturating_add(wanted).min(bytes.len())))
    }

    fn discard(&self, upload: &UploadId) {
        self.held().uploads.remove(upload);
    }

    fn remove(&self, blob: &BlobId, row_exists: &mut dyn FnMut() -> bool) {
        let mut held = self.held();
        if !held.settling.contains(blob) && !row_exists() {
            held.blobs.remove(blob);
        }
    }

    fn stored(&self) -> Vec<Stored> {
        let held = self.held();
        held.uploads.keys().copied().map(Stored::Upload).chain(held.blobs.keys().copied().map(Stored::Blob)).collect()
    }
}
