//! Requests beside the socket, on a connection of their own.

use crate::net::{Address, NetError, open_channel};
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, Full, Limited, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use transfer::{Requests, Trouble};
use wire::call::{Refusal, Request as Call, Response as Answer, UploadId};
use wire::limits::FRAME_MAX;
use wire::{Bearer, BlobId};

/// Sixteen AccountStates and a key.
const DESK_MAX: usize = 300 * 1024;
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
    /// None: the server is not to know whose connection it is.
    bearer: Option<Bearer>,
    /// Counts what has left of an upload.
    sent: Arc<AtomicU64>,
}

impl Http {
    pub async fn connect(address: &Address, bearer: Bearer, sent: Arc<AtomicU64>) -> Result<Self, HttpError> {
        let channel = open_channel(address).await?;
        let (sender, connection) = handshake(TokioIo::new(channel.stream)).await?;
        // Ends with the sender; what goes wrong is seen by the request that waits.
        tokio::spawn(connection);
        let authority = address.url.split("://").nth(1).unwrap_or_default().to_owned();
        Ok(Self { sender, authority, bearer: Some(bearer), sent })
    }

    /// A connection that says nothing of whose it is.
    pub async fn nameless(address: &Address) -> Result<Self, HttpError> {
        Ok(Self { bearer: None, ..Self::connect(address, Bearer::new([0; 32]), Arc::default()).await? })
    }

    /// What the server says of its safety desk; nothing when it has none.
    pub async fn safety(&mut self) -> Result<Option<Bytes>, HttpError> {
        let response = self.send(Method::GET, "/v1/safety", &[], Empty::new().boxed()).await?;
        match response.status() {
            StatusCode::OK => {
                let whole = Limited::new(response.into_body(), DESK_MAX).collect().await.map_err(|_| HttpError::Unexpected)?;
                Ok(Some(whole.to_bytes()))
            }
            StatusCode::NOT_FOUND => Ok(None),
            _ => Err(HttpError::Unexpected),
        }
    }

    async fn send(
        &mut self,
        method: Method,
        path: &str,
        extra: &[(&str, String)],
        body: BoxBody<Bytes, Infallible>,
    ) -> Result<Response<Incoming>, HttpError> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, self.authority.as_str());
        if let Some(bearer) = &self.bearer {
            let token: String = bearer.expose().iter().map(|byte| format!("{byte:02x}")).collect();
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        for (name, value) in extra {
            request = request.header(*name, value);
        }
        self.sender.ready().await?;
        let request = request.body(body).map_err(|_| HttpError::Unexpected)?;
        Ok(self.sender.send_request(request).await?)
    }

    /// Bytes of a blob, as they come.
    pub async fn stream(&mut self, blob: &BlobId, range: Range<u64>) -> Result<Incoming, HttpError> {
        let headers = [("range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))];
        let response = self.send(Method::GET, &format!("/v1/blobs/{blob}"), &headers, Empty::new().boxed()).await?;
        match response.status() {
            StatusCode::PARTIAL_CONTENT => Ok(response.into_body()),
            _ => Err(refusal(response).await),
        }
    }
}

impl Requests for Http {
    async fn call(&mut self, path: &str, call: &Call) -> Result<Answer, Trouble> {
        let response = self.send(Method::POST, path, &[], Full::new(call.encode()).boxed()).await?;
        let body = Limited::new(response.into_body(), FRAME_MAX).collect().await.map_err(|_| Trouble::Lost)?.to_bytes();
        match Answer::decode(body) {
            Ok(Answer::Refused(refusal)) => Err(Trouble::Refused(refusal)),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Trouble::Lost),
        }
    }

    async fn offset(&mut self, upload: &UploadId) -> Result<u64, Trouble> {
        let response = self.send(Method::HEAD, &upload_path(upload), &[], Empty::new().boxed()).await?;
        match response.status() {
            StatusCode::OK => offset_of(&response).ok_or(Trouble::Lost),
            StatusCode::NOT_FOUND => Err(Trouble::Refused(Refusal::NotFound)),
            StatusCode::UNAUTHORIZED => Err(Trouble::Refused(Refusal::NoSession)),
            _ => Err(Trouble::Lost),
        }
    }

    async fn patch(&mut self, upload: &UploadId, at: u64, part: Bytes) -> Result<(), Trouble> {
        let (length, sent) = (part.len(), Arc::clone(&self.sent));
        let pieces = (0..length.div_ceil(PIECE)).map(move |piece| {
            let range = piece * PIECE..((piece + 1) * PIECE).min(length);
            sent.store(at + range.end as u64, Ordering::Relaxed);
            Ok::<_, Infallible>(Frame::data(part.slice(range)))
        });
        let body = StreamBody::new(futures_util::stream::iter(pieces)).boxed();
        let headers = [(OFFSET, at.to_string()), ("content-length", length.to_string())];
        let response = self.send(Method::PATCH, &upload_path(upload), &headers, body).await?;
        if response.status() == StatusCode::NO_CONTENT { Ok(()) } else { Err(refusal(response).await.into()) }
    }

    async fn get(&mut self, blob: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Trouble> {
        let limit = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let body = self.stream(blob, range).await?;
        let whole = Limited::new(body, limit).collect().await.map_err(|_| Trouble::Lost)?;
        Ok(whole.to_bytes().to_vec())
    }
}

impl From<HttpError> for Trouble {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Refused(refusal) => Self::Refused(refusal),
            HttpError::Net(_) | HttpError::Lost(_) | HttpError::Unexpected => Self::Lost,
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
    let Ok(body) = Limited::new(response.into_body(), FRAME_MAX).collect().await else { return HttpError::Unexpected };
    match Answer::decode(body.to_bytes()) {
        Ok(Answer::Refused(refusal)) => HttpError::Refused(refusal),
        _ => HttpError::Unexpected,
    }
}
