//! Records and stamps.

use super::*;

pub const RULES: &[Rule] = &[
    ("records_are_numbered_and_chained", records_are_numbered_and_chained),
    ("after_must_name_the_last_commit", after_must_name_the_last_commit),
    ("the_same_bytes_get_the_same_answer", the_same_bytes_get_the_same_answer),
    ("the_same_bytes_by_another_pass_are_another_record", the_same_bytes_by_another_pass_are_another_record),
    ("a_commitment_stands_once_in_a_log", a_commitment_stands_once_in_a_log),
    ("a_refusal_does_not_disturb_its_batch", a_refusal_does_not_disturb_its_batch),
    ("unknown_logs_and_passes_open_nothing", unknown_logs_and_passes_open_nothing),
    ("commits_commit_to_nothing", commits_commit_to_nothing),
    ("commits_are_limited_by_pass", commits_are_limited_by_pass),
    ("commits_are_limited_by_log", commits_are_limited_by_log),
    ("times_never_go_back", times_never_go_back),
    ("an_inbox_tells_the_minute_only", an_inbox_tells_the_minute_only),
    ("pages_keep_their_limits", pages_keep_their_limits),
    ("a_log_is_created_once", a_log_is_created_once),
];

fn records_are_numbered_and_chained(store: &mut dyn Store) {
    make_log(store, log(1));
    let batch = ["a", "b", "c"].map(|text| Op::Append(content(log(1), text, 0))).to_vec();
    let mut prev = wire::Chain::START;
    for (outcome, seq) in store.commit(NOW, batch).unwrap().into_iter().zip(1..) {
        let Outcome::Appended(entry) = outcome else { panic!("{outcome:?}") };
        let stamped = entry.stamped();
        assert_eq!((stamped.stamp.seq, stamped.stamp.prev, stamped.stamp.ms), (Seq(seq), prev, NOW));
        assert_eq!((stamped.stamp.route, stamped.chain), (log(1).route(), stamped.stamp.chain()));
        prev = stamped.chain;
    }
    let span = Span { log: LogKey::of(&log(1)), after: Seq(0), to: Seq(9), records: 9, bytes: 1000 };
    let page = store.page(span).unwrap();
    assert_eq!(page.records.iter().map(|entry| entry.stamped().record.clone()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(page.records.last().map(|entry| entry.stamped().chain), Some(prev), "what is read is what was answered");
    assert!(!page.more);
}

fn after_must_name_the_last_commit(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, content(log(1), "a", 0));
    assert_eq!(stand(store, commit(log(1), "b", 0, vec![])), 2);
    for wrong in [0, 1, 3, u64::MAX] {
        assert_eq!(append(store, NOW, content(log(1), "c", wrong)), Err(Refusal::Stale { last_commit: Seq(2) }));
        assert_eq!(append(store, NOW, commit(log(1), "d", wrong, vec![])), Err(Refusal::Stale { last_commit: Seq(2) }));
    }
    assert_eq!(stand(store, content(log(1), "c", 2)), 3);
    let drop_pass = NewRecord { by: pass(3), ..content(log(1), "e", 0) };
    assert_eq!(append(store, NOW, drop_pass), Err(Refusal::Stale { last_commit: Seq(2) }), "drop passes too");
    let batch = vec![Op::Append(commit(log(1), "f", 2, vec![])), Op::Append(content(log(1), "g", 2)), Op::Append(content(log(1), "h", 4))];
    let outcomes = store.commit(NOW, batch).unwrap();
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::Stale { last_commit: Seq(4) }), "also within one batch");
    assert!(matches!(outcomes[2], Outcome::Appended(_)));
}

