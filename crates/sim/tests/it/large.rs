//! Large groups: one Commit adds everybody, one append reaches everybody.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Reply};
use wire::limits::DAY;

#[test]
fn a_message_reaches_everybody_in_a_large_group_and_everybody_can_answer() {
    let long = std::env::var_os("TREEHOUSE_LONG").is_some();
    let size = if long { 256 } else { 100 };
    let mut world = World::new(100, Weather::FAIR);
    let alice = world.person("alice");
    let others: Vec<usize> = (1..size).map(|number| world.person(&format!("person{number}"))).collect();
    world.befriend_all(alice, &others);
    let members = others.iter().map(|person| world.people[*person].name.clone()).collect();
    let Ok(Reply::Id(group)) = world.command(alice, Command::CreateGroup { name: "everybody".into(), members }) else { panic!("no group") };
    world.run(10 * 60_000);
    let mut theirs = Vec::new();
    for person in &others {
        let invitation = world.people[*person].client().invitations().expect("invitations").pop().expect("an invitation");
        // As many as the Commit that added this one made it.
        assert!((101.min(size as u64)..=size as u64).contains(&invitation.members), "{}", invitation.members);
        let Ok(Reply::Id(chat)) = world.command(*person, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
        theirs.push(chat);
    }
    world.run(60_000);
    say(&mut world, alice, group, "hello everybody");
    say(&mut world, others[2], theirs[2], "hello alice");
    world.run(60_000);
    for (person, chat) in others.iter().zip(&theirs) {
        let said: Vec<String> = texts(&world, *person, *chat).into_iter().map(|(_, text)| text).collect();
        assert_eq!(world.people[*person].client().members(*chat).expect("members").len(), size, "{person}");
        assert!(said.contains(&"hello everybody".to_owned()) && said.contains(&"hello alice".to_owned()), "{person} has {said:?}");
    }
    // Everybody else takes fresh secrets some time within seven days: a hundred members' Commits are a hundred times a hundred.
    if long {
        world.run(8 * DAY);
    }
    assert_eq!(judge(&world, Honesty::Honest), []);
}
