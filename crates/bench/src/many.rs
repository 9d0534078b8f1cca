//! A message to many: when the last of a thousand connected members has it, beside a relay that keeps nothing.

use crate::disk;
use crate::person::{self, Line, PATH, record, subscription};
use crate::process::{Process, Serve};
use crate::relay;
use crate::stats::{Times, ms};
use crate::table::{Group, Row, Verdict};
use crate::ws::Ws;
use crate::{Bench, say};
use anyhow::{Context as _, Result, bail};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use wire::call::{Ack, Frame, Request, Response};

const MEMBERS: u64 = 1000;
const ROUNDS: u64 = 40;
const FIRST: u64 = 5;
/// Acknowledgements have come and gone by the next round: a real device stores what it reads before it acknowledges.
const PAUSE: Duration = Duration::from_millis(50);
/// The one log.
const LOG: u64 = 1 << 40;
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn measure(bench: &Bench) -> Result<Group> {
    let folder = bench.folder("many")?;
    let server = Serve { program: &bench.program, data: folder.join("data"), tls: None }.start()?;
    say(&format!("{MEMBERS} members sign up and connect"));
    let sockets = members(&server).await?;
    say(&format!("{ROUNDS} messages to {MEMBERS} members, then the same through the relay"));
    let cpu = server.cpu()?;
    let (ours, syncs) = disk::around(&folder, rounds(sockets, Told::ByServer)).await?;
    let cpu = server.cpu()?.saturating_sub(cpu);
    server.end()?;

    let relay = Process::start(Command::new(std::env::current_exe()?).arg(crate::RELAY), relay::READY)?;
    let address = relay.address;
    let joined = person::each(0..MEMBERS + 1, |_| async move {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ws::open(stream, PATH).await
    });
    let (sockets, relay_cpu) = (joined.await?, relay.cpu()?);
    let peer = rounds(sockets, Told::ByRelay).await?;
    let relay_cpu = relay.cpu()?.saturating_sub(relay_cpu);

    let each = |cpu: Duration| format!("{:.1} us", cpu.as_secs_f64() * 1e6 / (ROUNDS + FIRST) as f64 / MEMBERS as f64);
    let (mine, theirs) = (ms(ours.p50()), ms(peer.p50()));
    let rows = vec![
        Row::new(
            "the last member has it, p50",
            format!("{mine:.1} ms"),
            format!("{:.1} ms (2x the relay)", 2.0 * theirs),
            format!("in-memory relay {theirs:.1} ms"),
            Verdict::of(mine <= 2.0 * theirs),
        ),
        Row::shown("the same, p99", format!("{:.1} ms", ms(ours.p99())), format!("relay {:.1} ms; {}", ms(peer.p99()), disk::says(&syncs))),
        Row::shown("server CPU a member", each(cpu), format!("relay {}", each(relay_cpu))),
    ];
    Ok(Group { title: format!("one durable message of 1.5 KB to {MEMBERS} connected members"), rows })
}

/// One log; the first socket writes, the others read.
async fn members(server: &Process) -> Result<Vec<Ws<TcpStream>>> {
    let people = person::sign_up(server, MEMBERS + 1).await?;
    let address = server.address;
    let mut first = Line::arrive(address, people.first().context("a person")?).await?;
    first.done(person::new_log(LOG, MEMBERS + 1)).await?;
    let others = person::each(1..MEMBERS + 1, |number| {
        let people = Arc::clone(&people);
        async move {
            let mut line = Line::arrive(address, people.get(number as usize).context("a person")?).await?;
            line.subscribe(vec![subscription(1, LOG, number)]).await?;
            Ok(line.ws)
        }
    });
    let mut sockets = vec![first.ws];
    sockets.extend(others.await?);
    Ok(sockets)
}

/// Who tells the members.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    ByServer,
    ByRelay,
}

/// From the write of a message to its arrival at the last member.
async fn rounds(sockets: Vec<Ws<TcpStream>>, told: Told) -> Result<Times> {
    let mut sockets = sockets.into_iter();
    let mut writer = sockets.next().context("a writer")?;
    let (next_round, round) = watch::channel(0u64);
    let (done, mut arrived) = mpsc::unbounded_channel();
    let heard = Arc::new(AtomicU64::new(0));
    let mut members = JoinSet::new();
    for ws in sockets {
        members.spawn(member(ws, told, round.clone(), Arc::clone(&heard), done.clone()));
    }
    let mut times = Vec::new();
    for count in 1..=ROUNDS + FIRST {
        next_round.send(count)?;
        tokio::time::sleep(PAUSE).await;
        heard.store(0, Ordering::Relaxed);
        writer.put_frame(&Frame::Request { id: count, request: Request::Append(record(LOG, 0, count)) });
        let begun = Instant::now();
        writer.flush().await?;
        let at = tokio::time::timeout(PATIENCE, arrived.recv()).await.context("a message did not reach everybody")?;
        if count > FIRST {
            times.push(at.context("no member is left")?.duration_since(begun));
        }
        let answer = writer.next().await?;
        if told == Told::ByServer && !matches!(Frame::decode(answer)?, Frame::Response { response: Response::Appended(_), .. }) {
            bail!("the server did not take a message");
        }
    }
    members.abort_all();
    Ok(Times::new(times))
}

async fn member(
    mut ws: Ws<TcpStream>,
    told: Told,
    mut round: watch::Receiver<u64>,
    heard: Arc<AtomicU64>,
    done: mpsc::UnboundedSender<Instant>,
) -> Result<()> {
    loop {
        let message = ws.next().await?;
        if heard.fetch_add(1, Ordering::Relaxed) + 1 == MEMBERS {
            done.send(Instant::now())?;
        }
        if told == Told::ByServer {
            let Frame::Push(push) = Frame::decode(message)? else { bail!("not a push") };
            let seq = push.records.last().context("a push of nothing")?.stamp.seq;
            round.mark_unchanged();
            round.changed().await?;
            ws.put_frame(&Frame::Acks(vec![Ack { number: push.number, seq }]));
            ws.flush().await?;
        }
    }
}