fn the_same_bytes_get_the_same_answer(store: &mut dyn Store) {
    make_log(store, log(1));
    let first = append(store, NOW, content(log(1), "a", 0)).unwrap().stamped().stamp;
    let again = Outcome::Again(Box::new(first));
    assert_eq!(one(store, Millis(NOW.0 + 5), Op::Append(content(log(1), "a", 0))), again);
    let own = append(store, NOW, commit(log(1), "b", 0, vec![])).unwrap().stamped().stamp;
    assert_eq!(one(store, NOW, Op::Append(content(log(1), "a", 0))), again, "before `after` is looked at");
    assert_eq!(one(store, NOW, Op::Append(commit(log(1), "b", 0, vec![]))), Outcome::Again(Box::new(own)), "Commits too");
    let twice = vec![Op::Append(content(log(1), "c", 2)), Op::Append(content(log(1), "c", 2))];
    let outcomes = store.commit(NOW, twice).unwrap();
    let [Outcome::Appended(entry), Outcome::Again(stamp)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
    assert_eq!(entry.stamped().stamp, **stamp, "within one batch");
    let other_claims = NewRecord { c: Commitment([9; 32]), after: Seq(77), ..content(log(1), "a", 0) };
    assert_eq!(one(store, NOW, Op::Append(other_claims)), again, "the bytes decide");
    assert_eq!(held(store, log(1)), [1, 2, 3]);
}

fn the_same_bytes_by_another_pass_are_another_record(store: &mut dyn Store) {
    make_log(store, log(1));
    stand(store, commit(log(1), "a", 0, vec![]));
    let replayed = NewRecord { by: pass(3), flag: Flag::Content, ..commit(log(1), "a", 1, vec![]) };
    assert_eq!(stand(store, replayed), 2);
}

fn a_commitment_stands_once_in_a_log(store: &mut dyn Store) {
    make_log(store, log(1));
    make_log(store, log(2));
    let c = content(log(1), "a", 0).c;
    stand(store, content(log(1), "a", 0));
    for by in [pass(1), pass(2), pass(3)] {
        assert_eq!(append(store, NOW, NewRecord { c, by, ..content(log(1), "b", 0) }), Err(Refusal::Duplicate));
    }
    assert_eq!(stand(store, NewRecord { c, ..content(log(2), "b", 0) }), 1, "another log is another conversation");
    for text in ["c", "d"] {
        stand(store, NewRecord { c: Commitment::NONE, ..content(log(1), text, 0) });
    }
    // More than a block of prints, so that both forms of the index are asked.
    for n in 4..=200u64 {
        stand(store, content(log(1), &n.to_string(), 0));
    }
    for n in [4u64, 64, 65, 128, 200] {
        let c = content(log(1), &n.to_string(), 0).c;
        assert_eq!(append(store, NOW, NewRecord { c, ..content(log(1), "x", 0) }), Err(Refusal::Duplicate), "{n}");
    }
}

fn a_refusal_does_not_disturb_its_batch(store: &mut dyn Store) {
    make_log(store, log(1));
    let batch = vec![
        Op::Append(content(log(1), "a", 0)),
        Op::Append(content(log(9), "b", 0)),
        Op::Append(NewRecord { by: pass(3), ..commit(log(1), "c", 0, vec![]) }),
        Op::DeleteBlob { blob: BlobId([1; 32]), token: Hash32([1; 32]) },
        Op::Append(content(log(1), "d", 0)),
    ];
    let outcomes = store.commit(NOW, batch).unwrap();
    let refusals = [Refusal::NoPass, Refusal::RoleForbids, Refusal::NotFound].map(Outcome::Refused);
    assert_eq!(outcomes[1..4], refusals);
    assert_eq!(held(store, log(1)), [1, 2]);
}

fn unknown_logs_and_passes_open_nothing(store: &mut dyn Store) {
    make_log(store, log(1));
    let same_front = LogId([[1; 8], [2; 8], [3; 8], [4; 8]].concat().try_into().unwrap());
    for id in [log(2), same_front] {
        assert_eq!(append(store, NOW, content(id, "a", 0)), Err(Refusal::NoPass));
        assert_eq!(store.pass(&id, &pass(1), None), Ok(None));
    }
    assert_eq!(append(store, NOW, NewRecord { by: pass(9), ..content(log(1), "a", 0) }), Err(Refusal::NoPass));
    assert_eq!(store.pass(&log(1), &pass(9), None), Ok(None));
    assert_eq!(store.reads_to(LogKey::of(&log(1)), &pass(9)), Ok(Reach::Nothing));
    let passes = vec![NewPass { hash: pass(1), role: Role::Owner }];
    assert_eq!(one(store, NOW, Op::CreateLog { log: same_front, passes, inbox: false }), Outcome::Refused(Refusal::Conflict));
}

fn commits_commit_to_nothing(store: &mut dyn Store) {
    make_log(store, log(1));
    let with_c = NewRecord { c: Commitment([1; 32]), ..commit(log(1), "a", 0, vec![]) };
    assert_eq!(append(store, NOW, with_c), Err(Refusal::Malformed));
    assert_eq!(held(store, log(1)), [0_u64; 0]);
}

fn commits_are_limited_by_pass(store: &mut dyn Store) {
    make_log(store, log(1));
    let mut last = 0;
    for n in 0..limits::COMMIT_BURST {
        last = stand(store, commit(log(1), &n.to_string(), last, vec![]));
    }
    let over = commit(log(1), "over", last, vec![]);
    assert_eq!(append(store, NOW, over.clone()), Err(Refusal::RateLimited { wait_ms: limits::COMMIT_EVERY }));
    let resent = commit(log(1), "4", last - 1, vec![]);
    assert!(matches!(one(store, NOW, Op::Append(resent)), Outcome::Again(_)), "a resend is answered all the same");
    stand(store, content(log(1), "content is not limited", last));
    let by_another = NewRecord { by: pass(2), ..commit(log(1), "another", last, vec![]) };
    assert_eq!(stand(store, by_another), last + 2);
    let later = NOW.plus(limits::COMMIT_EVERY);
    let over = NewRecord { after: Seq(last + 2), ..over };
    assert!(append(store, later, over).is_ok());
}

fn commits_are_limited_by_log(store: &mut dyn Store) {
    let owners = (1..=100u8).map(|n| NewPass { hash: pass(n), role: Role::Owner }).collect();
    one(store, NOW, Op::CreateLog { log: log(1), passes: owners, inbox: false });
    let mut last = 0;
    for n in 1..=100u8 {
        let new = NewRecord { by: pass(n), ..commit(log(1), &n.to_string(), last, vec![]) };
        match append(store, NOW, new) {
            Ok(entry) => last = entry.stamped().stamp.seq.0,
            Err(refusal) => {
                assert_eq!(
                    (refusal, last),
                    (Refusal::RateLimited { wait_ms: limits::LOG_COMMIT_EVERY }, u64::from(limits::LOG_COMMIT_BURST))
                );
                return;
            }
        }
    }
    panic!("a hundred Commits at once");
}

fn times_never_go_back(store: &mut dyn Store) {
    make_log(store, log(1));
    let ms =
        |store: &mut dyn Store, now: u64, text: &str| append(store, Millis(now), content(log(1), text, 0)).unwrap().stamped().stamp.ms.0;
    assert_eq!(ms(store, 5000, "a"), 5000);
    assert_eq!(ms(store, 4000, "b"), 5000);
    assert_eq!(ms(store, 6000, "c"), 6000);
}

fn an_inbox_tells_the_minute_only(store: &mut dyn Store) {
    let passes = vec![NewPass { hash: pass(1), role: Role::Owner }, NewPass { hash: pass(3), role: Role::Drop }];
    one(store, NOW, Op::CreateLog { log: log(1), passes, inbox: true });
    let deposit = |text| NewRecord { by: pass(3), c: Commitment::NONE, ..content(log(1), text, 0) };
    let entry = append(store, Millis(NOW.0 + MINUTE + 59_999), deposit("a")).unwrap();
    assert_eq!(entry.stamped().stamp.ms, Millis(NOW.0 + MINUTE));
    assert_eq!(append(store, NOW, NewRecord { c: Commitment([1; 32]), ..deposit("b") }), Err(Refusal::Malformed));
}

fn pages_keep_their_limits(store: &mut dyn Store) {
    make_log(store, log(1));
    for n in 0..10 {
        stand(store, content(log(1), &format!("{n}{}", "x".repeat(99)), 0));
    }
    let mut page = |after, to, records, bytes| {
        let page = store.page(Span { log: LogKey::of(&log(1)), after: Seq(after), to: Seq(to), records, bytes }).unwrap();
        (page.records.iter().map(|entry| entry.seq().0).collect::<Vec<_>>(), page.more)
    };
    assert_eq!(page(0, 99, 4, 9999), (vec![1, 2, 3, 4], true));
    assert_eq!(page(8, 99, 4, 9999), (vec![9, 10], false));
    assert_eq!(page(6, 99, 4, 9999), (vec![7, 8, 9, 10], false));
    assert_eq!(page(0, 3, 4, 9999), (vec![1, 2, 3], false));
    assert_eq!(page(0, 99, 64, 250), (vec![1, 2], true));
    assert_eq!(page(0, 99, 64, 1), (vec![1], true), "never before the first");
    assert_eq!(page(10, 99, 64, 1), (vec![], false));
}

fn a_log_is_created_once(store: &mut dyn Store) {
    let create = |passes: &[(u8, Role)], inbox| {
        let passes = passes.iter().map(|(n, role)| NewPass { hash: pass(*n), role: *role }).collect();
        Op::CreateLog { log: log(1), passes, inbox }
    };
    let good = create(&[(1, Role::Owner), (2, Role::Drop)], true);
    assert_eq!(one(store, NOW, create(&[], false)), Outcome::Refused(Refusal::Malformed));
    assert_eq!(one(store, NOW, create(&[(1, Role::Drop)], false)), Outcome::Refused(Refusal::Malformed), "nobody could read it");
    assert_eq!(one(store, NOW, create(&[(1, Role::Owner), (1, Role::Drop)], false)), Outcome::Refused(Refusal::Malformed));
    assert_eq!(one(store, NOW, good.clone()), Outcome::Done);
    assert_eq!(one(store, NOW, good.clone()), Outcome::Done, "a lost answer");
    assert_eq!(one(store, NOW, create(&[(1, Role::Owner), (2, Role::Drop)], false)), Outcome::Refused(Refusal::Conflict));
    assert_eq!(one(store, NOW, create(&[(4, Role::Owner)], true)), Outcome::Refused(Refusal::Conflict));
    stand(store, NewRecord { by: pass(2), c: Commitment::NONE, ..content(log(1), "a", 0) });
    assert_eq!(one(store, NOW, good), Outcome::Done, "a late one too");
    let passes = [8, 9].map(|n| NewPass { hash: pass(n), role: Role::Member }).to_vec();
    assert_eq!(
        one(store, NOW, Op::CreateLog { log: log(2), passes, inbox: false }),
        Outcome::Done,
        "in a chat of two nobody owns the other"
    );
}
