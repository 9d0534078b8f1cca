//! Scenarios: what happens when, told once and for all.

#![allow(clippy::needless_range_loop, reason = "people are numbers here")]

mod ages;
mod answers;
mod asking;
mod attempts;
mod blocked;
mod clocks;
mod days;
mod desks;
mod forgers;
mod gone;
mod hostile;
mod kinds;
mod large;
mod leaving;
mod limits;
mod many;
mod names;
mod news;
mod page;
mod rejoin;
mod reports;
mod restored;
mod rolled_back;
mod signals;
mod silent;
mod team;
mod unsent;
mod wakes;

use sim::world::{Weather, World};
use view::{Command, Happened, MessageKind, Outgoing, Reply};

/// How many seeds are wanted, and whether somebody asked for it: then there is time.
fn counted(usual: u64, long: u64) -> (bool, u64) {
    let named = std::env::var("TREEHOUSE_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    match named {
        Some(seeds) => (true, seeds),
        None if std::env::var_os("TREEHOUSE_LONG").is_some() => (true, long),
        None => (false, usual),
    }
}

fn say(world: &mut World, person: usize, chat: i64, text: &str) {
    let send = Command::Send { chat, what: Outgoing::Text(text.to_owned()), reply: None };
    world.command(person, send).expect("said");
}

fn texts(world: &World, person: usize, chat: i64) -> Vec<(String, String)> {
    let page = client::Page { before: None, after: None, limit: 1000 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    rows.into_iter().filter(|row| row.kind != MessageKind::Notice).map(|row| (row.sender, row.text)).collect()
}

/// The lines that nobody said.
fn happened(world: &World, person: usize, chat: i64) -> Vec<Happened> {
    let page = client::Page { before: None, after: None, limit: 1000 };
    let rows = world.people[person].client().messages(chat, page).expect("messages");
    rows.into_iter().filter_map(|row| row.happened).collect()
}

/// A group of all these people, who are new; the first made it, and everybody has joined. The chat's number for each.
fn group(world: &mut World, names: &[&str]) -> Vec<i64> {
    let people: Vec<usize> = names.iter().map(|name| world.person(name)).collect();
    world.befriend_all(people[0], &people[1..]);
    let members = names[1..].iter().map(|name| (*name).to_owned()).collect();
    let made = world.command(people[0], Command::CreateGroup { name: "walkers".into(), members });
    let Ok(Reply::Id(first)) = made else { panic!("no group") };
    world.run(120_000);
    let mut chats = vec![first];
    for person in &people[1..] {
        chats.push(join(world, *person));
        world.run(60_000);
    }
    chats
}

/// Takes the one invitation that is open.
fn join(world: &mut World, person: usize) -> i64 {
    let open = world.people[person].client().invitations().expect("invitations");
    assert_eq!(open.len(), 1, "one invitation to one group");
    let Ok(Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: open[0].id }) else { panic!("not joined") };
    chat
}

#[test]
fn two_who_ask_each_other_at_the_same_time_have_one_chat() {
    for seed in 0..4 {
        let mut world = World::new(seed, Weather::FAIR);
        let people = [world.person("alice"), world.person("bob")];
        world.run(500);
        let link = |world: &mut World, person: usize| {
            let made = world.command(person, Command::MakeLink { label: "you".into(), uses: 1, days: 1 });
            let Ok(Reply::Link { url, .. }) = made else { panic!("no link") };
            url
        };
        let links = [link(&mut world, 0), link(&mut world, 1)];
        world.run(2_000);
        for person in people {
            world.command(person, Command::AddContact { link: links[1 - person].clone() }).expect("asked");
        }
        world.run(40_000);
        for person in people {
            let requests = world.people[person].client().requests().expect("requests");
            let request = requests.into_iter().find(|row| row.direction == view::Direction::In).expect("a request");
            let Ok(Reply::Id(chat)) = world.command(person, Command::AcceptRequest { id: request.id }) else { panic!("not accepted") };
            say(&mut world, person, chat, &format!("{person} says hello at once"));
        }
        world.run(120_000);
        let chats = people.map(|person| {
            let open =
                world.people[person].client().chats().expect("chats").into_iter().filter(|chat| chat.state == view::ChatState::Active);
            open.map(|chat| chat.id).collect::<Vec<_>>()
        });
        assert!(chats.iter().all(|open| open.len() == 1), "seed {seed}: {chats:?}");
        for person in people {
            say(&mut world, person, chats[person][0], &format!("{person} says hello again"));
        }
        world.run(60_000);
        for person in people {
            let all = world.people[person].client().chats().expect("chats");
            let held: Vec<String> = all.iter().flat_map(|chat| texts(&world, person, chat.id)).map(|(_, text)| text).collect();
            for by in people {
                for text in ["at once", "again"].map(|when| format!("{by} says hello {when}")) {
                    assert_eq!(held.iter().filter(|held| **held == text).count(), 1, "seed {seed}: {person} has {held:?}");
                }
            }
            let here = texts(&world, person, chats[person][0]);
            assert!(people.iter().all(|by| here.iter().any(|(_, text)| *text == format!("{by} says hello again"))), "in one chat");
        }
    }
}

#[test]
fn two_people_meet_and_chat() {
    let mut world = World::new(1, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    say(&mut world, alice, hers, "Hello Bob");
    world.run(1000);
    say(&mut world, bob, his, "Hello Alice");
    world.run(1000);
    assert_eq!(texts(&world, alice, hers), [("me".into(), "Hello Bob".into()), ("bob".to_owned(), "Hello Alice".to_owned())]);
    assert_eq!(texts(&world, bob, his), [("alice".to_owned(), "Hello Bob".to_owned()), ("me".into(), "Hello Alice".into())]);
}
