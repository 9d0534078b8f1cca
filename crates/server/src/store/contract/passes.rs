//! Passes change in Commit-flagged appends only.

use super::*;

pub const RULES: &[Rule] = &[
    ("content_changes_no_passes", content_changes_no_passes),
    ("a_drop_pass_appends_content_and_nothing_else", a_drop_pass_appends_content_and_nothing_else),
    ("a_member_swaps_its_own_pass_only", a_member_swaps_its_own_pass_only),
    ("a_new_pass_begins_at_its_record", a_new_pass_begins_at_its_record),
    ("a_known_hash_gets_a_new_role", a_known_hash_gets_a_new_role),
    ("a_dropped_pass_reads_up_to_the_record_that_dropped_it", a_dropped_pass_reads_up_to_the_record_that_dropped_it),
    ("a_swapped_pass_hands_over_role_and_cursor", a_swapped_pass_hands_over_role_and_cursor),
    ("a_swap_needs_a_fresh_hash", a_swap_needs_a_fresh_hash),
    ("swapping_does_not_refill_the_rate", swapping_does_not_refill_the_rate),
    ("dropping_a_pass_ends_what_it_was_swapped_for", dropping_a_pass_ends_what_it_was_swapped_for),
    ("whoever_swaps_often_is_still_dropped_by_its_first_name", whoever_swaps_often_is_still_dropped_by_its_first_name),
    ("a_lost_answer_to_a_swap_is_given_again", a_lost_answer_to_a_swap_is_given_again),
    ("a_refused_commit_changes_no_passes", a_refused_commit_changes_no_passes),
    ("a_log_has_so_many_passes", a_log_has_so_many_passes),
    ("passes_that_ended_count_until_they_are_forgotten", passes_that_ended_count_until_they_are_forgotten),
    ("cursors_move_forward_and_never_beyond_the_log", cursors_move_forward_and_never_beyond_the_log),
];

fn set(n: u8, role: Role) -> PassChange {
    PassChange::Set(NewPass { hash: pass(n), role })
}

fn view(store: &mut dyn Store, n: u8) -> Option<PassView> {
    store.pass(&log(1), &pass(n), None).unwrap()
}

fn content_changes_no_passes(store: &mut dyn Store) {
    make_log(store, log(1));
    for change in [set(9, Role::Member), PassChange::Swap(pass(9)), PassChange::Drop(pass(2))] {
        for by in [1, 2] {
            let new = NewRecord { by: pass(by), changes: vec![change], ..content(log(1), "a", 0) };
            assert_eq!(append(store, NOW, new), Err(Refusal::Malformed));
        }
    }
    assert_eq!(view(store, 9), None);
    assert_eq!(view(store, 2).map(|view| view.ended), Some(None));
}

fn a_drop_pass_appends_content_and_nothing_else(store: &mut dyn Store) {
    make_log(store, log(1));
    assert_eq!(stand(store, NewRecord { by: pass(3), ..content(log(1), "a", 0) }), 1);
    assert_eq!(append(store, NOW, NewRecord { by: pass(3), ..commit(log(1), "b", 0, vec![]) }), Err(Refusal::RoleForbids));
    assert_eq!(store.reads_to(LogKey::of(&log(1)), &pass(3)), Ok(Reach::Nothing));
    assert_eq!(store.reads_to(LogKey::of(&log(1)), &pass(2)), Ok(Reach::Everything));
}

fn a_member_swaps_its_own_pass_only(store: &mut dyn Store) {
    make_log(store, log(1));
    let by_member = |changes| NewRecord { by: pass(2), ..commit(log(1), "a", 0, changes) };
    for forbidden in [vec![set(9, Role::Member)], vec![PassChange::Drop(pass(1))], vec![set(2, Role::Owner)]] {
        assert_eq!(append(store, NOW, by_member(forbidden)), Err(Refusal::RoleForbids));
    }
    let hidden = vec![PassChange::Swap(pass(8)), set(9, Role::Owner)];
    assert_eq!(append(store, NOW, by_member(hidden)), Err(Refusal::RoleForbids));
    let twice = vec![PassChange::Swap(pass(8)), PassChange::Swap(pass(9))];
    assert_eq!(append(store, NOW, by_member(twice)), Err(Refusal::Malformed));
    assert_eq!(stand(store, by_member(vec![PassChange::Swap(pass(9))])), 1);
}

fn a_new_pass_begins_at_its_record(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    stand(store, commit(log(1), "b", 0, vec![set(7, Role::Member), set(8, Role::Drop)]));
    let new = view(store, 7).unwrap();
    assert_eq!((new.role, new.cursor, new.head, new.first, new.ended), (Role::Member, Seq(2), Seq(2), Seq(3), None));
    stand(store, content(log(1), "c", 2));
    assert_eq!(view(store, 7).map(|view| view.first), Some(Seq(3)));
    assert_eq!(stand(store, NewRecord { by: pass(7), ..content(log(1), "d", 2) }), 4);
    assert_eq!(stand(store, NewRecord { by: pass(8), ..content(log(1), "e", 2) }), 5);
}

