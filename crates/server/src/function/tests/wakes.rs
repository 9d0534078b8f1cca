use super::*;
use crate::gate::Pushes;
use wire::call::PassChange;
use wire::limits;

/// The member writes, on the first connection; the owner has said under number 4 where to knock, and is gone.
fn away() -> (World, ConnId) {
    let mut world = World::new();
    let (_, writer) = world.arrive(2);
    world.make_log(writer, log(1));
    let (_, reader) = world.arrive(1);
    world.subscribe(reader, 4, log(1), 1, 0);
    assert_eq!(world.ask(reader, set(&[4, 99], "https://push.example/owner")), Response::Done);
    world.server.disconnect(reader);
    (world, writer)
}

fn set(numbers: &[u32], endpoint: &str) -> Request {
    Request::SetWakes { numbers: numbers.to_vec(), endpoint: Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty()) }
}

fn wake(pass: u8) -> Request {
    Request::Wake { log: log(1), pass: token(pass) }
}

/// The member says something and that it is worth knocking for; a moment passes. Where was knocked?
fn says(world: &mut World, writer: ConnId, text: &str) -> Vec<String> {
    let last = world.server.view(&log(1), &token(2).hash()).unwrap().unwrap();
    let after = if text.starts_with("after") { last.head.0 } else { 0 };
    world.append(writer, content(log(1), text, after)).unwrap();
    assert_eq!(world.ask(writer, wake(2)), Response::Done);
    moment(world)
}

fn moment(world: &mut World) -> Vec<String> {
    world.now = world.now.plus(limits::WAKE_PATIENCE);
    world.tick();
    world.knocked.drain(..).map(|knock| knock.endpoint.as_str().to_owned()).collect()
}

fn back(world: &mut World, cursor: u64) -> ConnId {
    let reader = world.connect(50);
    world.bearer(reader, &Person::new(1));
    world.subscribe(reader, 4, log(1), 1, cursor);
    reader
}

#[test]
fn who_is_away_is_knocked_for_once_until_back() {
    let (mut world, writer) = away();
    assert_eq!(says(&mut world, writer, "a"), ["https://push.example/owner"]);
    assert_eq!(says(&mut world, writer, "b"), [] as [String; 0], "once an absence");
    world.now = world.now.plus(limits::WAKE_EVERY);
    assert_eq!(says(&mut world, writer, "c").len(), 1, "who stays away, again after a while");
    let reader = back(&mut world, 3);
    world.server.disconnect(reader);
    assert_eq!(says(&mut world, writer, "d").len(), 1, "it was back");
}

#[test]
fn who_is_here_is_not_knocked_for_and_a_dead_line_is() {
    let (mut world, writer) = away();
    let reader = back(&mut world, 0);
    world.append(writer, content(log(1), "a", 0)).unwrap();
    world.ask(writer, wake(2));
    world.ack(reader, 4, 1);
    assert_eq!(moment(&mut world), [] as [String; 0], "it has acknowledged it");
    world.append(writer, content(log(1), "b", 0)).unwrap();
    world.ask(writer, wake(2));
    assert_eq!(moment(&mut world).len(), 1, "a line that acknowledges nothing may be dead");
}

#[test]
fn without_something_that_waits_nobody_is_knocked_for() {
    let (mut world, writer) = away();
    assert_eq!(world.ask(writer, wake(2)), Response::Done);
    assert_eq!(moment(&mut world), [] as [String; 0]);
    // A record alone wakes nobody: a receipt is none that is worth it.
    world.append(writer, content(log(1), "receipt", 0)).unwrap();
    assert_eq!(moment(&mut world), [] as [String; 0]);
}

