//! The safety desk: who reads answers, who writes them, and whom the server acts for.

use super::*;
use crate::gate::Door;
use wire::call::{DeskAct, PassChange, UploadId};
use wire::desk::{Desk, Erased, More, work_for};
use wire::{DeleteToken, TakeHash, TakePass, limits};

const REPORTS: u8 = 50;
const ANSWERS: u8 = 51;

/// A desk of these people, with a member's pass (2) and the answers' pass (7).
fn desk(world: &mut World, members: &[&Person], conn: ConnId) {
    let passes = vec![new_pass(1, Role::Owner), new_pass(2, Role::Member), new_pass(9, Role::Drop)];
    assert_eq!(world.ask(conn, Request::CreateLog { log: log(REPORTS), passes, inbox: false }), Response::Done);
    let passes = vec![new_pass(1, Role::Owner), new_pass(7, Role::Member)];
    assert_eq!(world.ask(conn, Request::CreateLog { log: log(ANSWERS), passes, inbox: false }), Response::Done);
    let more = More { answers: log(ANSWERS), read: token(7), keep_days: 30, appeal: String::new(), outside: None };
    let desk = Desk {
        made: NOW,
        police: None,
        reports: log(REPORTS),
        drop: token(9),
        hours: 24,
        members: members.iter().map(|person| person.state.to_bytes()).collect(),
        more: Some(more),
    };
    world.server.gate.set_desk(Door::of(desk.encode(&[0; 64]).into()));
}

fn answer(text: &str) -> Append {
    Append { pass: token(7), ..content(log(ANSWERS), text, 0) }
}

fn refusal(response: Response) -> Option<Refusal> {
    if let Response::Refused(refusal) = response { Some(refusal) } else { None }
}

#[test]
fn answers_are_read_in_nobodys_name_and_written_by_members_alone() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (_, stranger) = world.arrive(2);
    desk(&mut world, &[&cleo], member);
    world.append(member, answer("an answer")).unwrap();
    assert_eq!(world.append(stranger, answer("another")), Err(Refusal::RoleForbids), "the pass is everybody's");
    let read = || Request::ReadLog { log: log(ANSWERS), pass: token(7), after: Seq(0), limit: 10 };
    let nobody = world.connect(90);
    assert_eq!(world.append(nobody, answer("a third")), Err(Refusal::NoSession));
    let Response::Page { records, .. } = world.ask(nobody, read()) else { panic!("a page") };
    assert_eq!(records.iter().map(|record| record.record.clone()).collect::<Vec<_>>(), ["an answer"]);
    // In a session the server would know who waits for an answer.
    for conn in [stranger, member] {
        assert_eq!(refusal(world.ask(conn, read())), Some(Refusal::RoleForbids));
    }
    // Nothing else is read without one.
    let reports = Request::ReadLog { log: log(REPORTS), pass: token(2), after: Seq(0), limit: 10 };
    assert_eq!(refusal(world.ask(nobody, reports)), Some(Refusal::NoSession));
    let wrong = Request::ReadLog { log: log(ANSWERS), pass: token(8), after: Seq(0), limit: 10 };
    assert_eq!(refusal(world.ask(nobody, wrong)), Some(Refusal::NoSession));
}