fn a_known_hash_gets_a_new_role(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    acknowledge(store, log(1), pass(2), 1);
    stand(store, commit(log(1), "b", 0, vec![set(2, Role::Owner), set(3, Role::Member)]));
    assert_eq!(view(store, 2).map(|view| (view.role, view.cursor)), Some((Role::Owner, Seq(1))), "the cursor stays");
    assert_eq!(view(store, 3).map(|view| (view.role, view.cursor)), Some((Role::Member, Seq(2))), "reading begins here");
    let demotion = NewRecord { by: pass(2), ..commit(log(1), "c", 2, vec![set(1, Role::Member)]) };
    stand(store, demotion);
    assert_eq!(append(store, NOW, commit(log(1), "d", 3, vec![set(1, Role::Owner)])), Err(Refusal::RoleForbids));
}

fn a_dropped_pass_reads_up_to_the_record_that_dropped_it(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    let entry = append(store, NOW, commit(log(1), "b", 0, vec![PassChange::Drop(pass(2))])).unwrap();
    assert_eq!(entry.stamped().ended, [pass(2)]);
    stand(store, NewRecord { by: pass(1), ..content(log(1), "c", 2) });
    assert_eq!(store.reads_to(LogKey::of(&log(1)), &pass(2)), Ok(Reach::To(Seq(2))));
    assert_eq!(view(store, 2).map(|view| (view.head, view.ended)), Some((Seq(2), Some(Seq(2)))));
    assert_eq!(append(store, NOW, content(log(1), "d", 2)), Err(Refusal::NoPass));
    assert!(matches!(one(store, NOW, Op::Append(content(log(1), "a", 0))), Outcome::Again(_)), "its lost answer is still given");
    let none = append(store, NOW, commit(log(1), "e", 2, vec![PassChange::Drop(pass(2)), PassChange::Drop(pass(99))])).unwrap();
    assert!(none.stamped().ended.is_empty(), "what opens nothing is dropped already");
}

fn a_swapped_pass_hands_over_role_and_cursor(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    acknowledge(store, log(1), pass(1), 1);
    let entry = append(store, NOW, commit(log(1), "b", 0, vec![PassChange::Swap(pass(9))])).unwrap();
    assert_eq!((entry.stamped().stamp.by, &entry.stamped().ended), (pass(1), &vec![pass(1)]));
    assert_eq!(view(store, 9).map(|view| (view.role, view.cursor, view.ended)), Some((Role::Owner, Seq(1), None)));
    assert_eq!(append(store, NOW, NewRecord { by: pass(1), ..content(log(1), "c", 2) }), Err(Refusal::NoPass));
    assert_eq!(store.reads_to(LogKey::of(&log(1)), &pass(1)), Ok(Reach::To(Seq(2))));
    assert_eq!(stand(store, NewRecord { by: pass(9), ..commit(log(1), "d", 2, vec![set(2, Role::Owner)]) }), 3);
}

fn a_swap_needs_a_fresh_hash(store: &mut dyn Store) {
    make_log(store, log(1));
    for changes in [
        vec![PassChange::Swap(pass(2))],
        vec![PassChange::Swap(pass(1))],
        vec![PassChange::Swap(pass(9)), set(9, Role::Member)],
        vec![PassChange::Drop(pass(9)), PassChange::Swap(pass(9))],
    ] {
        assert_eq!(append(store, NOW, commit(log(1), "a", 0, changes)), Err(Refusal::Conflict));
    }
    assert_eq!(held(store, log(1)), [0_u64; 0]);
}

fn swapping_does_not_refill_the_rate(store: &mut dyn Store) {
    make_log(store, log(1));
    let mut by = pass(2);
    for n in 0..limits::COMMIT_BURST {
        let next = pass(100 + n as u8);
        stand(store, NewRecord { by, ..commit(log(1), &n.to_string(), u64::from(n), vec![PassChange::Swap(next)]) });
        by = next;
    }
    let over = NewRecord { by, ..commit(log(1), "over", u64::from(limits::COMMIT_BURST), vec![PassChange::Swap(pass(99))]) };
    assert_eq!(append(store, NOW, over), Err(Refusal::RateLimited { wait_ms: limits::COMMIT_EVERY }));
}

fn dropping_a_pass_ends_what_it_was_swapped_for(store: &mut dyn Store) {
    make_log(store, log(1));
    // In a record that no honest member may accept: they still know the pass by its old hash.
    stand(store, NewRecord { by: pass(2), ..commit(log(1), "junk", 0, vec![PassChange::Swap(pass(9))]) });
    stand(store, NewRecord { by: pass(9), ..commit(log(1), "more junk", 1, vec![PassChange::Swap(pass(10))]) });
    let entry = append(store, NOW, commit(log(1), "removal", 2, vec![PassChange::Drop(pass(2))])).unwrap();
    assert_eq!(entry.stamped().ended, [pass(10)]);
    for by in [2, 9, 10] {
        assert_eq!(append(store, NOW, NewRecord { by: pass(by), ..content(log(1), "x", 3) }), Err(Refusal::NoPass));
        assert!(matches!(store.reads_to(LogKey::of(&log(1)), &pass(by)), Ok(Reach::To(_))));
    }
}

