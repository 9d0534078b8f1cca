//! Clocks that are wrong, and words that wait for hours.

use crate::{say, texts};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::Command;
use wire::limits::DAY;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAYS: i64 = 2 * DAY as i64;

fn said(world: &World, person: usize, chat: i64) -> Vec<String> {
    let mut said: Vec<String> = texts(world, person, chat).into_iter().map(|(_, text)| text).collect();
    said.sort();
    said
}

/// The device has no connection, and none until it is switched on again. What is under way does not arrive.
fn out_of_reach(world: &mut World, person: usize) {
    if let Some(conn) = world.people[person].conn.take() {
        world.server().disconnect(server::function::ConnId(conn));
    }
    let (now, seed) = (world.now, world.dice.seed());
    world.people[person].handle(now, seed, client::Input::Disconnected);
}

#[test]
fn a_message_that_waits_for_three_hours_is_delivered() {
    let mut world = World::new(31, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    out_of_reach(&mut world, alice);
    say(&mut world, alice, hers, "said without a connection");
    world.run(3 * HOUR);
    assert_eq!(said(&world, bob, his), [""; 0]);
    world.power_cut(alice);
    world.run(MINUTE);
    assert_eq!(said(&world, bob, his), ["said without a connection"]);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// Sealed, sent, and lost on the way: the same bytes go again three hours later, also past words and a Commit that came in between.
#[test]
fn a_message_whose_first_attempt_was_lost_three_hours_ago_is_delivered() {
    for meanwhile in [false, true] {
        let mut world = World::new(32, Weather::FAIR);
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| world.person(name));
        world.befriend_all(alice, &[bob, carol]);
        let members = vec!["bob".into(), "carol".into()];
        let Ok(view::Reply::Id(hers)) = world.command(alice, Command::CreateGroup { name: "all".into(), members }) else { panic!() };
        world.run(MINUTE);
        let [his, theirs] = [bob, carol].map(|person| {
            let invitation = world.people[person].client().invitations().expect("readable").pop().expect("an invitation");
            let Ok(view::Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!() };
            world.run(MINUTE);
            chat
        });
        say(&mut world, alice, hers, "lost on its way");
        out_of_reach(&mut world, alice);
        if meanwhile {
            say(&mut world, bob, his, "meanwhile");
            world.command(alice, Command::MarkRead { chat: hers, up_to: 0 }).expect("read");
            world.command(carol, Command::Leave { chat: theirs }).expect("left");
            world.run(HOUR);
            say(&mut world, bob, his, "and after that");
        }
        world.run(3 * HOUR);
        assert!(!said(&world, bob, his).contains(&"lost on its way".to_owned()));
        world.power_cut(alice);
        world.run(5 * MINUTE);
        for (person, chat) in [(alice, hers), (bob, his)] {
            assert_eq!(said(&world, person, chat).iter().filter(|text| *text == "lost on its way").count(), 1, "{meanwhile} {person}");
        }
        assert_eq!(judge(&world, Honesty::Honest), []);
    }
}

/// Alice's clock is two days wrong from the first day on: she signs up, meets Bob, chats, and is in a group.
#[test]
fn a_phone_whose_clock_is_two_days_wrong_takes_part_in_everything() {
    for skew in [-DAYS, DAYS] {
        let mut world = World::new(33, Weather::FAIR);
        let (alice, bob) = (world.person_with_clock("alice", skew), world.person("bob"));
        let carol = world.person_with_clock("carol", -skew);
        let (hers, his) = world.befriend(alice, bob);
        world.befriend(bob, carol);
        say(&mut world, alice, hers, "from a wrong clock");
        say(&mut world, bob, his, "to a wrong clock");
        world.run(MINUTE);
        for (person, chat) in [(alice, hers), (bob, his)] {
            assert_eq!(said(&world, person, chat), ["from a wrong clock", "to a wrong clock"], "{skew}");
        }
        let members = vec!["alice".into(), "carol".into()];
        let Ok(view::Reply::Id(group)) = world.command(bob, Command::CreateGroup { name: "all".into(), members }) else { panic!() };
        world.run(MINUTE);
        let [in_hers, in_theirs] = [alice, carol].map(|person| {
            let invitation = world.people[person].client().invitations().expect("readable").pop().expect("an invitation");
            let Ok(view::Reply::Id(chat)) = world.command(person, Command::JoinGroup { invitation: invitation.id }) else { panic!() };
            world.run(MINUTE);
            chat
        });
        say(&mut world, alice, in_hers, "four days apart");
        world.run(MINUTE);
        say(&mut world, carol, in_theirs, "and back");
        world.run(MINUTE);
        for (person, chat) in [(alice, in_hers), (bob, group), (carol, in_theirs)] {
            assert_eq!(said(&world, person, chat), ["and back", "four days apart"], "{skew}");
        }
        // What is shown beside the words is the time as everybody else has it.
        for (person, chat) in [(alice, hers), (bob, his), (alice, in_hers), (bob, group)] {
            let page = client::Page { before: None, after: None, limit: 10 };
            for row in world.people[person].client().messages(chat, page).expect("readable") {
                assert!(row.sent_ms.abs_diff(world.now.0) < HOUR, "{skew}: {row:?}");
            }
        }
        world.run(3 * DAY);
        assert_eq!(judge(&world, Honesty::Honest), [], "{skew}");
    }
}

/// The clock jumps while the phone is in use, is off, or has words that wait.
#[test]
fn a_clock_that_jumps_by_two_days_stops_nothing() {
    for (before, after) in [(0, DAYS), (0, -DAYS), (DAYS, -DAYS), (-DAYS, DAYS)] {
        let mut world = World::new(34, Weather::FAIR);
        let (alice, bob) = (world.person_with_clock("alice", before), world.person("bob"));
        let (hers, his) = world.befriend(alice, bob);
        world.people[alice].clock_skew = after;
        say(&mut world, alice, hers, "connected");
        world.run(MINUTE);
        out_of_reach(&mut world, alice);
        say(&mut world, alice, hers, "waiting");
        world.people[alice].clock_skew = before;
        world.run(3 * HOUR);
        world.power_cut(alice);
        world.run(5 * MINUTE);
        say(&mut world, bob, his, "answer");
        world.run(MINUTE);
        for (person, chat) in [(alice, hers), (bob, his)] {
            assert_eq!(said(&world, person, chat), ["answer", "connected", "waiting"], "{before} {after}");
        }
        world.run(4 * DAY);
        assert_eq!(judge(&world, Honesty::Honest), [], "{before} {after}");
    }
}

/// What waits for a random moment before it is deposited waits for seconds, not until a clock that was set back has come as far again.
#[test]
fn a_request_does_not_wait_for_a_clock_that_was_set_back() {
    let mut world = World::new(35, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person_with_clock("bob", DAYS));
    world.run(500);
    let made = world.command(alice, Command::MakeLink { label: "bob".into(), uses: 1, days: 1 });
    let Ok(view::Reply::Link { url, .. }) = made else { panic!("no link") };
    world.run(2000);
    world.command(bob, Command::AddContact { link: url }).expect("asked");
    world.run(1000);
    world.people[bob].clock_skew = -DAYS;
    world.power_cut(bob);
    world.run(MINUTE);
    let requests = world.people[alice].client().requests().expect("readable");
    assert_eq!(requests.len(), 1);
    world.command(alice, Command::AcceptRequest { id: requests[0].id }).expect("accepted");
    world.run(MINUTE);
    assert_eq!(world.people[bob].client().chats().expect("readable").len(), 1);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// A server's clock may be set back while it is off. Its stamps go on where they were.
#[test]
fn stamps_do_not_go_back_with_the_clock_of_the_server() {
    let mut world = World::new(36, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    for round in 0..6 {
        say(&mut world, alice, hers, &format!("before {round}"));
        world.run(500);
        world.restart_server();
        say(&mut world, bob, his, &format!("after {round}"));
        world.run(2_000);
    }
    world.run(5 * MINUTE);
    assert_eq!(said(&world, alice, hers), said(&world, bob, his));
    assert_eq!(judge(&world, Honesty::Honest), []);
}
