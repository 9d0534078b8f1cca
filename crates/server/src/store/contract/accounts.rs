//! Accounts, invitations, KeyPackages.

use super::*;

pub const RULES: &[Rule] = &[
    ("signing_up_again_gets_the_same_answer", signing_up_again_gets_the_same_answer),
    ("a_username_belongs_to_one_account", a_username_belongs_to_one_account),
    ("an_invitation_is_used_once_and_in_time", an_invitation_is_used_once_and_in_time),
    ("the_uninvited_learn_nothing_about_usernames", the_uninvited_learn_nothing_about_usernames),
    ("a_state_follows_the_one_it_was_checked_against", a_state_follows_the_one_it_was_checked_against),
    ("all_states_are_kept_in_order", all_states_are_kept_in_order),
    ("key_packages_are_taken_once_then_the_last_resort", key_packages_are_taken_once_then_the_last_resort),
    ("a_client_keeps_so_many_key_packages", a_client_keeps_so_many_key_packages),
    ("nobody_takes_without_a_pass", nobody_takes_without_a_pass),
    ("a_removed_client_is_taken_no_more", a_removed_client_is_taken_no_more),
    ("a_closed_account_cannot_be_reached", a_closed_account_cannot_be_reached),
    ("a_restriction_is_kept_for_its_account_until_it_is_lifted", a_restriction_is_kept_for_its_account_until_it_is_lifted),
    ("dropping_take_passes_that_are_not_there_makes_no_room", dropping_take_passes_that_are_not_there_makes_no_room),
    ("a_quota_is_kept_for_its_account", a_quota_is_kept_for_its_account),
];

fn account(n: u8) -> AccountId {
    AccountId([n; 32])
}