#[test]
fn only_who_may_write_there_wakes_and_never_itself() {
    let (mut world, writer) = away();
    world.append(writer, content(log(1), "a", 0)).unwrap();
    assert_eq!(world.ask(writer, wake(8)), Response::Refused(Refusal::NoPass));
    let elsewhere = Request::Wake { log: log(9), pass: token(2) };
    assert_eq!(world.ask(writer, elsewhere), Response::Refused(Refusal::NoPass));
    assert_eq!(world.ask(writer, wake(1)), Response::Done);
    assert_eq!(moment(&mut world), [] as [String; 0], "its own device");
    let stranger = world.connect(60);
    assert_eq!(world.ask(stranger, wake(2)), Response::Refused(Refusal::NoSession));
}

#[test]
fn what_is_taken_back_or_ends_is_knocked_for_no_more() {
    let (mut world, writer) = away();
    let reader = back(&mut world, 0);
    assert_eq!(world.ask(reader, set(&[4], "")), Response::Done);
    world.server.disconnect(reader);
    assert_eq!(says(&mut world, writer, "a"), [] as [String; 0]);
    let reader = back(&mut world, 1);
    world.ask(reader, set(&[4], "https://push.example/owner"));
    world.append(reader, commit(log(1), "swap", 0, vec![PassChange::Swap(token(7).hash())])).unwrap();
    world.server.disconnect(reader);
    assert_eq!(says(&mut world, writer, "after"), [] as [String; 0]);
}

#[test]
fn requests_about_waking_have_limits() {
    let (mut world, writer) = away();
    world.subscribe(writer, 1, log(1), 2, 0);
    for endpoint in ["push.example", "ftp://push.example/", "https://me@push.example/"] {
        assert_eq!(world.ask(writer, set(&[1], endpoint)), Response::Refused(Refusal::Malformed), "{endpoint}");
    }
    let answers: Vec<_> = (0..limits::WAKE_BURST + 1).map(|_| world.ask(writer, wake(2))).collect();
    assert!(matches!(answers.last(), Some(Response::Refused(Refusal::RateLimited { .. }))), "{:?}", answers.last());
    let bearer = world.bearer(writer, &Person::new(2));
    for request in [wake(2), set(&[1], "https://push.example/")] {
        let seed = world.seed();
        let posted = world.server.call(world.now, seed, Some(&bearer), BINDING, request);
        assert_eq!(posted, Response::Refused(Refusal::Unsupported));
    }
}

#[test]
fn a_server_that_wakes_nobody_says_so() {
    let mut world = World::with(Config { pushes: Pushes::Off, ..Config::default() });
    let (_, conn) = world.arrive(1);
    assert_eq!(world.hello(conn).push_key, None);
    world.make_log(conn, log(1));
    world.subscribe(conn, 4, log(1), 1, 0);
    assert_eq!(world.ask(conn, set(&[4], "https://push.example/")), Response::Refused(Refusal::Unsupported));
    assert_eq!(world.ask(conn, wake(1)), Response::Refused(Refusal::Unsupported));
    let mut usual = World::new();
    let conn = usual.connect(1);
    assert_eq!(usual.hello(conn).push_key.map(|key| key[0]), Some(4), "an uncompressed point");
}

#[test]
fn one_device_in_two_chats_shares_nothing_in_the_database() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    for id in [1, 2] {
        world.make_log(conn, log(id));
        world.subscribe(conn, u32::from(id), log(id), 1, 0);
    }
    world.ask(conn, set(&[1, 2], "https://push.example/the-same-device"));
    let rows: Vec<_> = world.server.store().dump().unwrap().into_iter().filter(|(table, _)| table == "wake").collect();
    let sealed: Vec<Vec<u8>> = rows
        .iter()
        .filter_map(|(_, row)| match row.last() {
            Some(rusqlite::types::Value::Blob(bytes)) => Some(bytes.clone()),
            _ => None,
        })
        .collect();
    let [one, other] = sealed.as_slice() else { panic!("{rows:?}") };
    assert_eq!(one.len(), other.len());
    assert!(one.windows(8).all(|part| !other.windows(8).any(|same| same == part)), "no eight bytes in common");
    assert!(!one.windows(4).any(|part| part == b"push"), "and it cannot be read");
}
