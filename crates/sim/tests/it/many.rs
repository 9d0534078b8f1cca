//! Somebody with two thousand chats.

use crate::{say, texts};
use client::{Input, store};
use rusqlite::params;
use server::function::ConnId;
use server::store::{Op, Outcome, Store as _};
use sim::world::{Weather, World};
use std::collections::VecDeque;
use view::Event;
use wire::call::{Frame, NewPass, Request, Role};
use wire::{Hash32, LogId, PassToken};

const CHATS: u64 = 2000;

/// Gives somebody's device, which is off, chats that nobody has said anything in yet, and the server their logs.
fn quiet_chats(world: &mut World, person: usize) {
    let mut db = store::open(world.people[person].path(), &[7; 32]).expect("the person's database");
    let turn = db.transaction().expect("a transaction");
    let mut ops = Vec::new();
    for number in 0..CHATS {
        let name = |kind: u64| Hash32::of(&[number.to_be_bytes(), kind.to_be_bytes()].concat()).0;
        let (log, pass) = (LogId(name(1)), PassToken::new(name(2)));
        let passes = vec![NewPass { hash: pass.hash(), role: Role::Owner }];
        ops.push(Op::CreateLog { log, passes, inbox: false });
        turn.execute(
            "INSERT INTO log (log, route, pass, inbox, live, chain) VALUES (?1, ?2, ?3, 0, 1, ?4)",
            params![log.0, log.route().0, pass.expose(), [0u8; 32]],
        )
        .expect("a log");
        let log = turn.last_insert_rowid();
        let chat = "INSERT INTO chat (log, kind, state, name, previous_c, made) VALUES (?1, 'group', 'active', ?2, ?3, 0)";
        turn.execute(chat, params![log, format!("chat {number}"), [0u8; 32]]).expect("a chat");
    }
    turn.commit().expect("chats");
    let now = world.now;
    for batch in ops.chunks(1000) {
        let outcomes = world.server().store().commit(now, batch.to_vec()).expect("logs");
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Done));
    }
}

#[test]
fn a_client_with_two_thousand_chats_reconnects_with_one_request_and_misses_nothing() {
    const CONN: ConnId = ConnId(1 << 40);
    let mut world = World::new(41, Weather::FAIR);
    let (alice, bob) = (world.person("alice"), world.person("bob"));
    let (hers, his) = world.befriend(alice, bob);
    world.people[alice].crash();
    quiet_chats(&mut world, alice);
    say(&mut world, bob, his, "while you were away");
    world.run(1000);
    world.people[alice].start();
    say(&mut world, alice, hers, "while I was away");

    world.server().connect(CONN, [0; 32]);
    let (mut subscribes, mut inputs) = (vec![], VecDeque::from([Input::Connected { binding: [0; 32] }]));
    while let Some(input) = inputs.pop_front() {
        let (now, seed) = (world.now, world.dice.seed());
        let done = world.people[alice].handle(now, seed, input);
        assert!(!done.cut && !done.close);
        for frame in done.frames {
            if let Frame::Request { request: Request::Subscribe { entries }, .. } = &frame {
                subscribes.push(entries.len() as u64);
            }
            let said = world.server().handle(now, seed, CONN, frame);
            inputs.extend(said.into_iter().filter(|(to, _)| *to == CONN).map(|(_, frame)| Input::Frame(frame)));
        }
    }
    // All of them, the chat with Bob and the inbox.
    assert_eq!(subscribes, [CHATS + 2]);
    assert!(world.people[alice].events.contains(&Event::CaughtUp));
    let said: Vec<String> = texts(&world, alice, hers).into_iter().map(|(_, text)| text).collect();
    assert_eq!(said, ["while I was away", "while you were away"]);
    // What was pushed to Bob meanwhile nobody carried.
    world.lose_connection(bob);
    world.run(5000);
    assert!(texts(&world, bob, his).iter().any(|(_, text)| text == "while I was away"));
    assert_eq!(world.people[alice].client().chats().expect("readable").len() as u64, CHATS + 1);
}
