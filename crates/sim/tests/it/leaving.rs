//! Somebody goes.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::Command;

const FIVE: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];

/// Of the group, as Alice has it.
fn epoch(world: &World) -> Option<u64> {
    world.people[0].client().audit().expect("audit").into_iter().find_map(|chat| chat.epoch.filter(|_| chat.members.len() > 2))
}

#[test]
fn who_lost_power_between_a_farewell_and_the_commit_that_carries_it_out_follows_all_the_same() {
    let mut world = World::new(91, Weather::FAIR);
    let chats = crate::group(&mut world, &["alice", "bob", "carol"]);
    world.command(1, Command::Leave { chat: chats[1] }).expect("asked to go");
    world.run(1_000);
    world.power_cut(2);
    world.run(5_000);
    say(&mut world, 0, chats[0], "mate in three");
    world.run(60_000);
    assert!(texts(&world, 2, chats[2]).iter().any(|(_, text)| text == "mate in three"));
    let bobs = world.people[1].client().chats().expect("chats").into_iter().find(|chat| chat.id == chats[1]).expect("the chat");
    assert_eq!(bobs.state, view::ChatState::Left);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn who_goes_is_gone_from_everybodys_list_soon_though_nobody_says_a_word() {
    let mut world = World::new(92, Weather::FAIR);
    let chats = crate::group(&mut world, &FIVE);
    let before = epoch(&world);
    world.command(4, Command::Leave { chat: chats[4] }).expect("asked to go");
    world.run(15_000);
    for person in 0..4 {
        let members = world.people[person].client().members(chats[person]).expect("members");
        assert_eq!(members.len(), 4, "{} still shows erin", FIVE[person]);
        assert!(members.iter().all(|member| member.name != "erin"));
    }
    world.run(120_000);
    assert_eq!(epoch(&world), before.map(|before| before + 1), "one lets go, not everybody");
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// Any Commit lets go whoever asked to go: the one that waited for that alone is not needed any more.
#[test]
fn who_lets_somebody_go_with_another_commit_makes_no_second_one() {
    let mut world = World::new(93, Weather::FAIR);
    let chats = crate::group(&mut world, &FIVE);
    let before = epoch(&world);
    world.command(4, Command::Leave { chat: chats[4] }).expect("asked to go");
    world.run(50);
    world.command(0, Command::Promote { chat: chats[0], member: "bob".into() }).expect("promoted");
    world.run(120_000);
    let members = world.people[0].client().members(chats[0]).expect("members");
    assert_eq!(members.len(), 4);
    assert_eq!(epoch(&world), before.map(|before| before + 1), "one Commit for both");
    assert_eq!(judge(&world, Honesty::Honest), []);
}
