use super::*;
use crate::store::*;
use franking::Malformed;
use wire::auth::{HandleCert, stamp_key_message};
use wire::call::Welcome;
use wire::{TakePass, VaultId, limits};

#[test]
fn the_server_names_itself_and_its_stamp_key() {
    let mut world = World::new();
    let conn = world.connect(1);
    let Welcome { version, server, stamp_key, stamp_key_proof, now, invite_only, .. } = world.hello(conn);
    assert_eq!((version, now, invite_only), (1, NOW, false));
    let identity = ed25519_dalek::VerifyingKey::from_bytes(&server).unwrap();
    let proof = ed25519_dalek::Signature::from_bytes(&stamp_key_proof);
    identity.verify_strict(&stamp_key_message(&stamp_key), &proof).unwrap();
    let nonces = [world.hello(conn).nonce, world.hello(conn).nonce];
    assert_ne!(nonces[0], nonces[1]);
    let newer = Request::Hello { versions: vec![2, 3], features: vec![] };
    assert_eq!(world.ask(conn, newer), Response::Refused(Refusal::Unsupported));
}

#[test]
fn a_username_is_certified_for_its_account() {
    let mut world = World::new();
    let conn = world.connect(1);
    let person = Person::new(1);
    let identity = world.hello(conn).server;
    let mut certs = Vec::new();
    for _ in 0..2 {
        let Response::SignedUp { handle_cert } = world.ask(conn, person.sign_up(None)) else { panic!("not signed up") };
        certs.push(handle_cert);
    }
    assert_eq!(certs[0], certs[1], "a lost answer is given again");
    let cert = HandleCert::decode(&certs[0]).unwrap();
    assert_eq!((cert.handle, cert.account, cert.role.as_str()), (person.handle(), person.account(), ""));
    let message = HandleCert::message(&cert.handle, &cert.account, cert.day, &cert.role);
    let key = ed25519_dalek::VerifyingKey::from_bytes(&identity).unwrap();
    key.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&cert.signature)).unwrap();
    let thief = Request::SignUp { handle: person.handle(), state: Person::new(2).state.to_bytes().into(), invite: None };
    assert_eq!(world.ask(conn, thief), Response::Refused(Refusal::HandleTaken));
    let dump = format!("{:?}", world.server.store().dump().unwrap());
    assert!(!dump.contains(&format!("{:?}", person.handle().0.to_vec())), "what a username hashes to is stored under the pepper only");
}

#[test]
fn a_first_state_that_does_not_hold_signs_nobody_up() {
    let mut world = World::new();
    let conn = world.connect(1);
    let person = Person::new(1);
    let sign_up = |state: Vec<u8>| Request::SignUp { handle: Hash32([1; 32]), state: state.into(), invite: None };
    let good = person.state.to_bytes();
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(world.ask(conn, sign_up(forged)), Response::Refused(Refusal::BadProof));
    assert_eq!(world.ask(conn, sign_up(good[..100].to_vec())), Response::Refused(Refusal::Malformed));
    let second = AccountState::after(&person.state.clone().verify().unwrap(), NOW).sign(&person.identity).unwrap();
    assert_eq!(world.ask(conn, sign_up(second.to_bytes())), Response::Refused(Refusal::StateConflict));
    assert!(world.server.store().dump().unwrap().is_empty());
}

#[test]
fn a_session_needs_the_clients_signature_over_this_challenge() {
    let mut world = World::new();
    let (person, conn) = world.arrive(1);
    let other = world.connect(9);
    let good = world.claim(other, &person);
    let Request::OpenSession { account, client, nonce, signature } = good else { panic!("no claim") };
    let claim = |account, client, nonce, signature| Request::OpenSession { account, client, nonce, signature };
    let refused = |world: &mut World, request| {
        world.claim(other, &person);
        assert_eq!(world.ask(other, request), Response::Refused(Refusal::BadProof));
    };
    refused(&mut world, claim(account, client, nonce, signature));
    refused(&mut world, claim(account, client, nonce, [0; 64]));
    refused(&mut world, claim(account, ClientId([9; 16]), nonce, signature));
    refused(&mut world, claim(AccountId([9; 32]), client, nonce, signature));
    assert_eq!(world.ask(conn, Request::CountKeyPackages), Response::KeyPackageCount { one_time: 0, last_resort: Millis(0) });
    assert_eq!(world.ask(other, Request::CountKeyPackages), Response::Refused(Refusal::NoSession));
}

