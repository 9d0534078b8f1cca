//! Asking somebody twice: whatever becomes of the one request, the other and what follows it are not lost.

use crate::{say, texts};
use franking::{AccountState, IdentityKey, SignedState};
use server::store::{NewState, Op, Outcome, Store as _};
use sim::oracle::{Honesty, judge};
use sim::world::{Weather, World};
use view::{Command, Direction, Event, RequestState};
use view::{Refusal, Reply};
use wire::{Hash32, Millis, limits};

const ALICE: usize = 0;
const ZOE: usize = 1;

fn link(world: &mut World, person: usize) -> String {
    let Ok(Reply::Link { url, .. }) = world.command(person, Command::MakeLink { label: "zoe".into(), uses: 1, days: 1 }) else {
        panic!("no link")
    };
    world.run(15_000);
    url
}

fn asks(world: &mut World, link: &str) {
    world.command(ZOE, Command::AddContact { link: link.to_owned() }).expect("asked");
}

/// Alice and Zoe, who has asked Alice by two links; what Alice knows the requests by.
fn asked_twice(seed: u64) -> (World, [i64; 2]) {
    let mut world = World::new(seed, Weather::FAIR);
    world.person("alice");
    world.person("zoe");
    world.run(500);
    for _ in 0..2 {
        let link = link(&mut world, ALICE);
        asks(&mut world, &link);
        world.run(40_000);
    }
    let requests: Vec<i64> = states(&world, ALICE).into_iter().map(|(id, ..)| id).collect();
    let [first, second] = requests[..] else { panic!("two requests: {requests:?}") };
    (world, [first, second])
}

fn states(world: &World, person: usize) -> Vec<(i64, Direction, RequestState)> {
    world.people[person].client().requests().expect("requests").into_iter().map(|row| (row.id, row.direction, row.state)).collect()
}

/// Alice accepts, and later invites Zoe to a group.
fn accepts_and_invites(world: &mut World, request: i64) -> i64 {
    let Ok(Reply::Id(chat)) = world.command(ALICE, Command::AcceptRequest { id: request }) else { panic!("not accepted") };
    world.run(60_000);
    world.command(ALICE, Command::CreateGroup { name: "choir".into(), members: vec!["zoe".into()] }).expect("a group");
    world.run(60_000);
    let invitation = world.people[ZOE].client().invitations().expect("invitations").pop().expect("the invitation is not lost");
    world.command(ZOE, Command::JoinGroup { invitation: invitation.id }).expect("joined");
    world.run(60_000);
    chat
}

