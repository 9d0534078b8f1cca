//! Requests beside the socket, on a connection of their own.

use crate::net::{Address, NetError, open_channel};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wire::call::{Refusal, Request as Call, Response as Answer, UploadId};
use wire::{Bearer, BlobId};

const OFFSET: &str = "upload-offset";
/// A part goes out in pieces of this size, so that progress can be seen.
const PIECE: usize = 256 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    Net(#[from] NetError),
    #[error("the connection was lost: {0}")]
    Lost(#[from] hyper::Error),
    #[error("the server refused: {0}")]
    Refused(Refusal),
    #[error("the server answered something else")]
    Unexpected,
}

/// One connection.
pub struct Http {
    sender: SendRequest<BoxBody<Bytes, Infallible>>,
    authority: String,
    bearer: Bearer,
}

impl Http {
    pub async fn connect(address: &Address, bearer: Bearer) -> Result<Self, HttpError> {
        let channel = open_channel(address).await?;
        let (sender, connection) = handshake(TokioIo::new(channel.stream)).await?;
        // Ends with the sender; what goes wrong is seen by the request that waits.
        tokio::spawn(connection);
        let authority = address.url.split("://").nth(1).unwrap_or_default().to_owned();
        Ok(Self { sender, authority, bearer })
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        extra: &[(&str, String)],
        body: BoxBody<Bytes, Infallible>,
    ) -> Result<Response<Incoming>, HttpError> {
        let token: String = self.bearer.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.authority.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        for (name, value) in extra {
            request = request.header(*name, value);
        }
        self.sender.ready().await?;
        let request = request.body(body).map_err(|_| HttpError::Unexpected)?;
        Ok(self.sender.send_request(request).await?)
    }

    /// One call of the protocol by POST.
    pub async fn call(&mut self, path: &str, call: &Call) -> Result<Answer, HttpError> {
        let response = self.send(Method::POST, path, &[], Full::new(call.encode()).boxed()).await?;
        let body = response.into_body().collect().await?.to_bytes();
        match Answer::decode(body) {
            Ok(Answer::Refused(refusal)) => Err(HttpError::Refused(refusal)),
            Ok(answer) => Ok(answer),
            Err(_) => Err(HttpError::Unexpected),
        }
    }

    /// Where an upload stands.
    pub async fn offset(&mut self, upload: &UploadId) -> Result<u64, HttpError> {
        let response = self.send(Method::HEAD, &upload_path(upload), &[], Empty::new().boxed()).await?;
        match response.status() {
            StatusCode::OK => offset_of(&response).ok_or(HttpError::Unexpected),
            StatusCode::NOT_FOUND => Err(HttpError::Refused(Refusal::NotFound)),
            StatusCode::UNAUTHORIZED => Err(HttpError::Refused(Refusal::NoSession)),
            _ => Err(HttpError::Unexpected),
        }
    }

    /// Sends bytes of an upload from `at` on; `sent` counts what has left.
    pub async fn patch(&mut self, upload: &UploadId, at: u64, part: Bytes, sent: Arc<AtomicU64>) -> Result<u64, HttpError> {
        let length = part.len();
        let pieces = (0..length.div_ceil(PIECE)).map(move |piece| {
            let range = piece * PIECE..((piece + 1) * PIECE).min(length);
            sent.store(at + range.end as u64, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(part.slice(range)))
        });
        let body = StreamBody::new(futures_util::stream::iter(pieces)).boxed();
        let headers = [(OFFSET, at.to_string()), ("content-length", length.to_string())];
        let response = self.send(Method::PATCH, &upload_path(upload), &headers, body).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return offset_of(&response).ok_or(HttpError::Unexpected);
        }
        Err(refusal(response).await)
    }

    /// Bytes of a blob.
    pub async fn get(&mut self, blob: &BlobId, range: Range<u64>) -> Result<Incoming, HttpError> {
        let headers = [("range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))];
        let response = self.send(Method::GET, &format!("/v1/blobs/{blob}"), &headers, Empty::new().boxed()).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => Ok(response.into_body()),
            _ => Err(refusal(response).await),
        }
    }
}

fn upload_path(upload: &UploadId) -> String {
    let id: String = upload.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/v1/uploads/{id}")
}

fn offset_of(response: &Response<Incoming>) -> Option<u64> {
    response.headers().get(OFFSET)?.to_str().ok()?.parse().ok()
}

async fn refusal(response: Response<Incoming>) -> HttpError {
    let Ok(body) = response.into_body().collect().await else { return HttpError::Unexpected };
    match Answer::decode(body.to_bytes()) {
        Ok(Answer::Refused(refusal)) => HttpError::Refused(refusal),
        _ => HttpError::Unexpected,
    }
}
