//! An old backup of the server is brought back: records that people have read are gone. It is said, nothing false is taken, and there are ways on.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{ChatKind, ChatState, Command, Refusal, Reply, RequestState};

/// Alice and Bob, who said something after the backup `old` was made.
fn rolled_back(seed: u64) -> (World, [i64; 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    say(&mut world, alice, hers, "before");
    world.run(60_000);
    world.back_up("old");
    world.run(5_000);
    say(&mut world, alice, hers, "lost on the server");
    world.run(60_000);
    world.back_up("right");
    world.bring_back("old");
    world.run(30_000);
    (world, [hers, his])
}

fn row(world: &World, person: usize, chat: i64) -> view::ChatRow {
    world.people[person].client().chats().expect("chats").into_iter().find(|row| row.id == chat).expect("the chat")
}

#[test]
fn it_is_said_at_once_that_a_server_has_lost_records_and_how_to_go_on() {
    let (world, chats) = rolled_back(80);
    for (person, chat) in chats.into_iter().enumerate() {
        assert_eq!(row(&world, person, chat).state, ChatState::Broken);
        assert_eq!(world.people[person].client().lost_chats().expect("chats"), [chat]);
        let lost = |line: &view::Happened| *line == view::Happened::RecordsLost;
        let notices = crate::happened(&world, person, chat).into_iter().filter(lost).count();
        assert_eq!(notices, 1, "said once, not each minute");
    }
}

#[test]
fn a_chat_in_which_both_sides_stood_still_goes_on_when_the_right_server_comes_back() {
    for seed in 81..84 {
        let (mut world, [hers, his]) = rolled_back(seed);
        say(&mut world, 0, hers, "hers, meanwhile");
        say(&mut world, 1, his, "his, meanwhile");
        world.run(10 * 60_000);
        assert!(!texts(&world, 1, his).iter().any(|(_, text)| text == "hers, meanwhile"), "nothing goes to a server that lost records");
        world.bring_back("right");
        world.run(3 * 60_000);
        for (person, chat) in [(0, hers), (1, his)] {
            assert_eq!(row(&world, person, chat).state, ChatState::Active, "seed {seed}");
            let mut said: Vec<String> = texts(&world, person, chat).into_iter().map(|(_, text)| text).collect();
            said.retain(|text| !text.starts_with("The server has lost"));
            said.sort();
            assert_eq!(said, ["before", "hers, meanwhile", "his, meanwhile", "lost on the server"], "seed {seed}");
        }
        assert_eq!(judge(&world, Honesty::Hostile), []);
    }
}

#[test]
fn two_whose_chat_was_lost_go_on_in_a_new_one_by_a_new_request() {
    let (mut world, [hers, his]) = rolled_back(85);
    say(&mut world, 1, his, "waits for a way");
    // A link still works: the own inbox goes on from what both sides know.
    let Ok(Reply::Link { url, .. }) = world.command(0, Command::MakeLink { label: "bob".into(), uses: 1, days: 1 }) else {
        panic!("no link")
    };
    world.run(15_000);
    world.command(1, Command::AddContact { link: url.clone() }).expect("a contact may ask anew where the chat is lost");
    world.run(60_000);
    let open = |row: &view::RequestRow| row.state == RequestState::Open;
    let request = world.people[0].client().requests().expect("requests").into_iter().find(open).expect("the request");
    let Ok(Reply::Id(new)) = world.command(0, Command::AcceptRequest { id: request.id }) else { panic!("not accepted") };
    assert_ne!(new, hers);
    world.run(120_000);
    for (person, old) in [(0, hers), (1, his)] {
        let chats = world.people[person].client().chats().expect("chats");
        let two: Vec<_> = chats.iter().filter(|chat| chat.kind == ChatKind::Two && chat.state == ChatState::Active).collect();
        assert_eq!(two.len(), 1, "{chats:?}");
        assert!(chats.iter().any(|chat| chat.id == old && chat.state != ChatState::Active), "what was said stays: {chats:?}");
        assert!(world.people[person].client().lost_chats().expect("chats").is_empty());
        assert!(texts(&world, person, old).iter().any(|(_, text)| text == "lost on the server"));
        assert!(texts(&world, person, two[0].id).iter().any(|(_, text)| text == "waits for a way"), "{person}");
    }
    say(&mut world, 0, new, "here we are");
    world.run(1000);
    let his_new = world.people[1].client().find_chat("alice").expect("chats").expect("one alice");
    assert!(texts(&world, 1, his_new).iter().any(|(_, text)| text == "here we are"));
    // And with a healthy chat nobody asks a contact.
    let again = world.command(1, Command::AddContact { link: url });
    assert!(matches!(again, Err(Refusal::AlreadyContact { .. })), "{again:?}");
}

#[test]
fn an_inbox_goes_on_after_a_restore_and_its_links_work_again() {
    let mut world = World::new(86, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.run(5_000);
    world.back_up("old");
    // The link is made after the backup: the restored server knows nothing of it.
    let Ok(Reply::Link { url, .. }) = world.command(alice, Command::MakeLink { label: "bob".into(), uses: 1, days: 1 }) else {
        panic!("no link")
    };
    world.run(15_000);
    world.bring_back("old");
    world.run(30_000);
    world.command(bob, Command::AddContact { link: url }).expect("asked");
    world.run(60_000);
    let requests = world.people[alice].client().requests().expect("requests");
    assert_eq!(requests.len(), 1, "{requests:?}");
}
