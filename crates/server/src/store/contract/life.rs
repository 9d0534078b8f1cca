//! When records die, and what outlives them.

use super::*;
use wire::desk::Erased;

pub const RULES: &[Rule] = &[
    ("content_dies_when_everyone_is_past_it", content_dies_when_everyone_is_past_it),
    ("unread_content_dies_at_90_days_and_a_commit_at_180", unread_content_dies_at_90_days_and_a_commit_at_180),
    ("one_record_is_taken_away_and_the_others_stand", one_record_is_taken_away_and_the_others_stand),
    ("the_head_outlives_its_records", the_head_outlives_its_records),
    ("a_dropped_pass_holds_what_it_may_still_read", a_dropped_pass_holds_what_it_may_still_read),
    ("a_swapped_pass_holds_nothing", a_swapped_pass_holds_nothing),
    ("an_inbox_lives_by_its_owners_pass", an_inbox_lives_by_its_owners_pass),
    ("an_answer_outlives_a_record_that_its_sender_has_not_read", an_answer_outlives_a_record_that_its_sender_has_not_read),
    ("a_pass_remembers_so_many_answers", a_pass_remembers_so_many_answers),
    ("a_commitment_is_free_again_when_its_record_is_dead", a_commitment_is_free_again_when_its_record_is_dead),
    ("many_dead_go_in_small_batches", many_dead_go_in_small_batches),
    ("a_log_without_readers_holds_nothing", a_log_without_readers_holds_nothing),
];

fn content_dies_when_everyone_is_past_it(store: &mut dyn Store) {
    make_log(store, log(1));
    make_log(store, log(2));
    for text in ["a", "b", "c"] {
        stand(store, content(log(1), text, 0));
        stand(store, content(log(2), text, 0));
    }
    acknowledge(store, log(1), pass(1), 3);
    assert_eq!(sweep(store, NOW).records, 0, "the member is behind");
    acknowledge(store, log(1), pass(2), 2);
    assert_eq!(sweep(store, NOW).records, 2);
    assert_eq!((held(store, log(1)), held(store, log(2))), (vec![3], vec![1, 2, 3]));
}

fn unread_content_dies_at_90_days_and_a_commit_at_180(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    stand(store, commit(log(1), "b", 0, vec![]));
    stand(store, content(log(1), "c", 2));
    sweep(store, NOW.plus(90 * DAY - 1));
    assert_eq!(held(store, log(1)), [1, 2, 3]);
    sweep(store, NOW.plus(90 * DAY));
    assert_eq!(held(store, log(1)), [2], "who is still a member can follow");
    append(store, NOW.plus(100 * DAY), content(log(1), "d", 2)).unwrap();
    sweep(store, NOW.plus(180 * DAY - 1));
    assert_eq!(held(store, log(1)), [2, 4]);
    sweep(store, NOW.plus(180 * DAY));
    assert_eq!(held(store, log(1)), [4]);
}

fn the_head_outlives_its_records(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, commit(log(1), "a", 0, vec![]));
    let last = append(store, NOW, content(log(1), "b", 1)).unwrap();
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), 2);
    }
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [0_u64; 0]);
    assert_eq!(store.pass(&log(1), &pass(1), None).unwrap().map(|view| (view.head, view.first)), Some((Seq(2), Seq(3))));
    assert_eq!(append(store, NOW, content(log(1), "c", 0)), Err(Refusal::Stale { last_commit: Seq(1) }));
    let next = append(store, Millis(0), content(log(1), "c", 1)).unwrap();
    assert_eq!((next.stamped().stamp.seq, next.stamped().stamp.prev), (Seq(3), last.stamped().chain));
    assert_eq!(next.stamped().stamp.ms, NOW, "nor does its time go back");
}

fn a_dropped_pass_holds_what_it_may_still_read(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, NewRecord { by: pass(1), ..content(log(1), "a", 0) });
    stand(store, commit(log(1), "b", 0, vec![PassChange::Drop(pass(2))]));
    stand(store, NewRecord { by: pass(1), ..content(log(1), "c", 2) });
    acknowledge(store, log(1), pass(1), 3);
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [1, 2, 3], "the member has not heard of its removal");
    acknowledge(store, log(1), pass(2), 99);
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [0_u64; 0]);
    assert_eq!(store.pass(&log(1), &pass(2), None), Ok(None), "nothing is left that it could read");
}

fn a_swapped_pass_holds_nothing(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, NewRecord { by: pass(2), ..commit(log(1), "a", 0, vec![PassChange::Swap(pass(9))]) });
    stand(store, NewRecord { by: pass(9), ..content(log(1), "b", 1) });
    for by in [1, 9] {
        acknowledge(store, log(1), pass(by), 2);
    }
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [0_u64; 0]);
    let entry = append(store, NOW, commit(log(1), "c", 1, vec![PassChange::Drop(pass(2))])).unwrap();
    assert_eq!(entry.stamped().ended, [pass(9)], "it is still known by its old name");
}

fn an_inbox_lives_by_its_owners_pass(store: &mut dyn Store) {
    let passes = vec![NewPass { hash: pass(1), role: Role::Owner }, NewPass { hash: pass(3), role: Role::Drop }];
    one(store, NOW, Op::CreateLog { log: log(1), passes, inbox: true });
    for text in ["a", "b"] {
        stand(store, NewRecord { by: pass(3), c: Commitment::NONE, ..content(log(1), text, 0) });
    }
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [1, 2]);
    acknowledge(store, log(1), pass(1), 1);
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [2]);
    sweep(store, NOW.plus(90 * DAY));
    assert_eq!(held(store, log(1)), [0_u64; 0]);
}

