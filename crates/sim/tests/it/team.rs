//! A safety desk in the simulated world: what everybody is told of it.

use ed25519_dalek::{Signer as _, SigningKey};
use report::AddresseeSecret;
use server::gate::Door;
use server::store::Reads as _;
use sim::world::World;
use wire::call::{Append, Flag, NewPass, Request, Response, Role};
use wire::desk::{Desk, More, work_for};
use wire::{AccountId, Hash32, LogId, PassToken, Seq};

pub const ANSWERS: LogId = LogId([71; 32]);
pub const REPORTS: LogId = LogId([73; 32]);
/// The identity of the simulated server.
const IDENTITY: [u8; 32] = [1; 32];

pub fn drop_pass() -> PassToken {
    PassToken::new([74; 32])
}

/// What the two halves of the key for the police give.
pub fn police() -> AddresseeSecret {
    AddresseeSecret::from_seed(&[75; 32])
}

pub fn account(world: &World, person: usize) -> AccountId {
    world.people[person].client().account_id().unwrap().unwrap()
}

/// What members read reports with.
pub fn member_pass() -> PassToken {
    PassToken::new([76; 32])
}

/// The same, and the server has the desk's logs.
pub fn set_up(world: &mut World, members: &[usize]) {
    let record = learned(world, members, None);
    let now = world.now;
    let by = world.people[members[0]].client().bearer().expect("a session");
    let pass = |token: &PassToken, role| NewPass { hash: token.hash(), role };
    let owner = || pass(&PassToken::new([77; 32]), Role::Owner);
    let to_reports = vec![owner(), pass(&drop_pass(), Role::Drop), pass(&member_pass(), Role::Member)];
    let to_answers = vec![owner(), pass(&PassToken::new([72; 32]), Role::Member)];
    for (log, passes) in [(REPORTS, to_reports), (ANSWERS, to_answers)] {
        let create = Request::CreateLog { log, passes, inbox: false };
        assert_eq!(world.server().call(now, [6; 32], Some(&by), [0; 32], create), Response::Done);
    }
    world.server().set_desk(Door::of(record.into()));
}

/// Brings a sealed report over a connection without a session.
pub fn dropped(world: &mut World, file: &[u8], seed: [u8; 32]) {
    let c = work_for(&Hash32::of(file), seed);
    let append = Append {
        log: REPORTS,
        pass: drop_pass(),
        flag: Flag::Content,
        after: Seq::START,
        c,
        record: file.to_vec().into(),
        changes: vec![],
    };
    let now = world.now;
    let answer = world.server().call(now, seed, None, [0; 32], Request::Append(append));
    assert!(matches!(answer, Response::Appended(_)), "{answer:?}");
}

/// What the server has for the desk, as a member reads it.
pub fn read(world: &mut World, member: usize) -> Vec<Vec<u8>> {
    let now = world.now;
    let by = world.people[member].client().bearer().expect("a session");
    let read = Request::ReadLog { log: REPORTS, pass: member_pass(), after: Seq::START, limit: 200 };
    match world.server().call(now, [8; 32], Some(&by), [0; 32], read) {
        Response::Page { records, .. } => records.iter().map(|record| record.record.to_vec()).collect(),
        other => panic!("{other:?}"),
    }
}

/// Everybody learns of a desk of these members, the last of them the deputy. Gives what the server says of it.
pub fn learned(world: &mut World, members: &[usize], police: Option<&AddresseeSecret>) -> Vec<u8> {
    let members = members.iter().map(|person| account(world, *person)).collect::<Vec<_>>();
    let state = |account: &AccountId| world.server().store().account(account).expect("read").expect("there").state.to_vec();
    let members = members.iter().map(state).collect();
    let more = More { answers: ANSWERS, read: PassToken::new([72; 32]), keep_days: 30, appeal: String::new(), outside: None, lead: None };
    let said = Desk {
        made: world.now,
        police: police.map(|secret| secret.public().as_bytes().to_vec()),
        reports: REPORTS,
        drop: drop_pass(),
        hours: 24,
        members,
        more: Some(more),
    };
    let record = said.encode(&SigningKey::from_bytes(&IDENTITY).sign(&said.message()).to_bytes());
    let now = world.now;
    for person in &mut world.people {
        let client = person.client.as_mut().expect("on");
        client.learn_desk(now, [3; 32], &record).expect("kept").expect("signed by the server");
    }
    record
}
