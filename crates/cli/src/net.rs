//! Connections to a server: a WebSocket over TLS, or over plain TCP to this machine alone.

use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use wire::call::Frame;
use wire::limits::FRAME_MAX;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// RFC 9266.
const EXPORTER: &[u8] = b"EXPORTER-Channel-Binding";

/// Why a server could not be reached, in words for a person.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    #[error("{0} is not a server's address: it looks like https://chat.example.org")]
    Address(String),
    #[error("{0} would be reached without encryption: use https://")]
    Plain(String),
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, std::io::Error),
    #[error("{0} did not answer within 10 seconds")]
    Slow(String),
    #[error("{0} could not prove who it is: {1}")]
    Tls(String, std::io::Error),
    #[error("{0} does not speak to treehouse: {1}")]
    Protocol(String, Box<WsError>),
    #[error("the certificates in {0} cannot be read")]
    Certificates(String),
}

/// A server's address, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub url: String,
    pub host: String,
    pub port: u16,
    pub tls: bool,
}

impl Address {
    /// # Errors
    /// Another scheme than https, or http to anywhere but this machine.
    pub fn parse(url: &str) -> Result<Self, NetError> {
        let bad = || NetError::Address(url.to_owned());
        let (tls, rest) = match url.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            _ => return Err(bad()),
        };
        let authority = rest.split(['/', '#', '?']).next().filter(|text| !text.is_empty()).ok_or_else(bad)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port.parse().map_err(|_| bad())?),
            _ => (authority, if tls { 443 } else { 80 }),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        if !tls && !here {
            return Err(NetError::Plain(url.to_owned()));
        }
        let scheme = if tls { "https" } else { "http" };
        Ok(Self { url: format!("{scheme}://{authority}"), host, port, tls })
    }
}

/// A byte stream to a server, and what binds a session to it.
pub struct Channel {
    pub stream: Box<dyn Stream>,
    /// The TLS exporter, or zeros.
    pub binding: [u8; 32],
}

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

pub async fn open_channel(address: &Address) -> Result<Channel, NetError> {
    let unreachable = |error| NetError::Unreachable(address.url.clone(), error);
    let connect = async {
        let tcp = TcpStream::connect((address.host.as_str(), address.port)).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        if !address.tls {
            return Ok(Channel { stream: Box::new(tcp), binding: [0; 32] });
        }
        let name = ServerName::try_from(address.host.clone()).map_err(|_| NetError::Address(address.url.clone()))?;
        let tls = tokio_rustls::TlsConnector::from(Arc::new(tls_config()?)).connect(name, tcp).await;
        let tls = tls.map_err(|error| NetError::Tls(address.url.clone(), error))?;
        let binding = tls.get_ref().1.export_keying_material([0; 32], EXPORTER, None);
        let binding = binding.map_err(|error| NetError::Tls(address.url.clone(), std::io::Error::other(error)))?;
        Ok(Channel { stream: Box::new(tls), binding })
    };
    tokio::time::timeout(CONNECT_TIMEOUT, connect).await.map_err(|_| NetError::Slow(address.url.clone()))?
}

/// The public authorities, and those in the file that SSL_CERT_FILE names: a school's own server may have its own.
fn tls_config() -> Result<rustls::ClientConfig, NetError> {
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Ok(file) = std::env::var("SSL_CERT_FILE") {
        let unreadable = || NetError::Certificates(file.clone());
        for certificate in CertificateDer::pem_file_iter(&file).map_err(|_| unreadable())? {
            roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.map_err(|_| NetError::Certificates("the program".into()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Frames to and from a server.
pub struct Connection {
    socket: WebSocketStream<Box<dyn Stream>>,
    pub binding: [u8; 32],
}

impl Connection {
    pub async fn open(address: &Address) -> Result<Self, NetError> {
        let channel = open_channel(address).await?;
        let scheme = if address.tls { "wss" } else { "ws" };
        let authority = address.url.split("://").nth(1).unwrap_or_default();
        let config = WebSocketConfig::default().max_message_size(Some(FRAME_MAX)).max_frame_size(Some(FRAME_MAX));
        let handshake = tokio_tungstenite::client_async_with_config(format!("{scheme}://{authority}/v1/ws"), channel.stream, Some(config));
        let opened = tokio::time::timeout(CONNECT_TIMEOUT, handshake).await.map_err(|_| NetError::Slow(address.url.clone()))?;
        let (socket, _) = opened.map_err(|error| NetError::Protocol(address.url.clone(), Box::new(error)))?;
        Ok(Self { socket, binding: channel.binding })
    }

    /// Sends frames in order; `Err` when the connection is gone.
    pub async fn send(&mut self, frames: Vec<Frame>) -> Result<(), Gone> {
        for frame in frames {
            self.socket.feed(Message::Binary(frame.encode())).await.map_err(|_| Gone)?;
        }
        self.socket.flush().await.map_err(|_| Gone)
    }

    /// The next frame; what does not parse ends the connection.
    pub async fn next(&mut self) -> Result<Frame, Gone> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => return Frame::decode(bytes).map_err(|_| Gone),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                Some(Ok(_)) => {}
            }
        }
    }

    pub async fn close(mut self) {
        // Politeness: the server sees the same without it, only later.
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

/// The connection has ended.
#[derive(Debug)]
pub struct Gone;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_reach_this_machine_and_nothing_else() {
        assert!(Address::parse("http://127.0.0.1:8417").is_ok());
        assert!(Address::parse("http://[::1]:8417").is_ok());
        assert!(matches!(Address::parse("http://chat.example.org"), Err(NetError::Plain(_))));
        assert!(matches!(Address::parse("chat.example.org"), Err(NetError::Address(_))));
    }

    #[test]
    fn a_path_or_an_invitation_behind_the_address_is_left_out_of_it() {
        let address = Address::parse("https://chat.example.org/i#0011").unwrap();
        assert_eq!((address.url.as_str(), address.host.as_str(), address.port), ("https://chat.example.org", "chat.example.org", 443));
    }
}
