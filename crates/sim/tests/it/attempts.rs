//! What becomes of an attempt: lost, late, refused, or forgotten with the power.

use crate::{group, join, say, texts};
use client::Input;
use server::function::ConnId;
use sim::evil::{Deed, Evil};
use sim::oracle::{Honesty, judge};
use sim::person::Person;
use sim::world::{Weather, World};
use view::{Command, Outgoing, Reply};
use wire::call::{Frame, Request};

const MINUTE: u64 = 60_000;

fn two(seed: u64) -> (World, [i64; 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    (world, [hers, his])
}

fn count(world: &World, person: usize, chat: i64, text: &str) -> usize {
    texts(world, person, chat).iter().filter(|(_, held)| held == text).count()
}

fn said_by_hand(world: &mut World, person: usize, chat: i64, text: &str) -> Vec<Frame> {
    by_hand(world, person, Command::Send { chat, what: Outgoing::Text(text.to_owned()), reply: None })
}

/// What a device sends when its person wants something, caught: none of it has left.
fn by_hand(world: &mut World, person: usize, command: Command) -> Vec<Frame> {
    let input = Person::command_input(world.dice.seed(), command);
    let (now, seed) = (world.now, world.dice.seed());
    world.people[person].handle(now, seed, input).frames
}

/// The append of what a person says, caught; its device has no connection any more, until it is switched on again. The server's end of it is
/// still there.
pub fn said_into_the_void(world: &mut World, person: usize, chat: i64, text: &str) -> (ConnId, Frame) {
    // A device that does not know the time asks for it first.
    world.lose_connection(person);
    world.run(5_000);
    let mut frames = said_by_hand(world, person, chat, text);
    let conn = world.people[person].conn.take().expect("a connection");
    let (now, seed) = (world.now, world.dice.seed());
    world.people[person].handle(now, seed, Input::Disconnected);
    let append = frames.pop().filter(|frame| matches!(frame, Frame::Request { request: Request::Append(_), .. }));
    assert!(frames.is_empty());
    (ConnId(conn), append.expect("an append"))
}

#[test]
fn an_attempt_that_arrives_when_its_sender_has_come_back_stands_once() {
    for late in [100, 5_000] {
        let (mut world, [hers, his]) = two(101);
        let (old, append) = said_into_the_void(&mut world, 0, hers, "once");
        world.reconnect(0);
        world.run(late);
        let (now, seed) = (world.now, world.dice.seed());
        world.server().handle(now, seed, old, append);
        world.lose_connection(0);
        world.lose_connection(1);
        say(&mut world, 0, hers, "twice");
        world.run(MINUTE);
        for (person, chat) in [(0, hers), (1, his)] {
            assert_eq!([count(&world, person, chat, "once"), count(&world, person, chat, "twice")], [1, 1], "{late} {person}");
        }
        assert_eq!(judge(&world, Honesty::Honest), [], "{late}");
    }
}

/// Whoever was away would else seal for an epoch that is over, and be refused again and again.
#[test]
fn who_was_away_reads_to_the_end_before_anything_is_sealed() {
    let mut world = World::new(102, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    world.people[1].crash();
    world.command(0, Command::Promote { chat: chats[0], member: "carol".into() }).expect("promoted");
    world.run(MINUTE);
    let before = world.stale;
    world.people[1].start();
    say(&mut world, 1, chats[1], "where were we?");
    world.reconnect(1);
    world.run(MINUTE);
    assert_eq!(world.stale - before, 0, "appends that were refused for naming an earlier Commit");
    for person in 0..3 {
        assert_eq!(count(&world, person, chats[person], "where were we?"), 1, "{person}");
    }
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn what_was_said_as_the_power_went_was_never_said_or_is_remembered() {
    for number in [1, 2] {
        let (mut world, [hers, his]) = two(103);
        let conn = ConnId(world.people[0].conn.expect("a connection"));
        world.people[0].cut_before_commit(number);
        let frames = said_by_hand(&mut world, 0, hers, "and then it was dark");
        let left = frames.len() as u64;
        for frame in frames {
            let (now, seed) = (world.now, world.dice.seed());
            world.server().handle(now, seed, conn, frame);
        }
        world.power_cut(0);
        // What was pushed to Bob meanwhile nobody carried.
        world.lose_connection(1);
        world.run(MINUTE);
        say(&mut world, 0, hers, "light again");
        world.run(MINUTE);
        for text in ["and then it was dark", "light again"] {
            assert_eq!(count(&world, 0, hers, text), count(&world, 1, his, text), "{number}: {text}");
        }
        assert_eq!(judge(&world, Honesty::Honest), [], "{number}");
        assert_eq!(
            left,
            number - 1,
            "what leaves when the first commit of an input fails, and when the second would, of which there is none"
        );
    }
}

#[test]
fn who_loses_power_over_a_record_reads_it_again() {
    for number in [1, 2, 3] {
        let (mut world, [hers, his]) = two(104);
        world.run(MINUTE);
        world.people[0].cut_before_commit(number);
        say(&mut world, 1, his, "read me");
        world.run(MINUTE);
        assert_eq!(count(&world, 0, hers, "read me"), 1, "{number}");
        assert_eq!(judge(&world, Honesty::Honest), [], "{number}");
    }
}

/// Bob's Commit comes first by a hair, so that Alice's adds nobody; she makes it anew.
#[test]
fn a_commit_that_came_too_late_invites_nobody() {
    let mut world = World::new(105, Weather::FAIR);
    let mut chats = group(&mut world, &["alice", "bob", "dave"]);
    let carol = world.person("carol");
    world.befriend(0, carol);
    world.command(0, Command::Promote { chat: chats[0], member: "bob".into() }).expect("promoted");
    world.run(5 * MINUTE);
    // Who does not know the time asks for it first.
    (0..2).for_each(|person| world.lose_connection(person));
    world.run(5_000);
    world.weather = Weather { delay_min: 10, delay_max: 10, ..Weather::FAIR };
    let before = world.stale;
    world.command(0, Command::AddMembers { chat: chats[0], members: vec!["carol".into()] }).expect("meant");
    // She asks for Carol's KeyPackages first: there and back.
    world.run(15);
    assert_eq!(world.stale, before);
    world.command(1, Command::Promote { chat: chats[1], member: "dave".into() }).expect("meant");
    world.run(2 * MINUTE);
    assert!(world.stale > before, "hers was refused");
    let rows = world.people[carol].client().audit_rows().expect("rows");
    assert_eq!(rows.iter().filter(|(table, _)| table == "invitation").count(), 1);
    chats.push(join(&mut world, carol));
    world.run(MINUTE);
    for person in 0..4 {
        say(&mut world, person, chats[person], &format!("{person} is here"));
    }
    world.run(MINUTE);
    for person in 0..4 {
        assert!((0..4).all(|by| count(&world, person, chats[person], &format!("{by} is here")) == 1), "{person}");
    }
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// Each is gone a little later than the one before: before its first Commit has left, under way, accepted, read back.
#[test]
fn who_is_gone_as_its_pass_is_swapped_goes_on_under_the_one_that_counts() {
    let mut world = World::new(106, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob"]);
    for (name, after) in [("carol", 15), ("dave", 25), ("erin", 35), ("frank", 45)] {
        let joiner = world.person(name);
        world.befriend(0, joiner);
        world.command(0, Command::AddMembers { chat: chats[0], members: vec![name.into()] }).expect("meant");
        world.run(2 * MINUTE);
        world.lose_connection(joiner);
        world.run(5_000);
        world.weather = Weather { delay_min: 10, delay_max: 10, ..Weather::FAIR };
        let chat = join(&mut world, joiner);
        world.run(after);
        world.power_cut(joiner);
        world.run(MINUTE);
        world.weather = Weather::FAIR;
        say(&mut world, joiner, chat, &format!("{name} is here"));
        world.run(MINUTE);
        assert_eq!(count(&world, 0, chats[0], &format!("{name} is here")), 1, "{after}");
    }
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// Whoever only deposits reads nothing, and learns from the answer alone what became of it.
#[test]
fn a_deposit_whose_answer_was_lost_stands_once_also_after_it_was_read() {
    let mut world = World::new(107, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    world.run(500);
    let made = world.command(alice, Command::MakeLink { label: "bob".into(), uses: 2, days: 1 });
    let Ok(Reply::Link { url, .. }) = made else { panic!("no link") };
    world.run(2_000);
    world.evil = Some(Evil { deed: Deed::Unanswered, often: 1000, person: bob, done: 0 });
    world.command(bob, Command::AddContact { link: url }).expect("asked");
    world.run(MINUTE);
    assert!(world.evil.take().is_some_and(|evil| evil.done > 0), "it was done");
    let read = |world: &World| {
        let rows = world.people[alice].client().audit_rows().expect("rows");
        rows.iter().filter(|(table, _)| table == "line").count()
    };
    let before = read(&world);
    assert_eq!(world.people[alice].client().requests().expect("requests").len(), 1);
    world.restart_server();
    world.run(MINUTE);
    assert_eq!(read(&world), before, "nothing more was deposited");
    assert!(world.people[bob].client().requests().expect("requests").iter().all(|request| request.state != view::RequestState::Failed));
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

/// Alice puts Bob out, and the server loses power before that is on its disk: all of it, or she could never say it again.
#[test]
fn a_commit_that_the_server_lost_changed_no_pass() {
    let mut world = World::new(108, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob", "carol"]);
    world.lose_connection(0);
    world.run(5_000);
    let conn = ConnId(world.people[0].conn.expect("a connection"));
    let frames = by_hand(&mut world, 0, Command::RemoveMember { chat: chats[0], member: "bob".into() });
    assert!(matches!(frames[..], [Frame::Request { request: Request::Append(_), .. }]));
    for frame in frames {
        let (now, seed) = (world.now, world.dice.seed());
        world.server().handle(now, seed, conn, frame);
    }
    world.restart_server_without_its_last_commit();
    world.run(5 * MINUTE);
    say(&mut world, 0, chats[0], "without bob");
    world.run(MINUTE);
    assert_eq!([1, 2].map(|person| count(&world, person, chats[person], "without bob")), [0, 1]);
    assert_eq!(judge(&world, Honesty::Honest), []);
}

/// Carol's device is off before it has read what stands right before its own Commit; everybody else has.
#[test]
fn a_new_pass_has_read_no_more_than_the_one_it_replaces() {
    let mut world = World::new(109, Weather::FAIR);
    let chats = group(&mut world, &["alice", "bob"]);
    let carol = world.person("carol");
    world.befriend(0, carol);
    world.command(0, Command::AddMembers { chat: chats[0], members: vec!["carol".into()] }).expect("meant");
    world.run(2 * MINUTE);
    [0, carol].into_iter().for_each(|person| world.lose_connection(person));
    world.run(5_000);
    world.weather = Weather { delay_min: 10, delay_max: 10, ..Weather::FAIR };
    let theirs = join(&mut world, carol);
    // There and back to subscribe, and there: her Commit stands after 30 ms.
    world.run(15);
    say(&mut world, 0, chats[0], "right before");
    world.run(17);
    let conn = world.people[carol].conn.take().expect("a connection");
    world.server().disconnect(ConnId(conn));
    world.people[carol].crash();
    // Until a server that has little to do has let die what everybody has read, and has forgotten it too.
    world.run(60 * MINUTE);
    world.restart_server();
    world.people[carol].start();
    world.reconnect(carol);
    world.run(MINUTE);
    assert_eq!(count(&world, carol, theirs, "right before"), 1);
    assert_eq!(judge(&world, Honesty::Honest), []);
}
