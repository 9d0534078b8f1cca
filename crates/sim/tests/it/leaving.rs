//! Somebody goes.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Reply};

#[test]
fn who_lost_power_between_a_farewell_and_the_commit_that_carries_it_out_follows_all_the_same() {
    let mut world = World::new(91, Weather::FAIR);
    let people: Vec<usize> = ["alice", "bob", "carol"].iter().map(|name| world.person(name)).collect();
    world.befriend_all(0, &people[1..]);
    let members = ["bob", "carol"].map(str::to_owned).to_vec();
    let Ok(Reply::Id(hers)) = world.command(0, Command::CreateGroup { name: "chess".into(), members }) else { panic!("no group") };
    world.run(120_000);
    let mut chats = vec![hers];
    for person in [1, 2] {
        let invitation = world.people[person].client().invitations().expect("invitations").pop().expect("an invitation");
        let Ok(Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
        chats.push(chat);
        world.run(60_000);
    }
    world.command(1, Command::Leave { chat: chats[1] }).expect("asked to go");
    world.run(1_000);
    world.power_cut(2);
    world.run(5_000);
    say(&mut world, 0, hers, "mate in three");
    world.run(60_000);
    assert!(texts(&world, 2, chats[2]).iter().any(|(_, text)| text == "mate in three"));
    let bobs = world.people[1].client().chats().expect("chats").into_iter().find(|chat| chat.id == chats[1]).expect("the chat");
    assert_eq!(bobs.state, view::ChatState::Left);
    assert_eq!(judge(&world, Honesty::Honest), []);
}