fn whoever_swaps_often_is_still_dropped_by_its_first_name(store: &mut dyn Store) {
    make_log(store, log(1));
    let (mut by, mut now) = (pass(2), NOW);
    for n in 0..60u64 {
        let next = pass(100 + n as u8);
        now = now.plus(limits::COMMIT_EVERY);
        append(store, now, NewRecord { by, ..commit(log(1), &n.to_string(), n, vec![PassChange::Swap(next)]) }).unwrap();
        by = next;
    }
    let entry = append(store, now, commit(log(1), "removal", 60, vec![PassChange::Drop(pass(2))])).unwrap();
    assert_eq!(entry.stamped().ended, [by]);
}

fn a_lost_answer_to_a_swap_is_given_again(store: &mut dyn Store) {
    make_log(store, log(1));
    let swap = NewRecord { by: pass(2), ..commit(log(1), "a", 0, vec![PassChange::Swap(pass(9))]) };
    let stamp = append(store, NOW, swap.clone()).unwrap().stamped().stamp;
    assert_eq!(one(store, NOW, Op::Append(swap)), Outcome::Again(Box::new(stamp)));
}

fn a_refused_commit_changes_no_passes(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, commit(log(1), "a", 0, vec![]));
    let changes = vec![set(9, Role::Owner), PassChange::Drop(pass(2)), PassChange::Swap(pass(8))];
    assert_eq!(append(store, NOW, commit(log(1), "b", 0, changes)), Err(Refusal::Stale { last_commit: Seq(1) }));
    assert_eq!((view(store, 9), view(store, 8)), (None, None));
    assert_eq!(stand(store, content(log(1), "c", 1)), 2);
}

fn nth(n: u32) -> PassHash {
    let mut hash = [0xee; 32];
    hash[..4].copy_from_slice(&n.to_be_bytes());
    PassHash(hash)
}

fn many(from: u32, count: u32) -> Vec<PassChange> {
    (from..from + count).map(|n| PassChange::Set(NewPass { hash: nth(n), role: Role::Drop })).collect()
}

fn a_log_has_so_many_passes(store: &mut dyn Store) {
    make_log(store, log(1));
    let (mut now, mut last) = (NOW, 0);
    for round in 0..5 {
        now = now.plus(limits::COMMIT_EVERY);
        last = append(store, now, commit(log(1), &round.to_string(), last, many(round * 200, 200))).unwrap().stamped().stamp.seq.0;
    }
    now = now.plus(limits::COMMIT_EVERY);
    let over = commit(log(1), "over", last, many(5000, 22));
    assert_eq!(append(store, now, over), Err(Refusal::TooLarge { limit: limits::PASSES_MAX as u64 }));
    assert!(append(store, now, commit(log(1), "fits", last, many(5000, 21))).is_ok());
}

/// Whoever sets and drops passes again and again must not leave rows without number, all of which are looked through when a record dies.
fn passes_that_ended_count_until_they_are_forgotten(store: &mut dyn Store) {
    make_log(store, log(1));
    let (mut now, mut last, mut passes) = (NOW, 0, 3);
    let refusal = loop {
        let from = (passes - 3) as u32;
        let drops = (from.saturating_sub(100)..from).map(|n| PassChange::Drop(nth(n)));
        let changes = many(from, 100).into_iter().chain(drops).collect();
        now = now.plus(limits::COMMIT_EVERY);
        match append(store, now, commit(log(1), &passes.to_string(), last, changes)) {
            Ok(entry) => (last, passes) = (entry.seq().0, passes + 100),
            Err(refusal) => break refusal,
        }
        assert!(passes <= limits::PASSES_REMEMBERED_MAX, "they are set without end");
    };
    assert_eq!(refusal, Refusal::TooLarge { limit: limits::PASSES_REMEMBERED_MAX as u64 });
    assert!(passes + 100 > limits::PASSES_REMEMBERED_MAX);
    // Once everybody has read that they ended, there is room again.
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), last);
    }
    sweep(store, now);
    now = now.plus(limits::COMMIT_EVERY);
    assert!(append(store, now, commit(log(1), "again", last, many(90_000, 100))).is_ok());
}

fn cursors_move_forward_and_never_beyond_the_log(store: &mut dyn Store) {
    make_log(store, log(1));
    for text in ["a", "b", "c"] {
        stand(store, content(log(1), text, 0));
    }
    let mut cursor_after = |seq| {
        acknowledge(store, log(1), pass(2), seq);
        view(store, 2).unwrap().cursor.0
    };
    assert_eq!([2, 1, 0, u64::MAX].map(&mut cursor_after), [2, 2, 2, 3]);
    acknowledge(store, log(1), pass(3), 3);
    assert_eq!(view(store, 3).map(|view| view.cursor), Some(Seq(0)), "drop passes read nothing");
    stand(store, content(log(1), "d", 0));
    assert_eq!(view(store, 2).map(|view| view.first), Some(Seq(4)), "what came later is not acknowledged");
}
