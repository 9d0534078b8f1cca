//! That somebody is writing: said to the others who are there, for a moment, by nobody but themselves.

use crate::{group, say};
use client::Input;
use client::audit::Misdeed;
use sim::world::{Weather, World};
use view::{Command, Event, Settings, Switch, Typing};
use wire::call::{Frame, Signal};
use wire::limits::{SIGNAL_FRESH, SIGNAL_LEN, TYPING_EVERY, TYPING_SHOWN};

fn two(seed: u64) -> (World, [(usize, i64); 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    world.run(60_000);
    (world, [(alice, hers), (bob, his)])
}

fn types(world: &mut World, (person, chat): (usize, i64), typing: Typing) {
    world.command(person, Command::Typing { chat, typing }).expect("never refused");
    world.run(500);
}

/// What somebody was told of who writes in a chat, oldest first, since this was last asked.
fn told(world: &mut World, (person, chat): (usize, i64)) -> Vec<Vec<String>> {
    let events = std::mem::take(&mut world.people[person].events);
    let typing = events.into_iter().filter_map(|event| match event {
        Event::Typing { chat: of, who } if of == chat => Some(who),
        _ => None,
    });
    typing.map(sorted).collect()
}

fn writes(name: &str) -> Vec<String> {
    vec![name.to_owned()]
}

const NOBODY: Vec<String> = vec![];

fn set_typing(world: &mut World, person: usize, typing: Switch) {
    world.command(person, Command::ChangeSettings(Settings { typing, ..Settings::default() })).expect("set");
}

#[test]
fn bob_sees_that_alice_writes_and_that_she_stops() {
    let (mut world, [alice, bob]) = two(1);
    types(&mut world, alice, Typing::Writing);
    assert_eq!(told(&mut world, bob), [writes("alice")]);
    types(&mut world, alice, Typing::Stopped);
    assert_eq!(told(&mut world, bob), [NOBODY]);
    assert_eq!(told(&mut world, alice), [] as [Vec<String>; 0], "nobody is told of oneself");
}

#[test]
fn who_writes_on_at_once_after_a_message_is_seen_to_as_soon_as_it_may_be_said() {
    let (mut world, [alice, bob]) = two(17);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, alice, Typing::Stopped);
    types(&mut world, alice, Typing::Writing);
    world.run(TYPING_EVERY);
    assert_eq!(told(&mut world, bob), [writes("alice"), NOBODY, writes("alice")]);
    types(&mut world, alice, Typing::Stopped);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, alice, Typing::Stopped);
    told(&mut world, bob);
    world.run(2 * TYPING_EVERY);
    assert_eq!(told(&mut world, bob), [] as [Vec<String>; 0], "who stopped meanwhile is not said to write");
}

#[test]
fn it_goes_by_itself_when_it_is_not_said_again_and_stays_while_it_is() {
    let (mut world, [alice, bob]) = two(2);
    types(&mut world, alice, Typing::Writing);
    world.run(TYPING_SHOWN);
    assert_eq!(told(&mut world, bob), [writes("alice"), NOBODY]);
    for _ in 0..20 {
        types(&mut world, alice, Typing::Writing);
        world.run(1_000);
    }
    assert_eq!(told(&mut world, bob), [writes("alice")], "said once while it goes on");
}

#[test]
fn what_was_being_written_takes_its_place() {
    let (mut world, [alice, bob]) = two(3);
    types(&mut world, alice, Typing::Writing);
    say(&mut world, alice.0, alice.1, "hello");
    world.run(1_000);
    assert_eq!(told(&mut world, bob), [writes("alice"), NOBODY]);
}

#[test]
fn whoever_has_it_off_neither_says_nor_sees_it() {
    let (mut world, [alice, bob]) = two(4);
    set_typing(&mut world, alice.0, Switch::Off);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, bob, Typing::Writing);
    assert_eq!((told(&mut world, bob), told(&mut world, alice)), (vec![], vec![]));
    set_typing(&mut world, alice.0, Switch::On);
    world.run(TYPING_EVERY);
    types(&mut world, bob, Typing::Writing);
    assert_eq!(told(&mut world, alice), [writes("bob")]);
    set_typing(&mut world, alice.0, Switch::Off);
    assert_eq!(told(&mut world, alice), [NOBODY], "and what is shown goes at once");
}

#[test]
fn a_blocked_person_neither_learns_it_nor_is_shown() {
    let (mut world, [alice, bob]) = two(5);
    world.command(alice.0, Command::Block { user: "bob".into() }).expect("blocked");
    world.run(1_000);
    told(&mut world, alice);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, bob, Typing::Writing);
    assert_eq!((told(&mut world, bob), told(&mut world, alice)), (vec![], vec![]));
}

