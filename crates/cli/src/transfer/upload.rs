//! The files of an upload: what a person named on the command line, opened again after a restart.

use super::http::Http;
use crate::net::Address;
use client::{SourceStamp, UploadJob, UploadStep};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use transfer::upload::{NotStored, Opened, Outside};
use view::Refusal;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// A step of one upload, answered when it is stored.
pub struct Report {
    pub id: i64,
    pub step: UploadStep,
    pub stored: oneshot::Sender<()>,
}

/// What an upload needs beside its job.
pub struct Around {
    pub address: Address,
    /// Cleaned photos lie here without a name until they are sent.
    pub folder: PathBuf,
    pub reports: mpsc::UnboundedSender<Report>,
    /// Bytes that have left.
    pub sent: Arc<AtomicU64>,
    /// Bytes there are, once known.
    pub total: Arc<AtomicU64>,
}

/// Runs an upload to its end and reports how it ended.
pub async fn run(job: UploadJob, around: Around) {
    let id = job.id;
    let step = match Http::connect(&around.address, job.bearer.clone(), Arc::clone(&around.sent)).await {
        Ok(mut http) => transfer::upload::run(job, &around, &mut http).await,
        Err(_) => UploadStep::Interrupted,
    };
    if matches!(step, UploadStep::Interrupted) {
        tokio::time::sleep(PAUSE).await;
    }
    // A shell that is gone hears how it ended when the next program goes on.
    let _ = around.tell(id, step).await;
}

impl Outside for Around {
    type Source = File;
    type Draft = File;

    fn open(&self, source: &str) -> Result<Opened<File>, Refusal> {
        let path = Path::new(source);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let unreadable = |error: std::io::Error| Refusal::FileUnreadable { name: name.clone(), why: error.to_string() };
        let source = File::open(path).map_err(unreadable)?;
        let meta = source.metadata().map_err(unreadable)?;
        if !meta.is_file() {
            return Err(Refusal::FileUnreadable { name, why: "it is not a file".into() });
        }
        let time = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_nanos() as i64);
        Ok(Opened { source, stamp: SourceStamp { length: meta.len(), time } })
    }

    fn draft(&self) -> Result<File, ErrorKind> {
        tempfile::tempfile_in(&self.folder).map_err(|error| error.kind())
    }

    async fn tell(&self, upload: i64, step: UploadStep) -> Result<(), NotStored> {
        let (stored, done) = oneshot::channel();
        self.reports.send(Report { id: upload, step, stored }).map_err(|_| NotStored)?;
        done.await.map_err(|_| NotStored)
    }

    fn progress(&self, _: i64, done: u64, total: u64) {
        self.sent.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    async fn rest(&self) {
        tokio::task::yield_now().await;
    }

    fn is_stopped(&self, _: i64) -> bool {
        // A command ends before another one could stop what it sends.
        false
    }
}
