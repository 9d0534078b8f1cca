use crate::client::*;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use server::shell::{Running, ServeError, TlsFiles};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wire::call::*;

fn certificate(home: &Home) -> (TlsFiles, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let files = TlsFiles { cert: home.dir.path().join("cert.pem"), key: home.dir.path().join("key.pem") };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.der().clone())
}

async fn connect(server: &Running, trusted: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = versions.with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(server.address()).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap()
}

fn exporter(stream: &TlsStream<TcpStream>) -> [u8; 32] {
    stream.get_ref().1.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_over_tls_is_bound_to_its_connection() {
    let home = Home::new();
    let (files, trusted) = certificate(&home);
    let server = home.serve_with(Some(files)).await;
    let stream = connect(&server, &trusted).await;
    let binding = exporter(&stream);
    let mut alice = Client::over(stream, binding).await;
    assert!(matches!(alice.ask(Person::new(1).sign_up(None)).await, Response::SignedUp { .. }));
    alice.open_session(&Person::new(1)).await;
    alice.make_log(log(1)).await;
    assert!(alice.append(content(log(1), "over TLS", 0)).await.is_ok());

    // Someone in the middle, with a connection of its own to each side, passes the challenge on.
    let middle = connect(&server, &trusted).await;
    assert_ne!(exporter(&middle), binding);
    let mut middle = Client::over(middle, binding).await;
    let welcome = middle.hello().await;
    let relayed = Person::new(1).claim(&welcome, &binding);
    assert_eq!(middle.ask(relayed).await, Response::Refused(Refusal::BadProof));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_tls_only_this_machine_is_served() {
    let home = Home::new();
    let mut options = home.options(None);
    options.listen = "0.0.0.0:0".parse().unwrap();
    let refused = Running::start(options, Arc::new(|| wire::Millis(NOW))).await;
    assert_eq!(refused.err(), Some(ServeError::PlainOutside));
    assert!(!home.data().exists(), "nothing was begun");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_read_is_said_plainly() {
    let home = Home::new();
    let (files, _) = certificate(&home);
    let (other, _) = certificate(&Home::new());
    let start = async |cert: &std::path::Path, key: &std::path::Path| {
        let tls = Some(TlsFiles { cert: cert.to_owned(), key: key.to_owned() });
        Running::start(home.options(tls), Arc::new(|| wire::Millis(NOW))).await.err()
    };
    assert_eq!(start(&home.dir.path().join("none"), &files.key).await, Some(ServeError::BadCertificate));
    assert_eq!(start(&files.key, &files.key).await, Some(ServeError::BadCertificate));
    assert_eq!(start(&files.cert, &files.cert).await, Some(ServeError::BadKey));
    assert_eq!(start(&files.cert, &other.key).await, Some(ServeError::BadKey));
}
