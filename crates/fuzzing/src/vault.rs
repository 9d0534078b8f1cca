//! An account that comes back: whatever lies sealed under its words, the device becomes an account by it or refuses it, and goes on.

use crate::bytes;
use client::{Client, Config, Effect, Input, store};
use server::function::ConnId;
use sim::world::{SERVER, Weather, World};
use std::collections::VecDeque;
use std::sync::LazyLock;
use view::{Command, Event, Reply, VaultCommand, VaultEvent, Words};
use wire::Millis;
use wire::call::{Frame, Response};
use wire::limits::FRAME_MAX;

const BINDING: [u8; 32] = [0; 32];

/// An account with a friend, a group and a link, whose device is lost.
struct Home {
    now: Millis,
    words: Words,
    /// The server's identity.
    server: [u8; 32],
    /// What an honest server says to a device on which the account comes back.
    script: Vec<Frame>,
    /// What its vault decrypts to.
    vault: Vec<u8>,
}

static HOME: LazyLock<Home> = LazyLock::new(Home::new);

impl Home {
    fn new() -> Self {
        let mut world = World::new(12, Weather::FAIR);
        let (alice, bob) = (world.person("alice"), world.person("bob"));
        world.befriend(alice, bob);
        let link = Command::MakeLink { label: "more".into(), uses: 5, days: 7 };
        world.command(alice, link).expect("a link");
        let group = Command::CreateGroup { name: "walkers".into(), members: vec!["bob".into()] };
        world.command(alice, group).expect("a group");
        world.run(120_000);
        world.command(alice, Command::Vault(VaultCommand::KeepSafe)).expect("words");
        world.run(300_000);
        let now = world.now;
        let words = world.people[alice].client().words().expect("readable").expect("words");
        let vault = world.people[alice].client.as_mut().expect("the device is on").audit_vault(now).expect("readable");
        world.people[alice].crash();
        let script = honest_script(&mut world, &words);
        let Some(Frame::Response { response: Response::Welcome(welcome), .. }) = script.first() else { panic!("no welcome") };
        Self { now, words, server: welcome.server, script, vault }
    }
}

/// Lets a new device talk to the world's server until neither has more to say, and keeps what the server said.
fn honest_script(world: &mut World, words: &Words) -> Vec<Frame> {
    const CONN: ConnId = ConnId(u64::MAX);
    let (now, mut script) = (world.now, vec![]);
    let mut device = Device::new(now, words);
    world.server().connect(CONN, BINDING);
    let mut inputs = VecDeque::from([Input::Connected { binding: BINDING }]);
    while let Some(input) = inputs.pop_front() {
        for frame in device.take(input) {
            let said = world.server().handle(now, [script.len() as u8; 32], CONN, frame);
            for (_, frame) in said.into_iter().filter(|(to, _)| *to == CONN) {
                script.push(frame.clone());
                inputs.push_back(Input::Frame(frame));
            }
        }
    }
    assert!(device.is_back(), "the honest world works: {:?}", device.told);
    script
}

/// A device without an account, whose owner has typed the words.
struct Device {
    client: Client,
    now: Millis,
    inputs: u8,
    told: Vec<VaultEvent>,
}

impl Device {
    fn new(now: Millis, words: &Words) -> Self {
        let db = store::open_in_memory().expect("memory");
        let mut client = Client::new(db, Config { key_packages: 0, ..Config::default() });
        let command = Command::Vault(VaultCommand::Restore { words: words.clone(), server: SERVER.into() });
        let step = client.handle(now, [0xff; 32], Input::Command { id: [1; 16], command }).expect("a device that works");
        assert_eq!(step.reply, Some(Ok(Reply::Done)));
        Self { client, now, inputs: 0, told: vec![] }
    }

    /// # Panics
    /// The client says that the device failed: whatever comes from outside is no fault of it.
    fn take(&mut self, input: Input) -> Vec<Frame> {
        self.inputs = self.inputs.wrapping_add(1);
        let step = self.client.handle(self.now, [self.inputs; 32], input);
        let mut frames = vec![];
        for effect in step.unwrap_or_else(|fault| panic!("the device is said to have failed: {fault}")).effects {
            match effect {
                Effect::Send(frame) => {
                    assert!(frame.encode().len() <= FRAME_MAX);
                    frames.push(frame);
                }
                Effect::Event(Event::Vault(event)) => self.told.push(event),
                _ => {}
            }
        }
        frames
    }

    fn is_back(&self) -> bool {
        self.told.iter().any(|event| matches!(event, VaultEvent::Restored { .. }))
    }

    fn is_refused(&self) -> bool {
        self.told.iter().any(|event| matches!(event, VaultEvent::RestoreRefused(_)))
    }
}

/// The server is honest, and the vault of any bytes: a program that failed wrote it, or somebody who has the words.
pub fn opened(data: &[u8]) {
    let home = &*HOME;
    let mut device = Device::new(home.now, &home.words);
    let Some(sealed) = device.client.audit_sealed_vault(&home.words, &home.server, [0; 12], data) else { return };
    device.take(Input::Connected { binding: BINDING });
    for frame in &home.script {
        let frame = match frame {
            Frame::Response { id, response: Response::Vault { version, .. } } => {
                Frame::Response { id: *id, response: Response::Vault { version: *version, sealed: sealed.clone().into() } }
            }
            frame => frame.clone(),
        };
        device.take(Input::Frame(frame));
    }
    let chats = device.client.audit().expect("readable").len();
    let account = device.client.account_id().expect("readable");
    assert_eq!(account.is_none(), device.is_refused(), "an account or a refusal, and never both");
    assert!(account.is_some() || chats == 0, "of what was refused nothing is left");
    assert!(device.is_back() || data != home.vault, "its own vault brings it back");
    // Whatever became of it goes on.
    for input in [Input::Tick, Input::Disconnected, Input::Connected { binding: BINDING }] {
        device.take(input);
    }
}

pub fn seeds() -> Vec<Vec<u8>> {
    let vectors = bytes::seeds(&bytes::vectors("vault.json"), |name| name == "encoded");
    [vec![HOME.vault.clone(), vec![]], vectors].concat()
}
