//! Scenarios: what happens when, told once and for all.

mod answers;
mod clocks;
mod days;
mod hostile;
mod large;
mod many;

use sim::world::{Weather, World};
use view::{Command, Outgoing};

fn say(world: &mut World, person: usize, chat: i64, text: &str) {
    let send = Command::Send { chat, what: Outgoing::Text(text.to_owned()), reply: None };
    world.command(person, send).expect("said");
}

fn texts(world: &World, person: usize, chat: i64) -> Vec<(String, String)> {
    let page = client::Page { before: None, after: None, limit: 1000 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    rows.into_iter().map(|row| (row.sender, row.text)).collect()
}

#[test]
fn two_people_meet_and_chat() {
    let mut world = World::new(1, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    say(&mut world, alice, hers, "Hello Bob");
    world.run(1000);
    say(&mut world, bob, his, "Hello Alice");
    world.run(1000);
    assert_eq!(texts(&world, alice, hers), [("me".into(), "Hello Bob".into()), ("bob".to_owned(), "Hello Alice".to_owned())]);
    assert_eq!(texts(&world, bob, his), [("alice".to_owned(), "Hello Bob".to_owned()), ("me".into(), "Hello Alice".into())]);
}
