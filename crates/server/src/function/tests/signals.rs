use super::*;
use wire::call::PassChange;
use wire::limits;

fn signal(number: u32) -> Signal {
    Signal { number, sealed: Bytes::from_static(&[7; limits::SIGNAL_LEN]) }
}

/// Three who listen to log 1: the owner under number 4, the member under 5, and a second connection of the member under 6.
fn listening() -> (World, [ConnId; 3]) {
    let mut world = World::new();
    let (_, owner) = world.arrive(1);
    let (_, member) = world.arrive(2);
    let second = world.connect(3);
    world.bearer(second, &Person::new(2));
    world.make_log(owner, log(1));
    for (conn, number, pass) in [(owner, 4, 1), (member, 5, 2), (second, 6, 2)] {
        assert_eq!(world.subscribe(conn, number, log(1), pass, 0), Response::Subscribed { news: vec![], gone: vec![] });
    }
    (world, [owner, member, second])
}

/// Who heard a signal, and under which number, since this was last asked.
fn heard(world: &mut World) -> Vec<(ConnId, u32)> {
    let mut heard: Vec<_> = world.signalled.drain(..).map(|(to, signal)| (to, signal.number)).collect();
    heard.sort_unstable();
    heard
}

#[test]
fn a_signal_goes_to_whoever_else_listens_under_their_own_numbers_and_is_kept_nowhere() {
    let (mut world, [owner, member, second]) = listening();
    let (_, bystander) = world.arrive(8);
    world.make_log(bystander, log(2));
    world.subscribe(bystander, 4, log(2), 1, 0);
    assert_eq!(world.ask(member, Request::Signal(signal(5))), Response::Done);
    assert_eq!(heard(&mut world), [(owner, 4), (second, 6)]);
    assert_eq!(world.pushed, [], "it is no record");
    let late = world.connect(9);
    world.bearer(late, &Person::new(1));
    assert_eq!(world.subscribe(late, 1, log(1), 1, 0), Response::Subscribed { news: vec![], gone: vec![] });
    assert_eq!(heard(&mut world), [], "who comes later hears nothing of it");
}

#[test]
fn only_a_subscription_of_this_connection_signals() {
    let (mut world, [owner, member, _]) = listening();
    let refused = Response::Refused(Refusal::NoPass);
    assert_eq!(world.ask(member, Request::Signal(signal(4))), refused, "the number of another");
    let (_, stranger) = world.arrive(8);
    assert_eq!(world.ask(stranger, Request::Signal(signal(5))), refused);
    let nobody = world.connect(9);
    assert_eq!(world.ask(nobody, Request::Signal(signal(5))), Response::Refused(Refusal::NoSession));
    world.ask(member, Request::Unsubscribe { numbers: vec![5] });
    assert_eq!(world.ask(member, Request::Signal(signal(5))), refused);
    let seed = world.seed();
    let bearer = world.bearer(owner, &Person::new(1));
    let posted = world.server.call(world.now, seed, Some(&bearer), BINDING, Request::Signal(signal(4)));
    assert_eq!(posted, Response::Refused(Refusal::Unsupported));
    assert_eq!(heard(&mut world), []);
}

#[test]
fn who_is_put_out_neither_signals_nor_hears() {
    let (mut world, [owner, member, second]) = listening();
    // The second connection of the member acknowledges nothing, so that the record which puts it out cannot reach it.
    for n in 0..limits::WINDOW_RECORDS as u64 {
        world.append(owner, Append { pass: token(1), ..content(log(1), &n.to_string(), 0) }).unwrap();
        world.ack(owner, 4, n + 1);
        world.ack(member, 5, n + 1);
    }
    world.append(owner, commit(log(1), "out", 0, vec![PassChange::Drop(token(2).hash())])).unwrap();
    for (conn, number) in [(member, 5), (second, 6)] {
        assert_eq!(world.ask(conn, Request::Signal(signal(number))), Response::Refused(Refusal::NoPass));
    }
    assert_eq!(world.ask(owner, Request::Signal(signal(4))), Response::Done);
    assert_eq!(heard(&mut world), []);
}

#[test]
fn a_full_window_drops_signals_without_complaint() {
    let (mut world, [owner, member, second]) = listening();
    for n in 0..limits::WINDOW_RECORDS as u64 {
        world.append(owner, Append { pass: token(1), ..content(log(1), &n.to_string(), 0) }).unwrap();
        world.ack(owner, 4, n + 1);
        world.ack(second, 6, n + 1);
    }
    assert_eq!(world.ask(owner, Request::Signal(signal(4))), Response::Done);
    assert_eq!(heard(&mut world), [(second, 6)], "the member has room for nothing");
    world.ack(member, 5, 1);
    assert_eq!(world.ask(owner, Request::Signal(signal(4))), Response::Done);
    assert_eq!(heard(&mut world), [(member, 5), (second, 6)]);
}

#[test]
fn signals_of_a_connection_have_a_rate() {
    let (mut world, [owner, member, _]) = listening();
    for _ in 0..limits::SIGNAL_BURST {
        assert_eq!(world.ask(member, Request::Signal(signal(5))), Response::Done);
    }
    let wait_ms = limits::SIGNAL_EVERY;
    assert_eq!(world.ask(member, Request::Signal(signal(5))), Response::Refused(Refusal::RateLimited { wait_ms }));
    assert_eq!(world.ask(owner, Request::Signal(signal(4))), Response::Done, "others have their own");
    world.now = world.now.plus(limits::SIGNAL_EVERY);
    assert_eq!(world.ask(member, Request::Signal(signal(5))), Response::Done);
}

#[test]
fn a_client_that_does_not_know_signals_is_sent_none() {
    let (mut world, [owner, member, second]) = listening();
    assert!(matches!(world.ask(second, Request::Hello { versions: vec![1], features: vec![] }), Response::Welcome(_)));
    world.ask(owner, Request::Signal(signal(4)));
    assert_eq!(heard(&mut world), [(member, 5)]);
}

#[test]
fn nobody_hears_a_signal_when_the_session_is_over() {
    let (mut world, [owner, member, second]) = listening();
    world.now = world.now.plus(limits::SESSION_LIFE);
    assert_eq!(world.ask(member, Request::Signal(signal(5))), Response::Refused(Refusal::NoSession));
    world.bearer(owner, &Person::new(1));
    world.ask(owner, Request::Signal(signal(4)));
    assert_eq!(heard(&mut world), []);
    world.bearer(second, &Person::new(2));
    world.ask(owner, Request::Signal(signal(4)));
    assert_eq!(heard(&mut world), [(second, 6)]);
}

#[test]
fn a_log_with_more_listeners_than_a_chat_has_passes_no_signals_on() {
    let (mut world, [owner, ..]) = listening();
    for n in 0..limits::SIGNAL_LISTENERS_MAX as u64 {
        let conn = world.connect(100 + n);
        world.bearer(conn, &Person::new(1));
        world.subscribe(conn, 1, log(1), 1, 0);
    }
    assert_eq!(world.ask(owner, Request::Signal(signal(4))), Response::Done);
    assert_eq!(heard(&mut world), []);
}
