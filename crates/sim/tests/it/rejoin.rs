//! A Commit that one cannot follow: nobody else is disturbed, and who was left behind comes back.

use crate::{say, texts};
use client::audit::{Misdeed, Spoilt};
use sim::oracle::{Honesty, judge};
use sim::story::settle;
use sim::world::{Weather, World};
use view::{Command, Reply};

const MINUTE: u64 = 60_000;

/// Alice's group of so many; everybody has joined. The chat's number for each.
fn group(world: &mut World, size: usize) -> Vec<i64> {
    crate::group(world, &["alice", "bob", "carol", "mallory"][..size])
}

fn state(world: &World, person: usize, chat: i64) -> view::ChatState {
    let chats = world.people[person].client().chats().expect("chats");
    chats.into_iter().find(|row| row.id == chat).expect("the chat").state
}

fn has(world: &World, person: usize, chat: i64, text: &str) -> bool {
    texts(world, person, chat).into_iter().filter(|(_, held)| held == text).count() == 1
}

#[test]
fn who_cannot_follow_a_commit_is_let_back_in_and_lacks_nothing() {
    for (right, how) in [(0, Spoilt::Reversed), (1, Spoilt::Reversed), (0, Spoilt::Short), (1, Spoilt::Short)] {
        let mut world = World::new(31, Weather::FAIR);
        let chats = group(&mut world, 4);
        let mallory = 3;
        // Until nothing of hers is under way: she breaks it in one go.
        world.run(5 * MINUTE);
        world.misbehave(mallory, chats[mallory], Misdeed::BreakPath { right, how });
        // Said at once, in an epoch that one of them is not in.
        for person in 0..4 {
            say(&mut world, person, chats[person], &format!("{person} right after"));
        }
        world.run(100);
        let broken: Vec<usize> = (0..4).filter(|person| state(&world, *person, chats[*person]) == view::ChatState::Broken).collect();
        assert!((1..3).contains(&broken.len()), "those under one node cannot follow: {broken:?}");
        world.run(5 * MINUTE);
        for person in 0..4 {
            assert_eq!(state(&world, person, chats[person]), view::ChatState::Active, "{person}");
            say(&mut world, person, chats[person], &format!("{person} later"));
        }
        world.run(5 * MINUTE);
        for person in 0..4 {
            for by in 0..4 {
                assert!(has(&world, person, chats[person], &format!("{by} right after")), "{person} of {by}, while one was out");
                assert!(has(&world, person, chats[person], &format!("{by} later")), "{person} of {by}, later");
            }
        }
        assert_eq!(judge(&world, Honesty::Hostile), []);
    }
}

