//! Devices that are away are knocked for when something was said, and for nothing else.

use crate::{group, say};
use sim::world::{Weather, World};
use view::Command;

const ALICE: &str = "https://push.example/alice";
const BOB: &str = "https://push.example/bob";

fn two(seed: u64) -> (World, [(usize, i64); 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    for (person, endpoint) in [(alice, ALICE), (bob, BOB)] {
        notify(&mut world, person, Some(endpoint));
    }
    world.run(60_000);
    (world, [(alice, hers), (bob, his)])
}

fn notify(world: &mut World, person: usize, endpoint: Option<&str>) {
    world.command(person, Command::Notify { endpoint: endpoint.map(str::to_owned) }).expect("kept");
}

/// The page is closed: the device goes off until [`opens`].
fn closes(world: &mut World, person: usize) {
    world.people[person].retired = true;
    world.lose_connection(person);
    world.run(2_000);
}

fn opens(world: &mut World, person: usize) {
    world.people[person].retired = false;
    world.reconnect(person);
    world.run(10_000);
}

fn knocks(world: &mut World) -> Vec<String> {
    world.run(20_000);
    std::mem::take(&mut world.knocks)
}

const NONE: [String; 0] = [];

#[test]
fn bob_is_knocked_for_when_alice_writes_and_he_is_away() {
    let (mut world, [alice, bob]) = two(1);
    say(&mut world, alice.0, alice.1, "are you there?");
    assert_eq!(knocks(&mut world), NONE, "he is");
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "and now?");
    assert_eq!(knocks(&mut world), [BOB]);
    say(&mut world, alice.0, alice.1, "come back");
    assert_eq!(knocks(&mut world), NONE, "once an absence");
    opens(&mut world, bob.0);
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "gone again");
    assert_eq!(knocks(&mut world), [BOB]);
}

#[test]
fn a_receipt_a_reaction_and_a_name_are_not_worth_it() {
    let (mut world, [alice, bob]) = two(2);
    say(&mut world, alice.0, alice.1, "hello");
    world.run(5_000);
    closes(&mut world, alice.0);
    let page = client::Page { before: None, after: None, limit: 1 };
    let hello = world.people[bob.0].client().messages(bob.1, page).expect("messages").pop().expect("hello").id;
    world.command(bob.0, Command::MarkRead { chat: bob.1, up_to: hello }).expect("read");
    world.command(bob.0, Command::React { chat: bob.1, message: hello, emoji: "\u{1f44b}".into() }).expect("reacted");
    world.command(bob.0, Command::SetName { name: "Bob".into() }).expect("named");
    assert_eq!(knocks(&mut world), NONE);
    say(&mut world, bob.0, bob.1, "hello Alice");
    assert_eq!(knocks(&mut world), [ALICE]);
}

#[test]
fn a_muted_chat_a_blocked_person_and_who_turned_it_off_wake_nobody() {
    let (mut world, [alice, bob]) = two(3);
    world.command(bob.0, Command::Mute { chat: bob.1, until_ms: Some(u64::MAX >> 1) }).expect("muted");
    world.run(5_000);
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "psst");
    assert_eq!(knocks(&mut world), NONE);
    opens(&mut world, bob.0);
    world.command(bob.0, Command::Mute { chat: bob.1, until_ms: None }).expect("heard again");
    world.run(5_000);
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "hello");
    assert_eq!(knocks(&mut world), [BOB]);
    opens(&mut world, bob.0);
    notify(&mut world, bob.0, None);
    world.run(5_000);
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "hello?");
    assert_eq!(knocks(&mut world), NONE, "turned off");
    opens(&mut world, bob.0);
    notify(&mut world, bob.0, Some(BOB));
    world.command(bob.0, Command::Block { user: "alice".into() }).expect("blocked");
    world.run(5_000);
    closes(&mut world, bob.0);
    say(&mut world, alice.0, alice.1, "hello!");
    assert_eq!(knocks(&mut world), NONE, "blocked");
}

#[test]
fn in_a_group_everybody_who_is_away_is_knocked_for_and_whoever_left_is_not() {
    let mut world = World::new(4, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol", "dora"]);
    for (person, name) in ["alice", "bob", "carol", "dora"].iter().enumerate() {
        notify(&mut world, person, Some(&format!("https://push.example/{name}")));
    }
    world.run(60_000);
    world.command(0, Command::RemoveMember { chat: chats[0], member: "dora".into() }).expect("removed");
    world.run(60_000);
    for person in 1..4 {
        closes(&mut world, person);
    }
    say(&mut world, 0, chats[0], "who is there?");
    // After a quiet minute this world's server does the work of time only every ten.
    world.run(10 * 60_000);
    let mut knocked = knocks(&mut world);
    knocked.sort();
    assert_eq!(knocked, ["https://push.example/bob", "https://push.example/carol"]);
}

#[test]
fn a_request_to_be_a_contact_knocks_too() {
    let mut world = World::new(5, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.run(5_000);
    notify(&mut world, alice, Some(ALICE));
    world.run(5_000);
    let made = world.command(alice, Command::MakeLink { label: "you".into(), uses: 1, days: 1 });
    let Ok(view::Reply::Link { url, .. }) = made else { panic!("no link") };
    world.run(5_000);
    closes(&mut world, alice);
    world.command(bob, Command::AddContact { link: url }).expect("asked");
    world.run(30_000);
    assert_eq!(knocks(&mut world), [ALICE]);
}

#[test]
fn what_the_server_was_told_is_not_told_again_on_every_connection() {
    let (mut world, [_, bob]) = two(6);
    let written = |world: &World| world.people[bob.0].client().audit_rows().expect("rows").len();
    let before = written(&world);
    world.lose_connection(bob.0);
    world.run(20_000);
    assert_eq!(written(&world), before);
    assert!(world.people[bob.0].client().ask(world.now, view::Query::Notify).is_ok());
}
