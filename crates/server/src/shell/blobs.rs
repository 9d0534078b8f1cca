//! The bytes of blobs over HTTP: parts of an upload by PATCH, blobs by GET with Range. All of it within a session.

use super::house::House;
use super::post::{bearer, commit};
use crate::blobs::Blobs as _;
use crate::gate::blob::admit_part;
use crate::gate::{Refusal, Then};
use crate::hex;
use crate::store::{Day, Op};
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http_body_util::BodyExt as _;
use std::ops::Range;
use std::sync::Arc;
use wire::BlobId;
use wire::call::{Response as Answer, UploadId};

/// Bytes read or written at once: memory is this much a transfer, whatever its size.
const CHUNK: usize = 256 * 1024;
const OFFSET: &str = "upload-offset";

/// A refusal as HTTP says it; the body is the protocol's own.
struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = match self.0 {
            Refusal::NoSession | Refusal::BadProof => StatusCode::UNAUTHORIZED,
            Refusal::AccountClosed => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Offset { .. } | Refusal::Conflict => StatusCode::CONFLICT,
            Refusal::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::RateLimited { .. } | Refusal::Quota => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = Answer::Refused(self.0).encode();
        match self.0 {
            Refusal::Offset { offset } => (status, [(OFFSET, offset.to_string())], body).into_response(),
            _ => (status, body).into_response(),
        }
    }
}

fn session(house: &House, headers: &HeaderMap) -> Result<(), Refusal> {
    let bearer = bearer(headers).ok_or(Refusal::NoSession)?;
    house.gate.session(&bearer, house.now()).map(drop)
}

fn upload_id(text: &str) -> Result<UploadId, Refusal> {
    hex::decode(text).map(UploadId).ok_or(Refusal::NotFound)
}

