//! Knocks at push services: one empty POST a device, signed by VAPID (RFC 8030, RFC 8292). Nothing but that there is something goes out.
//!
//! Endpoints come from clients, so each is an address that somebody wants this server to call: only `https` to the public internet, unless the
//! operator names a push service of their own; the address that was looked at is the one that is called; no redirect is followed.

use super::house::House;
use super::mailbox::Mailbox;
use super::shares::{Share, Shares};
use crate::gate::Then;
use crate::store::{LogKey, NewWake, Op};
use crate::wake::endpoint::is_public;
use crate::wake::{Endpoint, Knock};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1::handshake;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use wire::{Hash32, Millis};

/// What an operator says of push services.
#[derive(Debug, Clone, Default)]
pub struct PushOptions {
    /// Services of their own, as `https://host:port`, which may be called wherever they are.
    pub own: Vec<String>,
    /// Whom a push service may ask about this server: an address of it, or `mailto:`.
    pub contact: String,
}

/// Knocks at once.
const AT_ONCE: usize = 64;
/// The same at one push service: one that does not answer leaves the others their turns.
const AT_A_SERVICE: usize = 16;
/// Knocks that have a turn or wait for it. One service has a share of them; what finds no place waits on outside.
const WAITING: usize = 1024;
/// Turns that are kept for the safety desk: whatever else is knocked for, its members are told that something was reported.
const AT_THE_DESK: usize = 8;
/// Knocks for the desk that have a turn or wait for it: sixteen members with some devices each.
const WAITING_AT_THE_DESK: usize = 64;
/// Looking up, connecting, TLS and the answer, together, from when a knock has its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// A push service holds a knock for a device that is off so long: four weeks, as long as they do.
const HOLD_SECONDS: &str = "2419200";

pub struct Pusher {
    options: PushOptions,
    tls: Option<TlsConnector>,
    waiting: Arc<Shares>,
    turns: Arc<Semaphore>,
    /// The turns of each service at which somebody waits to knock, by its origin.
    services: Mutex<HashMap<String, Weak<Semaphore>>>,
    desk_waiting: Arc<Shares>,
    desk_turns: Arc<Semaphore>,
}

/// For whom it is knocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    Desk,
    Others,
}

/// A place among the knocks that are being made.
pub struct Turn {
    _share: Share,
    /// Those of its service, or of the desk.
    own: Arc<Semaphore>,
    /// Those of all, but for the desk.
    all: Option<Arc<Semaphore>>,
}

/// What became of a knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Taken,
    /// The device is not there any more, or it never was one that may be called.
    Gone,
    /// Nothing is known: the next message knocks again.
    Lost,
}

