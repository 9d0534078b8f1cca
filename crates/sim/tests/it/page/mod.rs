//! What a page does and sees, on both sides.

mod boxed;
mod care;
mod chats;
mod files;
mod happened;
mod least;
mod notice;
mod people;
mod said;
mod unsent;

use crate::say;
use sim::world::{Weather, World};
use view::{Bubble, ChatDetail, ChatLine, Command, Page, Query, Refusal, Reply, View, Window};

const MINUTE: u64 = 60_000;

/// Alice and Bob, and what each calls their chat.
fn two(seed: u64) -> (World, [(usize, i64); 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    (world, [(alice, hers), (bob, his)])
}

/// Alice, Bob and Carol in a group that Alice made, and what each calls it.
fn group(seed: u64) -> (World, [(usize, i64); 3]) {
    let mut world = World::new(seed, Weather::FAIR);
    let alice = world.person("alice");
    let others = [world.person("bob"), world.person("carol")];
    world.befriend_all(alice, &others);
    let members = ["bob", "carol"].map(str::to_owned).to_vec();
    let made = world.command(alice, Command::CreateGroup { name: "Garden".into(), members });
    let Ok(Reply::Id(hers)) = made else { panic!("no group") };
    world.run(2 * MINUTE);
    let theirs = others.map(|person| {
        let invitation = world.people[person].client().invitations().expect("invitations").pop().expect("an invitation");
        let Ok(Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
        world.run(MINUTE);
        (person, chat)
    });
    (world, [(alice, hers), theirs[0], theirs[1]])
}

/// The connection is lost, and the device knows; it comes back within a second.
fn offline(world: &mut World, person: usize) {
    world.lose_connection(person);
    world.run(1);
}

fn ask(world: &World, person: usize, query: Query) -> View {
    let clock = world.people[person].clock(world.now);
    world.people[person].client().ask(clock, query).expect("an answer")
}

fn page(world: &World, (person, chat): (usize, i64), window: Window, limit: u32) -> Page {
    let View::Messages(page) = ask(world, person, Query::Messages { chat, window, limit }) else { panic!("no messages") };
    page
}

fn bubbles(world: &World, at: (usize, i64)) -> Vec<Bubble> {
    page(world, at, Window::Newest, 500).messages
}

/// The last message with this text.
fn bubble(world: &World, at: (usize, i64), text: &str) -> Bubble {
    let all = bubbles(world, at);
    let found = all.iter().rev().find(|bubble| bubble.row.text.contains(text)).cloned();
    found.unwrap_or_else(|| panic!("{} has no {text}: {all:?}", at.0))
}

fn detail(world: &World, (person, chat): (usize, i64)) -> ChatDetail {
    let View::Chat(Some(detail)) = ask(world, person, Query::Chat { chat }) else { panic!("no such chat") };
    *detail
}

fn lines(world: &World, person: usize) -> Vec<ChatLine> {
    let View::Chats(lines) = ask(world, person, Query::Chats) else { panic!("no chats") };
    lines
}

fn line(world: &World, (person, chat): (usize, i64)) -> ChatLine {
    lines(world, person).into_iter().find(|line| line.row.id == chat).expect("the chat")
}

fn does(world: &mut World, person: usize, command: Command) -> Reply {
    let told = format!("{command:?}");
    world.command(person, command).unwrap_or_else(|why| panic!("{told}: {why:?}"))
}

fn refused(world: &mut World, person: usize, command: Command) -> Refusal {
    let told = format!("{command:?}");
    world.command(person, command).expect_err(&told)
}
