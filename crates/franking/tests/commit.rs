//! Commitments: what they bind, and what an opening in part shows and hides.

mod cast;

use franking::*;
use proptest::prelude::*;
use wire::{Chain, Commitment, Hash32, MessageId, Millis, Route, Seq};

fn any_expiry() -> impl Strategy<Value = Expiry> {
    prop_oneof![Just(Expiry::Never), any::<u32>().prop_map(Expiry::AfterReading), any::<u32>().prop_map(Expiry::At)]
}

prop_compose! {
    fn any_context()(
        hashes in any::<([u8; 32], [u8; 32], [u8; 32])>(),
        counter in 1u64..,
        seq: u64,
        (previous, chain) in (prop::array::uniform32(1u8..), prop::array::uniform32(1u8..)),
        sent: u64,
        expiry in any_expiry(),
        kind: u16,
    ) -> Context {
        Context {
            route: Route(hashes.0),
            cert: Hash32(hashes.1),
            message: MessageId(hashes.2),
            counter,
            previous: if counter == 1 { Commitment::NONE } else { Commitment(previous) },
            seen: Seen { seq: Seq(seq), chain: if seq == 0 { Chain::START } else { Chain(chain) } },
            sent: Millis(sent),
            expiry,
            kind,
        }
    }
}

fn any_fields() -> impl Strategy<Value = Vec<Vec<u8>>> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..6)
}

fn context() -> Context {
    Context {
        route: Route([1; 32]),
        cert: Hash32([2; 32]),
        message: MessageId([3; 32]),
        counter: 2,
        previous: Commitment([4; 32]),
        seen: Seen { seq: Seq(5), chain: Chain([6; 32]) },
        sent: cast::NOW,
        expiry: Expiry::Never,
        kind: 1,
    }
}

fn key(seed: u8) -> CommitKey {
    CommitKey::from_bytes([seed; 32])
}

#[test]
fn a_field_cut_elsewhere_is_another_message() {
    let c = |fields: &[&str]| commit(&key(1), &context(), fields);
    let all = [c(&["ab", "c"]), c(&["a", "bc"]), c(&["abc"]), c(&["abc", ""]), c(&["", "abc"]), c(&["c", "ab"]), c(&[])];
    for (place, one) in all.iter().enumerate() {
        assert!(all[place + 1..].iter().all(|other| other != one), "{place}");
    }
}

#[test]
fn a_commitment_opens_with_its_own_parts_alone() {
    let fields = ["words", "key"];
    let c = commit(&key(1), &context(), &fields);
    assert_eq!(open(&c, &key(1), &context(), &fields), Ok(()));
    assert_eq!(open(&c, &key(2), &context(), &fields), Err(CommitmentMismatch));
    assert_eq!(open(&c, &key(1), &Context { kind: 2, ..context() }, &fields), Err(CommitmentMismatch));
    assert_eq!(open(&c, &key(1), &context(), &["words", "kex"]), Err(CommitmentMismatch));
    assert_eq!(open(&Commitment::NONE, &key(1), &context(), &fields), Err(CommitmentMismatch));
}

#[test]
fn a_shown_leaf_cannot_be_altered_moved_or_left_out() {
    let fields = ["words", "key", "picture"];
    let c = commit(&key(1), &context(), &fields);
    let opening = Opening::of(&key(1), &context(), &fields, |index| index != 1);
    assert_eq!(opening.check(&c), Ok(()));
    let refused = |change: fn(&mut Opening)| {
        let mut changed = opening.clone();
        change(&mut changed);
        assert_eq!(changed.check(&c), Err(CommitmentMismatch));
    };
    refused(|opening| opening.leaves[0] = LeafOpening::Open { key: key(1).leaf_key(0), field: b"worst".to_vec() });
    refused(|opening| opening.leaves[0] = LeafOpening::Open { key: key(1).leaf_key(1), field: b"words".to_vec() });
    refused(|opening| opening.leaves[1] = LeafOpening::Closed(Hash32([0; 32])));
    refused(|opening| opening.leaves.swap(0, 2));
    refused(|opening| drop(opening.leaves.pop()));
    refused(|opening| opening.leaves.push(LeafOpening::Closed(Hash32([0; 32]))));
    refused(|opening| opening.context.sent = Millis(0));
    refused(|opening| opening.context_key = key(2).context_key());
}

