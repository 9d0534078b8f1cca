//! Knocks at push services: one empty POST a device, signed by VAPID (RFC 8030, RFC 8292). Nothing but that there is something goes out.
//!
//! Endpoints come from clients, so each is an address that somebody wants this server to call: only `https` to the public internet, unless the
//! operator names a push service of their own; the address that was looked at is the one that is called; no redirect is followed.

use super::house::House;
use super::mailbox::Mailbox;
use crate::gate::Then;
use crate::store::{LogKey, NewWake, Op};
use crate::wake::endpoint::is_public;
use crate::wake::{Endpoint, Knock};
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1::handshake;
use hyper::{Method, Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;
use wire::Millis;

/// What an operator says of push services.
#[derive(Debug, Clone, Default)]
pub struct PushOptions {
    /// Services of their own, as `https://host:port`, which may be called wherever they are.
    pub own: Vec<String>,
    /// Whom a push service may ask about this server: an address of it, or `mailto:`.
    pub contact: String,
}

/// Knocks at once.
const AT_ONCE: usize = 16;
/// Knocks that wait for their turn; one more is not made.
const WAITING: usize = 1024;
/// Looking up, connecting, TLS and the answer, together.
const PATIENCE: Duration = Duration::from_secs(10);
/// A push service holds a knock for a device that is off so long: four weeks, as long as they do.
const HOLD_SECONDS: &str = "2419200";

pub struct Pusher {
    options: PushOptions,
    tls: Option<TlsConnector>,
    waiting: Arc<Semaphore>,
    turns: Semaphore,
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
        Self { options, tls, waiting: Arc::new(Semaphore::new(WAITING)), turns: Semaphore::new(AT_ONCE) }
    }

    /// Knocks beside everything else, and forgets the device if it is gone.
    pub fn knock(house: &Arc<House>, knock: Knock) {
        let Ok(place) = house.pusher.waiting.clone().try_acquire_owned() else { return };
        let house = house.clone();
        let tasks = house.tasks.clone();
        tasks.spawn(async move {
            let _place = place;
            let heard = tokio::time::timeout(PATIENCE, house.pusher.call(&house, &knock.endpoint)).await.unwrap_or(Heard::Lost);
            match heard {
                Heard::Taken => house.metrics.knocks.add(1),
                Heard::Lost => house.metrics.knocks_lost.add(1),
                Heard::Gone => {
                    house.metrics.knocks_gone.add(1);
                    let forget = NewWake { log: LogKey::of(&knock.log), pass: knock.pass, sealed: None };
                    // Too much waits for the disk: the next knock finds it gone again.
                    let _ = house.commit(Op::SetWakes(vec![forget]), 0, Then::Plain, &Arc::new(Mailbox::default()));
                }
            }
        });
    }

    async fn call(&self, house: &House, endpoint: &Endpoint) -> Heard {
        let Ok(_turn) = self.turns.acquire().await else { return Heard::Lost };
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

async fn exchange(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, request: Request<Empty<Bytes>>) -> Option<StatusCode> {
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.ok()?;
    let connection = tokio::spawn(connection);
    let status = sender.send_request(request).await.ok().map(|response| response.status());
    connection.abort();
    status
}