#[test]
fn a_restricted_account_goes_on_and_begins_nothing_new_until_it_is_lifted() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (dan, conn) = world.arrive(2);
    desk(&mut world, &[&cleo], member);
    world.make_log(conn, log(3));
    let inbox = vec![new_pass(1, Role::Owner), new_pass(4, Role::Drop)];
    assert_eq!(world.ask(member, Request::CreateLog { log: log(4), passes: inbox, inbox: true }), Response::Done);
    let add = || Request::ChangeTakePasses { add: vec![TakeHash([1; 32])], drop: vec![] };
    let begins = || {
        let log5 = Request::CreateLog { log: log(5), passes: vec![new_pass(1, Role::Owner)], inbox: false };
        let deposit = Append { pass: token(4), c: Commitment::NONE, ..content(log(4), "may I", 0) };
        let take = Request::TakeKeyPackages { account: AccountId([9; 32]), pass: TakePass::new([2; 32]) };
        let link = commit(log(3), "a link", 0, vec![wire::call::PassChange::Set(new_pass(6, Role::Drop))]);
        [add(), log5, Request::Append(deposit), Request::Append(link), take]
    };
    let act = |account, act: fn(AccountId) -> DeskAct| Request::Desk(act(account));
    // By nobody but a member of the desk.
    assert_eq!(refusal(world.ask(conn, act(dan.account(), |account| DeskAct::Restrict { account }))), Some(Refusal::RoleForbids));
    assert_eq!(world.ask(conn, add()), Response::Done);
    assert_eq!(world.ask(member, act(dan.account(), |account| DeskAct::Restrict { account })), Response::Done);
    for request in begins() {
        assert_eq!(refusal(world.ask(conn, request.clone())), Some(Refusal::Restricted), "{request:?}");
    }
    world.append(conn, content(log(3), "goes on", 0)).unwrap();
    // A new session knows it too, also after a restart.
    let mut world = world.restart();
    let conn = world.connect(2);
    let claim = world.claim(conn, &dan);
    assert!(matches!(world.ask(conn, claim), Response::Session { .. }));
    assert_eq!(refusal(world.ask(conn, add())), Some(Refusal::Restricted));
    let member = world.connect(1);
    let claim = world.claim(member, &cleo);
    assert!(matches!(world.ask(member, claim), Response::Session { .. }));
    assert_eq!(refusal(world.ask(member, act(dan.account(), |account| DeskAct::Lift { account }))), Some(Refusal::RoleForbids), "no desk");
    let more = More { answers: log(ANSWERS), read: token(7), keep_days: 0, appeal: String::new(), outside: None };
    let members = vec![cleo.state.to_bytes()];
    let again = Desk { made: NOW, police: None, reports: log(REPORTS), drop: token(9), hours: 24, members, more: Some(more) };
    world.server.gate.set_desk(Door::of(again.encode(&[0; 64]).into()));
    assert_eq!(world.ask(member, act(dan.account(), |account| DeskAct::Lift { account })), Response::Done);
    assert_eq!(world.ask(conn, add()), Response::Done);
    assert_eq!(world.ask(member, act(dan.account(), |account| DeskAct::Close { account })), Response::Done);
    assert_eq!(refusal(world.ask(conn, add())), Some(Refusal::AccountClosed));
}

/// A report of so many bytes by nobody, with the work that it takes.
fn report(n: u8, len: usize) -> Append {
    let record = Bytes::from(vec![n; len]);
    let c = work_for(&Hash32::of(&record), [n; 32]);
    Append { log: log(REPORTS), pass: token(9), flag: Flag::Content, after: Seq(0), c, record, changes: vec![] }
}

#[test]
fn a_report_keeps_nothing_of_the_frame_that_it_came_in() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    desk(&mut world, &[&cleo], member);
    let nobody = world.connect(90);
    assert!(!world.shares_its_frame(nobody, report(1, 5000)));
}

#[test]
fn nobody_can_end_reports_and_answers_with_a_commit() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (_, stranger) = world.arrive(2);
    desk(&mut world, &[&cleo], member);
    let swap = vec![PassChange::Swap(token(8).hash())];
    for pass in [1, 2] {
        for changes in [vec![], swap.clone()] {
            let append = Append { pass: token(pass), ..commit(log(REPORTS), "stale", 0, changes) };
            assert_eq!(world.append(member, append), Err(Refusal::RoleForbids));
        }
        let append = Append { pass: token(if pass == 2 { 7 } else { 1 }), ..commit(log(ANSWERS), "stale", 0, vec![]) };
        assert_eq!(world.append(member, append), Err(Refusal::RoleForbids));
    }
    // Whoever got hold of a member's pass, and whoever has the drop pass, in a session.
    assert_eq!(world.append(stranger, content(log(REPORTS), "a mark", 0)), Err(Refusal::RoleForbids));
    for conn in [member, stranger] {
        assert_eq!(world.append(conn, report(1, 10)), Err(Refusal::RoleForbids));
    }
    let nobody = world.connect(90);
    assert_eq!(world.append(nobody, content(log(REPORTS), "a mark", 0)), Err(Refusal::NoSession));
    world.append(nobody, report(1, 10)).unwrap();
    world.append(member, content(log(REPORTS), "a mark", 0)).unwrap();
    world.append(member, answer("an answer")).unwrap();
    // Other logs are as ever.
    world.make_log(stranger, log(3));
    world.append(stranger, commit(log(3), "a change", 0, vec![])).unwrap();
}

