//! The calls of the protocol, one a POST, for whoever has no socket.

use super::entropy;
use super::house::House;
use super::http::{Binding, Peer};
use super::mailbox::Mailbox;
use crate::gate::settle::malformed;
use crate::gate::{Refusal, Step, Then, Way, Worked};
use crate::hub::conn::Conn;
use crate::store::Op;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response as HttpResponse};
use bytes::Bytes;
use std::sync::Arc;
use std::task::Poll;
use wire::Bearer;
use wire::call::{Frame, Request, Response};

const PROTOBUF: [(header::HeaderName, &str); 2] = [(header::CONTENT_TYPE, "application/x-protobuf"), (header::CACHE_CONTROL, "no-store")];

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
    body: Bytes,
) -> HttpResponse {
    house.metrics.requests.add(1);
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
    (PROTOBUF, response.encode()).into_response()
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
        Step::Work(_, task) => match house.blocking(move |house| house.work(task)).await {
            Some(
                Worked::Answer(response) | Worked::Session(_, response) | Worked::Subscribed(_, _, response) | Worked::Wake(_, response),
            ) => response,
            Some(Worked::Commit(op, then)) => commit(house, op, then).await,
            None => Response::Refused(Refusal::Busy),
        },
        Step::Nothing | Step::Acknowledge(_) | Step::Unsubscribe(..) | Step::Signal(..) => Response::Refused(Refusal::Unsupported),
    }
}

/// Commits and waits for the outcome.
pub async fn commit(house: &Arc<House>, op: Op, then: Then) -> Response {
    let mailbox = Arc::new(Mailbox::default());
    if let Err(refusal) = house.commit(op, 0, then.clone(), &mailbox) {
        return house.gate.settle(then, Ok(crate::store::Outcome::Refused(refusal)), &house.blobs);
    }
    let delivered = std::future::poll_fn(|cx| match mailbox.take(cx).outcomes.pop() {
        Some(delivered) => Poll::Ready(delivered),
        None => Poll::Pending,
    });
    let delivered = delivered.await;
    house.gate.settle(delivered.then, delivered.outcome, &house.blobs)
}
