//! Rows of vaults.

use super::*;

pub const RULES: &[Rule] = &[
    ("a_vault_is_written_kept_and_replaced", a_vault_is_written_kept_and_replaced),
    ("only_the_holder_of_the_token_replaces_a_vault", only_the_holder_of_the_token_replaces_a_vault),
    ("the_same_bytes_again_are_the_same_write", the_same_bytes_again_are_the_same_write),
    ("of_two_devices_that_write_at_once_one_is_told_to_look", of_two_devices_that_write_at_once_one_is_told_to_look),
    ("an_old_write_said_again_changes_nothing", an_old_write_said_again_changes_nothing),
    ("a_vault_that_nobody_writes_dies_after_its_time", a_vault_that_nobody_writes_dies_after_its_time),
    ("closing_an_account_leaves_every_vault", closing_an_account_leaves_every_vault),
];

fn id(n: u8) -> VaultId {
    VaultId([n; 32])
}

fn put(n: u8, write: u8, after: u64, text: &str) -> Op {
    Op::PutVault(NewVault { vault: id(n), write: Hash32([write; 32]), after, sealed: Bytes::copy_from_slice(text.as_bytes()) })
}

fn holds(store: &mut dyn Store, n: u8, version: u64, text: &str) {
    let sealed = Bytes::copy_from_slice(text.as_bytes());
    assert_eq!(store.vault(&id(n)), Ok(Some(Vault { version, sealed })));
}

fn stale(version: u64) -> Outcome {
    Outcome::Refused(Refusal::Stale { last_commit: Seq(version) })
}

fn a_vault_is_written_kept_and_replaced(store: &mut dyn Store) {
    assert_eq!(store.vault(&id(1)), Ok(None));
    assert_eq!(one(store, NOW, put(1, 1, 1, "never before")), stale(0));
    assert_eq!(one(store, NOW, put(1, 1, 0, "first")), Outcome::Done);
    holds(store, 1, 1, "first");
    assert_eq!(one(store, NOW, put(1, 1, 1, "second")), Outcome::Done);
    holds(store, 1, 2, "second");
    assert_eq!(store.vault(&id(2)), Ok(None));
}

fn only_the_holder_of_the_token_replaces_a_vault(store: &mut dyn Store) {
    one(store, NOW, put(1, 1, 0, "mine"));
    for after in [0, 1, 2] {
        assert_eq!(one(store, NOW, put(1, 2, after, "yours")), Outcome::Refused(Refusal::NoPass), "{after}");
        assert_eq!(one(store, NOW, put(1, 2, after, "mine")), Outcome::Refused(Refusal::NoPass), "also with the same bytes");
    }
    holds(store, 1, 1, "mine");
}

fn the_same_bytes_again_are_the_same_write(store: &mut dyn Store) {
    one(store, NOW, put(1, 1, 0, "first"));
    assert_eq!(one(store, NOW, put(1, 1, 0, "first")), Outcome::Done, "its answer was lost");
    holds(store, 1, 1, "first");
    one(store, NOW, put(1, 1, 1, "second"));
    assert_eq!(one(store, NOW, put(1, 1, 1, "second")), Outcome::Done);
    holds(store, 1, 2, "second");
}

fn of_two_devices_that_write_at_once_one_is_told_to_look(store: &mut dyn Store) {
    one(store, NOW, put(1, 1, 0, "before"));
    let outcomes = store.commit(NOW, vec![put(1, 1, 1, "one"), put(1, 1, 1, "other")]).unwrap();
    assert_eq!(outcomes, [Outcome::Done, stale(2)]);
    holds(store, 1, 2, "one");
}

fn an_old_write_said_again_changes_nothing(store: &mut dyn Store) {
    for (after, text) in ["first", "second", "third"].into_iter().enumerate() {
        assert_eq!(one(store, NOW, put(1, 1, after as u64, text)), Outcome::Done);
    }
    for (after, text) in ["first", "second"].into_iter().enumerate() {
        assert_eq!(one(store, NOW, put(1, 1, after as u64, text)), stale(3), "{text}");
    }
    holds(store, 1, 3, "third");
}

fn a_vault_that_nobody_writes_dies_after_its_time(store: &mut dyn Store) {
    one(store, NOW, put(1, 1, 0, "left"));
    one(store, NOW, put(2, 2, 0, "kept"));
    let month = NOW.plus(30 * DAY);
    assert_eq!(one(store, month, put(2, 2, 1, "kept on")), Outcome::Done);
    sweep(store, NOW.plus(limits::VAULT_RETENTION));
    holds(store, 1, 1, "left");
    sweep(store, NOW.plus(limits::VAULT_RETENTION + DAY));
    assert_eq!(store.vault(&id(1)), Ok(None), "dated by the day, so never early");
    holds(store, 2, 2, "kept on");
    assert_eq!(one(store, NOW.plus(limits::VAULT_RETENTION + DAY), put(1, 1, 1, "again")), stale(0), "it begins anew");
}

/// Nothing says whose a vault is, so nothing can take it away with its account.
fn closing_an_account_leaves_every_vault(store: &mut dyn Store) {
    let new = NewAccount {
        account: AccountId([1; 32]),
        handle: StoredHandle([1; 32]),
        state: Bytes::from_static(b"state"),
        invite: None,
        invite_only: false,
    };
    one(store, NOW, Op::SignUp(new));
    one(store, NOW, put(1, 1, 0, "somebody's"));
    assert_eq!(one(store, NOW, Op::CloseAccount { account: AccountId([1; 32]) }), Outcome::Done);
    holds(store, 1, 1, "somebody's");
}