fn client(n: u8) -> ClientId {
    ClientId([n; 16])
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

fn new_account(n: u8, handle: u8) -> NewAccount {
    NewAccount { account: account(n), handle: StoredHandle([handle; 32]), state: bytes("first"), invite: None, invite_only: false }
}

fn signed_up(role: &str) -> Outcome {
    Outcome::SignedUp { day: Day::of(NOW), role: role.into() }
}

fn signing_up_again_gets_the_same_answer(store: &mut dyn Store) {
    assert_eq!(one(store, NOW, Op::SignUp(new_account(1, 1))), signed_up(""));
    assert_eq!(one(store, NOW.plus(3 * DAY), Op::SignUp(new_account(1, 1))), signed_up(""));
    assert_eq!(one(store, NOW, Op::SignUp(new_account(1, 2))), Outcome::Refused(Refusal::Conflict));
    let held = store.account(&account(1)).unwrap().unwrap();
    assert_eq!((held.closed, held.seq, held.state, held.bytes_per_day), (false, 1, bytes("first"), None));
    assert_eq!(store.account(&account(2)), Ok(None));
}

fn a_username_belongs_to_one_account(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    assert_eq!(one(store, NOW, Op::SignUp(new_account(2, 1))), Outcome::Refused(Refusal::HandleTaken));
    assert_eq!(store.account(&account(2)), Ok(None));
}

fn invite(store: &mut dyn Store, code: u8, role: &str) -> InviteHash {
    let hash = InviteHash([code; 32]);
    let expires = Day(Day::of(NOW).0 + 2);
    assert_eq!(one(store, NOW, Op::Invite { invites: vec![hash], role: role.into(), expires }), Outcome::Done);
    hash
}

fn an_invitation_is_used_once_and_in_time(store: &mut dyn Store) {
    let (first, late) = (invite(store, 1, "teacher"), invite(store, 2, ""));
    let invited = |n, code| NewAccount { invite: Some(code), invite_only: true, ..new_account(n, n) };
    assert_eq!(one(store, NOW, Op::SignUp(NewAccount { invite_only: true, ..new_account(1, 1) })), Outcome::Refused(Refusal::InviteNeeded));
    assert_eq!(one(store, NOW, Op::SignUp(invited(1, first))), signed_up("teacher"));
    assert_eq!(one(store, NOW, Op::SignUp(invited(1, first))), signed_up("teacher"), "a lost answer");
    assert_eq!(one(store, NOW, Op::SignUp(invited(2, first))), Outcome::Refused(Refusal::InviteSpent));
    assert_eq!(one(store, NOW.plus(2 * DAY), Op::SignUp(invited(2, late))), Outcome::Refused(Refusal::InviteSpent));
    assert_eq!(
        one(store, NOW.plus(DAY), Op::SignUp(invited(2, late))),
        Outcome::SignedUp { day: Day::of(NOW.plus(DAY)), role: String::new() }
    );
}

fn the_uninvited_learn_nothing_about_usernames(store: &mut dyn Store) {
    let code = invite(store, 1, "");
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    let taken = |invite| NewAccount { invite, invite_only: true, ..new_account(2, 1) };
    assert_eq!(one(store, NOW, Op::SignUp(taken(None))), Outcome::Refused(Refusal::InviteNeeded));
    assert_eq!(one(store, NOW, Op::SignUp(taken(Some(InviteHash([9; 32]))))), Outcome::Refused(Refusal::InviteSpent));
    assert_eq!(one(store, NOW, Op::SignUp(taken(Some(code)))), Outcome::Refused(Refusal::HandleTaken));
    let other_name = NewAccount { handle: StoredHandle([2; 32]), ..taken(Some(code)) };
    assert_eq!(one(store, NOW, Op::SignUp(other_name)), signed_up(""), "a taken name does not spend the invitation");
}

fn next_state(seq: u64, follows: &'static str, state: &'static str, clients: &[u8]) -> Op {
    let clients = clients.iter().copied().map(client).collect();
    Op::PublishState(NewState { account: account(1), seq, follows: Hash32::of(follows.as_bytes()), state: bytes(state), clients })
}

fn a_state_follows_the_one_it_was_checked_against(store: &mut dyn Store) {
    assert_eq!(one(store, NOW, next_state(2, "first", "second", &[])), Outcome::Refused(Refusal::NotFound));
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    for wrong in [next_state(3, "first", "x", &[]), next_state(1, "first", "x", &[]), next_state(2, "other", "x", &[])] {
        assert_eq!(one(store, NOW, wrong), Outcome::Refused(Refusal::StateConflict));
    }
    assert_eq!(one(store, NOW, next_state(2, "first", "second", &[])), Outcome::Done);
    assert_eq!(one(store, NOW, next_state(2, "first", "second", &[])), Outcome::Done, "a lost answer");
    assert_eq!(one(store, NOW, next_state(2, "first", "rival", &[])), Outcome::Refused(Refusal::StateConflict));
    assert_eq!(store.account(&account(1)).unwrap().map(|held| (held.seq, held.state)), Some((2, bytes("second"))));
}

fn all_states_are_kept_in_order(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    one(store, NOW, next_state(2, "first", "second", &[]));
    one(store, NOW, next_state(3, "second", "third", &[]));
    assert_eq!(store.states(&account(1), 0, 64).unwrap(), ["first", "second", "third"]);
    assert_eq!(store.states(&account(1), 2, 1).unwrap(), ["second"]);
    assert_eq!(store.states(&account(1), 4, 64).unwrap(), Vec::<Bytes>::new());
}

fn publish(store: &mut dyn Store, n: u8, one_time: &[&'static str], last_resort: Option<&'static str>) {
    let one_time = one_time.iter().copied().map(bytes).collect();
    let op = Op::PublishKeyPackages { account: account(1), client: client(n), one_time, last_resort: last_resort.map(bytes) };
    assert_eq!(one(store, NOW, op), Outcome::Done);
}

fn take(store: &mut dyn Store) -> Vec<(u8, Bytes, bool)> {
    match one(store, NOW, Op::TakeKeyPackages { account: account(1), pass: TakeHash([1; 32]) }) {
        Outcome::Taken(taken) => taken.into_iter().map(|taken| (taken.client.0[0], taken.key_package, taken.last_resort)).collect(),
        other => panic!("{other:?}"),
    }
}

fn account_with_take_pass(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    let add = Op::ChangeTakePasses { account: account(1), add: vec![TakeHash([1; 32])], drop: vec![] };
    assert_eq!(one(store, NOW, add), Outcome::Done);
}

fn key_packages_are_taken_once_then_the_last_resort(store: &mut dyn Store) {
    account_with_take_pass(store);
    publish(store, 1, &["a", "b"], Some("last"));
    publish(store, 2, &["c"], None);
    let mut seen: Vec<Bytes> = Vec::new();
    for _ in 0..2 {
        seen.extend(take(store).into_iter().filter(|(client, _, last)| *client == 1 && !last).map(|(_, package, _)| package));
    }
    seen.sort();
    assert_eq!(seen, ["a", "b"]);
    assert_eq!(take(store), [(1, bytes("last"), true)]);
    assert_eq!(take(store), [(1, bytes("last"), true)]);
    let count = store.key_packages(&account(1), &client(1)).unwrap();
    assert_eq!(count, KeyPackageCount { one_time: 0, last_resort: Some(Day::of(NOW)) });
    publish(store, 1, &[], Some("newer"));
    assert_eq!(take(store), [(1, bytes("newer"), true)]);
}

fn a_client_keeps_so_many_key_packages(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    let one_time: Vec<Bytes> = (0..100u8).map(|n| vec![n].into()).collect();
    for _ in 0..2 {
        let op = Op::PublishKeyPackages { account: account(1), client: client(1), one_time: one_time.clone(), last_resort: None };
        assert_eq!(one(store, NOW, op), Outcome::Done);
        assert_eq!(store.key_packages(&account(1), &client(1)).unwrap().one_time as usize, limits::KEY_PACKAGES_KEPT);
    }
}

fn nobody_takes_without_a_pass(store: &mut dyn Store) {
    account_with_take_pass(store);
    publish(store, 1, &["a"], None);
    let take_with = |of, pass| Op::TakeKeyPackages { account: account(of), pass: TakeHash([pass; 32]) };
    for refused in [take_with(1, 2), take_with(2, 1), take_with(3, 3)] {
        assert_eq!(one(store, NOW, refused), Outcome::Refused(Refusal::NoPass), "one answer for all, accounts are not told apart");
    }
    let drop = Op::ChangeTakePasses { account: account(1), add: vec![], drop: vec![TakeHash([1; 32])] };
    one(store, NOW, drop);
    assert_eq!(one(store, NOW, take_with(1, 1)), Outcome::Refused(Refusal::NoPass));
    let mut hash = [0; 32];
    let many = (0..=limits::TAKE_PASSES_MAX as u32).map(|n| {
        hash[..4].copy_from_slice(&n.to_be_bytes());
        TakeHash(hash)
    });
    let over = Op::ChangeTakePasses { account: account(1), add: many.collect(), drop: vec![] };
    assert_eq!(one(store, NOW, over), Outcome::Refused(Refusal::TooLarge { limit: limits::TAKE_PASSES_MAX as u64 }));
}

fn dropping_take_passes_that_are_not_there_makes_no_room(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    let many = |from: u32, count: usize| {
        let hash = |n: u32| {
            let mut hash = [7; 32];
            hash[..4].copy_from_slice(&n.to_be_bytes());
            TakeHash(hash)
        };
        (from..).take(count).map(hash).collect::<Vec<_>>()
    };
    let mut change = |add, drop| one(store, NOW, Op::ChangeTakePasses { account: account(1), add, drop });
    assert_eq!(change(many(0, limits::TAKE_PASSES_MAX), vec![]), Outcome::Done);
    let full = Outcome::Refused(Refusal::TooLarge { limit: limits::TAKE_PASSES_MAX as u64 });
    assert_eq!(change(many(10_000, 200), many(20_000, 200)), full, "none of these was there");
    assert_eq!(change(many(0, 200), vec![]), Outcome::Done, "these are there");
    assert_eq!(change(many(10_000, 200), many(0, 200)), Outcome::Done);
}

fn a_removed_client_is_taken_no_more(store: &mut dyn Store) {
    account_with_take_pass(store);
    publish(store, 1, &["a"], Some("last of 1"));
    publish(store, 2, &["b"], Some("last of 2"));
    assert_eq!(one(store, NOW, next_state(2, "first", "second", &[2])), Outcome::Done);
    assert_eq!(take(store), [(2, bytes("b"), false)]);
}

fn a_closed_account_cannot_be_reached(store: &mut dyn Store) {
    account_with_take_pass(store);
    publish(store, 1, &["a"], Some("last"));
    assert_eq!(one(store, NOW, Op::CloseAccount { account: account(2) }), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, Op::CloseAccount { account: account(1) }), Outcome::Done);
    assert_eq!(store.account(&account(1)).unwrap().map(|held| held.closed), Some(true));
    assert_eq!(one(store, NOW, Op::TakeKeyPackages { account: account(1), pass: TakeHash([1; 32]) }), Outcome::Refused(Refusal::NoPass));
    assert_eq!(one(store, NOW, Op::SignUp(new_account(1, 1))), Outcome::Refused(Refusal::AccountClosed));
    assert_eq!(one(store, NOW, Op::SignUp(new_account(2, 1))), Outcome::Refused(Refusal::HandleTaken), "its name stays taken");
}

fn a_quota_is_kept_for_its_account(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    let quota = |n| Op::SetQuota { account: account(n), bytes_per_day: 7 };
    assert_eq!(one(store, NOW, quota(2)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, quota(1)), Outcome::Done);
    assert_eq!(store.account(&account(1)).unwrap().and_then(|held| held.bytes_per_day), Some(7));
    let rows = store.accounts().unwrap();
    let row =
        AccountRow { account: account(1), since: Day::of(NOW), role: String::new(), closed: false, ban: Ban::None, bytes_per_day: Some(7) };
    assert_eq!(rows, [row]);
}

fn a_restriction_is_kept_for_its_account_until_it_is_lifted(store: &mut dyn Store) {
    one(store, NOW, Op::SignUp(new_account(1, 1)));
    one(store, NOW, Op::SignUp(new_account(2, 2)));
    let restrict = |n, ban| Op::Restrict { account: account(n), ban };
    let bans = |store: &mut dyn Store| [1, 2].map(|n| store.account(&account(n)).unwrap().unwrap().ban);
    assert_eq!(one(store, NOW, restrict(3, Ban::Restricted)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, restrict(1, Ban::Restricted)), Outcome::Done);
    assert_eq!(bans(store), [Ban::Restricted, Ban::None]);
    assert_eq!(one(store, NOW, restrict(1, Ban::None)), Outcome::Done);
    assert_eq!(bans(store), [Ban::None, Ban::None]);
}
