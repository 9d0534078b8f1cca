//! Requests beside the socket, by `fetch`.

use crate::js::{self, Lost};
use bytes::Bytes;
use js_sys::{ArrayBuffer, Uint8Array};
use std::ops::Range;
use transfer::{Requests, Trouble};
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestCache, RequestCredentials, RequestInit, Response};
use wire::call::{Refusal, Request as Call, Response as Answer, UploadId};
use wire::{Bearer, BlobId};

const OFFSET: &str = "upload-offset";
const NO_CONTENT: u16 = 204;
const PARTIAL: u16 = 206;
const UNAUTHORIZED: u16 = 401;
const NOT_FOUND: u16 = 404;

/// In the name of one session, or of nobody.
pub struct Http {
    bearer: Option<Bearer>,
}

impl Http {
    pub fn new(bearer: Bearer) -> Self {
        Self { bearer: Some(bearer) }
    }

    /// For what no account stands behind. Browsers keep connections for requests without credentials apart from all others.
    pub fn nameless() -> Self {
        Self { bearer: None }
    }

    async fn send(&self, method: &str, path: &str, extra: &[(&str, String)], body: Option<&[u8]>) -> Result<Response, Trouble> {
        let ask = async {
            let headers = Headers::new()?;
            if let Some(bearer) = &self.bearer {
                let token: String = bearer.expose().iter().map(|byte| format!("{byte:02x}")).collect();
                headers.set("authorization", &format!("Bearer {token}"))?;
            }
            for (name, value) in extra {
                headers.set(name, value)?;
            }
            let init = RequestInit::new();
            init.set_method(method);
            init.set_headers(&headers);
            init.set_cache(RequestCache::NoStore);
            // There are no cookies; it decides which connections the browser takes.
            init.set_credentials(if self.bearer.is_some() { RequestCredentials::SameOrigin } else { RequestCredentials::Omit });
            if let Some(body) = body {
                init.set_body(&Uint8Array::from(body));
            }
            JsFuture::from(js::scope().fetch_with_str_and_init(path, &init)).await
        };
        ask.await.map(|response| response.unchecked_into()).map_err(|_| Trouble::Lost)
    }
}

impl Http {
    /// What the server says of its safety team; nothing if it has none.
    ///
    /// # Errors
    /// The connection was lost.
    pub async fn safety(&self) -> Result<Option<Vec<u8>>, Trouble> {
        let response = self.send("GET", "/v1/safety", &[], None).await?;
        if response.ok() { body(&response).await.map(Some) } else { Ok(None) }
    }

    /// Bytes of a blob, in the browser's hands.
    ///
    /// # Errors
    /// The server's refusal, or the connection was lost.
    pub async fn bytes(&self, blob: &BlobId, range: &Range<u64>) -> Result<Uint8Array, Trouble> {
        let header = [("range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))];
        let response = self.send("GET", &format!("/v1/blobs/{blob}"), &header, None).await?;
        if response.status() != PARTIAL {
            return Err(refusal(&response).await);
        }
        let bytes = buffer(&response).await?;
        if u64::from(bytes.length()) > range.end - range.start { Err(Trouble::Lost) } else { Ok(bytes) }
    }
}

impl Requests for Http {
    async fn call(&mut self, path: &str, request: &Call) -> Result<Answer, Trouble> {
        let response = self.send("POST", path, &[], Some(&request.encode())).await?;
        match Answer::decode(Bytes::from(body(&response).await?)) {
            Ok(Answer::Refused(refusal)) => Err(Trouble::Refused(refusal)),
            Ok(answer) => Ok(answer),
            Err(_) => Err(Trouble::Lost),
        }
    }

    async fn offset(&mut self, upload: &UploadId) -> Result<u64, Trouble> {
        let response = self.send("HEAD", &upload_path(upload), &[], None).await?;
        match response.status() {
            UNAUTHORIZED => Err(Trouble::Refused(Refusal::NoSession)),
            NOT_FOUND => Err(Trouble::Refused(Refusal::NotFound)),
            _ => {
                let offset = response.headers().get(OFFSET).ok().flatten();
                offset.and_then(|text| text.parse().ok()).ok_or(Trouble::Lost)
            }
        }
    }

    async fn patch(&mut self, upload: &UploadId, at: u64, part: Bytes) -> Result<(), Trouble> {
        let response = self.send("PATCH", &upload_path(upload), &[(OFFSET, at.to_string())], Some(&part)).await?;
        if response.status() == NO_CONTENT { Ok(()) } else { Err(refusal(&response).await) }
    }

    async fn get(&mut self, blob: &BlobId, range: Range<u64>) -> Result<Vec<u8>, Trouble> {
        Ok(self.bytes(blob, &range).await?.to_vec())
    }
}

async fn body(response: &Response) -> Result<Vec<u8>, Trouble> {
    Ok(buffer(response).await?.to_vec())
}

async fn buffer(response: &Response) -> Result<Uint8Array, Trouble> {
    let read = async {
        let buffer = JsFuture::from(response.array_buffer()?).await?;
        Ok::<_, Lost>(Uint8Array::new(buffer.unchecked_ref::<ArrayBuffer>()))
    };
    read.await.map_err(|_| Trouble::Lost)
}

async fn refusal(response: &Response) -> Trouble {
    match body(response).await.map(|bytes| Answer::decode(Bytes::from(bytes))) {
        Ok(Ok(Answer::Refused(refusal))) => Trouble::Refused(refusal),
        _ => Trouble::Lost,
    }
}

fn upload_path(upload: &UploadId) -> String {
    let id: String = upload.0.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("/v1/uploads/{id}")
}