#[test]
fn a_group_invitation_is_not_lost_behind_a_request_that_nobody_answered() {
    let (mut world, [first, second]) = asked_twice(70);
    let chat = accepts_and_invites(&mut world, second);
    for person in [ALICE, ZOE] {
        let states = states(&world, person);
        assert!(!states.is_empty() && states.iter().all(|(.., state)| *state == RequestState::Accepted), "{states:?}");
        world.people[person].events.clear();
    }
    // The other request leads to the same chat, and to nothing that must fail.
    assert_eq!(world.command(ALICE, Command::AcceptRequest { id: first }), Ok(Reply::Id(chat)));
    world.run(60_000);
    for person in [ALICE, ZOE] {
        let failed = world.people[person].events.iter().find(|event| matches!(event, Event::Failed { .. }));
        assert_eq!(failed, None);
        let chats = world.people[person].client().chats().expect("chats");
        assert_eq!(chats.iter().filter(|chat| chat.kind == view::ChatKind::Two).count(), 1, "{chats:?}");
    }
    say(&mut world, ALICE, chat, "one chat, then");
    world.run(1000);
    let hers = world.people[ZOE].client().chats().expect("chats").into_iter().find(|chat| chat.kind == view::ChatKind::Two).expect("it").id;
    assert!(texts(&world, ZOE, hers).iter().any(|(_, text)| text == "one chat, then"));
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn who_was_declined_once_and_accepted_later_is_invited_to_groups() {
    let (mut world, [first, second]) = asked_twice(71);
    world.command(ALICE, Command::DeclineRequest { id: first }).expect("declined");
    accepts_and_invites(&mut world, second);
    let hers = states(&world, ZOE);
    assert!(!hers.is_empty() && hers.iter().all(|(.., state)| *state != RequestState::Waiting), "{hers:?}");
    assert_eq!(states(&world, ALICE)[0].2, RequestState::Declined);
    assert_eq!(world.command(ALICE, Command::AcceptRequest { id: first }), Err(Refusal::NoSuchRequest { id: first }));
    assert_eq!(judge(&world, Honesty::Honest), []);
}

#[test]
fn a_second_request_that_arrives_after_the_chat_has_begun_ends_in_one_chat_without_a_word_of_failure() {
    for seed in 72..76 {
        let mut world = World::new(seed, Weather::FAIR);
        world.person("alice");
        world.person("zoe");
        world.run(500);
        let links = [link(&mut world, ALICE), link(&mut world, ALICE)];
        asks(&mut world, &links[0]);
        world.run(40_000);
        // Zoe asks again, and at the same moment Alice says yes to the first.
        asks(&mut world, &links[1]);
        let first = states(&world, ALICE)[0].0;
        world.command(ALICE, Command::AcceptRequest { id: first }).expect("accepted");
        world.run(90_000);
        for (id, direction, _) in states(&world, ALICE) {
            assert_eq!(direction, Direction::In);
            world.command(ALICE, Command::AcceptRequest { id }).expect("accepted");
        }
        world.run(120_000);
        for person in [ALICE, ZOE] {
            let failed = world.people[person].events.iter().find(|event| matches!(event, Event::Failed { .. }));
            assert_eq!(failed, None, "seed {seed}");
            let open = |chat: &view::ChatRow| chat.kind == view::ChatKind::Two && chat.state == view::ChatState::Active;
            let chats = world.people[person].client().chats().expect("chats");
            assert_eq!(chats.iter().filter(|chat| open(chat)).count(), 1, "seed {seed}: {chats:?}");
            assert!(states(&world, person).iter().all(|(.., state)| *state == RequestState::Accepted), "seed {seed}");
        }
        assert_eq!(judge(&world, Honesty::Honest), [], "seed {seed}");
    }
}

/// The newest AccountState that a device holds of somebody, or of its own account.
fn newest_state(world: &World, person: usize, table: &str) -> SignedState {
    let db = client::store::open(world.people[person].path(), &[7; 32]).expect("the person's database");
    let bytes: Vec<u8> = db.query_row(&format!("SELECT state FROM {table}"), [], |row| row.get(0)).expect("a state");
    SignedState::from_bytes(&bytes).expect("a state")
}

/// Alice's account has been around for long: more states than the server gives at once, and of all but the newest some device is lost.
#[test]
fn who_asks_somebody_with_more_states_than_a_page_learns_the_newest() {
    let mut world = World::new(77, Weather::FAIR);
    world.person("alice");
    world.person("zoe");
    world.run(500);
    let link = link(&mut world, ALICE);
    let db = client::store::open(world.people[ALICE].path(), &[7; 32]).expect("the person's database");
    let seed: [u8; 32] = db.query_row("SELECT identity_key FROM account", [], |row| row.get(0)).expect("a key");
    let identity = IdentityKey::from_seed(&seed);
    let mut held = newest_state(&world, ALICE, "account");
    for _ in 0..=limits::STATES_PAGE {
        let before = held.clone().verify().expect("a state that holds");
        let t = Millis(world.now.0.max(before.state().t.0));
        let next = AccountState::after(&before, t).sign(&identity).expect("signed");
        let valid = next.clone().verify().expect("a state that holds");
        let new = NewState {
            account: identity.account(),
            seq: valid.state().seq,
            follows: Hash32::of(&held.to_bytes()),
            state: next.to_bytes().into(),
            clients: valid.state().certs.iter().map(|cert| cert.client).collect(),
        };
        let now = world.now;
        assert_eq!(world.server().store().commit(now, vec![Op::PublishState(new)]), Ok(vec![Outcome::Done]));
        held = next;
    }
    asks(&mut world, &link);
    world.run(60_000);
    assert_eq!(newest_state(&world, ZOE, "contact").to_bytes(), held.to_bytes());
    assert_eq!(states(&world, ALICE).len(), 1, "and the request arrives");
}