#[test]
fn a_member_acts_on_no_other_member_and_not_on_themselves() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (dora, _) = world.arrive(2);
    let (evan, _) = world.arrive(3);
    desk(&mut world, &[&cleo, &dora], member);
    for account in [cleo.account(), dora.account()] {
        for act in [DeskAct::Restrict { account }, DeskAct::Lift { account }, DeskAct::Close { account }] {
            assert_eq!(refusal(world.ask(member, Request::Desk(act))), Some(Refusal::RoleForbids), "{act:?}");
        }
    }
    assert_eq!(world.ask(member, Request::Desk(DeskAct::Close { account: evan.account() })), Response::Done);
    let claim = world.claim(ConnId(3), &evan);
    assert_eq!(refusal(world.ask(ConnId(3), claim)), Some(Refusal::AccountClosed));
    // The operator opens it again, beside the server.
    world.server.store().commit(NOW, vec![Op::ReopenAccount { account: evan.account() }]).unwrap();
    let claim = world.claim(ConnId(3), &evan);
    assert!(matches!(world.ask(ConnId(3), claim), Response::Session { .. }));
}

#[test]
fn whoever_has_a_report_taken_away_is_named_to_every_reader() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (dora, other) = world.arrive(2);
    desk(&mut world, &[&cleo, &dora], member);
    let nobody = world.connect(90);
    world.append(nobody, report(1, 10)).unwrap();
    world.subscribe(other, 5, log(REPORTS), 2, 0);
    let erase = |seq| Request::Desk(DeskAct::Erase { seq: Seq(seq) });
    for _ in 0..2 {
        if world.ask(member, erase(1)) == Response::Refused(Refusal::Busy) {
            world.tick();
        }
    }
    world.pushed.clear();
    // One that listens hears it at once, one that reads finds it.
    world.append(nobody, report(2, 10)).unwrap();
    world.tick();
    world.tick();
    assert_eq!(world.ask(member, erase(3)), Response::Done);
    assert_eq!(world.heard(other), [3, 4]);
    let read = Request::ReadLog { log: log(REPORTS), pass: token(2), after: Seq(0), limit: 10 };
    let Response::Page { records, .. } = world.ask(other, read) else { panic!("a page") };
    let erased: Vec<_> = records.iter().map(|record| (record.stamp.by, Erased::decode(&record.record))).collect();
    let says = |seq, n| Ok(Erased { seq: Seq(seq), h: Hash32::of(&[n; 10]), by: cleo.account() });
    assert_eq!(erased, [(PassHash::SERVER, says(1, 1)), (PassHash::SERVER, says(3, 2))]);
    world.tick();
    world.tick();
    assert_eq!(world.ask(member, erase(2)), Response::Refused(Refusal::RoleForbids), "that it was done stays");
}

fn token_of(n: u8) -> DeleteToken {
    DeleteToken::new([n; 32])
}

/// Uploads a file, to be deleted with a token of that number.
fn put(world: &mut World, (conn, bearer): &(ConnId, Bearer), bytes: &[u8], n: u8) -> BlobId {
    let create = Request::CreateBlob { length: bytes.len() as u64, delete_hash: token_of(n).hash() };
    let Response::Upload { upload, .. } = world.ask(*conn, create) else { panic!("no upload") };
    world.server.upload(world.now, bearer, &upload, 0, bytes).unwrap();
    let blob = BlobId::of(bytes);
    assert_eq!(world.ask(*conn, Request::CompleteBlob { upload, blob }), Response::Stored { blob });
    blob
}

/// Everything that a sender can ask about a file: how much of it is given, whether it is stored, and what becomes of deleting it.
fn sees(world: &mut World, (conn, bearer): &(ConnId, Bearer), blob: BlobId) -> (Result<usize, Refusal>, bool, Response) {
    let given = world.server.download(world.now, bearer, &blob, 0..9).map(|(bytes, _)| bytes.len());
    let stored = world.ask(*conn, Request::CompleteBlob { upload: UploadId([9; 16]), blob }) == Response::Stored { blob };
    (given, stored, world.ask(*conn, Request::DeleteBlob { blob, token: token_of(1) }))
}

