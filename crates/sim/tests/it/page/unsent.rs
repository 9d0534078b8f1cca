//! What has not left: waiting, failed, tried again, taken back.

use super::*;
use client::Input;
use view::{Delivery, Outgoing, Unsent};

fn unsent(world: &World, person: usize) -> Unsent {
    let View::Unsent(unsent) = ask(world, person, Query::Unsent) else { panic!("no count") };
    unsent
}

#[test]
fn what_waits_can_be_taken_back_and_what_has_left_cannot() {
    let (mut world, [(alice, hers), (bob, his)]) = two(361);
    offline(&mut world, alice);
    say(&mut world, alice, hers, "better not");
    say(&mut world, alice, hers, "better so");
    assert_eq!(unsent(&world, alice).waiting, 2);
    let message = bubble(&world, (alice, hers), "better not").row.id;
    assert_eq!(bubble(&world, (alice, hers), "better not").delivery, Some(Delivery::Queued));
    assert_eq!(refused(&mut world, alice, Command::Retry { message }), Refusal::NotFailed);
    does(&mut world, alice, Command::Discard { message });
    assert_eq!(refused(&mut world, alice, Command::Discard { message }), Refusal::NoSuchMessage { id: message });
    world.run(10_000);
    assert_eq!(bubbles(&world, (bob, his)).into_iter().map(|bubble| bubble.row.text).collect::<Vec<_>>(), ["better so"]);
    let left = bubble(&world, (alice, hers), "better so").row.id;
    assert_eq!(refused(&mut world, alice, Command::Discard { message: left }), Refusal::AlreadySent);
    let theirs = bubble(&world, (bob, his), "better so").row.id;
    assert_eq!(refused(&mut world, bob, Command::Discard { message: theirs }), Refusal::NoSuchMessage { id: theirs });
    assert_eq!(unsent(&world, alice), Unsent { waiting: 0, failed: 0, unfinished: 0 });
}

#[test]
fn what_could_not_be_sent_says_why_and_is_sent_again() {
    let (mut world, all) = group(362);
    let [(alice, hers), (bob, his), _] = all;
    say(&mut world, alice, hers, "What do you think?");
    world.run(2_000);
    // Bob is put out while he writes without a connection.
    let conn = world.people[bob].conn.take();
    does(&mut world, alice, Command::RemoveMember { chat: hers, member: "bob".into() });
    world.run(5_000);
    for text in ["lost?", "given up"] {
        say(&mut world, bob, his, text);
    }
    let asked = bubble(&world, (bob, his), "think").row.id;
    does(&mut world, bob, Command::React { chat: his, message: asked, emoji: "🌳".into() });
    assert_eq!(bubble(&world, (bob, his), "think").reactions.len(), 1);
    world.people[bob].conn = conn;
    world.lose_connection(bob);
    world.run(MINUTE);
    let message = bubble(&world, (bob, his), "lost?").row.id;
    assert_eq!(bubble(&world, (bob, his), "lost?").delivery, Some(Delivery::Failed(Some(Refusal::ChatEnded))));
    assert_eq!(unsent(&world, bob).failed, 2);
    assert!(bubble(&world, (bob, his), "think").reactions.is_empty(), "it reached nobody");
    assert_eq!(refused(&mut world, bob, Command::Retry { message }), Refusal::ChatEnded);
    // One is kept for later, one is given up.
    let given_up = bubble(&world, (bob, his), "given up").row.id;
    does(&mut world, bob, Command::Discard { message: given_up });
    // He is let in again.
    does(&mut world, alice, Command::AddMembers { chat: hers, members: vec!["bob".into()] });
    world.run(2 * MINUTE);
    let invitation = world.people[bob].client().invitations().expect("invitations").pop().expect("an invitation").id;
    assert_eq!(does(&mut world, bob, Command::JoinGroup { invitation }), Reply::Id(his));
    world.run(MINUTE);
    does(&mut world, bob, Command::Retry { message });
    assert_eq!(refused(&mut world, bob, Command::Retry { message }), Refusal::NotFailed);
    world.run(MINUTE);
    for at in [all[0], all[2]] {
        let said = bubbles(&world, at).into_iter().filter(|bubble| bubble.sender.name == "bob");
        assert_eq!(said.map(|bubble| bubble.row.text).collect::<Vec<_>>(), ["lost?"]);
    }
    assert_eq!(bubble(&world, (bob, his), "lost?").delivery, Some(Delivery::Sent));
    assert_eq!(unsent(&world, bob).failed, 0);
}

#[test]
fn a_command_that_arrives_twice_is_carried_out_once() {
    let (mut world, [(alice, hers), (bob, his)]) = two(363);
    say(&mut world, bob, his, "pass it on");
    world.run(2_000);
    let message = bubble(&world, (alice, hers), "pass it on").row.id;
    for (id, command) in [
        Command::Forward { chat: hers, messages: vec![message], to: vec![hers] },
        Command::SendContact { chat: hers },
        Command::Send { chat: hers, what: Outgoing::Text("once".into()), reply: None },
    ]
    .into_iter()
    .enumerate()
    {
        for _ in 0..2 {
            world.input(alice, Input::Command { id: [id as u8; 16], command: command.clone() });
        }
    }
    world.run(5_000);
    assert_eq!(bubbles(&world, (bob, his)).len(), 4);
    let View::Links(links) = ask(&world, alice, Query::Links) else { panic!() };
    assert_eq!(links.len(), 1);
}
