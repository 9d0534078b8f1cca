//! Processes of the bench's own: started, measured, ended by their ids.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// `/proc` counts in hundredths of a second on every Linux that we run on.
const TICK: Duration = Duration::from_millis(10);

/// A server, or what stands for one. Killed at the end.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
    /// From the start to the line that says it is ready.
    pub took: Duration,
    /// Resident memory at that moment.
    pub kib_at_start: u64,
}

/// How `treehouse serve` is to run.
pub struct Serve<'a> {
    pub program: &'a Path,
    pub data: PathBuf,
    pub tls: Option<(PathBuf, PathBuf)>,
}

impl Serve<'_> {
    pub fn start(&self) -> Result<Process> {
        let mut command = Command::new(self.program);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&self.data).env("TREEHOUSE_LOG", "warn");
        if let Some((cert, key)) = &self.tls {
            command.arg("--cert").arg(cert).arg("--key").arg(key);
        }
        Process::start(&mut command, "Treehouse is ready at http")
    }
}

impl Process {
    /// Starts a program that says `ready` and its address in one line.
    pub fn start(command: &mut Command, ready: &str) -> Result<Self> {
        let begun = Instant::now();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("the server does not start")?;
        let mut line = String::new();
        let out = child.stdout.take().context("a server without an output")?;
        BufReader::new(out).read_line(&mut line)?;
        let took = begun.elapsed();
        let address = line.trim().strip_prefix(ready).and_then(|rest| rest.trim_start_matches(['s', ':', '/', ' ']).parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            bail!("the server said {line:?} instead of where it is");
        };
        let mut process = Self { child, address, took, kib_at_start: 0 };
        process.kib_at_start = process.kib()?;
        Ok(process)
    }

    pub fn cpu(&self) -> Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory.
    pub fn kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("the server is gone")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("a process without memory")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> Result<()> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        if !asked.success() || !self.child.wait()?.success() {
            bail!("the server did not end well");
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// User and system time of a process (`self` names this one) so far.
pub fn cpu_of(process: &str) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("the server is gone")?;
    // The name may hold spaces; fields are counted from behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<u32>().ok()).context("the kernel says nothing of time");
    Ok(TICK * (ticks(11)? + ticks(12)?))
}

/// CPU time of this thread so far. As fine as the scheduler's tick, so measure over many operations.
pub fn thread_cpu() -> Result<Duration> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").context("the kernel keeps no times of threads")?;
    Ok(Duration::from_nanos(stat.split_whitespace().next().unwrap_or_default().parse()?))
}

/// CPU time of the whole machine that was not idle, and all there was.
pub fn machine() -> Result<(Duration, Duration)> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u32> = line.split_whitespace().skip(1).take(8).filter_map(|text| text.parse().ok()).collect();
    let all: u32 = ticks.iter().sum();
    let idle = ticks.get(3).copied().unwrap_or(0) + ticks.get(4).copied().unwrap_or(0);
    Ok((TICK * (all - idle), TICK * all))
}