#[test]
fn a_challenge_is_good_once_and_for_a_minute() {
    let mut world = World::new();
    let (person, _) = world.arrive(1);
    let conn = world.connect(9);
    let claim = world.claim(conn, &person);
    assert!(matches!(world.ask(conn, claim.clone()), Response::Session { .. }));
    assert_eq!(world.ask(conn, claim), Response::Refused(Refusal::BadProof), "used");
    let claim = world.claim(conn, &person);
    world.now = world.now.plus(limits::CHALLENGE_LIFE);
    assert_eq!(world.ask(conn, claim), Response::Refused(Refusal::BadProof), "late");
}

#[test]
fn a_signature_for_another_connection_is_no_proof() {
    let mut world = World::new();
    let (person, _) = world.arrive(1);
    world.server.connect(ConnId(9), [7; 32]);
    let claim = world.claim(ConnId(9), &person);
    assert_eq!(world.ask(ConnId(9), claim), Response::Refused(Refusal::BadProof), "signed without this connection's binding");
}

#[test]
fn a_bearer_resumes_for_a_day_and_not_after_a_restart() {
    let mut world = World::new();
    let (person, conn) = world.arrive(1);
    let bearer = world.bearer(conn, &person);
    let other = world.connect(2);
    let resume = |bearer: &Bearer| Request::ResumeSession { bearer: bearer.clone() };
    assert!(matches!(world.ask(other, resume(&bearer)), Response::Session { .. }));
    assert!(matches!(world.ask(other, Request::CountKeyPackages), Response::KeyPackageCount { .. }));
    assert_eq!(world.ask(other, resume(&Bearer::new([0; 32]))), Response::Refused(Refusal::NoSession));
    world.now = world.now.plus(limits::SESSION_LIFE);
    assert_eq!(world.ask(other, Request::CountKeyPackages), Response::Refused(Refusal::NoSession));
    let mut world = world.restart();
    let conn = world.connect(1);
    assert_eq!(world.ask(conn, resume(&bearer)), Response::Refused(Refusal::NoSession));
}

#[test]
fn a_session_is_resumed_on_few_connections_at_once() {
    let mut world = World::new();
    let (person, conn) = world.arrive(1);
    let bearer = world.bearer(conn, &person);
    let resume = || Request::ResumeSession { bearer: bearer.clone() };
    for n in 1..limits::SOCKETS_PER_SESSION as u64 {
        let other = world.connect(100 + n);
        assert!(matches!(world.ask(other, resume()), Response::Session { .. }));
    }
    let over = world.connect(200);
    assert_eq!(world.ask(over, resume()), Response::Refused(Refusal::NoSession));
    world.server.disconnect(ConnId(101));
    assert!(matches!(world.ask(over, resume()), Response::Session { .. }));
}

#[test]
fn states_are_published_in_order_and_fetched_by_contacts() {
    let mut world = World::new();
    let (alice, a) = world.arrive(1);
    let (_, b) = world.arrive(2);
    let first = alice.state.clone().verify().unwrap();
    let mut next = AccountState::after(&first, NOW);
    let tablet = ClientId([77; 16]);
    next.certs.push(cert(&alice.identity, tablet, &ClientKey::from_seed(&[77; 32])));
    let second = next.sign(&alice.identity).unwrap();
    let rival = AccountState::after(&first, Millis(NOW.0 + 1)).sign(&alice.identity).unwrap();
    let publish = |state: &SignedState| Request::PublishState { state: state.to_bytes().into() };
    assert_eq!(world.ask(b, publish(&second)), Response::Refused(Refusal::StateConflict), "another's");
    assert_eq!(world.ask(a, publish(&second)), Response::Done);
    assert_eq!(world.ask(a, publish(&second)), Response::Done, "a lost answer");
    assert_eq!(world.ask(a, publish(&rival)), Response::Refused(Refusal::StateConflict));
    let fetch = |account, from_seq| Request::FetchStates { account, from_seq };
    let states = vec![first.to_bytes().into(), second.to_bytes().into()];
    assert_eq!(world.ask(b, fetch(alice.account(), 0)), Response::States { states, more: false });
    assert_eq!(world.ask(b, fetch(alice.account(), 3)), Response::States { states: vec![], more: false });
    assert_eq!(world.ask(b, fetch(AccountId([9; 32]), 0)), Response::Refused(Refusal::NotFound));
    assert_eq!(SignedState::from_bytes(&[]), Err(Malformed::Truncated));
}