#[test]
fn in_a_chat_of_two_the_other_lets_back_in() {
    let mut world = World::new(32, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    world.misbehave(alice, hers, Misdeed::BreakPath { right: 0, how: Spoilt::Reversed });
    say(&mut world, alice, hers, "can you read this?");
    world.run(100);
    assert_eq!(state(&world, bob, his), view::ChatState::Broken);
    say(&mut world, bob, his, "said while broken");
    world.run(2 * MINUTE);
    assert_eq!(state(&world, bob, his), view::ChatState::Active);
    say(&mut world, alice, hers, "and this?");
    world.run(2 * MINUTE);
    for text in ["can you read this?", "and this?", "said while broken"] {
        assert!(has(&world, alice, hers, text) && has(&world, bob, his, text), "{text}");
    }
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

#[test]
fn what_was_said_while_one_was_out_reaches_it_without_another_word() {
    let mut world = World::new(35, Weather::FAIR);
    let chats = group(&mut world, 3);
    world.run(5 * MINUTE);
    world.misbehave(2, chats[2], Misdeed::BreakPath { right: 0, how: Spoilt::Reversed });
    world.run(100);
    assert_eq!(state(&world, 1, chats[1]), view::ChatState::Broken);
    say(&mut world, 0, chats[0], "the only word");
    world.run(5 * MINUTE);
    assert!(has(&world, 1, chats[1], "the only word"));
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

#[test]
fn who_was_left_behind_comes_back_also_after_power_cuts_and_lost_connections() {
    for seed in 0..6 {
        let mut world = World::new(40 + seed, Weather::FAIR);
        let chats = group(&mut world, 3);
        world.weather = Weather { delay_min: 1, delay_max: 500, breaks: 80, cuts: 60, reconnect_max: 5_000 };
        world.misbehave(1, chats[1], Misdeed::BreakPath { right: (seed % 2) as u32, how: Spoilt::Reversed });
        for round in 0..6 {
            let person = round % 3;
            let send = Command::Send { chat: chats[person], what: view::Outgoing::Text(format!("round {round}")), reply: None };
            // Off at the moment: not said.
            let _ = world.command(person, send);
            world.run(10_000);
        }
        settle(&mut world);
        for person in 0..3 {
            assert_eq!(state(&world, person, chats[person]), view::ChatState::Active, "seed {seed}, {person}");
        }
        assert_eq!(judge(&world, Honesty::Hostile), [], "seed {seed}");
    }
}

#[test]
fn a_group_that_nobody_can_follow_begins_anew_after_a_day() {
    let mut world = World::new(33, Weather::FAIR);
    let chats = group(&mut world, 3);
    let mallory = 2;
    // Alice first, or both at once; then Bob. And then the one who could let them back in is gone.
    world.run(5 * MINUTE);
    for right in 0..2 {
        world.misbehave(mallory, chats[mallory], Misdeed::BreakPath { right, how: Spoilt::Reversed });
        world.run(200);
    }
    world.people[mallory].crash();
    assert_eq!([state(&world, 0, chats[0]), state(&world, 1, chats[1])], [view::ChatState::Broken; 2]);
    world.run(26 * 60 * MINUTE);
    assert_eq!(state(&world, 0, chats[0]), view::ChatState::Ended);
    let anew: Vec<_> = world.people[0].client().chats().expect("chats").into_iter().filter(|chat| chat.name == "walkers").collect();
    assert_eq!(anew.iter().filter(|chat| chat.state == view::ChatState::Active).count(), 1, "{anew:?}");
    let invitation = world.people[1].client().invitations().expect("invitations").pop().expect("an invitation to the new group");
    assert_eq!((invitation.from.as_str(), invitation.members), ("alice", 2), "without the one who broke it");
}

#[test]
fn who_is_removed_while_it_cannot_follow_is_told_so_and_can_be_invited_again() {
    let mut world = World::new(34, Weather::FAIR);
    let chats = group(&mut world, 3);
    world.run(5 * MINUTE);
    // Bob cannot follow, and is gone before he can ask.
    world.misbehave(2, chats[2], Misdeed::BreakPath { right: 0, how: Spoilt::Reversed });
    world.run(100);
    assert_eq!(state(&world, 1, chats[1]), view::ChatState::Broken);
    world.people[1].crash();
    world.run(30 * MINUTE);
    world.command(0, Command::RemoveMember { chat: chats[0], member: "bob".into() }).expect("removed");
    world.run(MINUTE);
    world.people[1].start();
    world.reconnect(1);
    world.run(10 * MINUTE);
    assert_eq!(state(&world, 1, chats[1]), view::ChatState::Removed);
    world.command(0, Command::AddMembers { chat: chats[0], members: vec!["bob".into()] }).expect("added");
    world.run(2 * MINUTE);
    let invitation = world.people[1].client().invitations().expect("invitations").pop().expect("an invitation");
    assert_eq!(world.command(1, Command::JoinGroup { invitation: invitation.id }), Ok(Reply::Id(chats[1])));
    world.run(MINUTE);
    say(&mut world, 1, chats[1], "here again");
    world.run(MINUTE);
    assert!(has(&world, 0, chats[0], "here again"));
}
