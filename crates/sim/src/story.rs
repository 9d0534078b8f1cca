//! A random day: people meet, chat, make groups, change their minds; devices and connections fail. Everything comes from the seed.

use crate::dice::Dice;
use crate::evil::{Deed, Evil};
use crate::oracle::{Honesty, Wrong, judge};
use crate::picture::drawn;
use crate::world::{Weather, World};
use client::audit::{Misdeed, Spoilt};
use view::{Command, Outgoing, Reply};

/// What became of one seed.
#[derive(Debug)]
pub struct Outcome {
    pub seed: u64,
    pub wrong: Vec<Wrong>,
    /// Hash of every frame that was sent: equal for equal seeds.
    pub fingerprint: [u8; 32],
    pub messages: usize,
    /// How often a dishonest frame was sent.
    pub evil: u64,
}

const PEOPLE_MAX: u64 = 5;
const ACTS_MAX: u64 = 60;
/// How long a world may take to come to rest once everything works again.
const REST: u64 = 30 * 60 * 1000;
const NAMES: [&str; 6] = ["alice", "bob", "carol", "dave", "erin", "frank"];

/// Lives one random day among honest people and judges it.
pub fn live(seed: u64) -> Outcome {
    lived(seed, None)
}

/// The same with somebody who does not follow the protocol: a server for some of the day, or the member who joined last.
pub fn live_hostile(seed: u64) -> Outcome {
    lived(seed, Some(Evils::of(seed)))
}

/// What a member can be untruthful about in what it says.
pub const LIES: [Misdeed; 8] = [
    Misdeed::WrongId,
    Misdeed::WrongKind,
    Misdeed::WrongCounter,
    Misdeed::WrongSeen,
    Misdeed::FromFuture,
    Misdeed::OtherRoute,
    Misdeed::WrongProof,
    Misdeed::OtherOpening,
];

/// Who is evil on a day, and how.
#[derive(Debug, Clone, Copy)]
enum Evils {
    Frames(Deed),
    /// Commits that break for others, and content that is not what it says.
    Member,
    /// The same member, and a server that works with it.
    Pair(Deed),
    /// Commits that no rule allows, with what they change about passes hidden from the server.
    Usurper,
}

impl Evils {
    /// All of them in turn, so that few seeds see each.
    fn of(seed: u64) -> Self {
        let deeds = Deed::SERVER.iter().chain(&Deed::MEMBER).copied();
        let pairs = Deed::SERVER.iter().copied().map(Self::Pair);
        let all: Vec<Self> = deeds.map(Self::Frames).chain(pairs).chain([Self::Member, Self::Member, Self::Usurper]).collect();
        all[(seed % all.len() as u64) as usize]
    }

    fn begin(self, world: &mut World, dice: &mut Dice) {
        let deed = match self {
            Self::Frames(deed) | Self::Pair(deed) => deed,
            Self::Usurper => {
                world.evil = Some(Evil { deed: Deed::HideChanges, often: 1000, person: last(world), done: 0 });
                return;
            }
            Self::Member => return,
        };
        let person = if Deed::SERVER.contains(&deed) { dice.between(0, world.people.len() as u64 - 1) as usize } else { last(world) };
        world.evil = Some(Evil { deed, often: dice.between(20, 300), person, done: 0 });
    }

    fn judged(self, world: &World) -> Honesty {
        match self {
            Self::Frames(deed) if Deed::SERVER.contains(&deed) => Honesty::Hostile,
            _ => Honesty::HostileMember(last(world)),
        }
    }

    fn act(self, world: &mut World, dice: &mut Dice) {
        let person = last(world);
        if matches!(self, Self::Frames(_)) || world.people[person].client.is_none() || !dice.per_mille(150) {
            return;
        }
        let chats = world.people[person].client().chats().expect("chats");
        let Some(chat) = dice.pick(&chats) else { return };
        let right = dice.between(0, 2) as u32;
        let victim = dice.between(0, person as u64 - 1) as usize;
        let Some(victim) = world.people[victim].client.as_ref().map(|client| client.account_id().expect("an account").expect("an account"))
        else {
            return;
        };
        let deeds = match self {
            Self::Usurper => vec![Misdeed::Remove(victim), Misdeed::PromoteSelf],
            _ => [Misdeed::BreakPath { right, how: Spoilt::Reversed }].into_iter().chain(LIES).collect(),
        };
        let misdeed = *dice.pick(&deeds).unwrap_or(&Misdeed::WrongId);
        world.misbehave(person, chat.id, misdeed);
    }
}

fn last(world: &World) -> usize {
    world.people.len() - 1
}

