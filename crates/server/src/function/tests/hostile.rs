//! Whatever is asked at the wrong time, with the wrong ids or by the wrong party: a typed refusal, and nothing kept has changed.

use super::*;
use proptest::prelude::*;
use wire::call::{Ack, PassChange, UploadId};
use wire::{DeleteToken, TakeHash, TakePass, VaultId, VaultWrite, limits};

/// Every kind of request, about things that do not exist.
fn junk(n: u8) -> Vec<Request> {
    let account = AccountId([n; 32]);
    let (log, pass) = (LogId([n; 32]), PassToken::new([n; 32]));
    let append = |flag, changes| {
        Request::Append(Append {
            log,
            pass: pass.clone(),
            flag,
            after: Seq(u64::from(n)),
            c: Commitment([n; 32]),
            record: Bytes::from_static(b"junk"),
            changes,
        })
    };
    let set = |role| PassChange::Set(NewPass { hash: pass.hash(), role });
    vec![
        Request::Hello { versions: vec![], features: vec![] },
        Request::OpenSession { account, client: ClientId([n; 16]), nonce: [n; 32], signature: [n; 64] },
        Request::ResumeSession { bearer: Bearer::new([n; 32]) },
        Request::SignUp { handle: Hash32([n; 32]), state: Bytes::from(vec![n; 1000]), invite: Some([n; 16]) },
        Request::PublishState { state: Bytes::from(vec![n; 1000]) },
        Request::Recover { account, nonce: [n; 32], signature: [n; 64], from_seq: 0, state: None },
        Request::FetchVault { vault: VaultId([n; 32]) },
        Request::PutVault { vault: VaultId([n; 32]), write: VaultWrite::new([n; 32]), after: 5, sealed: Bytes::from(vec![n; 16_384]) },
        Request::FetchStates { account, from_seq: u64::MAX },
        Request::TakeKeyPackages { account, pass: TakePass::new([n; 32]) },
        Request::CreateLog { log, passes: vec![], inbox: n & 1 == 0 },
        append(Flag::Content, vec![]),
        append(Flag::Commit, vec![set(Role::Owner), PassChange::Drop(pass.hash()), PassChange::Swap(pass.hash())]),
        append(Flag::Content, vec![set(Role::Member)]),
        Request::ReadLog { log, pass: pass.clone(), after: Seq(u64::MAX), limit: u32::MAX },
        Request::CreateBlob { length: 0, delete_hash: Hash32([n; 32]) },
        Request::CreateBlob { length: u64::MAX, delete_hash: Hash32([n; 32]) },
        Request::UploadStatus { upload: UploadId([n; 16]) },
        Request::CompleteBlob { upload: UploadId([n; 16]), blob: BlobId([n; 32]) },
        Request::DeleteBlob { blob: BlobId([n; 32]), token: DeleteToken::new([n; 32]) },
        Request::Subscribe { entries: vec![Subscription { number: 1, log, pass: pass.clone(), cursor: Seq(u64::MAX) }; 2] },
    ]
}

#[test]
fn a_record_keeps_nothing_of_the_frame_that_it_came_in() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    for text in ["a".to_owned(), "b".repeat(limits::RECORD_MAX)] {
        assert!(!world.shares_its_frame(conn, content(log(1), &text, 0)));
    }
}

/// Requests that are in order for whoever is signed in.
fn harmless() -> Vec<Request> {
    vec![
        Request::CountKeyPackages,
        Request::PublishKeyPackages { one_time: vec![Bytes::from_static(b"x")], last_resort: None },
        Request::ChangeTakePasses { add: vec![TakeHash([1; 32])], drop: vec![] },
        Request::Subscribe { entries: vec![] },
        Request::Unsubscribe { numbers: vec![1, 2, 3] },
        Request::CreateLog { log: log(9), passes: vec![new_pass(1, Role::Owner)], inbox: false },
        Request::CreateBlob { length: 5, delete_hash: Hash32([1; 32]) },
    ]
}

/// A world in which something is kept, worth changing.
fn lived_in() -> (World, ConnId) {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    world.make_log(conn, log(1));
    world.append(conn, content(log(1), "a", 0)).unwrap();
    world.append(conn, commit(log(1), "b", 0, vec![])).unwrap();
    world.subscribe(conn, 1, log(1), 1, 0);
    world.pushed.clear();
    (world, conn)
}

fn refused(world: &mut World, conn: ConnId, request: Request) -> Refusal {
    let before = world.server.store().dump().unwrap();
    let name = format!("{request:?}");
    let response = world.ask(conn, request);
    let Response::Refused(refusal) = response else { panic!("{name} became {response:?}") };
    assert_eq!(world.server.store().dump().unwrap(), before, "{name} changed what is kept");
    assert_eq!(world.pushed, []);
    refusal
}

