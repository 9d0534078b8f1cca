//! A server that does not speak the protocol: answers out of order, twice, to nothing and about nothing. The device is not said to have failed,
//! nothing of what it holds changes, and it goes on with the next honest word.

use crate::{say, texts};
use client::Input;
use server::function::ConnId;
use sim::oracle::{Honesty, judge};
use sim::person::Done;
use sim::world::{Weather, World};
use view::Event;
use wire::call::{Frame, News, Push, Record, Refusal, Request, Response, Welcome, WireStamp};
use wire::{Commitment, Millis, Seq};

/// Alice and Bob, who chat.
fn two() -> (World, [i64; 2]) {
    let mut world = World::new(21, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    say(&mut world, bob, his, "before");
    world.run(1000);
    (world, [hers, his])
}

/// Alice's device hears a frame that no honest server sends now.
fn hears(world: &mut World, frame: Frame) {
    let (now, seed) = (world.now, world.dice.seed());
    let done = world.people[0].handle(now, seed, Input::Frame(frame.clone()));
    assert!(!done.cut, "{frame:?} is said to be a failure of the device");
}

fn goes_on(mut world: World, [hers, his]: [i64; 2]) {
    say(&mut world, 0, hers, "hers after");
    world.lose_connection(0);
    say(&mut world, 1, his, "his after");
    world.run(5 * 60_000);
    for (person, chat) in [(0, hers), (1, his)] {
        let mut said: Vec<String> = texts(&world, person, chat).into_iter().map(|(_, text)| text).collect();
        said.sort();
        assert_eq!(said, ["before", "hers after", "his after"]);
    }
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

fn rows(world: &World) -> Vec<(String, Vec<rusqlite::types::Value>)> {
    world.people[0].client().audit_rows().expect("readable")
}

#[test]
fn news_of_logs_that_nobody_asked_for_are_no_failure_of_the_device() {
    let (mut world, chats) = two();
    let news = |number, head| News { number, head: Seq(head), first: Seq(1) };
    for (news, gone) in [(vec![news(99, 7)], vec![]), (vec![news(u32::MAX, u64::MAX), news(0, 1)], vec![]), (vec![], vec![99, 0, u32::MAX])]
    {
        let id = subscribing(&mut world);
        let before = rows(&world);
        hears(&mut world, Frame::Response { id, response: Response::Subscribed { news, gone } });
        for number in [99, 0, u32::MAX] {
            hears(&mut world, Frame::Push(Push { number, records: vec![], ended: true }));
        }
        assert!(rows(&world) == before, "what is kept has changed");
    }
    goes_on(world, chats);
}

/// Alice's device connects by hand and waits for the answer to this request to subscribe. Later the world connects it anew.
fn subscribing(world: &mut World) -> u64 {
    const CONN: ConnId = ConnId(1 << 40);
    world.lose_connection(0);
    world.server().connect(CONN, [0; 32]);
    let (now, seed) = (world.now, world.dice.seed());
    let mut frames = world.people[0].handle(now, seed, Input::Connected { binding: [0; 32] }).frames;
    loop {
        let subscribe = |frame: &Frame| match frame {
            Frame::Request { id, request: Request::Subscribe { .. } } => Some(*id),
            _ => None,
        };
        if let Some(id) = frames.iter().find_map(subscribe) {
            return id;
        }
        let said: Vec<Frame> =
            frames.drain(..).flat_map(|frame| world.server().handle(now, seed, CONN, frame)).map(|(_, frame)| frame).collect();
        for frame in said {
            frames.extend(world.people[0].handle(now, seed, Input::Frame(frame)).frames);
        }
        assert!(!frames.is_empty(), "the device asks for its logs");
    }
}

/// What the server says to a Hello by hand, with something changed, and what Alice's device does then.
fn welcomed(world: &mut World, change: impl FnOnce(&mut Welcome)) -> Done {
    const CONN: ConnId = ConnId(1 << 41);
    world.lose_connection(0);
    world.server().connect(CONN, [0; 32]);
    let (now, seed) = (world.now, world.dice.seed());
    let hello = world.people[0].handle(now, seed, Input::Connected { binding: [0; 32] }).frames.remove(0);
    let (_, Frame::Response { id, response: Response::Welcome(mut welcome) }) = world.server().handle(now, seed, CONN, hello).remove(0)
    else {
        panic!("no welcome")
    };
    change(&mut welcome);
    world.people[0].handle(now, seed, Input::Frame(Frame::Response { id, response: Response::Welcome(welcome) }))
}

#[test]
fn a_welcome_of_another_server_or_another_version_is_told_and_nothing_is_said_to_it() {
    let other = |welcome: &mut Welcome| {
        // A whole other server, with proofs of its own.
        let key = franking::IdentityKey::from_seed(&[77; 32]);
        welcome.server = key.account().0;
    };
    type Change = (&'static str, fn(&mut Welcome));
    let changes: [Change; 5] = [
        ("version 2", |welcome| welcome.version = 2),
        ("version 0", |welcome| welcome.version = 0),
        ("another identity", other),
        ("another stamp key", |welcome| welcome.stamp_key[0] ^= 1),
        ("a false proof", |welcome| welcome.stamp_key_proof[9] ^= 1),
    ];
    let (mut world, chats) = two();
    for (what, change) in changes {
        let before = rows(&world);
        world.people[0].events.clear();
        let done = welcomed(&mut world, change);
        assert!(done.close && done.frames.is_empty() && !done.cut, "{what}");
        assert!(rows(&world) == before, "{what}: what is kept has changed");
        let told = |event: &Event| matches!(event, Event::Failed { why: view::Refusal::WrongServer { .. }, .. });
        assert!(world.people[0].events.iter().any(told), "{what}");
        world.run(3000);
    }
    // The right one is spoken to, whatever it says the time is: no clock of a server ends the device.
    for now in [0, u64::MAX] {
        let done = welcomed(&mut world, |welcome| welcome.now = Millis(now));
        assert!(!done.close && !done.cut && done.frames.len() == 1);
        world.run(3000);
    }
    goes_on(world, chats);
}

#[test]
fn pages_that_come_again_cut_short_or_out_of_order_show_nothing_twice_and_lose_nothing() {
    let (mut world, chats) = two();
    // What the server pushes to Alice next is caught, and shown in every wrong way before the right one.
    let id = subscribing(&mut world);
    hears(&mut world, Frame::Response { id, response: Response::Subscribed { news: vec![], gone: vec![] } });
    let honest = next_push(&mut world, chats);
    let number = honest.number;
    let push = |records: Vec<Record>| Frame::Push(Push { number, records, ended: false });
    let [first, second] = &honest.records[..] else { panic!("two records: {}", honest.records.len()) };
    let short = Record { record: first.record.slice(..first.record.len() / 2), ..first.clone() };
    let changed = Record { stamp: WireStamp { c: Commitment([9; 32]), ..first.stamp.clone() }, ..first.clone() };
    for records in [vec![second.clone()], vec![short], vec![changed], vec![second.clone(), first.clone()], vec![]] {
        let before = texts(&world, 0, chats[0]);
        hears(&mut world, push(records));
        assert_eq!(texts(&world, 0, chats[0]), before);
        let id = subscribing(&mut world);
        hears(&mut world, Frame::Response { id, response: Response::Subscribed { news: vec![], gone: vec![] } });
    }
    hears(&mut world, push(std::iter::repeat_n(honest.records.clone(), 200).flatten().collect()));
    let shown: Vec<String> = texts(&world, 0, chats[0]).into_iter().map(|(_, text)| text).collect();
    assert_eq!(shown, ["before", "one", "two"]);
    assert_eq!(judge(&world, Honesty::Hostile), []);
}

/// Two messages of Bob's, as the server would push them to Alice.
fn next_push(world: &mut World, [_, his]: [i64; 2]) -> Push {
    const CONN: ConnId = ConnId(1 << 40);
    for text in ["one", "two"] {
        say(world, 1, his, text);
    }
    world.people[0].conn = None;
    world.people[0].crash();
    world.run(5000);
    world.people[0].start();
    // Her device by hand once more, as far as the push; then it is off again, and has heard nothing.
    let mut frames = vec![];
    let (now, seed) = (world.now, world.dice.seed());
    let mut inputs = vec![Input::Connected { binding: [0; 32] }];
    world.server().connect(CONN, [0; 32]);
    let mut push = None;
    while let Some(input) = inputs.pop() {
        frames.extend(world.people[0].handle(now, seed, input).frames);
        for frame in frames.drain(..) {
            for (_, frame) in world.server().handle(now, seed, CONN, frame) {
                match frame {
                    Frame::Push(found) => push = push.or(Some(found)),
                    frame => inputs.push(Input::Frame(frame)),
                }
            }
        }
    }
    let id = subscribing(world);
    hears(world, Frame::Response { id, response: Response::Subscribed { news: vec![], gone: vec![] } });
    push.expect("a push")
}

#[test]
fn answers_to_nothing_change_nothing() {
    let (mut world, chats) = two();
    let before = rows(&world);
    let refusals = [Refusal::NoSession, Refusal::NoPass, Refusal::Stale { last_commit: Seq(u64::MAX) }, Refusal::AccountClosed];
    for id in [0, 1, 2, 3, 4, 5, 6, 1000, u64::MAX] {
        hears(&mut world, Frame::Response { id, response: Response::Done });
        for refusal in refusals {
            hears(&mut world, Frame::Response { id, response: Response::Refused(refusal) });
        }
        hears(&mut world, Frame::Request { id, request: Request::CountKeyPackages });
        hears(&mut world, Frame::Acks(vec![]));
    }
    assert!(rows(&world) == before, "what is kept has changed");
    goes_on(world, chats);
}
