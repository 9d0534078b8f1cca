//! Paths: the WebSocket, the same calls by POST, blobs, and what an operator looks at.

use super::house::{House, Place};
use super::page::{Link, Page, ReportsTo, Wish};
use super::socket::Socket;
use super::{blobs, post};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post as on_post};
use axum::{Extension, Router};
use std::net::IpAddr;
use std::sync::Arc;
use wire::auth::origin_binding;
use wire::limits;

/// The TLS exporter of the connection that a request came on.
#[derive(Clone, Copy)]
pub struct Binding(pub [u8; 32]);

/// Where a request came from.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The place of the connection that a request came on.
#[derive(Clone)]
pub struct Held(pub Arc<Place>);

/// Where counts are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Here, by programs on this machine alone: even counts tell when a school is awake.
    Here,
    /// At a listener of their own.
    Elsewhere,
}

/// One frame of the largest kind is read in pieces of this size: an idle connection keeps no more.
const READ_BUFFER: usize = 4096;
/// Answers are handed to the system together until there are this many bytes of them.
const WRITE_BUFFER: usize = 32 * 1024;

/// What no path of ours takes is the page's.
pub fn router(house: Arc<House>, counts: Counts, page: Page, reports: Option<ReportsTo>, people: Arc<str>) -> Router {
    let here = match counts {
        Counts::Here => Router::new().route("/metrics", get(metrics_here)),
        Counts::Elsewhere => Router::new(),
    };
    Router::new()
        .route("/v1/ws", get(socket))
        .route("/v1/{service}/{method}", on_post(post::call))
        .route("/v1/uploads/{id}", get(blobs::offset).patch(blobs::part).layer(DefaultBodyLimit::disable()))
        .route("/v1/blobs/{id}", get(blobs::bytes))
        .route("/v1/safety", get(desk))
        .route("/healthz", get(health))
        // Without an account, like the page that shows them; empty where the operator named nobody.
        .route(
            "/people.txt",
            get(async move || {
                (
                    [
                        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                        (header::CACHE_CONTROL, "no-cache"),
                        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                    ],
                    people.to_string(),
                )
            }),
        )
        .merge(here)
        .fallback(async move |request: Request| browse(page, reports.as_ref(), &request))
        .with_state(house)
}

async fn socket(
    State(house): State<Arc<House>>,
    Extension(Binding(tls)): Extension<Binding>,
    Extension(Peer(from)): Extension<Peer>,
    Extension(Held(place)): Extension<Held>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let binding = match Asker::of(&headers) {
        Asker::Program => tls,
        Asker::OwnPage(origin) => origin_binding(origin),
        Asker::OtherPage => return StatusCode::FORBIDDEN.into_response(),
    };
    let upgrade =
        upgrade.read_buffer_size(READ_BUFFER).write_buffer_size(WRITE_BUFFER).max_write_buffer_size(WRITE_BUFFER + 2 * limits::FRAME_MAX);
    let (tasks, counted) = (house.tasks.clone(), house.clone());
    let upgrade = upgrade.max_message_size(limits::FRAME_MAX).max_frame_size(limits::FRAME_MAX);
    upgrade.on_upgrade(move |ws| tasks.track_future(Socket::new(counted, ws, binding, from, place)))
}

/// Who opens a socket. Browsers say whose page asks (RFC 6455 section 4.1); programs send no such header.
enum Asker<'h> {
    Program,
    OwnPage(&'h str),
    /// A page of another site, which has no business here.
    OtherPage,
}

impl<'h> Asker<'h> {
    fn of(headers: &'h HeaderMap) -> Self {
        let Some(origin) = headers.get(header::ORIGIN) else { return Self::Program };
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match (origin.to_str().ok().map(|origin| (origin, origin.split_once("://"))), host) {
            (Some((origin, Some((_, authority)))), Some(host)) if authority.eq_ignore_ascii_case(host) => Self::OwnPage(origin),
            _ => Self::OtherPage,
        }
    }
}

/// Who reads reports here, and the way to them: for everybody, and asked for without a session.
async fn desk(State(house): State<Arc<House>>) -> Response {
    match house.gate.desk() {
        Some(record) => ([(header::CONTENT_TYPE, "application/octet-stream"), (header::CACHE_CONTROL, "no-store")], record).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn health(State(house): State<Arc<House>>) -> Response {
    if house.is_well() { (StatusCode::OK, "ok\n").into_response() } else { (StatusCode::SERVICE_UNAVAILABLE, "ending\n").into_response() }
}

/// Counts alone, for a listener that the operator chose.
pub fn counts(house: Arc<House>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(house)
}

async fn metrics_here(Extension(Peer(peer)): Extension<Peer>, house: State<Arc<House>>) -> Response {
    if is_this_machine(peer) { metrics(house).await } else { StatusCode::NOT_FOUND.into_response() }
}

fn is_this_machine(peer: IpAddr) -> bool {
    peer.to_canonical().is_loopback()
}

async fn metrics(State(house): State<Arc<House>>) -> Response {
    let text = house.metrics.render(&house.gauges());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

fn browse(page: Page, reports: Option<&ReportsTo>, request: &Request) -> Response {
    let plain = request.extensions().get::<Binding>().is_none_or(|binding| binding.0 == [0; 32]);
    let (uri, link) = (request.uri(), if plain { Link::Plain } else { Link::Tls });
    let authority = uri.authority().map(|authority| authority.as_str());
    page.answer(&Wish { method: request.method(), path: uri.path(), headers: request.headers(), authority, link, reports })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_for_this_machine() {
        for (peer, here) in [
            ("127.0.0.1", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("192.0.2.7", false),
            ("2001:db8::1", false),
            ("::ffff:192.0.2.7", false),
        ] {
            assert_eq!(is_this_machine(peer.parse().unwrap()), here, "{peer}");
        }
    }

    fn asker(origin: Option<&'static str>) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "chat.example.org:8443".parse().expect("a host"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
        }
        match Asker::of(&headers) {
            Asker::Program => "program",
            Asker::OwnPage(_) => "own",
            Asker::OtherPage => "other",
        }
    }

    #[test]
    fn only_the_page_of_this_server_opens_a_socket() {
        assert_eq!(asker(None), "program");
        assert_eq!(asker(Some("https://chat.example.org:8443")), "own");
        for other in ["https://chat.example.org", "https://evil.example", "null", "https://chat.example.org:8443.evil.example", ""] {
            assert_eq!(asker(Some(other)), "other", "{other}");
        }
    }
}
