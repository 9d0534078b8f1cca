//! `cargo xtask bench [NAME…]`: measures the released program and the client in this process, and prints one table. `docs/bench.md` says what
//! each row is.

mod archive;
mod archive_writer;
mod attachments;
mod cost;
mod cues;
mod device;
mod disk;
mod idle;
mod many;
mod messages;
mod page;
mod parts;
mod person;
mod process;
mod relay;
mod reports;
mod start;
mod stats;
mod table;
mod words;
mod ws;

use anyhow::{Context as _, Result, bail};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;
use table::Group;

/// What this program is started with when it is to be the peer of a server.
pub const RELAY: &str = "relay";
/// Both ends of 5,000 connections.
const OPEN_FILES: u64 = 6000;

const GROUPS: [&str; 10] = ["messages", "many", "idle", "start", "client", "attachments", "reports", "cues", "archive", "page"];

/// Measures Treehouse and prints one table.
#[derive(clap::Parser)]
struct Arguments {
    /// Only these groups: messages, many, idle, start, client, attachments, reports, cues, archive, page
    #[arg(value_name = "NAME")]
    groups: Vec<String>,
}

/// What every measurement needs.
pub struct Bench {
    /// The released program.
    pub program: PathBuf,
    /// On a disk, not in memory.
    pub data: PathBuf,
}

impl Bench {
    /// An empty folder of one measurement's own.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.data.join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be written", folder.display()))?;
        Ok(folder)
    }
}

/// A line of progress.
pub fn say(what: &str) {
    eprintln!("   {what} …");
}

fn main() -> ExitCode {
    let outcome = if std::env::args().nth(1).as_deref() == Some(RELAY) { relay::run() } else { run() };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments = <Arguments as clap::Parser>::parse();
    raise_open_files()?;
    let wanted: Vec<&str> = GROUPS
        .into_iter()
        .filter(|name| arguments.groups.is_empty() || arguments.groups.iter().any(|asked| name.contains(asked.as_str())))
        .collect();
    if wanted.is_empty() {
        bail!("no such group; there are: {}", GROUPS.join(", "));
    }
    let program = std::env::var_os("TREEHOUSE_PROGRAM").context("start me with `cargo xtask bench`, which builds the program first")?;
    let data = std::path::absolute("target/bench-data")?;
    std::fs::create_dir_all(&data).context("target/bench-data cannot be made")?;
    let bench = Bench { program: program.into(), data };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (begun, busy) = (Instant::now(), process::machine()?);
    let (mut groups, mut failed) = (Vec::new(), Vec::new());
    for name in wanted {
        let started = Instant::now();
        eprintln!("== {name}");
        match measure(&bench, &runtime, name) {
            Ok(group) => groups.push(group),
            // What was measured is shown all the same.
            Err(error) => {
                eprintln!("bench: {name}: {error:#}");
                failed.push(name);
            }
        }
        eprintln!("== {name}: {} s", started.elapsed().as_secs());
    }
    println!();
    table::print(&groups);
    println!(" {}", around(begun, busy)?);
    std::io::stdout().flush()?;
    if !failed.is_empty() {
        bail!("could not be measured, the reason stands above: {}", failed.join(", "));
    }
    Ok(())
}

fn measure(bench: &Bench, runtime: &tokio::runtime::Runtime, name: &str) -> Result<Group> {
    match name {
        "start" => start::measure(bench),
        "messages" => runtime.block_on(messages::measure(bench)),
        "many" => runtime.block_on(many::measure(bench)),
        "idle" => runtime.block_on(idle::measure(bench)),
        "client" => cost::measure(bench),
        "attachments" => attachments::measure(bench),
        "reports" => reports::measure(bench),
        "cues" => cues::measure(bench),
        "page" => page::measure(bench),
        _ => archive::measure(bench),
    }
}

/// On which machine, and how busy all of it was.
fn around(begun: Instant, before: (std::time::Duration, std::time::Duration)) -> Result<String> {
    let after = process::machine()?;
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        model.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("").trim_start_matches(['\t', ' ', ':']).to_owned();
    let busy = (after.0 - before.0).as_secs_f64() / (after.1 - before.1).as_secs_f64().max(0.01);
    Ok(format!("{cores} cores ({model}), {:.0} % busy over the {} s of this run", busy * 100.0, begun.elapsed().as_secs()))
}

/// Starts this program again with as many open files as are allowed, if it may not have enough.
fn raise_open_files() -> Result<()> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap_or_default();
    let soft = line.split_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    if soft >= OPEN_FILES || std::env::var_os("TREEHOUSE_BENCH_RAISED").is_some() {
        return Ok(());
    }
    let mut again = Command::new("sh");
    again.args(["-c", "ulimit -n $(ulimit -Hn); exec \"$0\" \"$@\""]).arg(std::env::current_exe()?).args(std::env::args_os().skip(1));
    let error = again.env("TREEHOUSE_BENCH_RAISED", "1").exec();
    Err(error).context("this program cannot be started again with more open files")
}
