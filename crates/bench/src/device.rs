//! Clients on threads of their own, so that the kernel counts the CPU time of each apart, and a server as a function between them.

use crate::person::seed;
use crate::process::thread_cpu;
use anyhow::{Context as _, Result, anyhow, bail};
use client::{Client, Config, Effect, Input, Step};
use rusqlite::Connection;
use server::blobs::MemoryBlobs;
use server::function::{ConnId, Server};
use server::gate::Config as Gate;
use server::keys::{Seed, ServerKeys};
use server::store::sqlite::SqliteStore;
use std::collections::VecDeque;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use view::{Command, Reply};
use wire::Millis;
use wire::call::{Frame, HandleCost};

/// When the world begins: 2027-01-01.
const BEGIN: Millis = Millis(1_798_761_600_000);
const KEY_PACKAGES: usize = 4;
const SECOND: u64 = 1000;

type Work = Box<dyn FnOnce(&mut Owned) + Send>;

/// What a device's thread owns.
struct Owned {
    client: Client,
    /// Time spent inside `handle` so far, waiting included.
    inside: Duration,
    /// Inputs handled so far.
    inputs: u32,
}

/// One client on its thread.
pub struct Device {
    work: Sender<Work>,
    thread: JoinHandle<()>,
    deadline: Option<Millis>,
}

/// What a client's thread has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    cpu: Duration,
    inside: Duration,
    inputs: u32,
}

/// What one message took.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub cpu: Duration,
    /// Inside `handle` and not computing: waiting for the disk, or for the other programs of this machine.
    pub waited: Duration,
}

impl Used {
    /// The cost of one of `count` messages since `before`; `told` is taken off for each input.
    pub fn since(self, before: Self, count: u32, told: Duration) -> Cost {
        let cpu = self.cpu.saturating_sub(before.cpu).saturating_sub(told * (self.inputs - before.inputs));
        Cost { cpu: cpu / count, waited: self.inside.saturating_sub(before.inside).saturating_sub(cpu) / count }
    }
}

impl Device {
    pub fn new(db: Connection) -> Self {
        let (work, inbox) = channel::<Work>();
        let thread = std::thread::spawn(move || {
            let mut owned = Owned {
                client: Client::new(db, Config { key_packages: KEY_PACKAGES, ..Config::default() }),
                inside: Duration::ZERO,
                inputs: 0,
            };
            inbox.into_iter().for_each(|work| work(&mut owned));
        });
        Self { work, thread, deadline: None }
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Owned) -> T + Send + 'static) -> Result<T> {
        let (answer, answered) = channel();
        let boxed: Work = Box::new(move |owned| {
            let _ = answer.send(work(owned));
        });
        self.work.send(boxed).map_err(|_| anyhow!("a client's thread has ended"))?;
        answered.recv().context("a client's thread has ended")
    }

    pub fn look<T: Send + 'static>(&self, look: impl FnOnce(&Client) -> T + Send + 'static) -> Result<T> {
        self.run(|owned| look(&owned.client))
    }

    fn handle(&mut self, now: Millis, seed: [u8; 32], input: Input) -> Result<Step> {
        let step = self.run(move |owned| {
            let begun = Instant::now();
            let step = owned.client.handle(now, seed, input);
            owned.inside += begun.elapsed();
            owned.inputs += 1;
            step
        })??;
        self.deadline = step.deadline;
        Ok(step)
    }

    pub fn used(&self) -> Result<Used> {
        self.run(|owned| Ok(Used { cpu: thread_cpu()?, inside: owned.inside, inputs: owned.inputs }))?
    }

    /// What it costs this thread to be told something: the bench's own share of every input.
    pub fn told(&self) -> Result<Duration> {
        const TIMES: u32 = 4000;
        let before = self.run(|_| thread_cpu())??;
        for _ in 0..TIMES {
            self.run(|_| ())?;
        }
        Ok((self.run(|_| thread_cpu())??).saturating_sub(before) / TIMES)
    }
}

/// Devices and their server. Frames arrive at once; time passes when it is let pass.
pub struct World {
    pub devices: Vec<Device>,
    server: Server<SqliteStore, MemoryBlobs>,
    frames: VecDeque<(usize, Frame)>,
    now: Millis,
    count: u64,
}

