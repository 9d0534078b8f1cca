//! The safety desk: who reads answers, who writes them, and whom the server acts for.

use super::*;
use crate::gate::Door;
use wire::call::DeskAct;
use wire::desk::{Desk, More};
use wire::{TakeHash, TakePass};

const REPORTS: u8 = 50;
const ANSWERS: u8 = 51;

/// A desk of these people, with a member's pass (2) and the answers' pass (7).
fn desk(world: &mut World, members: &[&Person], conn: ConnId) {
    world.make_log(conn, log(REPORTS));
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