/// HEAD: where an upload stands.
pub async fn offset(State(house): State<Arc<House>>, method: Method, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    match offset_of(&house, &id, &headers).await {
        Ok(offset) => (StatusCode::OK, [(OFFSET, offset.to_string()), ("cache-control", "no-store".into())]).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn offset_of(house: &Arc<House>, id: &str, headers: &HeaderMap) -> Result<u64, Refused> {
    session(house, headers)?;
    let upload = upload_id(id)?;
    let asked = house.blocking(move |house| house.read(|reads| crate::gate::blob::offset(reads, &house.blobs, &upload))).await;
    Ok(asked.unwrap_or(Err(Refusal::Busy))?)
}

/// PATCH: the next part of an upload, written as it comes.
pub async fn part(State(house): State<Arc<House>>, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    match write_part(&house, &id, &headers, body).await {
        Ok(offset) => (StatusCode::NO_CONTENT, [(OFFSET, offset.to_string())]).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn write_part(house: &Arc<House>, id: &str, headers: &HeaderMap, mut body: Body) -> Result<u64, Refused> {
    session(house, headers)?;
    let upload = upload_id(id)?;
    let number = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).and_then(number);
    let mut at = number(OFFSET).ok_or(Refusal::Malformed)?;
    let length = number("content-length").unwrap_or(0);
    let now = house.now();
    let admitted = house.blocking(move |house| house.read(|reads| admit_part(reads, &house.blobs, now, &upload, at, length))).await;
    let part = admitted.unwrap_or(Err(Refusal::Busy))?;
    if part.touch
        && let Answer::Refused(refusal) = commit(house, Op::TouchUpload { upload }, Then::Plain).await
    {
        return Err(refusal.into());
    }
    let end = at.saturating_add(part.left.min(wire::limits::BLOB_PART_MAX as u64));
    let mut chunk = BytesMut::new();
    // What came before a connection broke is kept: HEAD says how much.
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else { continue };
        if at.saturating_add((chunk.len() + data.len()) as u64) > end {
            return Err(Refusal::TooLarge { limit: end.saturating_sub(at) }.into());
        }
        chunk.extend_from_slice(&data);
        if chunk.len() >= CHUNK {
            at = write(house, upload, at, chunk.split().freeze()).await?;
        }
    }
    if !chunk.is_empty() {
        at = write(house, upload, at, chunk.freeze()).await?;
    }
    Ok(at)
}

async fn write(house: &Arc<House>, upload: UploadId, at: u64, chunk: Bytes) -> Result<u64, Refusal> {
    house.metrics.blob_bytes_in.add(chunk.len() as u64);
    let written = house.blocking(move |house| house.blobs.write(&upload, at, &chunk)).await;
    Ok(written.ok_or(Refusal::Busy)??)
}

/// GET and HEAD: a blob, or one range of it.
pub async fn bytes(State(house): State<Arc<House>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    let (blob, length) = match length_of(&house, &id, &headers).await {
        Ok(found) => found,
        Err(refused) => return refused.into_response(),
    };
    let wanted = headers.get(header::RANGE).map(|value| value.to_str().ok().and_then(|text| range(text, length)));
    let (status, range) = match wanted {
        None => (StatusCode::OK, 0..length),
        Some(Some(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(None) => return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{length}"))]).into_response(),
    };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/octet-stream")
        .header(header::ACCEPT_RANGES, "bytes")
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::CONTENT_LENGTH, range.end.saturating_sub(range.start));
    if status == StatusCode::PARTIAL_CONTENT {
        response = response.header(header::CONTENT_RANGE, format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1)));
    }
    response.body(stream_of(house, blob, range)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn length_of(house: &Arc<House>, id: &str, headers: &HeaderMap) -> Result<(BlobId, u64), Refused> {
    session(house, headers)?;
    let blob = BlobId::from_hex(id).ok_or(Refusal::NotFound)?;
    let today = Day::of(house.now());
    let found = house.blocking(move |house| house.read(|reads| Ok(reads.blob(&blob, today)?))).await;
    let length = found.unwrap_or(Err(Refusal::Busy))?.ok_or(Refusal::NotFound)?;
    Ok((blob, length))
}

fn stream_of(house: Arc<House>, blob: BlobId, range: Range<u64>) -> Body {
    Body::from_stream(stream::unfold((house, range), move |(house, range)| async move {
        let wanted = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX).min(CHUNK);
        if wanted == 0 {
            return None;
        }
        let read = house.blocking(move |house| house.blobs.read(&blob, range.start, wanted)).await;
        // A blob that was deleted in between ends the answer short: the client sees that its length does not fit.
        let chunk = read.and_then(Result::ok).filter(|chunk| !chunk.is_empty()).ok_or(std::io::ErrorKind::UnexpectedEof);
        let next = range.start.saturating_add(chunk.as_ref().map_or(0, |chunk| chunk.len() as u64));
        let rest = if chunk.is_ok() { next..range.end } else { range.end..range.end };
        house.metrics.blob_bytes_out.add(next.saturating_sub(range.start));
        Some((chunk.map_err(std::io::Error::from), (house, rest)))
    }))
}

/// Digits and nothing else: no sign.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// One range of RFC 9110 section 14.1.2, cut to what there is; `None` if it names nothing that is there.
fn range(text: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let range = match (first, last) {
        ("", last) => length.saturating_sub(number(last)?)..length,
        (first, "") => number(first)?..length,
        (first, last) => number(first)?..number(last)?.saturating_add(1).min(length),
    };
    (range.start < range.end).then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_blob_and_nonsense_is_none() {
        let cases = [
            ("bytes=0-9", Some(0..10)),
            ("bytes=5-", Some(5..100)),
            ("bytes=-10", Some(90..100)),
            ("bytes=-1000", Some(0..100)),
            ("bytes=90-2000", Some(90..100)),
            ("bytes=0-18446744073709551615", Some(0..100)),
            ("bytes=100-", None),
            ("bytes=9-5", None),
            ("bytes=-0", None),
            ("bytes=-", None),
            ("bytes=+1-2", None),
            ("bytes=0-1,4-5", None),
            ("lines=0-1", None),
            ("bytes=18446744073709551616-", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(range(text, 100), wanted, "{text}");
        }
    }
}