impl World {
    pub fn new(stores: Vec<Connection>) -> Result<Self> {
        let keys = ServerKeys::new(&Seed([1; 32]), &Seed([2; 32]), Seed([3; 32]));
        let gate = Gate { handle_cost: HandleCost { memory_kib: 8, passes: 1 }, ..Gate::default() };
        let server = Server::open(SqliteStore::in_memory()?, MemoryBlobs::default(), keys, gate);
        let devices = stores.into_iter().map(Device::new).collect();
        Ok(Self { devices, server, frames: VecDeque::new(), now: BEGIN, count: 0 })
    }

    fn seed(&mut self) -> [u8; 32] {
        self.count += 1;
        seed("bench", self.count)
    }

    /// Gives an input to a device, and carries frames until none is left.
    fn input(&mut self, device: usize, input: Input) -> Result<Option<Reply>> {
        let reply = self.step(device, input)?;
        while let Some((to, frame)) = self.frames.pop_front() {
            self.step(to, Input::Frame(frame))?;
        }
        Ok(reply)
    }

    fn step(&mut self, device: usize, input: Input) -> Result<Option<Reply>> {
        let (now, seed) = (self.now, self.seed());
        let step = self.devices.get_mut(device).context("a device")?.handle(now, seed, input)?;
        for effect in step.effects {
            match effect {
                Effect::Send(frame) => {
                    let seed = self.seed();
                    let out = self.server.handle(now, seed, ConnId(device as u64), frame);
                    self.frames.extend(out.into_iter().map(|(to, frame)| (to.0 as usize, frame)));
                }
                Effect::Close => bail!("a client gave up its connection"),
                Effect::Event(_)
                | Effect::Upload(_)
                | Effect::StopUpload { .. }
                | Effect::Forget(_)
                | Effect::Store(_)
                | Effect::Fetch(_) => {}
            }
        }
        step.reply.transpose().map_err(|refusal| anyhow!("a client refused: {refusal:?}"))
    }

    pub fn command(&mut self, device: usize, command: Command) -> Result<Reply> {
        let mut id = [0; 16];
        id.copy_from_slice(&self.seed()[..16]);
        self.input(device, Input::Command { id, command })?.context("a command without an answer")
    }

    /// Lets time pass, a second at a time.
    pub fn pass(&mut self, seconds: u64) -> Result<()> {
        for _ in 0..seconds {
            self.now = self.now.plus(SECOND);
            let pushes = self.server.tick(self.now).pushes;
            self.frames.extend(pushes.into_iter().map(|(to, frame)| (to.0 as usize, frame)));
            for device in 0..self.devices.len() {
                if self.devices[device].deadline.is_some_and(|at| at <= self.now) {
                    self.input(device, Input::Tick)?;
                }
            }
        }
        Ok(())
    }

    /// Closes the stores.
    pub fn end(self) -> Result<()> {
        for Device { work, thread, .. } in self.devices {
            drop(work);
            thread.join().map_err(|_| anyhow!("a client's thread did not end well"))?;
        }
        Ok(())
    }

    /// Both sign up and become contacts; gives the chat on either side.
    pub fn befriend(&mut self) -> Result<(i64, i64)> {
        for (device, name) in ["alice", "bob"].into_iter().enumerate() {
            let server = "http://127.0.0.1:1".to_owned();
            self.command(device, Command::SignUp { username: name.into(), server, invite: None, display_name: None })?;
            self.server.connect(ConnId(device as u64), [0; 32]);
            self.input(device, Input::Connected { binding: [0; 32] })?;
        }
        self.pass(1)?;
        let Reply::Link { url, .. } = self.command(0, Command::MakeLink { label: "bob".into(), uses: 1, days: 1 })? else {
            bail!("no link");
        };
        self.pass(2)?;
        self.command(1, Command::AddContact { link: url })?;
        self.pass(40)?;
        let requests = self.devices[0].look(|client| client.requests())??;
        let request = requests.into_iter().find(|row| row.state == view::RequestState::Open).context("no contact request arrived")?;
        let Reply::Id(chat) = self.command(0, Command::AcceptRequest { id: request.id })? else { bail!("not accepted") };
        self.pass(60)?;
        let chats = self.devices[1].look(|client| client.chats())??;
        Ok((chat, chats.first().context("no chat")?.id))
    }
}
