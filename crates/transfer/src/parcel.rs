//! Small blobs of the client's own making (large Welcomes), stored and fetched whole.

use crate::{Requests, Trouble};
use bytes::Bytes;
use client::{BlobTrouble, FetchJob, Input, StoreJob};
use wire::BlobId;
use wire::call::{Refusal, Request, Response};

/// Stores a blob; gives what the client is to hear of it.
pub async fn store(job: StoreJob, requests: &mut impl Requests) -> Input {
    let id = job.id;
    Input::Stored { id, outcome: try_store(job, requests).await.map_err(trouble) }
}

/// Fetches a blob; gives what the client is to hear of it.
pub async fn fetch(job: FetchJob, requests: &mut impl Requests) -> Input {
    let outcome = requests.get(&job.blob, 0..job.length).await.map_err(trouble);
    Input::Fetched { id: job.id, outcome }
}

/// What the client is to hear when not even a connection could be made.
pub fn unstored(job: &StoreJob) -> Input {
    Input::Stored { id: job.id, outcome: Err(BlobTrouble::Interrupted) }
}

/// The same of a blob that was to be fetched.
pub fn unfetched(job: &FetchJob) -> Input {
    Input::Fetched { id: job.id, outcome: Err(BlobTrouble::Interrupted) }
}

async fn try_store(job: StoreJob, requests: &mut impl Requests) -> Result<BlobId, Trouble> {
    let blob = BlobId::of(&job.bytes);
    let create = Request::CreateBlob { length: job.bytes.len() as u64, delete_hash: job.delete_hash };
    let Response::Upload { upload, .. } = requests.call("/v1/Blob/Create", &create).await? else { return Err(Trouble::Lost) };
    requests.patch(&upload, 0, Bytes::from(job.bytes)).await?;
    match requests.call("/v1/Blob/Complete", &Request::CompleteBlob { upload, blob }).await? {
        Response::Stored { blob } => Ok(blob),
        _ => Err(Trouble::Lost),
    }
}

/// Whether trying again can help.
fn trouble(trouble: Trouble) -> BlobTrouble {
    match trouble {
        Trouble::Refused(Refusal::NotFound | Refusal::Quota | Refusal::TooLarge { .. } | Refusal::Malformed) => BlobTrouble::Refused,
        _ => BlobTrouble::Interrupted,
    }
}
