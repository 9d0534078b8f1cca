//! Vaults and the way back of an account, as the function sees them.

use super::*;
use wire::{VaultId, VaultWrite, limits};

const VAULT: VaultId = VaultId([7; 32]);

fn put(write: u8, after: u64, filled: u8) -> Request {
    let sealed = Bytes::from(vec![filled; limits::VAULT_PAD_FLOOR]);
    Request::PutVault { vault: VAULT, write: VaultWrite::new([write; 32]), after, sealed }
}

fn fetch(world: &mut World, conn: ConnId) -> Response {
    world.ask(conn, Request::FetchVault { vault: VAULT })
}

#[test]
fn a_vault_is_put_in_a_session_and_fetched_without_one() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    let stranger = world.connect(9);
    assert_eq!(fetch(&mut world, stranger), Response::Refused(Refusal::NotFound));
    assert_eq!(world.ask(stranger, put(1, 0, 5)), Response::Refused(Refusal::NoSession));
    assert_eq!(world.ask(conn, put(1, 0, 5)), Response::Done);
    assert_eq!(world.ask(conn, put(1, 0, 5)), Response::Done, "said again");
    assert_eq!(world.ask(conn, put(2, 1, 6)), Response::Refused(Refusal::NoPass), "another token");
    assert_eq!(world.ask(conn, put(1, 0, 6)), Response::Refused(Refusal::Stale { last_commit: Seq(1) }));
    let sealed = Bytes::from(vec![5; limits::VAULT_PAD_FLOOR]);
    assert_eq!(fetch(&mut world, stranger), Response::Vault { version: 1, sealed });
    // The token itself is nowhere in what is kept.
    let dump = format!("{:?}", world.server.store().dump().unwrap());
    assert!(!dump.contains(&format!("{:?}", [1u8; 32].to_vec())));
}

#[test]
fn a_vault_of_another_length_is_refused() {
    let mut world = World::new();
    let (_, conn) = world.arrive(1);
    for length in [1, limits::VAULT_PAD_FLOOR - 1, limits::VAULT_PAD_FLOOR + 1, 3 * limits::VAULT_PAD_FLOOR] {
        let put = Request::PutVault { vault: VAULT, write: VaultWrite::new([1; 32]), after: 0, sealed: Bytes::from(vec![1; length]) };
        assert_eq!(world.ask(conn, put), Response::Refused(Refusal::Malformed), "{length}");
    }
    assert_eq!(fetch(&mut world, conn), Response::Refused(Refusal::NotFound));
}

#[test]
fn lookups_without_a_session_are_limited_on_each_connection() {
    let mut world = World::new();
    let stranger = world.connect(9);
    for _ in 0..limits::LOOKUP_BURST {
        assert_eq!(fetch(&mut world, stranger), Response::Refused(Refusal::NotFound));
    }
    let Response::Refused(Refusal::RateLimited { wait_ms }) = fetch(&mut world, stranger) else { panic!("not limited") };
    assert!(wait_ms > 0 && wait_ms <= limits::LOOKUP_EVERY);
    let other = world.connect(10);
    assert_eq!(fetch(&mut world, other), Response::Refused(Refusal::NotFound), "another connection");
    world.now = world.now.plus(wait_ms);
    assert_eq!(fetch(&mut world, stranger), Response::Refused(Refusal::NotFound));
}

#[test]
fn lookups_are_limited_over_all_connections() {
    let mut world = World::new();
    let mut answered = 0;
    for n in 0..u64::from(limits::SERVER_LOOKUP_BURST) {
        let conn = world.connect(1000 + n);
        answered += u32::from(fetch(&mut world, conn) == Response::Refused(Refusal::NotFound));
        world.server.disconnect(conn);
    }
    assert_eq!(answered, limits::SERVER_LOOKUP_BURST);
    let conn = world.connect(1);
    assert!(matches!(fetch(&mut world, conn), Response::Refused(Refusal::RateLimited { .. })));
}

/// What an account says to come back.
fn recover(world: &mut World, conn: ConnId, person: &Person, state: Option<Vec<u8>>) -> Request {
    let welcome = world.hello(conn);
    let signature = person.identity.sign_recovery(&welcome.server, &welcome.nonce, &BINDING, state.as_deref().unwrap_or_default());
    Request::Recover { account: person.account(), nonce: welcome.nonce, signature, from_seq: 0, state: state.map(Into::into) }
}