#[test]
fn whose_file_is_held_cannot_find_out() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    let (dan, conn) = world.arrive(2);
    desk(&mut world, &[&cleo], member);
    let at = (conn, world.bearer(conn, &dan));
    let [held, free] = [b"held", b"free"].map(|bytes| put(&mut world, &at, bytes, 1));
    assert_eq!(world.ask(member, Request::Desk(DeskAct::Hold { blob: held, days: 300 })), Response::Done);
    let gone = || (Err(Refusal::NotFound), false, Response::Refused(Refusal::NotFound));
    for blob in [held, free] {
        assert_eq!(sees(&mut world, &at, blob), (Ok(4), true, Response::Done));
        assert_eq!(sees(&mut world, &at, blob), gone());
    }
    world.now = world.now.plus(limits::BLOB_GRACE);
    world.tick();
    assert_eq!(world.server.blobs.stored(), [Stored::Blob(held)]);
    let conn = world.connect(2);
    let at = (conn, world.bearer(conn, &dan));
    for (blob, bytes) in [(held, b"held"), (free, b"free")] {
        assert_eq!(sees(&mut world, &at, blob), gone());
        assert_eq!(put(&mut world, &at, bytes, 2), blob, "once more, like a new one");
        assert_eq!(sees(&mut world, &at, blob), (Ok(4), true, Response::Refused(Refusal::NotFound)));
    }
}

#[test]
fn a_flood_of_reports_from_one_address_leaves_room_for_the_others() {
    let mut world = World::new();
    let (cleo, member) = world.arrive(1);
    desk(&mut world, &[&cleo], member);
    let (flood, child, proxy) = (world.connect(90), world.connect(91), world.connect(92));
    let mut from = |conn, address: &str| world.server.conns.get_mut(&conn).unwrap().from = Some(address.parse().unwrap());
    from(flood, "192.0.2.7");
    from(child, "2001:db8:7::1");
    from(proxy, "127.0.0.1");
    assert_eq!(world.append(flood, report(1, limits::REPORT_MAX + 1)), Err(Refusal::TooLarge { limit: limits::REPORT_MAX as u64 }));
    for n in 0..limits::REPORT_ADDRESS_BURST {
        world.append(flood, report(n as u8, 10)).unwrap();
    }
    let wait = Err(Refusal::RateLimited { wait_ms: limits::REPORT_ADDRESS_EVERY });
    assert_eq!(world.append(flood, report(50, 10)), wait);
    world.append(child, report(51, 10)).unwrap();
    for n in 0..limits::REPORT_BURST - limits::REPORT_ADDRESS_BURST - 1 {
        world.append(proxy, report(60 + n as u8, 10)).unwrap();
    }
    let wait = Err(Refusal::RateLimited { wait_ms: limits::REPORT_EVERY });
    assert_eq!(world.append(proxy, report(90, 10)), wait, "over the whole server");
    let dump = format!("{:?}", world.server.store().dump().unwrap());
    assert!(!dump.contains("192, 0, 2, 7") && !dump.contains("192.0.2.7"));
}

fn knock_for(pass: u8, endpoint: &str) -> Request {
    let endpoint = Some(endpoint.to_owned()).filter(|endpoint| !endpoint.is_empty());
    Request::KnockFor { log: log(REPORTS), pass: token(pass), endpoint }
}

/// Where was knocked once the moment was over in which a line may show that it is alive?
fn knocked(world: &mut World) -> Vec<String> {
    world.now = world.now.plus(limits::WAKE_PATIENCE);
    world.tick();
    world.knocked.drain(..).map(|knock| knock.endpoint.as_str().to_owned()).collect()
}

/// A desk of two, Cleo with pass 1 and Dora with pass 2, who said where to knock; and somebody without a session.
fn two_away() -> (World, [(Person, ConnId); 2], ConnId) {
    let mut world = World::new();
    let (cleo, dora) = (world.arrive(1), world.arrive(2));
    desk(&mut world, &[&cleo.0, &dora.0], cleo.1);
    for (conn, pass, endpoint) in [(cleo.1, 1, "https://push.example/cleo"), (dora.1, 2, "https://push.example/dora")] {
        assert_eq!(world.ask(conn, knock_for(pass, endpoint)), Response::Done);
    }
    let nobody = world.connect(90);
    (world, [cleo, dora], nobody)
}

