//! An older program and what it does not know yet.

use crate::texts;
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::Command;
use wire::content::{Body, Choice, Kind, Kinds, Poll};

fn row(world: &World, person: usize, chat: i64) -> view::MessageRow {
    let page = client::Page { before: None, after: None, limit: 10 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    // Its words are there for who does not know polls.
    rows.into_iter().find(|row| row.text.contains("Lunch?")).expect("the poll, or its words")
}

#[test]
fn what_an_older_program_does_not_know_shows_its_words_and_appears_properly_after_an_update() {
    let mut world = World::new(71, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    // Bob's program is from before polls and the setting for disappearing messages.
    world.people[bob].kinds = Kinds::ALL.without(Kind::Poll).without(Kind::ExpirySetting);
    world.power_cut(bob);
    world.run(5_000);
    let options = ["Soup", "Salad"].map(str::to_owned).to_vec();
    world.say_body(alice, hers, Body::Poll(Poll { question: "Lunch?".into(), options, choice: Choice::One }));
    world.command(alice, Command::Expire { chat: hers, seconds: 3600 }).expect("said");
    world.run(5_000);
    let old = row(&world, bob, his);
    assert_eq!(old.kind, view::MessageKind::Unknown);
    let expiry =
        |world: &World| world.people[bob].client().chats().expect("chats").iter().find(|chat| chat.id == his).expect("it").expire_seconds;
    assert_eq!(expiry(&world), 0);
    // The update.
    world.people[bob].kinds = Kinds::ALL;
    world.power_cut(bob);
    world.run(5_000);
    let new = row(&world, bob, his);
    assert_eq!((new.kind, new.id), (view::MessageKind::Poll, old.id), "the same message");
    assert_eq!(expiry(&world), 3600, "and what it had set, is set now");
    let told = crate::happened(&world, bob, his);
    assert!(matches!(told.as_slice(), [view::Happened::Timer { seconds: 3600, .. }]), "and said: {told:?}");
    assert_eq!(texts(&world, bob, his).len(), 1);
    world.run(60_000);
    assert_eq!(judge(&world, Honesty::Honest), []);
}