/// A state that drops every client and names a new one.
fn renewed(person: &Person, after: &SignedState, client: u8) -> SignedState {
    let mut next = AccountState::after(&after.clone().verify().unwrap(), NOW);
    next.certs = vec![cert(&person.identity, ClientId([client; 16]), &ClientKey::from_seed(&[client; 32]))];
    next.sign(&person.identity).unwrap()
}

#[test]
fn an_account_whose_devices_are_lost_comes_back_by_its_identity_key_and_the_old_device_is_signed_out() {
    let mut world = World::new();
    let (person, old) = world.arrive(1);
    let conn = world.connect(9);
    let asks = recover(&mut world, conn, &person, None);
    let Response::States { states, more: false } = world.ask(conn, asks) else { panic!("no states") };
    assert_eq!(states, [Bytes::from(person.state.to_bytes())]);
    let next = renewed(&person, &person.state, 77);
    for _ in 0..2 {
        let says = recover(&mut world, conn, &person, Some(next.to_bytes()));
        assert_eq!(world.ask(conn, says), Response::Done, "also after a lost answer");
    }
    assert_eq!(world.ask(old, Request::CountKeyPackages), Response::Refused(Refusal::NoSession));
    let claim = world.claim(old, &person);
    assert_eq!(world.ask(old, claim), Response::Refused(Refusal::BadProof), "the old device is no client any more");
    let back = Person { client: ClientId([77; 16]), key: ClientKey::from_seed(&[77; 32]), state: next, ..person };
    let claim = world.claim(conn, &back);
    assert!(matches!(world.ask(conn, claim), Response::Session { .. }));
}

#[test]
fn of_two_devices_that_come_back_at_once_the_second_is_told_to_look_again() {
    let mut world = World::new();
    let (person, _) = world.arrive(1);
    let conn = world.connect(9);
    for (client, wanted) in [(77, Response::Done), (78, Response::Refused(Refusal::StateConflict))] {
        let next = renewed(&person, &person.state, client);
        let says = recover(&mut world, conn, &person, Some(next.to_bytes()));
        assert_eq!(world.ask(conn, says), wanted);
    }
}

#[test]
fn nobody_else_brings_an_account_back() {
    let mut world = World::new();
    let (person, _) = world.arrive(1);
    let conn = world.connect(9);
    let thief = Person::new(2);
    let before = world.server.store().dump().unwrap();
    let refused = |world: &mut World, request| assert_eq!(world.ask(conn, request), Response::Refused(Refusal::BadProof));
    // Another key; an account that does not exist; a signature over another state; a challenge used twice; one for another connection.
    let Request::Recover { nonce, signature, .. } = recover(&mut world, conn, &thief, None) else { panic!() };
    refused(&mut world, Request::Recover { account: person.account(), nonce, signature, from_seq: 0, state: None });
    let unknown = recover(&mut world, conn, &thief, None);
    refused(&mut world, unknown);
    let Request::Recover { account, nonce, signature, .. } = recover(&mut world, conn, &person, None) else { panic!() };
    let state = Some(Bytes::from(renewed(&person, &person.state, 77).to_bytes()));
    refused(&mut world, Request::Recover { account, nonce, signature, from_seq: 0, state });
    let good = recover(&mut world, conn, &person, None);
    assert!(matches!(world.ask(conn, good.clone()), Response::States { .. }));
    refused(&mut world, good);
    world.server.connect(ConnId(10), [7; 32]);
    let elsewhere = recover(&mut world, ConnId(10), &person, None);
    assert_eq!(world.ask(ConnId(10), elsewhere), Response::Refused(Refusal::BadProof));
    assert_eq!(world.server.store().dump().unwrap(), before);
}

#[test]
fn a_closed_account_is_told_so_when_it_comes_back() {
    let mut world = World::new();
    let (person, _) = world.arrive(1);
    let conn = world.connect(9);
    let now = world.now;
    world.server.store().commit(now, vec![Op::CloseAccount { account: person.account() }]).unwrap();
    let asks = recover(&mut world, conn, &person, None);
    assert_eq!(world.ask(conn, asks), Response::Refused(Refusal::AccountClosed));
}