#[test]
fn a_report_by_nobodys_session_knocks_for_every_member_and_what_members_write_for_nobody() {
    let (mut world, [_, (_, dora)], nobody) = two_away();
    world.append(nobody, report(1, 10)).unwrap();
    let mut at = knocked(&mut world);
    at.sort();
    assert_eq!(at, ["https://push.example/cleo", "https://push.example/dora"]);
    world.append(nobody, report(2, 10)).unwrap();
    assert_eq!(knocked(&mut world), [] as [String; 0], "once an absence");
    // Whoever reads is back, the other is not.
    let read = Request::ReadLog { log: log(REPORTS), pass: token(2), after: Seq(0), limit: 10 };
    assert!(matches!(world.ask(dora, read), Response::Page { .. }));
    world.append(dora, content(log(REPORTS), "a mark", 0)).unwrap();
    world.append(dora, answer("an answer")).unwrap();
    assert_eq!(knocked(&mut world), [] as [String; 0], "a mark and an answer are for nobody's sleep");
    world.append(nobody, report(3, 10)).unwrap();
    world.now = world.now.plus(limits::DESK_WAKE_EVERY);
    assert_eq!(knocked(&mut world), ["https://push.example/dora"]);
    world.now = world.now.plus(limits::WAKE_EVERY);
    world.append(nobody, report(4, 10)).unwrap();
    assert_eq!(knocked(&mut world).len(), 2, "who stays away, again after a while");
    // Nothing of it has moved anybody's cursor: a record that one device had would die before its time.
    let view = world.server.view(&log(REPORTS), &token(2).hash()).unwrap().unwrap();
    assert_eq!((view.cursor, view.head), (Seq(0), Seq(5)));
}

#[test]
fn whoever_drops_one_thing_after_the_other_knocks_once_in_a_while_and_a_wake_without_a_report_knocks_never() {
    let (mut world, members, nobody) = two_away();
    // Everybody has that pass, and it is no work to say so.
    for (_, conn) in &members {
        for pass in [9, 1, 2] {
            let wake = Request::Wake { log: log(REPORTS), pass: token(pass) };
            assert_eq!(refusal(world.ask(*conn, wake)), Some(Refusal::RoleForbids));
        }
    }
    assert_eq!(knocked(&mut world), [] as [String; 0]);
    world.append(nobody, report(1, 10)).unwrap();
    assert_eq!(knocked(&mut world).len(), 2);
    for n in 2..8 {
        for ((_, conn), pass) in members.iter().zip([1, 2]) {
            let read = Request::ReadLog { log: log(REPORTS), pass: token(pass), after: Seq(0), limit: 10 };
            assert!(matches!(world.ask(*conn, read), Response::Page { .. }));
        }
        world.append(nobody, report(n, 10)).unwrap();
        assert_eq!(knocked(&mut world), [] as [String; 0], "{n}");
    }
    world.now = world.now.plus(limits::DESK_WAKE_EVERY);
    assert_eq!(knocked(&mut world).len(), 2, "what came is knocked for all the same");
}

#[test]
fn a_member_who_takes_it_back_or_a_desk_that_is_gone_is_knocked_for_no_more() {
    let (mut world, [(_, cleo), _], nobody) = two_away();
    assert_eq!(world.ask(cleo, knock_for(1, "")), Response::Done);
    world.append(nobody, report(1, 10)).unwrap();
    assert_eq!(knocked(&mut world), ["https://push.example/dora"]);
    world.now = world.now.plus(limits::WAKE_EVERY);
    world.append(nobody, report(2, 10)).unwrap();
    world.server.gate.set_desk(None);
    // What came is under way; with no desk nothing more comes.
    assert_eq!(knocked(&mut world).len(), 1);
    assert_eq!(world.append(nobody, report(3, 10)), Err(Refusal::NoSession));
}

#[test]
fn nobody_is_knocked_for_who_may_not_read_there() {
    let (mut world, [(_, cleo), _], nobody) = two_away();
    let refused = |world: &mut World, conn, request| refusal(world.ask(conn, request));
    // Everybody has the pass that reports are dropped with.
    assert_eq!(refused(&mut world, cleo, knock_for(9, "https://push.example/anybody")), Some(Refusal::RoleForbids));
    assert_eq!(refused(&mut world, cleo, knock_for(8, "https://push.example/anybody")), Some(Refusal::NoPass));
    assert_eq!(refused(&mut world, cleo, knock_for(1, "push.example")), Some(Refusal::Malformed));
    assert_eq!(refused(&mut world, nobody, knock_for(1, "https://push.example/anybody")), Some(Refusal::NoSession));
    let bearer = world.bearer(cleo, &Person::new(1));
    let seed = world.seed();
    let posted = world.server.call(world.now, seed, Some(&bearer), BINDING, knock_for(1, "https://push.example/cleo"));
    assert_eq!(posted, Response::Refused(Refusal::Unsupported));
    world.append(nobody, report(1, 10)).unwrap();
    assert_eq!(knocked(&mut world).len(), 2, "the two alone");
    let answers: Vec<_> = (0..limits::WAKE_BURST + 1).map(|_| world.ask(cleo, knock_for(1, ""))).collect();
    assert!(matches!(answers.last(), Some(Response::Refused(Refusal::RateLimited { .. }))), "{:?}", answers.last());
}