impl Pusher {
    pub fn new(options: PushOptions) -> Self {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let tls = config.ok().map(|config| TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())));
        Self {
            options,
            tls,
            waiting: Shares::new(WAITING),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            services: Mutex::default(),
            desk_waiting: Shares::new(WAITING_AT_THE_DESK),
            desk_turns: Arc::new(Semaphore::new(AT_THE_DESK)),
        }
    }

    /// A place for a knock, if there is one: to be had before the device counts as knocked for.
    pub fn turn(&self, whom: Whom, endpoint: &Endpoint) -> Option<Turn> {
        let (shares, place, own, all) = match whom {
            Whom::Desk => (&self.desk_waiting, None, self.desk_turns.clone(), None),
            Whom::Others => {
                let origin = endpoint.origin();
                (&self.waiting, Some(place_of(origin)), self.turns_at(origin), Some(self.turns.clone()))
            }
        };
        let mut share = shares.begin(place);
        share.add(1).ok()?;
        Some(Turn { _share: share, own, all })
    }

    fn turns_at(&self, origin: &str) -> Arc<Semaphore> {
        let mut services = self.services.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = services.get(origin).and_then(Weak::upgrade) {
            return turns;
        }
        services.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(AT_A_SERVICE));
        services.insert(origin.to_owned(), Arc::downgrade(&turns));
        turns
    }

    /// Knocks beside everything else, and forgets the device if it is gone.
    pub fn knock(house: &Arc<House>, knock: Knock, turn: Turn) {
        let house = house.clone();
        let tasks = house.tasks.clone();
        tasks.spawn(async move {
            match house.pusher.in_turn(&house, &knock.endpoint, &turn).await {
                Heard::Taken => house.metrics.knocks.add(1),
                Heard::Lost => {
                    house.knock_was_lost(&knock);
                    house.metrics.knocks_lost.add(1);
                }
                Heard::Gone => {
                    house.metrics.knocks_gone.add(1);
                    let forget = NewWake { log: LogKey::of(&knock.log), pass: knock.pass, sealed: None };
                    // Too much waits for the disk: the next knock finds it gone again.
                    let _ = house.commit(Op::SetWakes(vec![forget]), 0, Then::Plain, &Arc::new(Mailbox::default()));
                }
            }
        });
    }

    async fn in_turn(&self, house: &House, endpoint: &Endpoint, turn: &Turn) -> Heard {
        let Ok(_own) = turn.own.acquire().await else { return Heard::Lost };
        let _all = match &turn.all {
            Some(turns) => turns.acquire().await.ok(),
            None => None,
        };
        tokio::time::timeout(PATIENCE, self.call(house, endpoint)).await.unwrap_or(Heard::Lost)
    }

    async fn call(&self, house: &House, endpoint: &Endpoint) -> Heard {
        let own = self.options.own.iter().any(|origin| origin == endpoint.origin());
        if !own && (!endpoint.is_tls() || endpoint.port() != 443) {
            return Heard::Gone;
        }
        let Ok(addresses) = tokio::net::lookup_host((endpoint.host(), endpoint.port())).await else { return Heard::Lost };
        let addresses: Vec<SocketAddr> = addresses.collect();
        if !own && !addresses.iter().all(|address| is_public(address.ip())) {
            return Heard::Gone;
        }
        let Ok(stream) = TcpStream::connect(addresses.as_slice()).await else { return Heard::Lost };
        let Some(request) = self.request(house.now(), house, endpoint) else { return Heard::Lost };
        let status = if endpoint.is_tls() {
            let (Some(tls), Ok(name)) = (&self.tls, ServerName::try_from(endpoint.host().to_owned())) else { return Heard::Lost };
            match tls.connect(name, stream).await {
                Ok(stream) => exchange(stream, request).await,
                Err(_) => None,
            }
        } else {
            exchange(stream, request).await
        };
        match status {
            Some(status) if status.is_success() => Heard::Taken,
            Some(StatusCode::NOT_FOUND | StatusCode::GONE) => Heard::Gone,
            Some(_) | None => Heard::Lost,
        }
    }

    fn request(&self, now: Millis, house: &House, endpoint: &Endpoint) -> Option<Request<Empty<Bytes>>> {
        let authorization = house.gate.push_key()?.authorization(now, endpoint, &self.options.contact)?;
        let host = endpoint.origin().split("://").nth(1)?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(endpoint.path())
            .header(header::HOST, host)
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_LENGTH, "0")
            .header("ttl", HOLD_SECONDS)
            .header("urgency", "normal")
            // A newer knock takes the place of one that still waits there.
            .header("topic", "waiting");
        request.body(Empty::new()).ok()
    }
}

/// In which place of all that could be a service is counted.
fn place_of(origin: &str) -> usize {
    let [a, b, c, d, e, f, g, h, ..] = Hash32::of(origin.as_bytes()).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h]) as usize
}

async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, request: Request<Empty<Bytes>>) -> Option<StatusCode> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let connection = tokio::spawn(connection);
    let status = sender.send_request(request).await.ok().map(|response| response.status());
    connection.abort();
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(pusher: &Pusher, whom: Whom, host: &str) -> Vec<Turn> {
        let endpoint = Endpoint::parse(&format!("https://{host}/device")).unwrap();
        std::iter::from_fn(|| pusher.turn(whom, &endpoint)).collect()
    }

    #[test]
    fn whoever_names_dead_services_leaves_places_to_the_others_and_to_the_desk() {
        let pusher = Pusher::new(PushOptions::default());
        let one = turns(&pusher, Whom::Others, "dead.example");
        assert!(one.len() > AT_A_SERVICE && one.len() < WAITING / 4, "{}", one.len());
        let own = &one[0].own;
        let is_one_service = one.iter().all(|turn| Arc::ptr_eq(&turn.own, own));
        assert!(is_one_service && own.available_permits() == AT_A_SERVICE, "few of them are called at once");
        let many: Vec<_> = (0..50).map(|n| turns(&pusher, Whom::Others, &format!("dead-{n}.example"))).collect();
        assert!(!turns(&pusher, Whom::Others, "push.example").is_empty());
        assert_eq!(turns(&pusher, Whom::Desk, "dead.example").len(), WAITING_AT_THE_DESK);
        drop((one, many));
        assert!(turns(&pusher, Whom::Others, "dead.example").len() > AT_A_SERVICE, "they are given back");
        let services = pusher.services.lock().unwrap();
        assert!(services.len() <= 2, "a service at which nobody knocks is not remembered: {}", services.len());
    }
}
