//! Counts for Prometheus: how much, never who.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// One number.
#[derive(Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }
    pub fn less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Everything that is counted.
#[derive(Default)]
pub struct Metrics {
    pub connections: Count,
    pub turned_away: Count,
    pub sockets: Count,
    pub requests: Count,
    pub refusals: Count,
    pub malformed: Count,
    pub batches: Count,
    pub operations: Count,
    pub appended: Count,
    pub pushed: Count,
    pub signals: Count,
    pub knocks: Count,
    pub knocks_gone: Count,
    pub knocks_lost: Count,
    pub commit_micros: Count,
    pub failed_batches: Count,
    pub records_died: Count,
    pub blob_bytes_in: Count,
    pub blob_bytes_out: Count,
    pub stalled: Count,
    pub vault_writes: Count,
    pub lookups: Count,
}

/// What is known at the moment of asking.
pub struct Gauges {
    pub sessions: usize,
    pub listened_logs: usize,
    pub subscriptions: usize,
}

impl Metrics {
    /// The text format of Prometheus, version 0.0.4.
    pub fn render(&self, gauges: &Gauges) -> String {
        let mut out = String::new();
        let counters = [
            ("treehouse_turned_away_total", "Connections for which there was no place.", &self.turned_away),
            ("treehouse_requests_total", "Requests received.", &self.requests),
            ("treehouse_refusals_total", "Requests refused.", &self.refusals),
            ("treehouse_malformed_total", "Frames and bodies that did not parse.", &self.malformed),
            ("treehouse_batches_total", "Transactions committed.", &self.batches),
            ("treehouse_operations_total", "Operations committed.", &self.operations),
            ("treehouse_records_appended_total", "Records appended.", &self.appended),
            ("treehouse_records_pushed_total", "Records pushed.", &self.pushed),
            ("treehouse_signals_total", "Signals passed on.", &self.signals),
            ("treehouse_knocks_total", "Knocks that push services took.", &self.knocks),
            ("treehouse_knocks_gone_total", "Knocks for devices that are not there any more.", &self.knocks_gone),
            ("treehouse_knocks_lost_total", "Knocks that no push service took.", &self.knocks_lost),
            ("treehouse_records_died_total", "Records deleted because everyone has them or their time has come.", &self.records_died),
            ("treehouse_commit_microseconds_total", "Time spent committing.", &self.commit_micros),
            ("treehouse_failed_batches_total", "Transactions that failed as a whole.", &self.failed_batches),
            ("treehouse_blob_bytes_received_total", "Bytes of blobs received.", &self.blob_bytes_in),
            ("treehouse_blob_bytes_sent_total", "Bytes of blobs sent.", &self.blob_bytes_out),
            ("treehouse_stalled_total", "Connections closed because they acknowledged nothing.", &self.stalled),
            ("treehouse_vault_writes_total", "Vaults brought to be written.", &self.vault_writes),
            ("treehouse_lookups_total", "Vaults and states looked up without a session.", &self.lookups),
        ];
        for (name, help, count) in counters {
            line(&mut out, name, help, "counter", count.get());
        }
        let gauges = [
            ("treehouse_connections", "Open connections.", self.connections.get()),
            ("treehouse_sockets", "Open WebSockets.", self.sockets.get()),
            ("treehouse_sessions", "Open sessions.", gauges.sessions as u64),
            ("treehouse_listened_logs", "Logs that someone listens to.", gauges.listened_logs as u64),
            ("treehouse_subscriptions", "Subscriptions.", gauges.subscriptions as u64),
        ];
        for (name, help, value) in gauges {
            line(&mut out, name, help, "gauge", value);
        }
        out
    }
}

fn line(out: &mut String, name: &str, help: &str, kind: &str, value: u64) {
    // Writing to a String cannot fail.
    let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n");
}
