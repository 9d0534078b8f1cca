//! The bytes of blobs, beside the database. A row of the store is what makes bytes a blob; bytes without a row are swept.

mod files;
mod memory;

use bytes::Bytes;
pub use files::FileBlobs;
pub use memory::MemoryBlobs;
use wire::BlobId;
use wire::call::UploadId;

/// Why bytes were not stored or found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    #[error("no such upload or blob")]
    NotFound,
    #[error("the upload stands at {offset}")]
    Elsewhere { offset: u64 },
    #[error("the bytes have another hash")]
    OtherHash,
    #[error("another part of the same upload is being written")]
    InUse,
    #[error("the disk is full")]
    Full,
    #[error("the disk failed")]
    Failed,
}

/// Where the bytes are.
pub trait Blobs: Send + Sync {
    /// Makes room for an upload.
    ///
    /// # Errors
    /// The world failed.
    fn begin(&self, upload: &UploadId) -> Result<(), BlobError>;

    /// How many bytes of an upload there are.
    ///
    /// # Errors
    /// There is no such upload.
    fn offset(&self, upload: &UploadId) -> Result<u64, BlobError>;

    /// Writes a part at the end; gives the new end.
    ///
    /// # Errors
    /// [`BlobError::Elsewhere`] if the upload ends elsewhere: nothing was written.
    fn write(&self, upload: &UploadId, at: u64, part: &[u8]) -> Result<u64, BlobError>;

    /// Checks length and hash, makes the bytes durable and moves them to their place. Asked again after success, the answer is the same. Until
    /// [`Blobs::settled`], nothing removes them.
    ///
    /// # Errors
    /// The upload is not complete or has another hash: it stays as it is.
    fn finish(&self, upload: &UploadId, length: u64, blob: &BlobId) -> Result<(), BlobError>;

    /// Says that the row of a finished blob is committed, or never will be.
    fn settled(&self, blob: &BlobId);

    /// At most `wanted` bytes; fewer at the end of the blob.
    ///
    /// # Errors
    /// There is no such blob.
    fn read(&self, blob: &BlobId, at: u64, wanted: usize) -> Result<Bytes, BlobError>;

    /// Throws an upload away, if it is there.
    fn discard(&self, upload: &UploadId);

    /// Removes the bytes of a blob whose row is gone; `row_exists` is asked at the last moment.
    fn remove(&self, blob: &BlobId, row_exists: &mut dyn FnMut() -> bool);

    /// Bytes that lie here, to be compared with the rows.
    fn stored(&self) -> Vec<Stored>;
}

/// Something that lies among the blobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stored {
    Upload(UploadId),
    Blob(BlobId),
}
