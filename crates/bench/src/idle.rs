//! What a connection costs that does nothing: thousands of people, each with twenty chats, waiting.

use crate::person::{self, Line, Person, subscription};
use crate::process::{Process, Serve};
use crate::table::{Group, Row, Verdict, whole};
use crate::{Bench, say};
use anyhow::{Context as _, Result};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

const PEOPLE: u64 = 5000;
/// Chats that each begins; as many are begun by others.
const BEGUN: u64 = 10;
/// An account makes at most 500 logs a day, so a few make those of all.
const LOGS_EACH: u64 = 500;
/// Until what connecting took has been given back.
const REST: Duration = Duration::from_secs(12);
const TARGET_KIB: f64 = 12.0;

pub async fn measure(bench: &Bench) -> Result<Group> {
    let folder = bench.folder("idle")?;
    let data = folder.join("data");
    say(&format!("{PEOPLE} people sign up and begin {} chats", PEOPLE * BEGUN));
    let server = Serve { program: &bench.program, data: data.clone(), tls: None }.start()?;
    let people = prepare(&server).await?;
    server.end()?;

    say(&format!("{PEOPLE} connect, {} subscriptions each, and do nothing", 2 * BEGUN));
    let server = Serve { program: &bench.program, data: data.clone(), tls: None }.start()?;
    let plain = idle(&server, &people, |address| async move { Ok((dial(address).await?, [0; 32])) }).await?;
    server.end()?;

    say("the same over TLS");
    let (files, trusted) = certificate(&folder)?;
    let server = Serve { program: &bench.program, data, tls: Some(files) }.start()?;
    let connector = connector(trusted)?;
    let tls = idle(&server, &people, |address| {
        let connector = connector.clone();
        async move {
            let stream = connector.connect(ServerName::try_from("localhost")?, dial(address).await?).await?;
            let binding = stream.get_ref().1.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", None)?;
            Ok((stream, binding))
        }
    });
    let tls = tls.await?;
    server.end()?;

    let rows = vec![
        Row::new(
            "memory a connection",
            format!("{:.1} KiB", plain.kib_each()),
            "12 KiB",
            format!("{} MiB at start, {} MiB with all", plain.before / 1024, plain.with_all / 1024),
            Verdict::of(plain.kib_each() <= TARGET_KIB),
        ),
        Row::shown("the same with TLS", format!("{:.1} KiB", tls.kib_each()), format!("{} MiB with all", tls.with_all / 1024)),
        Row::shown(
            "server CPU while all idle",
            format!("{:.1} % of a core", plain.idle_cpu * 100.0),
            format!("connecting and subscribing {} us each", whole(plain.arrival.as_secs_f64() * 1e6 / PEOPLE as f64)),
        ),
    ];
    Ok(Group { title: format!("{} connections, {} subscriptions each", whole(PEOPLE as f64), 2 * BEGUN), rows })
}

async fn prepare(server: &Process) -> Result<Arc<Vec<Person>>> {
    let people = person::sign_up(server, PEOPLE).await?;
    let address = server.address;
    let makers = PEOPLE * BEGUN / LOGS_EACH;
    person::each(0..makers, |maker| {
        let people = Arc::clone(&people);
        async move {
            let mut line = Line::arrive(address, people.get(maker as usize).context("a person")?).await?;
            for log in maker * LOGS_EACH..(maker + 1) * LOGS_EACH {
                line.done(person::new_log(log, 2)).await?;
            }
            Ok(())
        }
    })
    .await?;
    Ok(people)
}

/// What so many waiting connections cost.
struct Idle {
    before: u64,
    with_all: u64,
    idle_cpu: f64,
    arrival: Duration,
}

impl Idle {
    fn kib_each(&self) -> f64 {
        self.with_all.saturating_sub(self.before) as f64 / PEOPLE as f64
    }
}

async fn dial(address: std::net::SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn idle<S, F>(server: &Process, people: &Arc<Vec<Person>>, connect: impl Fn(std::net::SocketAddr) -> F) -> Result<Idle>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Future<Output = Result<(S, [u8; 32])>> + Send + 'static,
{
    let (before, cpu, address) = (server.kib()?, server.cpu()?, server.address);
    let streams = person::each(0..PEOPLE, |number| {
        let (people, stream) = (Arc::clone(people), connect(address));
        async move {
            let (stream, binding) = stream.await?;
            let mut line = Line::over(stream).await?;
            line.open_session(people.get(number as usize).context("a person")?, &binding).await?;
            line.subscribe(chats(number)).await?;
            Ok(line.ws.rest())
        }
    });
    let streams = streams.await?;
    let arrival = server.cpu()?.saturating_sub(cpu);
    tokio::time::sleep(REST).await;
    let (with_all, cpu) = (server.kib()?, server.cpu()?);
    let rest = Duration::from_secs(3);
    tokio::time::sleep(rest).await;
    let idle_cpu = server.cpu()?.saturating_sub(cpu).as_secs_f64() / rest.as_secs_f64();
    drop(streams);
    Ok(Idle { before, with_all, idle_cpu, arrival })
}

/// The chats that a person began, and those that the ten before it began with it.
fn chats(person: u64) -> Vec<wire::call::Subscription> {
    let begun = (0..BEGUN).map(|nth| (person * BEGUN + nth, 0));
    let joined = (0..BEGUN).map(|nth| ((person + PEOPLE - 1 - nth) % PEOPLE * BEGUN + nth, 1));
    (1..).zip(begun.chain(joined)).map(|(number, (log, member))| subscription(number, log, member)).collect()
}

fn certificate(folder: &Path) -> Result<((PathBuf, PathBuf), CertificateDer<'static>)> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
    let files = (folder.join("cert.pem"), folder.join("key.pem"));
    std::fs::write(&files.0, made.cert.pem())?;
    std::fs::write(&files.1, made.signing_key.serialize_pem())?;
    Ok((files, made.cert.der().clone()))
}

fn connector(trusted: CertificateDer<'static>) -> Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}