#[test]
fn a_removed_client_is_signed_out_at_once() {
    let mut world = World::new();
    let (alice, a) = world.arrive(1);
    let tablet = Person { client: ClientId([77; 16]), key: ClientKey::from_seed(&[77; 32]), ..Person::new(1) };
    let mut next = AccountState::after(&alice.state.clone().verify().unwrap(), NOW);
    next.certs.push(cert(&alice.identity, tablet.client, &tablet.key));
    let second = next.sign(&alice.identity).unwrap();
    world.ask(a, Request::PublishState { state: second.to_bytes().into() });
    let t = world.connect(7);
    world.bearer(t, &tablet);
    let mut without = AccountState::after(&second.verify().unwrap(), NOW);
    without.certs.retain(|cert| cert.client != tablet.client);
    let third = without.sign(&alice.identity).unwrap();
    assert_eq!(world.ask(a, Request::PublishState { state: third.to_bytes().into() }), Response::Done);
    assert_eq!(world.ask(t, Request::CountKeyPackages), Response::Refused(Refusal::NoSession));
    assert_eq!(world.tick(), [t]);
    let t = world.connect(7);
    let claim = world.claim(t, &tablet);
    assert_eq!(world.ask(t, claim), Response::Refused(Refusal::BadProof));
}

#[test]
fn a_closed_account_is_out_within_a_tick() {
    let mut world = World::new();
    let (alice, a) = world.arrive(1);
    let (_, b) = world.arrive(2);
    // As an operator's command does it: beside the server, in the same database.
    let accounts = {
        let store = world.server.store();
        store.commit(NOW, vec![Op::CloseAccount { account: alice.account() }]).unwrap();
        crate::store::Reads::accounts(store).unwrap()
    };
    world.server.gate.reload(&accounts);
    assert_eq!(world.ask(a, Request::CountKeyPackages), Response::Refused(Refusal::AccountClosed));
    assert_eq!(world.tick(), [a]);
    let again = world.connect(9);
    let claim = world.claim(again, &alice);
    assert_eq!(world.ask(again, claim), Response::Refused(Refusal::AccountClosed));
    assert!(matches!(world.ask(b, Request::CountKeyPackages), Response::KeyPackageCount { .. }));
}

#[test]
fn key_packages_go_to_holders_of_a_take_pass_ten_times_a_day() {
    let mut world = World::new();
    let (alice, a) = world.arrive(1);
    let (_, b) = world.arrive(2);
    let pass = || TakePass::new([5; 32]);
    let one_time = vec![Bytes::from_static(b"one")];
    world.ask(a, Request::PublishKeyPackages { one_time, last_resort: Some(Bytes::from_static(b"last")) });
    let take = || Request::TakeKeyPackages { account: alice.account(), pass: pass() };
    assert_eq!(world.ask(b, take()), Response::Refused(Refusal::NoPass), "strangers never get KeyPackages");
    world.ask(a, Request::ChangeTakePasses { add: vec![pass().hash()], drop: vec![] });
    for n in 0..limits::TAKES_PER_DAY {
        let Response::KeyPackages(taken) = world.ask(b, take()) else { panic!("not taken") };
        assert_eq!((taken.len(), taken[0].client, taken[0].last_resort), (1, alice.client, n > 0));
    }
    let Response::Refused(Refusal::RateLimited { wait_ms }) = world.ask(b, take()) else { panic!("an eleventh") };
    world.now = world.now.plus(wait_ms);
    assert!(matches!(world.ask(b, take()), Response::KeyPackages(_)));
}

#[test]
fn a_call_without_a_socket_gets_the_same_answers() {
    let mut world = World::new();
    let alice = Person::new(1);
    let call = |world: &mut World, bearer: Option<&Bearer>, request| {
        let seed = world.seed();
        world.server.call(world.now, seed, bearer, BINDING, request)
    };
    assert!(matches!(call(&mut world, None, alice.sign_up(None)), Response::SignedUp { .. }));
    let Response::Welcome(welcome) = call(&mut world, None, Request::Hello { versions: vec![1], features: vec![] }) else {
        panic!("no welcome")
    };
    let signature = alice.key.sign_session(&welcome.server, &welcome.nonce, &alice.account(), &alice.client, &BINDING);
    let open = Request::OpenSession { account: alice.account(), client: alice.client, nonce: welcome.nonce, signature };
    let Response::Session { bearer, .. } = call(&mut world, None, open.clone()) else { panic!("no session") };
    assert_eq!(call(&mut world, None, open), Response::Refused(Refusal::BadProof), "a challenge is good once");
    assert_eq!(call(&mut world, None, Request::CountKeyPackages), Response::Refused(Refusal::NoSession));
    let create = Request::CreateLog { log: log(1), passes: vec![new_pass(1, Role::Owner), new_pass(2, Role::Member)], inbox: false };
    assert_eq!(call(&mut world, Some(&bearer), create), Response::Done);
    assert!(matches!(call(&mut world, Some(&bearer), Request::Append(content(log(1), "a", 0))), Response::Appended(_)));
    for needs_a_socket in [
        Request::Subscribe { entries: vec![] },
        Request::Unsubscribe { numbers: vec![] },
        Request::ResumeSession { bearer: bearer.clone() },
    ] {
        assert_eq!(call(&mut world, Some(&bearer), needs_a_socket), Response::Refused(Refusal::Unsupported));
    }
}

