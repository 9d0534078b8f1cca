//! `treehouse serve`, and the operator's commands beside it.

pub mod admin;
pub mod invite;
mod page;

use crate::net::Address;
use server::gate::{Config, Pushes};
use server::shell::{NoAddress, Options, PushOptions, ReportsTo, Running, ServeError, TlsFiles, system_clock};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Run a server
#[derive(clap::Args)]
pub struct Args {
    /// Where everything is kept: keys, database, blobs. Made if it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one. Without a certificate on this machine only
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7171")]
    listen: SocketAddr,
    /// The certificate and its chain, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// The certificate's private key, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Only people with an invitation may sign up
    #[arg(long)]
    invite_only: bool,
    /// The address under which people reach this server, for invitations
    #[arg(long, value_name = "URL", value_parser = public_url)]
    url: Option<String>,
    /// Where to answer /metrics, and there alone; without it programs on this machine are answered where the server listens
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Ask no push service to wake devices that are away
    #[arg(long)]
    no_push: bool,
    /// A push service of your own, which may be called wherever it is; can be given several times
    #[arg(long, value_name = "URL", value_parser = public_url, conflicts_with = "no_push")]
    push_to: Vec<String>,
    /// Whom people here can turn to, such as the safeguarding lead: a file whose entries come first under Help
    #[arg(long, value_name = "FILE", value_parser = people)]
    people: Option<People>,
    /// Where browsers tell what the page's content security policy refused: nothing, unless something is wrong
    #[arg(long, value_name = "URL", value_parser = reports_to)]
    policy_reports: Option<ReportsTo>,
}

/// A file of `safety::help::own` that was read and is right.
#[derive(Debug, Clone)]
struct People(String);

/// A file that is not right is none: a wrong number is worse than no number.
fn people(path: &str) -> Result<People, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    safety::help::own(&text).map_err(|wrong| wrong.to_string())?;
    Ok(People(text))
}

fn reports_to(text: &str) -> Result<ReportsTo, NoAddress> {
    ReportsTo::parse(text)
}

/// An address that people can use as it is.
fn public_url(text: &str) -> Result<String, String> {
    let address = Address::parse(text).map_err(|error| error.to_string())?;
    if text.trim_end_matches('/') != address.url {
        return Err(format!("it has more than a server's name: {} would be enough", address.url));
    }
    Ok(address.url)
}

/// Why a server ended.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    #[error("{sentence} ({listen}, {})", data.display())]
    Serve { sentence: ServeError, listen: SocketAddr, data: PathBuf },
    #[error("the system gives no threads, {0}: end other programs, then start again")]
    Runtime(std::io::Error),
}

/// Serves until SIGINT or SIGTERM. Says on stdout when it is ready.
///
/// # Errors
/// It could not start, or the disk failed.
pub fn run(args: Args) -> Result<(), Stop> {
    log_to_stderr();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Stop::Runtime)?;
    let (listen, data) = (args.listen, args.data.clone());
    runtime.block_on(serve(args)).map_err(|sentence| Stop::Serve { sentence, listen, data })
}

async fn serve(args: Args) -> Result<(), ServeError> {
    let Args { data, listen, cert, key, invite_only, url, metrics, no_push, push_to, people, policy_reports: reports } = args;
    let tls = cert.zip(key).map(|(cert, key)| TlsFiles { cert, key });
    if listen.ip().is_unspecified() && url.is_none() && tls.is_some() {
        return Err(ServeError::NoUrl);
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    let pushes = if no_push { Pushes::Off } else { Pushes::On };
    let config = Config { invite_only, pushes, ..Config::default() };
    let contact = url.clone().filter(|url| url.starts_with("https://")).unwrap_or_else(|| NO_CONTACT.into());
    let push = PushOptions { own: push_to, contact };
    // Before anything is promised: a signal that comes early must not be lost.
    let mut end = signal(SignalKind::terminate()).map_err(|_| ServeError::Network)?;
    let people = people.map(|People(text)| text.into());
    let options = Options { data: data.clone(), listen, tls, metrics, config, page: page::PAGE, push, people, reports };
    let running = Running::start(options, system_clock()).await?;
    let address = format!("{scheme}://{}", running.address());
    remember_url(&data, url.as_deref().unwrap_or(&address))?;
    println!("Treehouse is ready at {address}");
    if let Some(metrics) = running.metrics() {
        println!("Counts are at http://{metrics}/metrics");
    }
    // Whoever waits for the line may be at the other end of a pipe that is closed by now.
    let _ = std::io::stdout().flush();
    running
        .run(async move {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = end.recv() => {}
            }
        })
        .await
}

const URL: &str = "url";
/// Whom a push service may ask about a server that has no public address.
const NO_CONTACT: &str = "mailto:operator@localhost";

/// Kept for `treehouse invite`; whole or not at all, and not written again as long as it is the same.
fn remember_url(data: &Path, url: &str) -> Result<(), ServeError> {
    let url = url.trim_end_matches('/');
    if known_url(data).as_deref() == Some(url) {
        return Ok(());
    }
    let draft = data.join("url.new");
    std::fs::write(&draft, url).and_then(|()| std::fs::rename(&draft, data.join(URL))).map_err(|error| ServeError::of_disk(&error))
}

/// Where people reach the server of this directory; `None` before it was first served.
fn known_url(data: &Path) -> Option<String> {
    std::fs::read_to_string(data.join(URL)).ok()
}

/// One JSON object a line; TREEHOUSE_LOG sets the level. Only our own events: libraries might name addresses.
fn log_to_stderr() {
    let level = std::env::var("TREEHOUSE_LOG").ok().and_then(|level| level.parse::<LevelFilter>().ok()).unwrap_or(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr);
    // A second call in one process changes nothing.
    let _ = tracing_subscriber::registry().with(lines).with(Targets::new().with_target("server", level)).try_init();
}
