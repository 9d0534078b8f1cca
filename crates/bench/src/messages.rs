//! Messages between two, durable: how many, at what cost, and how soon at a moderate rate. Everybody behaves as a real client does: reads its
//! own records back, and acknowledges what it has read.

use crate::disk;
use crate::person::{self, Line, record, subscription};
use crate::process::{Process, Serve};
use crate::stats::{Times, ms};
use crate::table::{Group, Row, Verdict, whole};
use crate::ws::Ws;
use crate::{Bench, say};
use anyhow::{Context as _, Result, bail};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use wire::call::{Ack, Frame, Request, Response};

/// People, each with one message under way: each writes to the next and reads the one before.
const PEOPLE: u64 = 256;
const WARM: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(8);
/// Messages a second when the time of each is measured.
const RATE: u64 = 1000;

const MANY: f64 = 10_000.0;
const GOAL: f64 = 20_000.0;
const CPU_MICROS: f64 = 65.0;

/// What all who write and read share.
#[derive(Default)]
struct Tally {
    answered: AtomicU64,
    pushed: AtomicU64,
    stop: AtomicBool,
    times: Mutex<Vec<Duration>>,
}

/// How the next message comes about.
#[derive(Clone, Copy)]
enum Pace {
    /// As soon as the one before is answered.
    Chained,
    /// This often, whatever has been answered.
    Every(Duration),
}

pub async fn measure(bench: &Bench) -> Result<Group> {
    let folder = bench.folder("messages")?;
    let server = Serve { program: &bench.program, data: folder.join("data"), tls: None }.start()?;
    say(&format!("{PEOPLE} people sign up"));
    let people = person::sign_up(&server, PEOPLE).await?;
    let address = server.address;
    let lines = person::each(0..PEOPLE, |number| {
        let people = Arc::clone(&people);
        async move {
            let person = people.get(number as usize).context("a person")?;
            let mut line = Line::arrive(address, person).await?;
            line.done(person::new_log(number, 2)).await?;
            Ok(line)
        }
    });
    let mut lines = lines.await?;
    for (number, line) in (0..).zip(&mut lines) {
        let before = (number + PEOPLE - 1) % PEOPLE;
        line.subscribe(vec![subscription(1, number, 0), subscription(2, before, 1)]).await?;
    }
    let sockets: Vec<Ws<TcpStream>> = lines.into_iter().map(|line| line.ws).collect();

    say(&format!("as many as go, {} s", (WARM + MEASURED).as_secs()));
    let ((many, sockets), many_syncs) = disk::around(&folder, throughput(&server, sockets)).await?;
    say(&format!("{RATE} a second, {} s", (WARM + MEASURED).as_secs()));
    let (rate, rate_syncs) = disk::around(&folder, at_rate(&server, sockets)).await?;
    server.end()?;
    Ok(Group {
        title: format!("messages of 1.5 KB between two, durable, {PEOPLE} connections"),
        rows: rows(&many, &many_syncs, &rate, &rate_syncs),
    })
}

/// What one phase came to.
struct Measured {
    answered: f64,
    pushed: f64,
    cpu: Duration,
    own_cpu: Duration,
    wall: Duration,
    times: Times,
}

impl Measured {
    fn each(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() * 1e6 / self.answered.max(1.0)
    }
}

fn rows(many: &Measured, many_syncs: &Times, rate: &Measured, syncs: &Times) -> Vec<Row> {
    let per_second = many.answered / many.wall.as_secs_f64();
    let cpu = many.each(many.cpu);
    let cores = many.cpu.as_secs_f64() / many.wall.as_secs_f64();
    let own = many.each(many.own_cpu);
    let target_p50 = ms(syncs.p50()) + 1.5;
    let target_p99 = 3.0 * ms(syncs.p99()) + 5.0;
    let (p50, p99) = (ms(rate.times.p50()), ms(rate.times.p99()));
    vec![
        Row::new(
            "256 in flight",
            format!("{}/s", whole(per_second)),
            "10,000/s, 20,000/s the goal",
            disk::says(many_syncs),
            Verdict::of(per_second >= MANY),
        ),
        Row::new(
            "server CPU a message",
            format!("{cpu:.1} us"),
            "65 us",
            format!("{cores:.2} cores, writers and readers {own:.1} us"),
            Verdict::of(cpu <= CPU_MICROS),
        ),
        Row::shown(
            "pushed to readers meanwhile",
            format!("{}/s", whole(many.pushed / many.wall.as_secs_f64())),
            format!("answer p50 {:.1} ms, p99 {:.1} ms", ms(many.times.p50()), ms(many.times.p99())),
        ),
        Row::new(
            format!("{} a second, p50", whole(rate.answered / rate.wall.as_secs_f64())),
            format!("{p50:.2} ms"),
            format!("{target_p50:.2} ms (fdatasync p50 + 1.5)"),
            disk::says(syncs),
            Verdict::of(p50 <= target_p50),
        ),
        Row::new(
            "the same, p99",
            format!("{p99:.2} ms"),
            format!("{target_p99:.2} ms (3x its p99 + 5)"),
            format!("server CPU a message {:.1} us", rate.each(rate.cpu)),
            Verdict::of(p99 <= target_p99),
        ),
        between(per_second, cpu, own),
    ]
}