fn an_answer_outlives_a_record_that_its_sender_has_not_read(store: &mut dyn Store) {
    make_log(store, log(1));
    let deposit = NewRecord { by: pass(3), ..content(log(1), "a", 0) };
    let unread = content(log(1), "b", 0);
    let stamps = [deposit.clone(), unread.clone()].map(|new| append(store, NOW, new).unwrap().stamped().stamp);
    sweep(store, NOW.plus(90 * DAY));
    assert_eq!(held(store, log(1)), [0_u64; 0]);
    for (new, stamp) in [deposit, unread].into_iter().zip(stamps) {
        assert_eq!(one(store, NOW.plus(91 * DAY), Op::Append(new)), Outcome::Again(Box::new(stamp)));
    }
}

fn a_pass_remembers_so_many_answers(store: &mut dyn Store) {
    make_log(store, log(1));
    let deposit = |n: usize| NewRecord { by: pass(3), ..content(log(1), &n.to_string(), 0) };
    let count = limits::ANSWERS_KEPT + 8;
    for n in 0..count {
        stand(store, deposit(n));
    }
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), count as u64);
    }
    sweep(store, NOW);
    for n in 8..count {
        assert!(matches!(one(store, NOW, Op::Append(deposit(n))), Outcome::Again(_)), "{n}");
    }
    assert!(matches!(one(store, NOW, Op::Append(deposit(7))), Outcome::Appended(_)), "older than the last 32");
}

fn a_commitment_is_free_again_when_its_record_is_dead(store: &mut dyn Store) {
    make_log(store, log(1));
    let c = content(log(1), "a", 0).c;
    stand(store, content(log(1), "a", 0));
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), 1);
    }
    sweep(store, NOW);
    assert_eq!(stand(store, NewRecord { c, ..content(log(1), "b", 0) }), 2);
    assert_eq!(append(store, NOW, NewRecord { c, ..content(log(1), "c", 0) }), Err(Refusal::Duplicate));
}

fn many_dead_go_in_small_batches(store: &mut dyn Store) {
    make_log(store, log(1));
    for n in 0..600 {
        stand(store, content(log(1), &n.to_string(), 0));
    }
    sweep(store, NOW);
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), 600);
    }
    let Outcome::Swept(first) = one(store, NOW, Op::Sweep { logs: 8, records: 100 }) else { panic!("not swept") };
    assert!(first.records == 100 && first.more, "{first:?}");
    assert_eq!(first.records + sweep(store, NOW).records, 600);
    assert_eq!(held(store, log(1)), [0_u64; 0]);
}

fn a_log_without_readers_holds_nothing(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, commit(log(1), "a", 0, vec![PassChange::Drop(pass(2)), PassChange::Drop(pass(1))]));
    for by in [1, 2] {
        acknowledge(store, log(1), pass(by), 1);
    }
    stand(store, NewRecord { by: pass(3), ..content(log(1), "b", 1) });
    sweep(store, NOW);
    assert_eq!(held(store, log(1)), [0_u64; 0]);
}

fn one_record_is_taken_away_and_the_others_stand(store: &mut dyn Store) {
    make_log(store, log(1));
    let chains: Vec<_> =
        ["a", "b", "c"].map(|text| append(store, NOW, content(log(1), text, 0)).unwrap().stamped().chain).into_iter().collect();
    let by = AccountId([7; 32]);
    let erase = |seq| Op::Erase { log: LogKey::of(&log(1)), seq: Seq(seq), by };
    // Before it has a place it can go in a moment.
    let erase_soon = |store: &mut dyn Store, seq| {
        for _ in 0..3 {
            match one(store, NOW, erase(seq)) {
                Outcome::Refused(Refusal::Busy) => {
                    store.commit(NOW, vec![Op::Ripen, Op::Settle { records: 100 }]).unwrap();
                }
                other => return other,
            }
        }
        panic!("it has no place");
    };
    // The log says which, and who had it done.
    let Outcome::Appended(note) = erase_soon(store, 2) else { panic!("no note") };
    let (stamp, record) = (note.stamped().stamp, &note.stamped().record);
    assert_eq!((stamp.seq, stamp.by, stamp.c, stamp.prev), (Seq(4), PassHash::SERVER, Commitment::NONE, chains[2]));
    assert_eq!(Erased::decode(record), Ok(Erased { seq: Seq(2), h: Hash32::of(b"b"), by }));
    assert_eq!(held(store, log(1)), [1, 3, 4]);
    assert_eq!(one(store, NOW, erase(2)), Outcome::Done, "gone is gone");
    assert_eq!(one(store, NOW, erase(9)), Outcome::Refused(Refusal::NotFound));
    assert_eq!(one(store, NOW, Op::Erase { log: LogKey::of(&log(2)), seq: Seq(1), by }), Outcome::Refused(Refusal::NotFound));
    assert_eq!(erase_soon(store, 4), Outcome::Refused(Refusal::RoleForbids), "what the server noted stays");
    // The newest as well: what comes next still follows it.
    stand(store, content(log(1), "d", 0));
    assert!(matches!(erase_soon(store, 5), Outcome::Appended(_)));
    let next = append(store, NOW, content(log(1), "e", 0)).unwrap();
    let span = Span { log: LogKey::of(&log(1)), after: Seq(5), to: Seq(6), records: 1, bytes: 1 << 20 };
    let last = store.page(span).unwrap().records[0].stamped().chain;
    assert_eq!(held(store, log(1)), [1, 3, 4, 6, 7]);
    assert_eq!((next.stamped().stamp.seq, next.stamped().stamp.prev), (Seq(7), last));
}
