//! What every store must do. Each rule is a function; a store's tests run [`ALL`] of them, each on an empty store.

mod accounts;
mod append;
mod blobs;
mod life;
mod passes;
mod vaults;
mod wakes;

use super::*;
pub use std::sync::Arc;
pub use wire::limits;

/// A rule and what it says.
pub type Rule = (&'static str, fn(&mut dyn Store));

pub fn all() -> Vec<Rule> {
    [append::RULES, passes::RULES, life::RULES, accounts::RULES, blobs::RULES, vaults::RULES, wakes::RULES].concat()
}

/// Some time in 2025, at the beginning of a minute.
pub const NOW: Millis = Millis(1_760_000_040_000);
pub const MINUTE: u64 = 60 * 1000;

pub fn log(n: u8) -> LogId {
    LogId([n; 32])
}

pub fn pass(n: u8) -> PassHash {
    PassHash([n; 32])
}

pub fn one(store: &mut dyn Store, now: Millis, op: Op) -> Outcome {
    let mut outcomes = store.commit(now, vec![op]).unwrap();
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// A log with an owner (1), a member (2) and a drop pass (3).
pub fn make_log(store: &mut dyn Store, id: LogId) {
    let roles = [Role::Owner, Role::Member, Role::Drop];
    let passes = (1u8..).zip(roles).map(|(n, role)| NewPass { hash: pass(n), role }).collect();
    assert_eq!(one(store, NOW, Op::CreateLog { log: id, passes, inbox: false }), Outcome::Done);
}

/// Content by the member, distinct by its text.
pub fn content(id: LogId, text: &str, after: u64) -> NewRecord {
    let record = Bytes::copy_from_slice(text.as_bytes());
    let h = Hash32::of(&record);
    NewRecord { log: id, by: pass(2), flag: Flag::Content, after: Seq(after), c: Commitment(h.0), h, record, changes: vec![] }
}

/// A Commit by the owner.
pub fn commit(id: LogId, text: &str, after: u64, changes: Vec<PassChange>) -> NewRecord {
    NewRecord { by: pass(1), flag: Flag::Commit, c: Commitment::NONE, changes, ..content(id, text, after) }
}

pub fn append(store: &mut dyn Store, now: Millis, new: NewRecord) -> Result<Arc<Entry>, Refusal> {
    match one(store, now, Op::Append(new)) {
        Outcome::Appended(entry) => Ok(entry),
        Outcome::Refused(refusal) => Err(refusal),
        other => panic!("an append became {other:?}"),
    }
}

/// Appends what must stand.
pub fn stand(store: &mut dyn Store, new: NewRecord) -> u64 {
    append(store, NOW, new).unwrap().stamped().stamp.seq.0
}

pub fn acknowledge(store: &mut dyn Store, id: LogId, by: PassHash, seq: u64) {
    let cursor = Cursor { log: LogKey::of(&id), pass: by, seq: Seq(seq) };
    assert_eq!(one(store, NOW, Op::Acknowledge(vec![cursor])), Outcome::Done);
}

/// Lets time do all its work; gives what died.
pub fn sweep(store: &mut dyn Store, now: Millis) -> Swept {
    let mut total = Swept::default();
    // A walk over a handful of logs that ends at its beginning.
    for _ in 0..20 {
        let batch = vec![Op::Ripen, Op::Settle { records: 100 }, Op::Sweep { logs: 8, records: 256 }];
        let outcomes = store.commit(now, batch).unwrap();
        let [_, Outcome::Settled { died }, Outcome::Swept(swept)] = outcomes.as_slice() else { panic!("{outcomes:?}") };
        total.records += died;
        total.records += swept.records;
        total.blobs.extend(&swept.blobs);
        total.uploads.extend(&swept.uploads);
    }
    total
}

/// The sequences held of a log.
pub fn held(store: &mut dyn Store, id: LogId) -> Vec<u64> {
    let span = Span { log: LogKey::of(&id), after: Seq(0), to: Seq(u64::MAX), records: 1000, bytes: 1 << 30 };
    store.page(span).unwrap().records.iter().map(|entry| entry.seq().0).collect()
}