/// What stands between the figure and the goal: the two cores that server, writers and readers share.
fn between(per_second: f64, cpu: f64, own: f64) -> Row {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let alone = cores as f64 * 1e6 / (cpu + own);
    Row::shown(
        "between here and 20,000/s",
        format!("{:.2}x", GOAL / per_second.max(1.0)),
        format!("{cores} cores / ({cpu:.0} + {own:.0}) us = {}/s at most here", whole(alone)),
    )
}

async fn throughput(server: &Process, sockets: Vec<Ws<TcpStream>>) -> Result<(Measured, Vec<Ws<TcpStream>>)> {
    phase(server, sockets, 0, |_| (Duration::ZERO, Pace::Chained)).await
}

async fn at_rate(server: &Process, sockets: Vec<Ws<TcpStream>>) -> Result<Measured> {
    let every = Duration::from_micros(PEOPLE * 1_000_000 / RATE);
    let begins = move |number: u64| (every * number as u32 / PEOPLE as u32, Pace::Every(every));
    Ok(phase(server, sockets, 1 << 32, begins).await?.0)
}

async fn phase(
    server: &Process,
    sockets: Vec<Ws<TcpStream>>,
    first: u64,
    begins: impl Fn(u64) -> (Duration, Pace),
) -> Result<(Measured, Vec<Ws<TcpStream>>)> {
    let tally = Arc::new(Tally::default());
    let mut running = JoinSet::new();
    for (number, ws) in (0..).zip(sockets) {
        let (after, pace) = begins(number);
        let writer = Writer { number, ws, count: first, pace, under_way: Vec::new(), tally: Arc::clone(&tally) };
        running.spawn(async move {
            tokio::time::sleep(after).await;
            Ok::<_, anyhow::Error>((number, writer.run().await?))
        });
    }
    tokio::time::sleep(WARM).await;
    tally.times.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let snap = || {
        Ok::<_, anyhow::Error>((
            tally.answered.load(Ordering::Relaxed),
            tally.pushed.load(Ordering::Relaxed),
            server.cpu()?,
            crate::process::cpu_of("self")?,
            Instant::now(),
        ))
    };
    let before = snap()?;
    tokio::time::sleep(MEASURED).await;
    let after = snap()?;
    let times = std::mem::take(&mut *tally.times.lock().unwrap_or_else(PoisonError::into_inner));
    tally.stop.store(true, Ordering::Relaxed);
    let mut back = Vec::new();
    while let Some(ended) = running.join_next().await {
        back.push(ended??);
    }
    back.sort_by_key(|(number, _)| *number);
    let measured = Measured {
        answered: (after.0 - before.0) as f64,
        pushed: (after.1 - before.1) as f64,
        cpu: after.2.saturating_sub(before.2),
        own_cpu: after.3.saturating_sub(before.3),
        wall: after.4 - before.4,
        times: Times::new(times),
    };
    if measured.answered == 0.0 {
        bail!("no message was answered");
    }
    Ok((measured, back.into_iter().map(|(_, ws)| ws).collect()))
}

/// One person: writes into its own log, reads it and the one before.
struct Writer {
    number: u64,
    ws: Ws<TcpStream>,
    count: u64,
    pace: Pace,
    /// Messages without an answer: request id and when it left.
    under_way: Vec<(u64, Instant)>,
    tally: Arc<Tally>,
}

impl Writer {
    async fn run(mut self) -> Result<Ws<TcpStream>> {
        let mut next = tokio::time::Instant::now();
        self.write();
        loop {
            self.ws.flush().await?;
            if self.tally.stop.load(Ordering::Relaxed) && self.under_way.is_empty() {
                return Ok(self.ws);
            }
            match self.pace {
                Pace::Chained => self.ws.more().await?,
                Pace::Every(pause) => {
                    let due = next + pause;
                    tokio::select! {
                        more = self.ws.more() => more?,
                        () = tokio::time::sleep_until(due) => {
                            next = due;
                            if !self.tally.stop.load(Ordering::Relaxed) {
                                self.write();
                            }
                        }
                    }
                }
            }
            while let Some(message) = self.ws.arrived()? {
                self.take(Frame::decode(message).context("the server speaks another protocol")?)?;
            }
        }
    }

    fn write(&mut self) {
        self.count += 1;
        let request = Request::Append(record(self.number, 0, self.count));
        self.under_way.push((self.count, Instant::now()));
        self.ws.put_frame(&Frame::Request { id: self.count, request });
    }

    fn take(&mut self, frame: Frame) -> Result<()> {
        match frame {
            Frame::Response { id, response: Response::Appended(_) } => {
                let place = self.under_way.iter().position(|(of, _)| *of == id).context("an answer to nothing")?;
                let (_, left) = self.under_way.swap_remove(place);
                self.tally.answered.fetch_add(1, Ordering::Relaxed);
                self.tally.times.lock().unwrap_or_else(PoisonError::into_inner).push(left.elapsed());
                if matches!(self.pace, Pace::Chained) && !self.tally.stop.load(Ordering::Relaxed) {
                    self.write();
                }
            }
            Frame::Push(push) => {
                let last = push.records.last().context("a push of nothing")?.stamp.seq;
                self.tally.pushed.fetch_add(push.records.len() as u64, Ordering::Relaxed);
                self.ws.put_frame(&Frame::Acks(vec![Ack { number: push.number, seq: last }]));
            }
            other => bail!("the server said {other:?}"),
        }
        Ok(())
    }
}
