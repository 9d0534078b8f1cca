//! Small blobs of the client's own making (large Welcomes), stored and fetched whole.

use super::http::{Http, HttpError};
use crate::net::Address;
use bytes::Bytes;
use client::{BlobTrouble, FetchJob, Input, StoreJob};
use http_body_util::{BodyExt as _, Limited};
use std::sync::Arc;
use wire::BlobId;
use wire::call::{Refusal, Request, Response};

/// Stores a blob; gives what the client is to hear of it.
pub async fn store(job: StoreJob, address: Address) -> Input {
    let id = job.id;
    Input::Stored { id, outcome: try_store(job, &address).await.map_err(trouble) }
}

/// Fetches a blob; gives what the client is to hear of it.
pub async fn fetch(job: FetchJob, address: Address) -> Input {
    let id = job.id;
    Input::Fetched { id, outcome: try_fetch(&job, &address).await.map_err(trouble) }
}

async fn try_store(job: StoreJob, address: &Address) -> Result<BlobId, HttpError> {
    let mut http = Http::connect(address, job.bearer).await?;
    let blob = BlobId::of(&job.bytes);
    let create = Request::CreateBlob { length: job.bytes.len() as u64, delete_hash: job.delete_hash };
    let Response::Upload { upload, .. } = http.call("/v1/Blob/Create", &create).await? else { return Err(HttpError::Unexpected) };
    http.patch(&upload, 0, Bytes::from(job.bytes), Arc::default()).await?;
    match http.call("/v1/Blob/Complete", &Request::CompleteBlob { upload, blob }).await? {
        Response::Stored { blob } => Ok(blob),
        _ => Err(HttpError::Unexpected),
    }
}

async fn try_fetch(job: &FetchJob, address: &Address) -> Result<Vec<u8>, HttpError> {
    let mut http = Http::connect(address, job.bearer.clone()).await?;
    let body = http.get(&job.blob, 0..job.length).await?;
    let limit = usize::try_from(job.length).unwrap_or(usize::MAX);
    let whole = Limited::new(body, limit).collect().await.map_err(|_| HttpError::Unexpected)?;
    Ok(whole.to_bytes().to_vec())
}

/// Whether trying again can help.
fn trouble(error: HttpError) -> BlobTrouble {
    match error {
        HttpError::Refused(Refusal::NotFound | Refusal::Quota | Refusal::TooLarge { .. } | Refusal::Malformed) => BlobTrouble::Refused,
        _ => BlobTrouble::Interrupted,
    }
}