fn lived(seed: u64, evils: Option<Evils>) -> Outcome {
    let mut dice = Dice::new(seed ^ 0x5eed);
    let mut world = World::new(seed, Weather::FAIR);
    let people = dice.between(2, PEOPLE_MAX) as usize;
    for name in NAMES.iter().take(people) {
        world.person(name);
    }
    for other in 1..people {
        world.befriend(0, other);
    }
    if people > 2 {
        world.befriend(1, 2);
    }
    world.weather = storm(&mut dice);
    if let Some(evils) = evils {
        evils.begin(&mut world, &mut dice);
    }
    for _ in 0..dice.between(10, ACTS_MAX) {
        act(&mut world, &mut dice);
        if let Some(evils) = evils {
            evils.act(&mut world, &mut dice);
        }
        let pause = dice.between(1, 5_000);
        world.run(pause);
    }
    let done = world.evil.take().map_or(0, |evil| evil.done);
    if evils.is_some() {
        // What a server kept from somebody is seen when he asks again.
        world.restart_server();
    }
    settle(&mut world);
    let wrong = judge(&world, evils.map_or(Honesty::Honest, |evils| evils.judged(&world)));
    let messages = world
        .people
        .iter()
        .map(|person| person.client().audit().map_or(0, |chats| chats.iter().map(|chat| chat.messages.len()).sum()))
        .sum();
    Outcome { seed, wrong, fingerprint: world.fingerprint(), messages, evil: done }
}

fn storm(dice: &mut Dice) -> Weather {
    Weather {
        delay_min: 1,
        delay_max: *dice.pick(&[5, 50, 500, 3_000]).unwrap_or(&50),
        breaks: *dice.pick(&[0, 5, 20, 80]).unwrap_or(&0),
        cuts: *dice.pick(&[0, 5, 20, 60]).unwrap_or(&0),
        reconnect_max: *dice.pick(&[50, 1_000, 20_000]).unwrap_or(&1_000),
    }
}

/// Fair weather, everything on, until nothing moves.
pub fn settle(world: &mut World) {
    world.weather = Weather::FAIR;
    world.run(60_000);
    // Invitations are answered: the last ones may have arrived in the storm.
    for person in 0..world.people.len() {
        join_all(world, person);
    }
    world.run(REST);
}

fn join_all(world: &mut World, person: usize) {
    let invitations = world.people[person].client.as_ref().map(|client| client.invitations().expect("invitations"));
    for invitation in invitations.unwrap_or_default() {
        // Refused when the group has gone on without us: the invitation is spent.
        let _ = world.command(person, Command::JoinGroup { invitation: invitation.id });
    }
}

fn act(world: &mut World, dice: &mut Dice) {
    let person = dice.between(0, world.people.len() as u64 - 1) as usize;
    if world.people[person].client.is_none() {
        return;
    }
    let chats = world.people[person].client().chats().expect("chats");
    let Some(chat) = dice.pick(&chats).cloned() else { return };
    match dice.between(0, 99) {
        0..=4 => {
            let seed = dice.seed();
            world.say_body(person, chat.id, drawn(seed));
        }
        5..=49 => {
            let text = format!("{} says {}", world.people[person].name, dice.between(0, u64::MAX - 1));
            let _ = world.command(person, Command::Send { chat: chat.id, what: Outgoing::Text(text), reply: None });
        }
        50..=64 => on_message(world, dice, person, chat.id),
        65..=69 => {
            let newest = i64::MAX;
            let _ = world.command(person, Command::MarkRead { chat: chat.id, up_to: newest });
        }
        70..=76 => {
            let members = some_names(dice, world, person);
            let name = format!("group {}", dice.between(0, 1_000_000));
            let _ = world.command(person, Command::CreateGroup { name, members });
        }
        77..=84 => join_all(world, person),
        85..=87 => {
            let members = some_names(dice, world, person);
            let _ = world.command(person, Command::AddMembers { chat: chat.id, members });
        }
        88..=89 => {
            if let Some(member) = some_names(dice, world, person).pop() {
                let _ = world.command(person, Command::RemoveMember { chat: chat.id, member });
            }
        }
        90..=91 => {
            if let Some(member) = some_names(dice, world, person).pop() {
                let _ = world.command(person, Command::Promote { chat: chat.id, member });
            }
        }
        92 => {
            let _ = world.command(person, Command::Leave { chat: chat.id });
        }
        93 => {
            let name = format!("renamed {}", dice.between(0, 1_000_000));
            let _ = world.command(person, Command::Rename { chat: chat.id, name });
        }
        94..=95 => world.lose_connection(person),
        96..=97 => world.power_cut(person),
        _ => world.restart_server(),
    }
}

fn on_message(world: &mut World, dice: &mut Dice, person: usize, chat: i64) {
    let page = client::Page { before: None, after: None, limit: 10 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    let Some(row) = dice.pick(&rows) else { return };
    let message = row.id;
    let command = match dice.between(0, 3) {
        0 => Command::Edit { chat, message, text: format!("edited {}", dice.between(0, 1_000_000)) },
        1 => Command::Delete { chat, message },
        _ => Command::React { chat, message, emoji: "👍".into() },
    };
    // Not every message can be changed by everybody.
    let _ = world.command(person, command);
}

fn some_names(dice: &mut Dice, world: &World, person: usize) -> Vec<String> {
    let others: Vec<String> =
        world.people.iter().enumerate().filter(|(index, _)| *index != person).map(|(_, other)| other.name.clone()).collect();
    let wanted = dice.between(1, others.len().max(1) as u64) as usize;
    others.into_iter().filter(|_| dice.per_mille(700)).take(wanted).collect()
}

/// Whether a reply is a row's id.
pub fn id(reply: &Reply) -> Option<i64> {
    match reply {
        Reply::Id(id) => Some(*id),
        Reply::Done | Reply::Link { .. } => None,
    }
}
