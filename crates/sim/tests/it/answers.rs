//! A server that does not speak the protocol: answers out of order, twice, to nothing and about nothing. The device is not said to have failed,
//! nothing of what it holds changes, and it goes on with the next honest word.

use crate::{say, texts};
use client::Input;
use server::function::ConnId;
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use wire::Seq;
use wire::call::{Frame, News, Push, Refusal, Request, Response};

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
