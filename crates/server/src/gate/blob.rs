//! Blobs: an upload is begun, filled by parts, completed by its hash.

use super::{Gate, Session, Then, Worked};
use crate::blobs::{BlobError, Blobs};
use crate::store::{Day, Op, Reads};
use bytes::Bytes;
use std::ops::Range;
use wire::call::{Refusal, Response, UploadId};
use wire::{AccountId, BlobId, Hash32, Millis, limits};

impl From<BlobError> for Refusal {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::NotFound => Self::NotFound,
            BlobError::Elsewhere { offset } => Self::Offset { offset },
            BlobError::OtherHash => Self::HashMismatch,
            BlobError::Full | BlobError::InUse | BlobError::Failed => Self::Busy,
        }
    }
}

impl Gate {
    pub(super) fn charge_blob(&self, now: Millis, session: &Session, length: u64, upload: UploadId) -> Result<(), Refusal> {
        if length == 0 {
            return Err(Refusal::Malformed);
        }
        if length > limits::BLOB_MAX {
            return Err(Refusal::TooLarge { limit: limits::BLOB_MAX });
        }
        self.ledger().begin(session.account, upload)?;
        session.meter.charge(Day::of(now), length).inspect_err(|_| self.ledger().finish(&upload))
    }

    pub(super) fn create_blob(
        &self,
        blobs: &dyn Blobs,
        _account: AccountId,
        upload: UploadId,
        length: u64,
        delete_hash: Hash32,
    ) -> Result<Worked, Refusal> {
        blobs.begin(&upload).inspect_err(|_| self.ledger().finish(&upload))?;
        Ok(Worked::Commit(Op::CreateUpload { upload, length, delete_hash }, Then::CreateBlob { upload }))
    }
}

pub fn status(reads: &mut dyn Reads, blobs: &dyn Blobs, upload: &UploadId) -> Result<Worked, Refusal> {
    offset(reads, blobs, upload).map(|offset| Worked::Answer(Response::Upload { upload: *upload, offset }))
}

/// Where an upload stands.
///
/// # Errors
/// There is none, or the disk failed.
pub fn offset(reads: &mut dyn Reads, blobs: &dyn Blobs, upload: &UploadId) -> Result<u64, Refusal> {
    reads.upload(upload)?.ok_or(Refusal::NotFound)?;
    Ok(blobs.offset(upload)?)
}

pub fn complete(reads: &mut dyn Reads, blobs: &dyn Blobs, now: Millis, upload: UploadId, blob: BlobId) -> Result<Worked, Refusal> {
    let Some(row) = reads.upload(&upload)? else {
        // Completed before, and the answer was lost.
        reads.blob(&blob, Day::of(now))?.ok_or(Refusal::NotFound)?;
        return Ok(Worked::Answer(Response::Stored { blob }));
    };
    blobs.finish(&upload, row.length, &blob)?;
    Ok(Worked::Commit(Op::StoreBlob { upload, blob }, Then::CompleteBlob { upload, blob }))
}

/// A part that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Bytes that the upload still takes.
    pub left: u64,
    /// The upload was last touched on another day: it is to live on from today.
    pub touch: bool,
}

/// Checks a part that is about to be written: where it begins, and that it ends within the upload.
///
/// # Errors
/// No such upload, another offset, or more than is left.
pub fn admit_part(reads: &mut dyn Reads, blobs: &dyn Blobs, now: Millis, upload: &UploadId, at: u64, length: u64) -> Result<Part, Refusal> {
    let row = reads.upload(upload)?.ok_or(Refusal::NotFound)?;
    let offset = blobs.offset(upload)?;
    if at != offset {
        return Err(Refusal::Offset { offset });
    }
    let left = row.length.saturating_sub(offset);
    let limit = left.min(limits::BLOB_PART_MAX as u64);
    if length > limit {
        return Err(Refusal::TooLarge { limit });
    }
    Ok(Part { left, touch: row.day != Day::of(now) })
}

/// The bytes of a stored blob, cut to what there is. Gives the blob's length too.
///
/// # Errors
/// No such blob, or the disk failed.
pub fn read(reads: &mut dyn Reads, blobs: &dyn Blobs, now: Millis, blob: &BlobId, range: Range<u64>) -> Result<(Bytes, u64), Refusal> {
    let length = reads.blob(blob, Day::of(now))?.ok_or(Refusal::NotFound)?;
    let end = range.end.min(length);
    let wanted = usize::try_from(end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    Ok((blobs.read(blob, range.start, wanted)?, length))
}
