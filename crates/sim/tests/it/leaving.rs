//! Somebody goes.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::Command;

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
