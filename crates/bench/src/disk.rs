//! The floor of everything durable: fdatasync on the same file system.

use crate::stats::{Times, ms};
use anyhow::{Context as _, Result};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// What one transaction appends at least.
const PIECE: usize = 4096;
/// Syncs of one probe; one after the other they take a second or two.
const SYNCS: usize = 400;
const PATIENCE: Duration = Duration::from_secs(4);

/// Appends and syncs, as a log-ahead file does.
pub fn probe(folder: &Path) -> Result<Vec<Duration>> {
    let path = folder.join("fdatasync");
    let mut file = File::create(&path).context("the folder of the bench cannot be written")?;
    let (piece, mut times, begun) = ([7; PIECE], Vec::with_capacity(SYNCS), Instant::now());
    while times.len() < SYNCS && begun.elapsed() < PATIENCE {
        file.write_all(&piece)?;
        let started = Instant::now();
        file.sync_data()?;
        times.push(started.elapsed());
    }
    std::fs::remove_file(&path)?;
    Ok(times)
}

/// Runs something between two probes: the disk of that minute.
pub async fn around<T>(folder: &Path, work: impl Future<Output = Result<T>>) -> Result<(T, Times)> {
    let mut times = probe(folder)?;
    let done = work.await?;
    times.extend(probe(folder)?);
    Ok((done, Times::new(times)))
}

pub fn says(syncs: &Times) -> String {
    format!("fdatasync p50 {:.2} ms, p99 {:.2} ms", ms(syncs.p50()), ms(syncs.p99()))
}
