//! TLS by rustls, and what binds a session to a connection.

use super::{ServeError, TlsFiles};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// RFC 9266.
const EXPORTER: &[u8] = b"EXPORTER-Channel-Binding";

/// # Errors
/// One of the files cannot be read, or they do not belong together.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&files.cert).and_then(Iterator::collect);
    let chain = chain.ok().filter(|chain: &Vec<_>| !chain.is_empty()).ok_or(ServeError::BadCertificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_| ServeError::BadKey)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config =
        versions.map_err(|_| ServeError::BadKey)?.with_no_client_auth().with_single_cert(chain, key).map_err(|_| ServeError::BadKey)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What both ends of this connection know and no other.
///
/// # Errors
/// The handshake is not complete.
pub fn binding(connection: &ServerConnection) -> Result<[u8; 32], rustls::Error> {
    connection.export_keying_material([0; 32], EXPORTER, None)
}
