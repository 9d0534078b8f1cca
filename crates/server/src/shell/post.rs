//! The calls of the protocol, one a POST, for whoever has no socket.

use super::entropy;
use super::house::{Done, House};
use super::http::{Binding, Peer};
use super::mailbox::Mailbox;
use super::shares::Share;
use crate::gate::settle::malformed;
use crate::gate::{Refusal, Step, Then, Way, Worked};
use crate::hub::conn::Conn;
use crate::store::Op;
use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::time::timeout;
use wire::Bearer;
use wire::call::{Frame, Request, Response};
use wire::limits;

const PROTOBUF: [(header::HeaderName, &str); 2] = [(header::CONTENT_TYPE, "application/x-protobuf"), (header::CACHE_CONTROL, "no-store")];

/// A body is here by then: the largest takes half a minute on a line of 20 kB/s, and this is three times that.
const BODY_PATIENCE: Duration = Duration::from_secs(90);

/// The path of a call; none for those that need a socket.
fn path_of(request: &Request) -> Option<(&'static str, &'static str)> {
    Some(match request {
        Request::Hello { .. } => ("Session", "Hello"),
        Request::OpenSession { .. } => ("Session", "Open"),
        Request::SignUp { .. } => ("Account", "SignUp"),
        Request::PublishState { .. } => ("Account", "Publish"),
        Request::FetchStates { .. } => ("Account", "States"),
        Request::PublishKeyPackages { .. } => ("KeyPackages", "Publish"),
        Request::CountKeyPackages => ("KeyPackages", "Count"),
        Request::TakeKeyPackages { .. } => ("KeyPackages", "Take"),
        Request::ChangeTakePasses { .. } => ("KeyPackages", "Passes"),
        Request::CreateLog { .. } => ("Log", "Create"),
        Request::Append(_) => ("Log", "Append"),
        Request::ReadLog { .. } => ("Log", "Read"),
        Request::CreateBlob { .. } => ("Blob", "Create"),
        Request::UploadStatus { .. } => ("Blob", "Status"),
        Request::CompleteBlob { .. } => ("Blob", "Complete"),
        Request::DeleteBlob { .. } => ("Blob", "Delete"),
        Request::Recover { .. } => ("Account", "Recover"),
        Request::PutVault { .. } => ("Vault", "Put"),
        Request::FetchVault { .. } => ("Vault", "Fetch"),
        Request::Desk(_) => ("Desk", "Act"),
        Request::ResumeSession { .. } | Request::Subscribe { .. } | Request::Unsubscribe { .. } | Request::Signal(_) => return None,
        Request::SetWakes { .. } | Request::Wake { .. } | Request::KnockFor { .. } => return None,
    })
}

/// The bearer of a request; `None` if it names none.
pub fn bearer(headers: &HeaderMap) -> Option<Bearer> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    wire::Hash32::from_hex(text).map(|bytes| Bearer::new(bytes.0))
}

