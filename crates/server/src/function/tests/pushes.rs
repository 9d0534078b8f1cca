use super::*;
use wire::call::{News, PassChange};
use wire::limits;

/// A world where the first connection writes and the second listens to log 1 under number 5.
fn listening() -> (World, ConnId, ConnId) {
    let mut world = World::new();
    let (_, writer) = world.arrive(1);
    let (_, reader) = world.arrive(2);
    world.make_log(writer, log(1));
    assert_eq!(world.subscribe(reader, 5, log(1), 1, 0), Response::Subscribed { news: vec![], gone: vec![] });
    (world, writer, reader)
}

#[test]
fn a_record_is_pushed_to_whoever_listens_and_to_nobody_else() {
    let (mut world, writer, reader) = listening();
    let bystander = world.connect(9);
    let stamp = world.append(writer, content(log(1), "a", 0)).unwrap();
    let [(to, push)] = world.pushed.as_slice() else { panic!("{:?}", world.pushed) };
    assert_eq!((*to, push.number, push.ended), (reader, 5, false));
    assert_eq!((&push.records[0].stamp, push.records[0].record.as_ref()), (&stamp, b"a".as_slice()));
    world.append(writer, content(log(1), "a", 0)).unwrap();
    assert_eq!(world.pushed.len(), 1, "a resend is no news");
    assert_eq!(world.heard(bystander), [0_u64; 0]);
    world.ask(reader, Request::Unsubscribe { numbers: vec![5] });
    world.pushed.clear();
    world.append(writer, content(log(1), "b", 0)).unwrap();
    assert_eq!(world.pushed, []);
}

#[test]
fn what_came_before_is_pushed_from_the_cursor_on() {
    let (mut world, writer, _) = listening();
    for n in 0..5 {
        world.append(writer, content(log(1), &n.to_string(), 0)).unwrap();
    }
    let late = world.connect(3);
    world.bearer(late, &Person::new(1));
    let news = vec![News { number: 1, head: Seq(5), first: Seq(3) }];
    assert_eq!(world.subscribe(late, 1, log(1), 2, 2), Response::Subscribed { news, gone: vec![] });
    assert_eq!(world.heard(late), [3, 4, 5]);
    assert_eq!(world.subscribe(late, 1, log(1), 2, 5), Response::Subscribed { news: vec![], gone: vec![] });
}

#[test]
fn pages_follow_in_turn_the_newest_chat_first() {
    let mut world = World::new();
    let (_, writer) = world.arrive(1);
    for id in [1, 2, 3] {
        world.make_log(writer, log(id));
        for n in 0..70 {
            world.now = world.now.plus(1);
            world.append(writer, content(log(id), &n.to_string(), 0)).unwrap();
        }
    }
    let (_, reader) = world.arrive(2);
    let entries = [1, 2, 3].map(|id| Subscription { number: u32::from(id), log: log(id), pass: token(1), cursor: Seq(0) }).to_vec();
    let Response::Subscribed { news, .. } = world.ask(reader, Request::Subscribe { entries }) else { panic!("not subscribed") };
    assert_eq!(news.iter().map(|news| news.number).collect::<Vec<_>>(), [3, 2, 1]);
    let pages: Vec<_> = world.pushed.iter().map(|(_, push)| (push.number, push.records.len())).collect();
    assert_eq!(pages, [(3, 64), (2, 64), (1, 64), (3, 6), (2, 6), (1, 6)]);
}

#[test]
fn a_window_of_256_records_waits_for_acknowledgements() {
    let (mut world, writer, reader) = listening();
    for n in 0..300u64 {
        world.append(writer, content(log(1), &n.to_string(), 0)).unwrap();
    }
    assert_eq!(world.heard(reader), (1..=256).collect::<Vec<_>>());
    let acks = Frame::Acks(vec![wire::call::Ack { number: 5, seq: Seq(10) }]);
    world.send(reader, acks);
    assert_eq!(world.heard(reader), (257..=266).collect::<Vec<_>>());
    world.send(reader, Frame::Acks(vec![wire::call::Ack { number: 5, seq: Seq(266) }]));
    assert_eq!(world.heard(reader), (267..=300).collect::<Vec<_>>());
}

#[test]
fn a_window_of_a_mebibyte_waits_for_acknowledgements() {
    let (mut world, writer, reader) = listening();
    for n in 0..8u8 {
        let record = Bytes::from(vec![n; 200 * 1024]);
        world.append(writer, Append { record, c: Commitment([n + 1; 32]), ..content(log(1), "", 0) }).unwrap();
    }
    let heard = world.heard(reader);
    assert!(!heard.is_empty() && heard.len() <= limits::WINDOW_BYTES / (200 * 1024), "{heard:?}");
    let mut all = heard;
    while all.len() < 8 {
        let last = *all.last().unwrap();
        world.send(reader, Frame::Acks(vec![wire::call::Ack { number: 5, seq: Seq(last) }]));
        let more = world.heard(reader);
        assert!(!more.is_empty(), "stuck after {last}");
        all.extend(more);
    }
    assert_eq!(all, (1..=8).collect::<Vec<_>>());
}