#[test]
fn a_withheld_leaf_shows_neither_its_field_nor_its_key() {
    let secret = "a very short key";
    let opening = Opening::of(&key(1), &context(), &["words", secret], |index| index == 0);
    assert!(matches!(&opening.leaves[1], LeafOpening::Closed(_)));
    let shown = format!("{opening:?}");
    assert!(!shown.contains(secret));
    // A guess cannot be tried with what is shown: the leaf is keyed by k_1, which is none of the shown keys.
    let LeafOpening::Closed(closed) = opening.leaves[1] else { unreachable!("asserted above") };
    let LeafOpening::Open { key: shown_key, .. } = &opening.leaves[0] else { unreachable!("index 0 is shown") };
    let guesses = [shown_key.clone(), LeafKey::from_bytes(*opening.context_key.expose())];
    assert!(guesses.iter().all(|guess| guess.leaf(secret.as_bytes()) != closed));
    assert_eq!(key(1).leaf_key(1).leaf(secret.as_bytes()), closed);
}

#[test]
fn keys_never_print_themselves() {
    let keys = format!("{:?} {:?} {:?}", key(7), key(7).leaf_key(0), key(7).context_key());
    assert_eq!(keys, "CommitKey([redacted]) LeafKey([redacted]) ContextKey([redacted])");
}

#[test]
fn a_context_that_contradicts_itself_does_not_decode() {
    let refused = |context: Context| Context::from_bytes(&context.to_bytes()).unwrap_err();
    assert_eq!(refused(Context { counter: 0, ..context() }), Malformed::Contradiction);
    assert_eq!(refused(Context { counter: 1, ..context() }), Malformed::Contradiction, "a first message with a predecessor");
    assert_eq!(refused(Context { previous: Commitment::NONE, ..context() }), Malformed::Contradiction);
    assert_eq!(refused(Context { seen: Seen { seq: Seq(0), chain: Chain([1; 32]) }, ..context() }), Malformed::Contradiction);
    assert_eq!(refused(Context { seen: Seen { seq: Seq(1), chain: Chain::START }, ..context() }), Malformed::Contradiction);
}

#[test]
fn a_context_of_another_version_or_choice_does_not_decode() {
    let with = |place: usize, byte: u8| {
        let mut bytes = context().to_bytes();
        bytes[place] = byte;
        Context::from_bytes(&bytes)
    };
    assert_eq!(with(0, 0), Err(Malformed::Version));
    assert_eq!(with(0, 2), Err(Malformed::Version));
    assert_eq!(with(185, 3), Err(Malformed::Choice), "an unknown expiry");
    assert_eq!(with(189, 1), Err(Malformed::Choice), "never, with a time");
}

#[test]
fn a_context_cut_anywhere_does_not_decode() {
    let bytes = context().to_bytes();
    assert_eq!(bytes.len(), Context::LEN);
    for len in 0..bytes.len() {
        assert_eq!(Context::from_bytes(&bytes[..len]), Err(Malformed::Truncated));
    }
    assert_eq!(Context::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Malformed::Trailing));
}

proptest! {
    #[test]
    fn every_context_round_trips(context in any_context()) {
        prop_assert_eq!(Context::from_bytes(&context.to_bytes()), Ok(context));
    }

    #[test]
    fn whatever_decodes_as_a_context_is_its_own_encoding(mut bytes in prop::collection::vec(any::<u8>(), Context::LEN), choice in 0u8..4) {
        (bytes[0], bytes[185]) = (1, choice);
        if let Ok(context) = Context::from_bytes(&bytes) {
            prop_assert_eq!(context.to_bytes(), bytes);
        }
    }

    #[test]
    fn every_byte_of_a_context_is_committed(context in any_context(), place in 0..Context::LEN, change in 1u8..) {
        let mut bytes = context.to_bytes();
        bytes[place] ^= change;
        if let Ok(other) = Context::from_bytes(&bytes) {
            prop_assert_ne!(commit(&key(1), &other, &["words"]), commit(&key(1), &context, &["words"]));
        }
    }

    #[test]
    fn every_opening_in_part_checks(context in any_context(), fields in any_fields(), kf in any::<[u8; 32]>(), shown: u8) {
        let kf = CommitKey::from_bytes(kf);
        let opening = Opening::of(&kf, &context, &fields, |index| shown >> index & 1 == 1);
        prop_assert_eq!(opening.check(&commit(&kf, &context, &fields)), Ok(()));
        for (index, leaf) in opening.leaves.iter().enumerate() {
            match leaf {
                LeafOpening::Open { field, .. } => prop_assert_eq!(field, &fields[index]),
                LeafOpening::Closed(_) => prop_assert!(shown >> index & 1 == 0),
            }
        }
    }

    #[test]
    fn other_fields_are_another_message(a in any_fields(), b in any_fields()) {
        prop_assert_eq!(a == b, commit(&key(1), &context(), &a) == commit(&key(1), &context(), &b));
    }
}
