use super::*;
use franking::{SignedStamp, StampPublic};
use wire::call::PassChange;
use wire::limits;

#[test]
fn a_stamp_holds_under_the_servers_key_and_chains() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let key = StampPublic::from_bytes(&world.hello(conn).stamp_key).unwrap();
    world.make_log(conn, log(1));
    let mut head = franking::Head::start(log(1).route());
    for (text, after) in [("a", 0), ("b", 0)] {
        let append = content(log(1), text, after);
        let h = Hash32::of(&append.record);
        let stamp = world.append(conn, append.clone()).unwrap();
        let verified = SignedStamp::from_wire(log(1).route(), h, &stamp).verify(&key).unwrap();
        head = head.follow(&verified.line()).unwrap();
        assert_eq!(world.append(conn, append), Ok(stamp), "the same bytes, the same stamp and signature");
    }
    assert_eq!(head.seq, Seq(2));
}

#[test]
fn what_is_read_later_carries_the_stamp_of_then() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    let stamps: Vec<_> = ["a", "b", "c"].iter().map(|text| world.append(conn, content(log(1), text, 0)).unwrap()).collect();
    let mut world = world.restart();
    let conn = world.connect(1);
    world.bearer(conn, &Person::new(1));
    let read = |after, limit| Request::ReadLog { log: log(1), pass: token(2), after: Seq(after), limit };
    let Response::Page { records, head } = world.ask(conn, read(0, 64)) else { panic!("no page") };
    assert_eq!((records.iter().map(|record| record.stamp.clone()).collect::<Vec<_>>(), head), (stamps, Seq(3)));
    let Response::Page { records, .. } = world.ask(conn, read(1, 1)) else { panic!("no page") };
    assert_eq!(records.iter().map(|record| record.record.clone()).collect::<Vec<_>>(), ["b"]);
    assert!(matches!(world.ask(conn, read(3, 0)), Response::Page { records, head: Seq(3) } if records.is_empty()));
}

#[test]
fn reading_needs_a_pass_that_reads() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let passes = vec![new_pass(1, Role::Owner), new_pass(3, Role::Drop)];
    world.ask(conn, Request::CreateLog { log: log(1), passes, inbox: true });
    let read = |log, pass| Request::ReadLog { log, pass: token(pass), after: Seq(0), limit: 1 };
    assert_eq!(world.ask(conn, read(log(1), 3)), Response::Refused(Refusal::RoleForbids));
    assert_eq!(world.ask(conn, read(log(1), 9)), Response::Refused(Refusal::NoPass));
    assert_eq!(world.ask(conn, read(log(2), 1)), Response::Refused(Refusal::NoPass));
    assert!(matches!(world.ask(conn, read(log(1), 1)), Response::Page { .. }));
}

#[test]
fn a_dropped_pass_pages_up_to_the_record_that_dropped_it() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    world.append(conn, content(log(1), "a", 0)).unwrap();
    world.append(conn, commit(log(1), "b", 0, vec![PassChange::Drop(token(2).hash())])).unwrap();
    world.append(conn, Append { pass: token(1), ..content(log(1), "c", 2) }).unwrap();
    let read = Request::ReadLog { log: log(1), pass: token(2), after: Seq(0), limit: 64 };
    let Response::Page { records, head } = world.ask(conn, read) else { panic!("no page") };
    assert_eq!((records.len(), head), (2, Seq(2)));
}

#[test]
fn an_account_makes_so_many_logs_a_day() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let create = |n: u32| {
        let mut id = [0; 32];
        id[..4].copy_from_slice(&n.to_be_bytes());
        Request::CreateLog { log: LogId(id), passes: vec![new_pass(1, Role::Owner)], inbox: false }
    };
    for n in 0..limits::LOGS_PER_DAY {
        assert_eq!(world.ask(conn, create(n)), Response::Done);
    }
    assert_eq!(world.ask(conn, create(9999)), Response::Refused(Refusal::Quota));
    world.now = world.now.plus(limits::SESSION_LIFE / 2);
    world.bearer(conn, &Person::new(1));
    world.now = world.now.plus(limits::SESSION_LIFE / 2);
    assert_eq!(world.ask(conn, create(9999)), Response::Done);
}

#[test]
fn bytes_of_records_and_what_each_costs_beside_them_count_against_the_day() {
    let mut world = World::new();
    let bytes_per_day = 10 + 2 * limits::RECORD_COST;
    let (alice, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    world.server.store().commit(NOW, vec![Op::SetQuota { account: alice.account(), bytes_per_day }]).unwrap();
    world.bearer(conn, &alice);
    assert!(world.append(conn, content(log(1), "12345678", 0)).is_ok());
    assert_eq!(world.append(conn, content(log(1), "abc", 0)), Err(Refusal::Quota));
    assert!(world.append(conn, content(log(1), "ab", 0)).is_ok());
}

#[test]
fn an_answer_is_the_same_after_a_power_cut() {
    let mut world = World::new();
    let (alice, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    let swap = Append { pass: token(2), ..commit(log(1), "swap", 0, vec![PassChange::Swap(token(9).hash())]) };
    let stamp = world.append(conn, swap.clone()).unwrap();
    let mut world = world.restart();
    let conn = world.connect(1);
    world.bearer(conn, &alice);
    world.append(conn, commit(log(1), "other", 1, vec![])).unwrap();
    assert_eq!(world.append(conn, swap), Ok(stamp));
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = || {
        let mut world = World::new();
        let (_, conn) = world.arrive(1);
        world.make_log(conn, log(1));
        world.subscribe(conn, 1, log(1), 1, 0);
        let stamp = world.append(conn, content(log(1), "a", 0)).unwrap();
        world.ack(conn, 1, 1);
        world.tick();
        (stamp, world.hello(conn).nonce, world.server.store().dump().unwrap(), world.pushed)
    };
    assert_eq!(run(), run());
}
