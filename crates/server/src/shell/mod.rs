//! The shell around the function: sockets, files, clocks, threads. Here nothing is decided about records, passes or accounts.

mod accept;
mod blobs;
mod committer;
mod data_dir;
mod house;
mod http;
mod line;
mod mailbox;
mod metrics;
mod page;
mod post;
mod pusher;
mod readers;
mod shares;
mod socket;
mod tls;

use crate::gate::Config;
use crate::store::StoreError;
pub use data_dir::{Admin, AdminError, DataDir, DeskPasses, NewDesk};
use house::{Committing, House};
use http::Counts;
pub use page::{NoAddress, Page, PageFile, ReportsTo};
pub use pusher::PushOptions;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wire::Millis;

/// What an operator asks for.
#[derive(Debug, Clone)]
pub struct Options {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub tls: Option<TlsFiles>,
    /// Where counts are looked at; none: at `listen`, by this machine alone.
    pub metrics: Option<SocketAddr>,
    pub config: Config,
    /// What browsers get.
    pub page: Page,
    /// Whom people of this server can turn to: given out as it is, by the shell that has checked it.
    pub people: Option<Arc<str>>,
    pub push: PushOptions,
    /// Where they tell what its policy refused; none: nowhere.
    pub reports: Option<ReportsTo>,
}

/// A certificate chain and its private key, in PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Why a server does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    #[error("without a certificate the server listens on this machine only, for example on 127.0.0.1: give --cert and --key")]
    PlainOutside,
    #[error("the certificate cannot be read: it must be a PEM file with the whole chain")]
    BadCertificate,
    #[error("the private key cannot be read or does not belong to the certificate: it must be a PEM file")]
    BadKey,
    #[error("another program listens at this address already: stop it, or choose another port with --listen")]
    PortInUse,
    #[error("this machine does not have the address that was given with --listen")]
    NoSuchAddress,
    #[error("a port below 1024 needs permission: choose a higher one with --listen, or give the program that permission")]
    PortForbidden,
    #[error("another `treehouse serve` uses the data directory already: stop it first")]
    DirectoryInUse,
    #[error("the data directory cannot be written: check who owns it and that its disk is not read-only")]
    DirectoryReadOnly,
    #[error("the disk is full: make room, then start again")]
    DiskFull,
    #[error("the disk failed: check it before starting again, what was acknowledged is kept")]
    DiskFailed,
    #[error("a key file in the data directory is missing or damaged: bring it back from a backup, a new one would be another server")]
    KeysDamaged,
    #[error(
        "the database in the data directory is not one of this server, or of a newer version: use that version, or bring back a backup"
    )]
    ForeignDatabase,
    #[error("the database is in use by another program for too long: end that program, then start again")]
    DatabaseBusy,
    #[error(
        "an address that stands for all of this machine is none that people can reach: say which they use with --url https://chat.example.org"
    )]
    NoUrl,
    #[error("the network failed: look whether this machine has one, then start again")]
    Network,
}

impl From<StoreError> for ServeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::DiskFull,
            StoreError::ReadOnly => Self::DirectoryReadOnly,
            StoreError::Locked => Self::DatabaseBusy,
            StoreError::Broken => Self::DiskFailed,
            StoreError::Foreign => Self::ForeignDatabase,
        }
    }
}

impl ServeError {
    /// What an error of a file in the data directory means for the server.
    pub fn of_disk(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                Self::DirectoryReadOnly
            }
            _ => Self::DiskFailed,
        }
    }
}

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// The time of this machine.
pub fn system_clock() -> Clock {
    Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    })
}

/// How long connections may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);
/// How often the clock ticks.
const TICK: Duration = Duration::from_secs(1);

/// A server that runs until it is stopped.
pub struct Running {
    house: Arc<House>,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
    accepting: Vec<JoinHandle<()>>,
    committing: Committing,
}

impl Running {
    /// Opens the data directory and listens. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Nothing was started.
    pub async fn start(options: Options, clock: Clock) -> Result<Self, ServeError> {
        let tls = options.tls.as_ref().map(tls::acceptor).transpose()?;
        if tls.is_none() && !options.listen.ip().is_loopback() {
            return Err(ServeError::PlainOutside);
        }
        let data = DataDir::open(&options.data)?;
        let (listener, address) = listen(options.listen).await?;
        let beside = match options.metrics {
            Some(at) => Some(listen(at).await?),
            None => None,
        };
        let metrics = beside.as_ref().map(|(_, address)| *address);
        let (house, committing) = House::open(data, options.config, options.push, clock)?;
        let counts = if beside.is_some() { Counts::Elsewhere } else { Counts::Here };
        let router = http::router(house.clone(), counts, options.page, options.reports, options.people.unwrap_or_default());
        let mut accepting = vec![tokio::spawn(accept::accept(listener, tls, house.clone(), router))];
        if let Some((listener, _)) = beside {
            accepting.push(tokio::spawn(accept::accept(listener, None, house.clone(), http::counts(house.clone()))));
        }
        tracing::info!(port = address.port(), "ready");
        Ok(Self { house, address, metrics, accepting, committing })
    }

    /// Where counts are looked at, if that is elsewhere.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The work of time. [`Running::run`] does it every second; a test does it with a clock of its own.
    pub async fn tick(&self) {
        self.house.tick().await;
    }

    /// Serves until `stop`, then says goodbye: every batch is finished, every socket closed.
    ///
    /// # Errors
    /// The disk failed: whether what was not acknowledged is kept, only a restart knows.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let mut stop = std::pin::pin!(stop);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = &mut stop => break,
                () = self.house.over() => break,
                _ = ticks.tick() => self.house.tick().await,
            }
        }
        self.stop().await
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// As [`Running::run`].
    pub async fn stop(self) -> Result<(), ServeError> {
        let Self { house, accepting, committing, .. } = self;
        for accepting in accepting {
            accepting.abort();
            let _ = accepting.await;
        }
        house.close(GOODBYE).await;
        drop(house);
        let committed = tokio::task::spawn_blocking(move || committing.join()).await;
        tracing::info!("stopped");
        match committed {
            Ok(Ok(result)) => Ok(result?),
            Ok(Err(_)) | Err(_) => Err(ServeError::DiskFailed),
        }
    }
}

async fn listen(at: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listener = TcpListener::bind(at).await.map_err(accept::bind_error)?;
    let address = listener.local_addr().map_err(|_| ServeError::Network)?;
    Ok((listener, address))
}

/// 32 bytes from the system.
fn entropy() -> [u8; 32] {
    let mut bytes = [0; 32];
    if getrandom::fill(&mut bytes).is_err() {
        // Better no server than one whose bearers can be guessed.
        tracing::error!("the system gives no random bytes");
        std::process::abort();
    }
    bytes
}