pub async fn call(
    State(house): State<Arc<House>>,
    Extension(Binding(binding)): Extension<Binding>,
    Extension(Peer(from)): Extension<Peer>,
    Path((service, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> HttpResponse {
    house.metrics.requests.add(1);
    let mut room = house.room(from);
    let body = match timeout(BODY_PATIENCE, gather(body, &mut room)).await {
        Ok(Ok(body)) => body,
        Ok(Err(Bad::Full)) => return refused(&house, Refusal::Busy),
        Ok(Err(Bad::TooLarge)) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Ok(Err(Bad::CutShort)) => return StatusCode::BAD_REQUEST.into_response(),
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let request = match Request::decode(body) {
        Ok(request) => request,
        Err(why) => {
            house.metrics.malformed.add(1);
            return (StatusCode::BAD_REQUEST, PROTOBUF, malformed(why).encode()).into_response();
        }
    };
    if path_of(&request) != Some((service.as_str(), method.as_str())) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let conn = Conn::over_network(binding, from);
    let response = answer(&house, conn, bearer(&headers), request).await;
    if let Response::Refused(_) = response {
        house.metrics.refusals.add(1);
    }
    match hold(response, house.room(from)) {
        Ok(bytes) => (PROTOBUF, bytes).into_response(),
        Err(refusal) => refused(&house, refusal),
    }
}

/// There was no room, which an operator sees among what was refused.
fn refused(house: &House, refusal: Refusal) -> HttpResponse {
    house.metrics.refusals.add(1);
    (PROTOBUF, Response::Refused(refusal).encode()).into_response()
}

/// Why a body was not taken.
#[derive(Debug, PartialEq, Eq)]
enum Bad {
    Full,
    TooLarge,
    CutShort,
}

/// A body as it comes, counted before it is kept: nothing was asked yet of whoever sends it.
async fn gather(mut body: Body, room: &mut Share) -> Result<Bytes, Bad> {
    let most = limits::FRAME_MAX;
    let mut gathered = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Bad::CutShort)?.into_data() else { continue };
        if data.len() > most - gathered.len() {
            return Err(Bad::TooLarge);
        }
        room.add(data.len()).map_err(|_| Bad::Full)?;
        gathered.extend_from_slice(&data);
    }
    Ok(gathered.freeze())
}

/// An answer, and the room that it takes until its last byte went out.
struct Held {
    bytes: Bytes,
    _room: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// What was only read may be large, and is asked for again if there is no room: whoever takes no byte of it keeps it here. What was done is answered.
fn hold(response: Response, mut room: Share) -> Result<Bytes, Refusal> {
    let is_large = matches!(response, Response::Page { .. } | Response::Vault { .. } | Response::States { .. });
    let bytes = response.encode();
    if !is_large {
        return Ok(bytes);
    }
    room.add(bytes.len()).map_err(|_| Refusal::Busy)?;
    Ok(Bytes::from_owner(Held { bytes, _room: room }))
}

async fn answer(house: &Arc<House>, mut conn: Conn, bearer: Option<Bearer>, request: Request) -> Response {
    let now = house.now();
    if let Some(bearer) = bearer {
        match house.gate.session(&bearer, now) {
            Ok(session) => conn.session = Some(session),
            Err(refusal) => return Response::Refused(refusal),
        }
    }
    match house.gate.admit(now, &mut entropy, Way::Post, &mut conn, Frame::Request { id: 0, request }) {
        Step::Answer(_, response) => response,
        Step::Commit(_, op, then) => commit(house, op, then).await,
        Step::Work(_, task) => match house.begin(task).await.map(Done::take) {
            Ok(
                Worked::Answer(response) | Worked::Session(_, response) | Worked::Subscribed(_, _, response) | Worked::Wake(_, response),
            ) => response,
            Ok(Worked::Commit(op, then)) => commit(house, op, then).await,
            Err(_) => Response::Refused(Refusal::Busy),
        },
        Step::Nothing | Step::Acknowledge(_) | Step::Unsubscribe(..) | Step::Signal(..) => Response::Refused(Refusal::Unsupported),
    }
}

/// Commits and waits for the outcome.
pub async fn commit(house: &Arc<House>, op: Op, then: Then) -> Response {
    let mailbox = Arc::new(Mailbox::default());
    if let Err(refusal) = house.commit(op, 0, then, &mailbox) {
        return Response::Refused(refusal);
    }
    let delivered = std::future::poll_fn(|cx| match mailbox.take(cx).outcomes.pop() {
        Some(delivered) => Poll::Ready(delivered),
        None => Poll::Pending,
    });
    let delivered = delivered.await;
    house.gate.settle(delivered.then, delivered.outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::shares::Shares;
    use wire::Seq;

    #[tokio::test]
    async fn a_body_is_counted_as_it_comes_and_its_room_given_back() {
        let shares = Shares::new(1000);
        let mut room = shares.begin(None);
        assert_eq!(gather(Body::from(vec![7; 600]), &mut room).await, Ok(Bytes::from(vec![7; 600])));
        let mut other = shares.begin(None);
        assert_eq!(gather(Body::from(vec![7; 401]), &mut other).await, Err(Bad::Full));
        drop(room);
        assert_eq!(gather(Body::from(vec![7; 401]), &mut other).await, Ok(Bytes::from(vec![7; 401])));
        let mut large = Shares::new(usize::MAX).begin(None);
        assert_eq!(gather(Body::from(vec![7; limits::FRAME_MAX + 1]), &mut large).await, Err(Bad::TooLarge));
        assert!(gather(Body::from(vec![7; limits::FRAME_MAX]), &mut large).await.is_ok());
    }

    #[test]
    fn an_answer_takes_its_room_until_it_is_gone() {
        let shares = Shares::new(1000);
        let vault = || Response::Vault { version: 1, sealed: Bytes::from(vec![7; 700]) };
        let first = hold(vault(), shares.begin(None)).unwrap();
        assert_eq!(Response::decode(first.clone()), Ok(vault()));
        assert_eq!(hold(vault(), shares.begin(None)), Err(Refusal::Busy));
        assert_eq!(hold(Response::Page { records: vec![], head: Seq(1) }, shares.begin(None)).map(drop), Ok(()));
        drop(first);
        assert!(hold(vault(), shares.begin(None)).is_ok());
        // What was done is said, whether or not there is room.
        let none = Shares::new(0);
        assert!(hold(Response::Done, none.begin(None)).is_ok());
    }
}
