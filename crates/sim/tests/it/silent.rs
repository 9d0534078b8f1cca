//! Who does not answer an invitation is invited anew, and who was put out can come back.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Reply};
use wire::limits::DAY;

fn begin(seed: u64) -> (World, i64) {
    let mut world = World::new(seed, Weather::FAIR);
    let people: Vec<usize> = ["alice", "bob", "carol"].iter().map(|name| world.person(name)).collect();
    world.befriend_all(0, &people[1..]);
    let members = ["bob", "carol"].map(str::to_owned).to_vec();
    let Ok(Reply::Id(group)) = world.command(0, Command::CreateGroup { name: "kite club".into(), members }) else { panic!("no group") };
    world.run(120_000);
    (world, group)
}

fn join(world: &mut World, person: usize) -> i64 {
    let chat = crate::join(world, person);
    world.run(60_000);
    chat
}

#[test]
fn who_is_silent_for_a_week_is_invited_anew_and_can_join_then() {
    let (mut world, group) = begin(60);
    let bobs = join(&mut world, 1);
    let before = world.people[2].client().invitations().expect("invitations")[0].id;
    world.run(8 * DAY);
    let after = world.people[2].client().invitations().expect("invitations")[0].id;
    assert_ne!(before, after, "the old invitation is replaced");
    let carols = join(&mut world, 2);
    say(&mut world, 0, group, "the wind is good");
    world.run(60_000);
    for (person, chat) in [(1, bobs), (2, carols)] {
        assert!(texts(&world, person, chat).iter().any(|(_, text)| text == "the wind is good"), "{person}");
    }
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn who_was_removed_and_is_added_again_goes_on_in_the_same_chat() {
    let (mut world, group) = begin(61);
    let (bobs, _) = (join(&mut world, 1), join(&mut world, 2));
    say(&mut world, 0, group, "before");
    world.run(60_000);
    world.command(0, Command::RemoveMember { chat: group, member: "bob".into() }).expect("removed");
    world.run(60_000);
    say(&mut world, 0, group, "without bob");
    world.command(0, Command::AddMembers { chat: group, members: vec!["bob".into()] }).expect("added");
    world.run(120_000);
    assert_eq!(join(&mut world, 1), bobs, "the same chat");
    say(&mut world, 0, group, "after");
    say(&mut world, 1, bobs, "back again");
    world.run(60_000);
    let mut held: Vec<String> = texts(&world, 1, bobs).into_iter().map(|(_, text)| text).collect();
    held.sort();
    assert_eq!(held, ["after", "back again", "before"], "and nothing that was said while he was out");
    assert!(texts(&world, 0, group).iter().any(|(_, text)| text == "back again"));
    assert_eq!(judge(&world, Honesty::Honest), []);
}