#[test]
fn in_a_group_with_somebody_blocked_nothing_is_said() {
    let mut world = World::new(6, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    world.run(60_000);
    types(&mut world, (0, chats[0]), Typing::Writing);
    types(&mut world, (2, chats[2]), Typing::Writing);
    assert_eq!(told(&mut world, (1, chats[1])), [writes("alice"), vec!["alice".to_owned(), "carol".to_owned()]]);
    world.command(0, Command::Block { user: "bob".into() }).expect("blocked");
    world.run(TYPING_SHOWN + TYPING_EVERY);
    for person in 0..3 {
        told(&mut world, (person, chats[person]));
    }
    types(&mut world, (0, chats[0]), Typing::Writing);
    assert_eq!(told(&mut world, (1, chats[1])), [] as [Vec<String>; 0]);
    assert_eq!(told(&mut world, (2, chats[2])), [] as [Vec<String>; 0]);
    types(&mut world, (1, chats[1]), Typing::Writing);
    assert_eq!(told(&mut world, (0, chats[0])), [] as [Vec<String>; 0]);
    assert_eq!(told(&mut world, (2, chats[2])), [writes("bob")], "others are not concerned");
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[test]
fn a_member_cannot_say_it_for_another() {
    let mut world = World::new(7, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "mallory"]);
    world.run(60_000);
    let bob = world.people[1].client().account_id().expect("an account").expect("an account");
    world.misbehave(2, chats[2], Misdeed::SignalFor(bob));
    world.run(1_000);
    assert_eq!(told(&mut world, (0, chats[0])), [] as [Vec<String>; 0]);
    let mallory = world.people[2].client().account_id().expect("an account").expect("an account");
    world.misbehave(2, chats[2], Misdeed::SignalFor(mallory));
    world.run(1_000);
    assert_eq!(told(&mut world, (0, chats[0])), [writes("mallory")], "for oneself it is what anybody does");
}

/// The signal frames that went to somebody, as a server has them.
fn recorded(world: &mut World) -> Vec<(usize, Signal)> {
    std::mem::take(&mut world.signals)
}

#[test]
fn what_a_server_replays_holds_back_alters_or_makes_up_is_not_shown() {
    let (mut world, [alice, bob]) = two(8);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, alice, Typing::Stopped);
    assert_eq!(told(&mut world, bob), [writes("alice"), NOBODY]);
    let heard: Vec<Signal> = recorded(&mut world).into_iter().filter(|(to, _)| *to == bob.0).map(|(_, signal)| signal).collect();
    assert_eq!(heard.len(), 2);
    let show = |world: &mut World, to: usize, signal: Signal| world.input(to, Input::Frame(Frame::Heard(signal)));
    show(&mut world, bob.0, heard[0].clone());
    assert_eq!(told(&mut world, bob), [] as [Vec<String>; 0], "said before");
    // To the one who said it, and to a device that has heard nothing yet, after a while.
    let number = u32::try_from(alice_log(&world, alice)).expect("a number");
    show(&mut world, alice.0, Signal { number, ..heard[0].clone() });
    assert_eq!(told(&mut world, alice), [] as [Vec<String>; 0], "one's own");
    world.run(SIGNAL_FRESH + 1_000);
    world.people[bob.0].crash();
    world.people[bob.0].start();
    world.reconnect(bob.0);
    world.run(10_000);
    show(&mut world, bob.0, heard[0].clone());
    assert_eq!(told(&mut world, bob), [] as [Vec<String>; 0], "held back");
    let made_up = Signal { number: heard[0].number, sealed: vec![3; SIGNAL_LEN].into() };
    show(&mut world, bob.0, made_up);
    types(&mut world, alice, Typing::Writing);
    let (_, fresh) = recorded(&mut world).pop().expect("a signal");
    assert_eq!(told(&mut world, bob), [writes("alice")], "and an honest one is");
    world.run(TYPING_SHOWN);
    told(&mut world, bob);
    for at in [0, 12, 20, 100, SIGNAL_LEN - 1] {
        let mut sealed = fresh.sealed.to_vec();
        sealed[at] ^= 1;
        show(&mut world, bob.0, Signal { number: fresh.number, sealed: sealed.into() });
    }
    assert_eq!(told(&mut world, bob), [] as [Vec<String>; 0], "altered");
}

/// What a client calls the log of its chat on the connection: its subscriptions have the numbers of rows.
fn alice_log(world: &World, (person, chat): (usize, i64)) -> i64 {
    world.people[person].client().log_of_chat(chat).expect("a log")
}

#[test]
fn whoever_was_put_out_hears_nothing_more_and_is_not_heard() {
    let mut world = World::new(9, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    world.run(60_000);
    types(&mut world, (2, chats[2]), Typing::Writing);
    let (_, hers) = recorded(&mut world).into_iter().rfind(|(to, _)| *to == 1).expect("a signal");
    world.command(0, Command::RemoveMember { chat: chats[0], member: "carol".into() }).expect("removed");
    world.run(3_000);
    // A device that has heard nothing yet, while the signal is still fresh: only the key of the epoch speaks against it.
    world.people[1].crash();
    world.people[1].start();
    world.reconnect(1);
    world.run(5_000);
    told(&mut world, (1, chats[1]));
    world.input(1, Input::Frame(Frame::Heard(hers)));
    assert_eq!(told(&mut world, (1, chats[1])), [] as [Vec<String>; 0]);
    world.run(60_000);
    types(&mut world, (0, chats[0]), Typing::Writing);
    assert_eq!(told(&mut world, (1, chats[1])), [writes("alice")]);
    assert_eq!(told(&mut world, (2, chats[2])), [] as [Vec<String>; 0]);
    types(&mut world, (2, chats[2]), Typing::Writing);
    assert_eq!(told(&mut world, (1, chats[1])), [] as [Vec<String>; 0]);
}

#[test]
fn what_is_shown_goes_with_the_line() {
    let (mut world, [alice, bob]) = two(10);
    types(&mut world, alice, Typing::Writing);
    assert_eq!(told(&mut world, bob), [writes("alice")]);
    world.lose_connection(bob.0);
    world.run(1);
    assert_eq!(told(&mut world, bob), [NOBODY]);
}

#[test]
fn saying_and_hearing_it_writes_nothing_to_either_device() {
    let (mut world, [alice, bob]) = two(11);
    world.run(120_000);
    let written = |world: &World| [alice.0, bob.0].map(|person| world.people[person].client().changes());
    let before = written(&world);
    types(&mut world, alice, Typing::Writing);
    types(&mut world, alice, Typing::Stopped);
    assert_eq!(told(&mut world, bob), [writes("alice"), NOBODY]);
    assert_eq!(written(&world), before);
}
