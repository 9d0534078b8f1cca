//! What every shell of the client does alike: files are prepared, sealed and uploaded, small blobs are stored and fetched, the safety
//! desk is reached.
//!
//! A shell brings the requests ([`Requests`]) and the bytes ([`upload::Source`]); the order of steps is decided here, once.

#![forbid(unsafe_code)]

pub mod desk;
pub mod parcel;
pub mod upload;

use bytes::Bytes;
use std::ops::Range;
use wire::BlobId;
use wire::call::{Refusal, Request, Response, UploadId};

/// Requests beside the socket, in the name of one session.
///
/// The futures stay on the thread that began them: a browser has no other.
#[allow(async_fn_in_trait)]
pub trait Requests {
    /// One call of the protocol by POST.
    ///
    /// # Errors
    /// [`Trouble`]: a refusal is one.
    async fn call(&mut self, path: &str, request: &Request) -> Result<Response, Trouble>;

    /// Bytes of an upload that the server has.
    ///
    /// # Errors
    /// [`Trouble`].
    async fn offset(&mut self, upload: &UploadId) -> Result<u64, Trouble>;

    /// Sends bytes of an upload from `at` on.
    ///
    /// # Errors
    /// [`Trouble`].
    async fn patch(&mut self, upload: &UploadId, at: u64, part: Bytes) -> Result<(), Trouble>;

    /// Bytes of a blob: as many as the range asks for, never more.
    ///
    /// # Errors
    /// [`Trouble`].
    async fn get(&mut self, blob: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Trouble>;
}

/// Why a request came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    Refused(Refusal),
    /// No answer, or none that can be read: another try may succeed.
    Lost,
}

/// What a future gives that waits for nothing.
#[cfg(test)]
fn now<T>(asking: impl Future<Output = T>) -> T {
    use std::task::{Context, Poll, Waker};
    match std::pin::pin!(asking).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits"),
    }
}
