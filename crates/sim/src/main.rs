//! Lives random days and prints the seeds that went wrong.
//!
//! `sim [--seeds N] [--seed S] [--minutes M] [--hostile yes]`: N seeds from S on (default 300 from 1), or as many as fit into M minutes; with
//! `--hostile yes` somebody in them does not follow the protocol.

use sim::story::{live, live_hostile};
use std::process::ExitCode;
use std::time::{Duration, Instant};

struct Wanted {
    first: u64,
    seeds: u64,
    limit: Option<Duration>,
    hostile: bool,
}

fn main() -> ExitCode {
    let Some(wanted) = wanted() else {
        eprintln!("Use: sim [--seeds N] [--seed S] [--minutes M] [--hostile yes]");
        return ExitCode::from(2);
    };
    let begun = Instant::now();
    let (mut lived, mut failed, mut messages) = (0, 0, 0);
    for seed in wanted.first..wanted.first.saturating_add(wanted.seeds) {
        if wanted.limit.is_some_and(|limit| begun.elapsed() >= limit) {
            break;
        }
        let outcome = if wanted.hostile { live_hostile(seed) } else { live(seed) };
        lived += 1;
        messages += outcome.messages;
        if !outcome.wrong.is_empty() {
            failed += 1;
            println!("seed {seed} went wrong:");
            outcome.wrong.iter().for_each(|wrong| println!("  {}", wrong.0));
        }
    }
    println!("{lived} seeds lived, {failed} went wrong, {messages} messages held, {} s", begun.elapsed().as_secs());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn wanted() -> Option<Wanted> {
    let mut wanted = Wanted { first: 1, seeds: 300, limit: None, hostile: false };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    for pair in arguments.chunks(2) {
        let [flag, value] = pair else { return None };
        if flag == "--hostile" {
            wanted.hostile = value == "yes";
            continue;
        }
        let value: u64 = value.parse().ok()?;
        match flag.as_str() {
            "--seed" => wanted = Wanted { first: value, seeds: 1, ..wanted },
            "--seeds" => wanted.seeds = value,
            "--minutes" => wanted = Wanted { seeds: u64::MAX, limit: Some(Duration::from_secs(value.saturating_mul(60))), ..wanted },
            _ => return None,
        }
    }
    Some(wanted)
}
