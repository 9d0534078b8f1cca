//! The program at its start: until it serves, and what it takes up then.

use crate::process::{Process, Serve};
use crate::stats::{Times, ms};
use crate::table::{Group, Row, Verdict};
use crate::{Bench, relay, say};
use anyhow::Result;
use std::process::Command;

const STARTS: usize = 9;
const TARGET_MS: f64 = 100.0;
const TARGET_MB: f64 = 20.0;

pub fn measure(bench: &Bench) -> Result<Group> {
    say(&format!("the server starts {STARTS} times"));
    let data = bench.folder("start")?.join("data");
    let serve = Serve { program: &bench.program, data, tls: None };
    let first = serve.start()?;
    let took_first = first.took;
    first.end()?;
    let (mut times, mut kib) = (Vec::new(), 0);
    for _ in 0..STARTS {
        let server = serve.start()?;
        times.push(server.took);
        kib = kib.max(server.kib_at_start);
        server.end()?;
    }
    let times = Times::new(times);
    let relay = Process::start(Command::new(std::env::current_exe()?).arg(crate::RELAY), relay::READY)?;
    let mb = kib as f64 * 1024.0 / 1e6;
    let rows = vec![
        Row::new(
            "until it serves, p50 of 9",
            format!("{:.1} ms", ms(times.p50())),
            "100 ms",
            format!("in-memory relay {:.1} ms; the very first {:.1} ms", ms(relay.took), ms(took_first)),
            Verdict::of(ms(times.p50()) <= TARGET_MS),
        ),
        Row::new(
            "memory then, the most of 9",
            format!("{mb:.1} MB"),
            "20 MB",
            format!("in-memory relay {:.1} MB", relay.kib_at_start as f64 * 1024.0 / 1e6),
            Verdict::of(mb <= TARGET_MB),
        ),
    ];
    Ok(Group { title: "the program at start".into(), rows })
}
