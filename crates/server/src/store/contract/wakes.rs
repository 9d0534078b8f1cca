//! Where to knock for passes.

use super::*;

pub const RULES: &[Rule] = &[
    ("a_pass_is_knocked_for_while_something_waits_for_it", a_pass_is_knocked_for_while_something_waits_for_it),
    ("a_pass_that_ends_is_knocked_for_no_more", a_pass_that_ends_is_knocked_for_no_more),
];

fn set(store: &mut dyn Store, n: u8, sealed: Option<&'static str>) {
    let wake = NewWake { log: LogKey::of(&log(1)), pass: pass(n), sealed: sealed.map(|text| Bytes::from_static(text.as_bytes())) };
    assert_eq!(one(store, NOW, Op::SetWakes(vec![wake])), Outcome::Done);
}

fn away(store: &mut dyn Store, head: u64) -> Vec<(PassHash, Bytes)> {
    let mut found: Vec<_> = store.sleepers(LogKey::of(&log(1)), Seq(head)).unwrap().into_iter().map(|it| (it.pass, it.sealed)).collect();
    found.sort();
    found
}

fn a_pass_is_knocked_for_while_something_waits_for_it(store: &mut dyn Store) {
    make_log(store, log(1));
    set(store, 1, Some("door"));
    set(store, 9, Some("nobody's"));
    assert_eq!(away(store, 0), [], "nothing waits");
    stand(store, content(log(1), "a", 0));
    assert_eq!(away(store, 1), [(pass(1), Bytes::from_static(b"door"))]);
    set(store, 1, Some("another door"));
    assert_eq!(away(store, 1), [(pass(1), Bytes::from_static(b"another door"))]);
    acknowledge(store, log(1), pass(1), 1);
    assert_eq!(away(store, 1), [], "it was here");
    stand(store, content(log(1), "b", 0));
    assert_eq!(away(store, 2).len(), 1);
    set(store, 1, None);
    assert_eq!(away(store, 2), []);
}

fn a_pass_that_ends_is_knocked_for_no_more(store: &mut dyn Store) {
    make_log(store, log(1));
    for n in [1, 2, 3] {
        set(store, n, Some("door"));
    }
    stand(store, content(log(1), "a", 0));
    assert_eq!(away(store, 1).len(), 2, "who may only write has nothing to read");
    stand(store, commit(log(1), "b", 0, vec![PassChange::Drop(pass(2)), PassChange::Swap(pass(7))]));
    assert_eq!(away(store, 2), [], "the heir says anew where to knock");
    set(store, 1, Some("door"));
    assert_eq!(away(store, 2), [], "and one that ended cannot");
}