/// A store that somebody changes right after an account was read.
struct Meanwhile<'w> {
    store: &'w mut SqliteStore,
    gate: &'w Gate,
    change: Option<(Op, Then)>,
}

impl Reads for Meanwhile<'_> {
    fn account(&mut self, account: &AccountId) -> Result<Option<Account>, StoreError> {
        let read = self.store.account(account);
        if let Some((op, then)) = self.change.take() {
            let outcomes = self.store.commit(NOW, vec![op]).unwrap();
            self.gate.enforce(&then, &outcomes[0]);
        }
        read
    }
    fn states(&mut self, _: &AccountId, _: u64, _: usize) -> Result<Vec<Bytes>, StoreError> {
        unreachable!()
    }
    fn key_packages(&mut self, _: &AccountId, _: &ClientId) -> Result<KeyPackageCount, StoreError> {
        unreachable!()
    }
    fn pass(&mut self, _: &LogId, _: &PassHash, _: Option<Seq>) -> Result<Option<PassView>, StoreError> {
        unreachable!()
    }
    fn reads_to(&mut self, _: LogKey, _: &PassHash) -> Result<Reach, StoreError> {
        unreachable!()
    }
    fn page(&mut self, _: Span) -> Result<Page, StoreError> {
        unreachable!()
    }
    fn upload(&mut self, _: &UploadId) -> Result<Option<Upload>, StoreError> {
        unreachable!()
    }
    fn blob(&mut self, _: &BlobId, _: Day) -> Result<Option<u64>, StoreError> {
        unreachable!()
    }
    fn has_blob(&mut self, _: &BlobId) -> Result<bool, StoreError> {
        unreachable!()
    }
    fn vault(&mut self, _: &VaultId) -> Result<Option<Vault>, StoreError> {
        unreachable!()
    }
    fn sleepers(&mut self, _: LogKey, _: Seq) -> Result<Vec<Sleeper>, StoreError> {
        unreachable!()
    }
    fn accounts(&mut self) -> Result<Vec<AccountRow>, StoreError> {
        unreachable!()
    }
}

/// What becomes of a session that is opened at the moment in which something changes.
fn opened_meanwhile(world: &mut World, conn: ConnId, person: &Person, change: (Op, Then)) -> Worked {
    let Request::OpenSession { account, client, nonce, signature } = world.claim(conn, person) else { panic!("no claim") };
    let task = Task::OpenSession { account, client, nonce, signature, binding: BINDING, challenged: true };
    let (seed, Server { store, gate, blobs, .. }) = (world.seed(), &mut world.server);
    let mut reads = Meanwhile { store, gate, change: Some(change) };
    gate.work(NOW, &mut grow(seed), &mut reads, blobs, task)
}

#[test]
fn who_signs_in_at_the_moment_of_a_restriction_or_a_closing_is_restricted_or_closed() {
    let mut world = World::new();
    let (dan, conn) = world.arrive(1);
    let account = dan.account();
    for (ban, restricted) in [(Ban::Restricted, true), (Ban::None, false)] {
        let change = (Op::Restrict { account, ban }, Then::Restrict { account, ban });
        let Worked::Session(session, _) = opened_meanwhile(&mut world, conn, &dan, change) else { panic!("no session") };
        assert_eq!(session.is_restricted(), restricted);
    }
    let change = (Op::CloseAccount { account }, Then::Close { account });
    let Worked::Answer(answer) = opened_meanwhile(&mut world, conn, &dan, change) else { panic!("a session") };
    assert_eq!(answer, Response::Refused(Refusal::AccountClosed));
    assert_eq!(world.server.gate.session_count(), 0);
}
