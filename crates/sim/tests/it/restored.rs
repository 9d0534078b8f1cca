//! A device is lost: its account comes back with 12 words, and nobody else is disturbed.

use crate::{say, texts};
use client::audit::tells_of_a_new_device;
use sim::oracle::{Honesty, judge};
use sim::story::settle;
use sim::world::{Weather, World};
use view::{Command, Event, Refusal, Reply, VaultCommand, VaultEvent, VaultRefusal, Words};

const MINUTE: u64 = 60_000;

/// Alice, Bob and Carol: a chat of two each with Alice, and Alice's group of three. The chats' numbers: with Bob, with Carol, the group, for
/// everybody who is in it.
struct Three {
    world: World,
    with_bob: [i64; 2],
    with_carol: [i64; 2],
    group: [i64; 3],
}

const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn three(seed: u64) -> Three {
    let mut world = World::new(seed, Weather::FAIR);
    for name in ["alice", "bob", "carol"] {
        world.person(name);
    }
    let (a, b) = world.befriend(ALICE, BOB);
    let (c, d) = world.befriend(ALICE, CAROL);
    let members = vec!["bob".into(), "carol".into()];
    let Ok(Reply::Id(hers)) = world.command(ALICE, Command::CreateGroup { name: "walkers".into(), members }) else { panic!("no group") };
    world.run(2 * MINUTE);
    let mut group = [hers, 0, 0];
    for person in [BOB, CAROL] {
        let invitation = world.people[person].client().invitations().expect("invitations").pop().expect("an invitation");
        let Ok(Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!("not joined") };
        group[person] = chat;
        world.run(MINUTE);
    }
    Three { world, with_bob: [a, b], with_carol: [c, d], group }
}

fn keep_safe(world: &mut World, person: usize) -> Words {
    assert_eq!(world.command(person, Command::Vault(VaultCommand::KeepSafe)), Ok(Reply::Done));
    world.run(5 * MINUTE);
    let status = world.people[person].client().vault_status().expect("a status");
    assert!(status.kept && status.stored_ms.is_some() && !status.waiting, "{status:?}");
    world.people[person].client().words().expect("words").expect("words")
}

fn chat_named(world: &World, person: usize, name: &str) -> i64 {
    let chats = world.people[person].client().chats().expect("chats");
    chats.iter().find(|chat| chat.name == name).unwrap_or_else(|| panic!("no {name} in {chats:?}")).id
}

fn states(world: &World, person: usize) -> Vec<(String, String)> {
    let chats = world.people[person].client().chats().expect("chats");
    let mut states: Vec<_> = chats.into_iter().map(|chat| (chat.name, chat.state)).collect();
    states.sort();
    states
}

fn all(names: &[&str], state: &str) -> Vec<(String, String)> {
    names.iter().map(|name| ((*name).into(), state.into())).collect()
}

fn has(world: &World, person: usize, chat: i64, text: &str) -> bool {
    texts(world, person, chat).into_iter().filter(|(_, held)| held == text).count() == 1
}

fn refusals(world: &World, person: usize) -> Vec<Refusal> {
    let of = |event: &Event| match event {
        Event::Vault(VaultEvent::RestoreRefused(why)) | Event::Failed { why, .. } => Some(why.clone()),
        _ => None,
    };
    world.people[person].events.iter().filter_map(of).collect()
}

fn notices(world: &World, person: usize, chat: i64) -> usize {
    texts(world, person, chat).into_iter().filter(|(_, text)| tells_of_a_new_device(text)).count()
}

#[test]
fn restored() {
    let Three { mut world, with_bob, with_carol, group } = three(71);
    say(&mut world, ALICE, with_bob[0], "before to bob");
    say(&mut world, ALICE, group[ALICE], "before to all");
    let words = keep_safe(&mut world, ALICE);
    world.lose_device(ALICE);
    world.run(MINUTE);
    say(&mut world, BOB, group[BOB], "said while she was away");
    world.run(MINUTE);
    let new = world.restore(ALICE, &words);
    world.run(5 * MINUTE);
    assert_eq!(refusals(&world, new), []);
    assert_eq!(states(&world, new), all(&["bob", "carol", "walkers"], "active"));
    let (to_bob, to_carol, to_all) = (chat_named(&world, new, "bob"), chat_named(&world, new, "carol"), chat_named(&world, new, "walkers"));
    say(&mut world, new, to_bob, "back, bob");
    say(&mut world, new, to_carol, "back, carol");
    say(&mut world, new, to_all, "back, all");
    say(&mut world, BOB, with_bob[1], "welcome from bob");
    say(&mut world, CAROL, with_carol[1], "welcome from carol");
    say(&mut world, BOB, group[BOB], "welcome in the group");
    world.run(5 * MINUTE);
    for (person, chat, text) in [
        (BOB, with_bob[1], "back, bob"),
        (CAROL, with_carol[1], "back, carol"),
        (BOB, group[BOB], "back, all"),
        (CAROL, group[CAROL], "back, all"),
        (new, to_bob, "welcome from bob"),
        (new, to_carol, "welcome from carol"),
        (new, to_all, "welcome in the group"),
        (CAROL, group[CAROL], "said while she was away"),
    ] {
        assert!(has(&world, person, chat, text), "{person}: {text}");
    }
    for (person, chat) in [(BOB, with_bob[1]), (CAROL, with_carol[1]), (BOB, group[BOB]), (CAROL, group[CAROL])] {
        assert_eq!(notices(&world, person, chat), 1, "{person} is told once");
    }
    assert!(!has(&world, new, to_bob, "before to bob"), "history does not come by this way");
    // She is an admin still.
    world.command(new, Command::Rename { chat: to_all, name: "runners".into() }).expect("renamed");
    world.command(new, Command::RemoveMember { chat: to_all, member: "carol".into() }).expect("removed");
    world.run(5 * MINUTE);
    assert_eq!(chat_named(&world, BOB, "runners"), group[BOB]);
    settle(&mut world);
    assert_eq!(judge(&world, Honesty::Honest), []);
}
