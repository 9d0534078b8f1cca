//! Takes connections, and serves HTTP on each: our own loop, because only here the TLS session is at hand.

use super::ServeError;
use super::house::House;
use super::http::{Binding, Held, Peer};
use super::line::Line;
use super::tls;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// A client that takes longer to shake hands or to say what it wants is not served.
const PATIENCE: Duration = Duration::from_secs(15);
/// A connection on which nothing was asked for so long is closed once everything is answered: browsers keep theirs for a few minutes and come back at no
/// cost. Sockets have a time of their own.
const IDLE: Duration = Duration::from_secs(60);
/// Requests at once on one connection of HTTP/2: a page's files and some pictures. Each may hold a body.
const STREAMS: u32 = 16;
/// After the system refused a connection, which mostly means too many open files.
const BREATH: Duration = Duration::from_millis(50);
/// Bytes read at once from an HTTP connection: headers fit.
const HTTP_BUFFER: usize = 16 * 1024;

pub fn bind_error(error: io::Error) -> ServeError {
    match error.kind() {
        ErrorKind::AddrInUse => ServeError::PortInUse,
        ErrorKind::AddrNotAvailable => ServeError::NoSuchAddress,
        ErrorKind::PermissionDenied => ServeError::PortForbidden,
        _ => ServeError::Network,
    }
}

pub async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, house: Arc<House>, app: Router) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok((stream, address)) => (stream, Peer(address.ip())),
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), "a connection was not accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let Some(place) = house.place(peer.0) else { continue };
        house.tasks.spawn(connection(stream, peer, Held(Arc::new(place)), tls.clone(), app.clone()));
    }
}

async fn connection(stream: TcpStream, peer: Peer, held: Held, tls: Option<TlsAcceptor>, app: Router) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return http(stream, peer, held, [0; 32], app).await;
    };
    // A failed handshake is the client's affair: a scanner, or a client that does not trust the certificate.
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, tls.accept(stream)).await else { return };
    if let Ok(binding) = tls::binding(stream.get_ref().1) {
        http(stream, peer, held, binding, app).await;
    }
}

async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, peer: Peer, held: Held, binding: [u8; 32], app: Router) {
    let app = TowerToHyperService::new(app);
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        count.fetch_add(1, Ordering::Relaxed);
        request.extensions_mut().insert(Binding(binding));
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(held.clone());
        app.call(request)
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(HTTP_BUFFER);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(PATIENCE * 4)).max_concurrent_streams(Some(STREAMS));
    let mut serving = std::pin::pin!(builder.serve_connection_with_upgrades(TokioIo::new(Line::new(stream)), service));
    let (mut patience, mut before) = (PATIENCE, 0);
    // How a connection ends is nobody's error.
    while tokio::time::timeout(patience, serving.as_mut()).await.is_err() {
        let now = asked.load(Ordering::Relaxed);
        if now == before {
            // Nobody has said which version is spoken, or nobody asks anything any more. What is being answered is answered still.
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
            return;
        }
        (patience, before) = (IDLE, now);
    }
}