#[test]
fn junk_in_a_session_is_refused_and_changes_nothing() {
    let (mut world, conn) = lived_in();
    for n in [0, 9, 255] {
        for request in junk(n) {
            refused(&mut world, conn, request);
        }
    }
}

#[test]
fn before_a_session_everything_but_its_beginning_is_refused() {
    let (mut world, _) = lived_in();
    let conn = world.connect(99);
    for request in harmless() {
        assert_eq!(refused(&mut world, conn, request), Refusal::NoSession);
    }
    for request in [Request::Append(content(log(1), "c", 2)), Request::ReadLog { log: log(1), pass: token(1), after: Seq(0), limit: 1 }] {
        assert_eq!(refused(&mut world, conn, request), Refusal::NoSession, "a pass opens nothing outside a session");
    }
    for request in junk(9) {
        refused(&mut world, conn, request);
    }
}

#[test]
fn after_its_end_a_session_opens_nothing() {
    let (mut world, conn) = lived_in();
    world.now = world.now.plus(wire::limits::SESSION_LIFE);
    for request in harmless().into_iter().chain([Request::Append(content(log(1), "c", 2))]) {
        assert_eq!(refused(&mut world, conn, request), Refusal::NoSession);
    }
}

#[test]
fn a_closed_connection_is_answered_nothing() {
    let (mut world, conn) = lived_in();
    world.server.disconnect(conn);
    let before = world.server.store().dump().unwrap();
    for request in junk(9).into_iter().chain(harmless()) {
        assert!(world.send(conn, Frame::Request { id: 1, request }).is_empty());
    }
    assert_eq!(world.server.store().dump().unwrap(), before);
}

#[test]
fn what_only_servers_say_is_passed_over() {
    let (mut world, conn) = lived_in();
    let before = world.server.store().dump().unwrap();
    for frame in [
        Frame::Response { id: 1, response: Response::Done },
        Frame::Push(Push { number: 1, records: vec![], ended: true }),
        Frame::Acks(vec![Ack { number: 7, seq: Seq(u64::MAX) }, Ack { number: 1, seq: Seq(0) }]),
    ] {
        assert!(world.send(conn, frame).is_empty());
    }
    world.tick();
    assert_eq!(world.server.store().dump().unwrap(), before);
}

#[test]
fn a_cursor_beyond_the_log_acknowledges_nothing_that_is_to_come() {
    let (mut world, conn) = lived_in();
    world.subscribe(conn, 2, log(1), 2, u64::MAX);
    world.ack(conn, 2, u64::MAX);
    world.tick();
    world.append(conn, content(log(1), "c", 2)).unwrap();
    let view = world.server.view(&log(1), &token(2).hash()).unwrap().unwrap();
    assert!(view.cursor <= Seq(2) && view.head == Seq(3));
}

fn any_request() -> impl Strategy<Value = Request> {
    let small = 0u8..4;
    (small.clone(), small.clone(), small, 0usize..40, any::<bool>()).prop_map(|(a, b, c, which, flag)| {
        let (id, pass, seq) = (log(a), token(b), Seq(u64::from(c)));
        let mut all = junk(a);
        all.extend(harmless());
        all.push(Request::ReadLog { log: id, pass: pass.clone(), after: seq, limit: u32::from(c) });
        all.push(Request::Subscribe { entries: vec![Subscription { number: u32::from(c), log: id, pass: pass.clone(), cursor: seq }] });
        let changes = if flag { vec![PassChange::Set(new_pass(c, Role::Member)), PassChange::Drop(token(a).hash())] } else { vec![] };
        let flag = if flag { Flag::Commit } else { Flag::Content };
        let record = Bytes::from(vec![a, b, c]);
        all.push(Request::Append(Append { log: id, pass, flag, after: seq, c: Commitment::NONE, record, changes }));
        let at = which % all.len();
        all.swap_remove(at)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Two connections, one signed in, say anything in any order while time passes: never a panic, always one answer, a refusal changes nothing.
    #[test]
    fn any_order_of_requests_is_answered(steps in proptest::collection::vec((any_request(), any::<bool>(), 0u64..20_000), 1..60)) {
        let (mut world, signed_in) = lived_in();
        let stranger = world.connect(99);
        for (request, by_stranger, later) in steps {
            world.now = world.now.plus(later);
            let before = world.server.store().dump().unwrap();
            let conn = if by_stranger { stranger } else { signed_in };
            let response = world.ask(conn, request);
            if let Response::Refused(_) = response {
                prop_assert_eq!(world.server.store().dump().unwrap(), before);
            }
            let served = matches!(response, Response::Appended(_) | Response::Page { .. });
            prop_assert!(!(by_stranger && served), "a stranger was served");
            world.tick();
            world.pushed.clear();
        }
    }
}