#[test]
fn who_acknowledges_nothing_for_30_seconds_with_a_full_window_is_closed() {
    let (mut world, writer, reader) = listening();
    for n in 0..257 {
        world.append(writer, content(log(1), &n.to_string(), 0)).unwrap();
    }
    world.now = world.now.plus(limits::WINDOW_STALL - 1);
    assert_eq!(world.tick(), []);
    world.now = world.now.plus(1);
    assert_eq!(world.tick(), [reader]);
    assert!(world.ask_nothing(reader));
    assert_eq!(world.tick(), [], "once");
}

#[test]
fn a_full_window_with_nothing_to_send_closes_nobody() {
    let (mut world, writer, _) = listening();
    for n in 0..256 {
        world.append(writer, content(log(1), &n.to_string(), 0)).unwrap();
    }
    world.now = world.now.plus(10 * limits::WINDOW_STALL);
    assert_eq!(world.tick(), []);
}

impl World {
    /// Whether a connection is gone: it gets no answers.
    fn ask_nothing(&mut self, conn: ConnId) -> bool {
        self.send(conn, Frame::Request { id: 1, request: Request::CountKeyPackages }).is_empty()
    }
}

#[test]
fn acknowledgements_become_cursors_and_let_records_die() {
    let (mut world, writer, reader) = listening();
    world.subscribe(writer, 1, log(1), 2, 0);
    for text in ["a", "b"] {
        world.append(writer, content(log(1), text, 0)).unwrap();
    }
    world.ack(reader, 5, 2);
    world.ack(writer, 1, 99);
    world.tick();
    let view = world.server.view(&log(1), &token(1).hash()).unwrap().unwrap();
    assert_eq!((view.cursor, view.first), (Seq(2), Seq(3)), "both were past both");
    world.append(writer, content(log(1), "c", 0)).unwrap();
    world.tick();
    let view = world.server.view(&log(1), &token(2).hash()).unwrap().unwrap();
    assert_eq!((view.cursor, view.first), (Seq(2), Seq(3)), "what was not sent yet is not acknowledged by a number too large");
}

#[test]
fn a_cursor_in_a_subscription_acknowledges_and_never_goes_back() {
    let (mut world, writer, reader) = listening();
    for text in ["a", "b", "c"] {
        world.append(writer, content(log(1), text, 0)).unwrap();
    }
    let cursor = |world: &mut World| {
        world.tick();
        world.server.view(&log(1), &token(1).hash()).unwrap().unwrap().cursor
    };
    assert_eq!(cursor(&mut world), Seq(0), "what is pushed is not acknowledged");
    world.subscribe(reader, 5, log(1), 1, 2);
    assert_eq!(cursor(&mut world), Seq(2));
    world.subscribe(reader, 5, log(1), 1, 1);
    assert_eq!(cursor(&mut world), Seq(2));
    world.subscribe(reader, 5, log(1), 1, 99);
    assert_eq!(cursor(&mut world), Seq(3), "no further than the log");
}

#[test]
fn a_dropped_pass_hears_of_its_end_and_nothing_after() {
    let (mut world, writer, reader) = listening();
    let owner_goes = vec![PassChange::Set(new_pass(2, Role::Owner))];
    world.append(writer, commit(log(1), "a", 0, owner_goes)).unwrap();
    let drop = Append { pass: token(2), ..commit(log(1), "b", 1, vec![PassChange::Drop(token(1).hash())]) };
    world.append(writer, drop).unwrap();
    world.append(writer, content(log(1), "c", 2)).unwrap();
    let ends: Vec<_> = world.pushed.iter().map(|(to, push)| (*to, push.ended)).collect();
    assert_eq!(ends, [(reader, false), (reader, true)]);
    assert_eq!(world.heard(reader), [1, 2]);
    world.ack(reader, 5, 2);
    world.tick();
    let view = world.server.view(&log(1), &token(1).hash()).unwrap().unwrap();
    assert_eq!(view.cursor, Seq(2), "what it acknowledges at the end counts");
    assert_eq!(world.subscribe(reader, 6, log(1), 1, 2), Response::Subscribed { news: vec![], gone: vec![6] });
}

#[test]
fn a_pass_dropped_while_its_holder_was_away_reads_to_its_end() {
    let (mut world, writer, reader) = listening();
    world.server.disconnect(reader);
    world.append(writer, content(log(1), "a", 0)).unwrap();
    world
        .append(writer, commit(log(1), "b", 0, vec![PassChange::Set(new_pass(2, Role::Owner)), PassChange::Drop(token(1).hash())]))
        .unwrap();
    world.append(writer, content(log(1), "c", 2)).unwrap();
    let reader = world.connect(2);
    world.bearer(reader, &Person::new(2));
    let news = vec![News { number: 5, head: Seq(2), first: Seq(1) }];
    assert_eq!(world.subscribe(reader, 5, log(1), 1, 0), Response::Subscribed { news, gone: vec![] });
    let [(_, push)] = world.pushed.as_slice() else { panic!("{:?}", world.pushed) };
    assert_eq!((push.records.len(), push.ended), (2, true));
}

