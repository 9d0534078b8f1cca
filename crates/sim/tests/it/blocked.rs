//! Somebody is blocked, and heard again.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Reply};

fn invites(world: &mut World, person: usize, whom: &str, name: &str) {
    let made = world.command(person, Command::CreateGroup { name: name.into(), members: vec![whom.into()] });
    assert!(matches!(made, Ok(Reply::Id(_))), "{made:?}");
    world.run(120_000);
}

fn invited(world: &World, person: usize) -> usize {
    world.people[person].client().invitations().expect("invitations").len()
}

#[test]
fn whoever_is_unblocked_can_invite_to_a_group_again() {
    let mut world = World::new(17, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    world.command(alice, Command::Block { user: "bob".into() }).expect("blocked");
    world.run(10_000);
    invites(&mut world, bob, "alice", "chess");
    assert_eq!(invited(&world, alice), 0, "the door is shut");
    let lines = texts(&world, bob, his);
    world.command(alice, Command::Unblock { user: "bob".into() }).expect("unblocked");
    world.run(60_000);
    assert_eq!(texts(&world, bob, his), lines, "nothing in his chat tells him");
    invites(&mut world, bob, "alice", "go");
    assert_eq!(invited(&world, alice), 2, "what he tried meanwhile arrives as well");
    for open in world.people[alice].client().invitations().expect("invitations") {
        world.command(alice, Command::JoinGroup { invitation: open.id }).expect("joined");
        world.run(60_000);
    }
    let group = |world: &World, person: usize| {
        let chats = world.people[person].client().chats().expect("chats");
        chats.into_iter().find(|chat| chat.name == "go").expect("the group").id
    };
    let chat = group(&world, alice);
    say(&mut world, alice, chat, "My move");
    world.run(5_000);
    let his_group = group(&world, bob);
    assert!(texts(&world, bob, his_group).contains(&("alice".into(), "My move".into())));
    say(&mut world, alice, hers, "Hello again");
    world.run(5_000);
    assert!(texts(&world, bob, his).contains(&("alice".into(), "Hello again".into())));
}

#[test]
fn whoever_is_blocked_again_at_once_gets_no_new_way_in() {
    let mut world = World::new(18, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.befriend(alice, bob);
    for _ in 0..2 {
        world.command(alice, Command::Block { user: "bob".into() }).expect("blocked");
        world.command(alice, Command::Unblock { user: "bob".into() }).expect("unblocked");
    }
    world.command(alice, Command::Block { user: "bob".into() }).expect("blocked");
    world.run(60_000);
    invites(&mut world, bob, "alice", "chess");
    assert_eq!(invited(&world, alice), 0);
}

/// What a fellow member of a group says of how to reach it makes nobody a contact, and changes no contact.
#[test]
fn a_new_way_counts_in_a_chat_of_two_alone() {
    let mut world = World::new(19, Weather::FAIR);
    let chats = crate::group(&mut world, &["alice", "bob", "carol"]);
    let way = |byte: u8| wire::content::Reach {
        inbox: wire::LogId([byte; 32]),
        drop: wire::PassToken::new([byte; 32]),
        take: wire::TakePass::new([byte; 32]),
    };
    let profile = |byte: u8| wire::content::Profile {
        display_name: "bob".into(),
        username: "bob".into(),
        handle_cert: vec![],
        picture: None,
        reach: Some(Box::new(way(byte))),
    };
    world.say_body(1, chats[1], wire::content::Body::Profile(Box::new(profile(7))));
    world.run(10_000);
    // Carol has no contact in Bob, and Alice reaches him as before.
    let made = world.command(2, Command::CreateGroup { name: "chess".into(), members: vec!["bob".into()] });
    assert!(made.is_err(), "{made:?}");
    invites(&mut world, 0, "bob", "go");
    assert_eq!(invited(&world, 1), 1);
    assert_eq!(judge(&world, Honesty::Honest), []);
}
