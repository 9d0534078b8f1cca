//! Who comes and goes in a group, and what is changed in it: told in it, the same for everybody.

use super::*;
use crate::happened;
use view::{Event, Happened, Sender};

/// Without who reads it.
fn told(world: &World, (person, chat): (usize, i64)) -> Vec<String> {
    let account = |one: &Sender| {
        let whose = |person: &sim::person::Person| person.client().account_id().expect("read").expect("an account").to_string();
        world.people.iter().find(|person| whose(person) == one.account).map(|person| person.name.clone()).expect("one of them")
    };
    let all = |some: &[Sender]| {
        let mut names: Vec<String> = some.iter().map(account).collect();
        names.sort();
        names.join("+")
    };
    let line = |happened: Happened| match happened {
        Happened::Added { by, who } => format!("{} added {}", account(&by), all(&who)),
        Happened::Joined { who } => format!("{} joined", account(&who)),
        Happened::Left { who } => format!("{} left", all(&who)),
        Happened::Removed { by, who } => format!("{} removed {}", account(&by), all(&who)),
        Happened::MadeAdmin { by, who } => format!("{} made admin {}", account(&by), all(&who)),
        Happened::TookAdmin { by, who } => format!("{} took admin {}", account(&by), all(&who)),
        Happened::Renamed { by, name } => format!("{} renamed {name}", account(&by)),
        Happened::Timer { by, seconds } => format!("{} timer {seconds}", account(&by)),
        other => format!("{other:?}"),
    };
    happened(world, person, chat).into_iter().map(line).collect()
}

#[test]
fn who_comes_and_goes_in_a_group_is_one_line_for_everybody_and_notifies_nobody() {
    let (mut world, [hers, his, carols]) = group(671);
    let begun = ["alice added bob+carol", "bob joined", "carol joined"];
    assert_eq!(told(&world, hers), begun);
    assert_eq!(told(&world, his), begun[1..]);
    // Added by the same Commit, she reads on from there.
    assert_eq!(told(&world, carols), begun[1..]);
    world.people.iter_mut().for_each(|person| person.events.clear());
    let chat = hers.1;
    for command in [
        Command::Rename { chat, name: "Orchard".into() },
        // The same again is no news.
        Command::Rename { chat, name: "Orchard".into() },
        Command::Expire { chat, seconds: 86_400 },
        Command::Promote { chat, member: "bob".into() },
        Command::Demote { chat, member: "bob".into() },
        Command::RemoveMember { chat, member: "carol".into() },
    ] {
        does(&mut world, hers.0, command);
        world.run(MINUTE);
    }
    does(&mut world, his.0, Command::Leave { chat: his.1 });
    world.run(2 * MINUTE);
    let since =
        ["alice renamed Orchard", "alice timer 86400", "alice made admin bob", "alice took admin bob", "alice removed carol", "bob left"];
    assert_eq!(told(&world, hers)[3..], since);
    assert_eq!(told(&world, his)[2..], since);
    assert_eq!(told(&world, carols)[2..], since[..5], "what follows is for those who are in it");
    for at in [hers, his, carols] {
        assert_eq!(line(&world, at).row.unread, 0);
        let arrived = |event: &Event| matches!(event, Event::Arrived { .. });
        assert!(!world.people[at.0].events.iter().any(arrived), "nobody is notified");
        let lines = bubbles(&world, at);
        assert!(lines.iter().all(|bubble| bubble.row.text.is_empty()), "facts, and no words");
    }
}

#[test]
fn who_was_invited_again_joins_once_and_whoever_cannot_follow_joins_not_again() {
    let (mut world, [hers, his, _]) = group(672);
    let before = told(&world, hers);
    // A device that was off for long and comes back says nothing of its own.
    world.lose_connection(his.0);
    say(&mut world, hers.0, hers.1, "still here");
    world.run(MINUTE);
    assert_eq!(told(&world, hers), before);
    does(&mut world, hers.0, Command::RemoveMember { chat: hers.1, member: "bob".into() });
    world.run(2 * MINUTE);
    does(&mut world, hers.0, Command::AddMembers { chat: hers.1, members: vec!["bob".into()] });
    world.run(2 * MINUTE);
    let invitation = world.people[his.0].client().invitations().expect("invitations").pop().expect("an invitation");
    assert_eq!(told(&world, hers)[before.len()..], ["alice removed bob", "alice added bob"]);
    does(&mut world, his.0, Command::JoinGroup { invitation: invitation.id });
    world.run(2 * MINUTE);
    assert_eq!(told(&world, hers)[before.len()..], ["alice removed bob", "alice added bob", "bob joined"]);
}