#[test]
fn who_swaps_its_pass_goes_on_under_the_new_one() {
    let (mut world, writer, reader) = listening();
    let swap = Append { pass: token(1), ..commit(log(1), "a", 0, vec![PassChange::Swap(token(8).hash())]) };
    world.append(reader, swap).unwrap();
    assert!(world.pushed.iter().any(|(to, push)| *to == reader && push.ended), "the old pass ends");
    assert!(matches!(world.subscribe(reader, 5, log(1), 8, 1), Response::Subscribed { gone, .. } if gone.is_empty()));
    world.pushed.clear();
    world.append(writer, content(log(1), "b", 1)).unwrap();
    assert_eq!(world.heard(reader), [2]);
}

#[test]
fn a_number_used_again_means_the_new_subscription() {
    let (mut world, writer, reader) = listening();
    world.make_log(writer, log(2));
    world.subscribe(reader, 5, log(2), 1, 0);
    world.append(writer, content(log(1), "a", 0)).unwrap();
    assert_eq!(world.heard(reader), [0_u64; 0]);
    world.append(writer, content(log(2), "a", 0)).unwrap();
    assert_eq!(world.heard(reader), [1]);
}

#[test]
fn a_connection_listens_to_a_log_with_a_pass_once_and_with_few_passes() {
    let (mut world, writer, reader) = listening();
    let mut last = 0;
    for n in 3..=6 {
        let set = PassChange::Set(new_pass(n, Role::Member));
        last = world.append(writer, commit(log(1), &n.to_string(), last, vec![set])).unwrap().seq.0;
    }
    assert_eq!(world.subscribe(reader, 6, log(1), 1, 0), Response::Refused(Refusal::Malformed), "it has number 5");
    let entry = |number, pass| Subscription { number, log: log(1), pass: token(pass), cursor: Seq(last) };
    let twice = Request::Subscribe { entries: vec![entry(6, 2), entry(7, 2)] };
    assert_eq!(world.ask(reader, twice), Response::Refused(Refusal::Malformed));
    let quiet = Response::Subscribed { news: vec![], gone: vec![] };
    let some = Request::Subscribe { entries: vec![entry(5, 1), entry(6, 2), entry(7, 3), entry(8, 4)] };
    assert_eq!(world.ask(reader, some), quiet, "number 5 means the new subscription");
    let limit = limits::SUBSCRIPTIONS_PER_LOG as u64;
    assert_eq!(world.ask(reader, Request::Subscribe { entries: vec![entry(9, 5)] }), Response::Refused(Refusal::TooLarge { limit }));
    world.ask(reader, Request::Unsubscribe { numbers: vec![7] });
    assert_eq!(world.ask(reader, Request::Subscribe { entries: vec![entry(9, 5)] }), quiet);
}

#[test]
fn a_thousand_chats_come_back_in_one_request() {
    let mut world = World::new();
    let (_, writer) = world.arrive(1);
    let id = |n: u32| {
        let mut id = [7; 32];
        id[..4].copy_from_slice(&n.to_be_bytes());
        LogId(id)
    };
    let passes = || vec![new_pass(1, Role::Owner), new_pass(2, Role::Member)];
    for n in 0..limits::LOGS_PER_DAY {
        world.ask(writer, Request::CreateLog { log: id(n), passes: passes(), inbox: false });
    }
    world.append(writer, content(id(42), "news", 0)).unwrap();
    let (_, reader) = world.arrive(2);
    let entries = (0..1000).map(|n| Subscription { number: n, log: id(n), pass: token(1), cursor: Seq(0) }).collect();
    let Response::Subscribed { news, gone } = world.ask(reader, Request::Subscribe { entries }) else { panic!("not subscribed") };
    assert_eq!(news, [News { number: 42, head: Seq(1), first: Seq(1) }]);
    assert_eq!(gone, (500..1000).collect::<Vec<_>>());
    assert_eq!(world.heard(reader), [1]);
}

#[test]
fn nothing_is_pushed_when_the_session_is_over() {
    let (mut world, writer, reader) = listening();
    world.now = world.now.plus(limits::SESSION_LIFE);
    world.bearer(writer, &Person::new(1));
    world.append(writer, content(log(1), "a", 0)).unwrap();
    assert_eq!(world.heard(reader), [0_u64; 0]);
    world.bearer(reader, &Person::new(2));
    assert_eq!(world.heard(reader), [1], "and it comes when it is opened again");
}
