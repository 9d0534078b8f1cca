//! Logs: creation, appends with their pass changes, acknowledgements.

use super::cache::{LogCache, LogState, PassState, Room};
use super::journal::{Journal, View};
use super::marks::{BLOCK, Marks, Print, Prints, block_of};
use super::{read, wake};
use crate::bucket::Bucket;
use crate::record::{Entry, Stamped};
use crate::store::rule::{self, Head, Kind, Pass};
use crate::store::{Cursor, LogKey, NewRecord, Outcome};
use bytes::Bytes;
use franking::Stamp;
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use wire::call::{Flag, NewPass, PassChange, Refusal, Role};
use wire::{Chain, Commitment, Hash32, LogId, Millis, PassHash, Seq, limits};

/// Swapped-out passes remembered of one lineage: the pass that members know is among the first, whatever its holder swaps afterwards.
const ANCESTORS: i64 = 16;

pub fn role_code(role: Role) -> i64 {
    match role {
        Role::Owner => 1,
        Role::Member => 2,
        Role::Drop => 3,
    }
}

pub fn role_of(code: i64) -> Role {
    match code {
        1 => Role::Owner,
        2 => Role::Member,
        _ => Role::Drop,
    }
}

pub fn flag_code(flag: Flag) -> i64 {
    match flag {
        Flag::Content => 1,
        Flag::Commit => 2,
    }
}

pub fn flag_of(code: i64) -> Flag {
    if code == 2 { Flag::Commit } else { Flag::Content }
}

/// SQLite's integers are signed: a sequence never gets near the end.
pub fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl ToSql for LogKey {
    fn to_sql(&self) -> Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl LogKey {
    pub(super) fn from_row(row: &Row) -> Result<Self> {
        row.get(0).map(Self)
    }
}

pub fn create(conn: &Connection, log: &LogId, passes: &[NewPass], inbox: bool) -> Result<std::result::Result<(), Refusal>> {
    let distinct: HashSet<_> = passes.iter().map(|pass| pass.hash).collect();
    // Without a reader it would be nobody's. Without an owner it is a chat of two: two members, of whom neither can put the other out.
    if distinct.len() != passes.len() || passes.iter().all(|pass| pass.role == Role::Drop) {
        return Ok(Err(Refusal::Malformed));
    }
    let n = LogKey::of(log);
    let mut found = conn.prepare_cached("SELECT id, inbox FROM log WHERE n = ?1")?;
    let found = found.query_row(params![n], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, bool>(1)?))).optional()?;
    if let Some((id, was_inbox)) = found {
        let again = id == log.0 && was_inbox == inbox && same_passes(conn, n, passes)?;
        return Ok(if again { Ok(()) } else { Err(Refusal::Conflict) });
    }
    conn.prepare_cached("INSERT INTO log(n, id, inbox, seq, ms, last_commit, chain) VALUES (?1, ?2, ?3, 0, 0, 0, ?4)")?
        .execute(params![n, log.0, inbox, Chain::START.0])?;
    for pass in passes {
        insert_pass(conn, n, pass, Seq::START)?;
    }
    Ok(Ok(()))
}

/// Whether a log that exists was created with just these passes: then its creator lost the answer and asks again.
fn same_passes(conn: &Connection, n: LogKey, passes: &[NewPass]) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT hash, role FROM pass WHERE n = ?1 AND ended = 0")?;
    let held =
        query.query_map(params![n], |row| Ok((PassHash(row.get(0)?), row.get(1)?)))?.collect::<Result<HashSet<(PassHash, i64)>>>()?;
    Ok(held == passes.iter().map(|pass| (pass.hash, role_code(pass.role))).collect())
}

fn insert_pass(conn: &Connection, n: LogKey, pass: &NewPass, cursor: Seq) -> Result<()> {
    conn.prepare_cached("INSERT INTO pass(n, hash, role, cursor, ended) VALUES (?1, ?2, ?3, ?4, 0)")?.execute(params![
        n,
        pass.hash.0,
        role_code(pass.role),
        number(cursor.0)
    ])?;
    Ok(())
}

/// Moves a cursor forward, never beyond what the pass may have read. Says whether it moved.
pub fn acknowledge(view: View, logs: &mut LogCache, cursor: &Cursor) -> Result<bool> {
    let head = match logs.get(cursor.log) {
        Some(log) => log.head.seq,
        None => head(view, cursor.log)?.map_or(Seq::START, |(_, head)| head.seq),
    };
    let seq = cursor.seq.min(head);
    let mut move_on = view.conn.prepare_cached(
        "UPDATE pass SET cursor = min(?3, iif(ended > 0, ended, ?3))
         WHERE n = ?1 AND hash = ?2 AND role <> 3 AND cursor < min(?3, iif(ended > 0, ended, ?3))",
    )?;
    Ok(move_on.execute(params![cursor.log, cursor.pass.0, number(seq.0)])? > 0)
}

/// Decides an append and keeps it if it stands.
pub fn append(conn: &Connection, journal: &mut Journal, logs: &mut LogCache, now: Millis, new: NewRecord) -> Result<Outcome> {
    let (n, view) = (LogKey::of(&new.log), journal.view(conn));
    let Some(log) = loaded(view, logs, n)? else { return Ok(Outcome::Refused(Refusal::NoPass)) };
    let before = log.weight();
    let outcome = decided(conn, journal, n, log, now, new)?;
    let after = log.weight();
    logs.weighs(before, after);
    Ok(outcome)
}

fn decided(conn: &Connection, journal: &mut Journal, n: LogKey, log: &mut LogState, now: Millis, new: NewRecord) -> Result<Outcome> {
    if log.id != new.log || !load_pass(conn, n, log, &new.by)? {
        return Ok(Outcome::Refused(Refusal::NoPass));
    }
    match decide(journal.view(conn), n, log, now, &new)? {
        Decision::Refuse(refusal) => Ok(Outcome::Refused(refusal)),
        Decision::Again(stamp) => Ok(Outcome::Again(stamp)),
        Decision::Stand => stand(conn, journal, n, log, now, new),
    }
}

fn stand(conn: &Connection, journal: &mut Journal, n: LogKey, log: &mut LogState, now: Millis, new: NewRecord) -> Result<Outcome> {
    let entry = Arc::new(Entry::new(keep(conn, n, log, now, new)?));
    match log.head.kind {
        Kind::Group => journal.push(entry.clone()),
        Kind::Inbox => place(conn, &entry)?,
    }
    Ok(Outcome::Appended(entry))
}

/// Appends what the server itself has to say, by no pass.
pub fn note(conn: &Connection, journal: &mut Journal, logs: &mut LogCache, now: Millis, (n, record): (LogKey, Bytes)) -> Result<Outcome> {
    let Some(log) = loaded(journal.view(conn), logs, n)? else { return Ok(Outcome::Refused(Refusal::NotFound)) };
    let (by, flag, after, h) = (PassHash::SERVER, Flag::Content, log.head.last_commit, Hash32::of(&record));
    let new = NewRecord { log: log.id, by, flag, after, c: Commitment::NONE, h, record, changes: Vec::new() };
    let before = log.weight();
    let outcome = stand(conn, journal, n, log, now, new)?;
    let after = log.weight();
    logs.weighs(before, after);
    Ok(outcome)
}

enum Decision {
    Refuse(Refusal),
    Again(Box<Stamp>),
    Stand,
}

fn decide(view: View, n: LogKey, log: &LogState, now: Millis, new: &NewRecord) -> Result<Decision> {
    let Some(pass) = log.passes.get(&new.by) else { return Ok(Decision::Refuse(Refusal::NoPass)) };
    // Before `after`: whoever resends did not hear the answer, and Commits may have come since.
    if let Some(stamp) = earlier(view, n, log, pass, new)? {
        return Ok(Decision::Again(Box::new(stamp)));
    }
    if let Err(refusal) = rule::admit(&log.head, &pass.pass, new, now) {
        return Ok(Decision::Refuse(refusal));
    }
    if new.flag == Flag::Content
        && let Err(refusal) = has_room(log, pass, now)
    {
        return Ok(Decision::Refuse(refusal));
    }
    if new.c != Commitment::NONE && stands(view, n, log, &new.c)? {
        return Ok(Decision::Refuse(Refusal::Duplicate));
    }
    Ok(match room_for(view.conn, n, &new.changes)? {
        Ok(()) => Decision::Stand,
        Err(refusal) => Decision::Refuse(refusal),
    })
}

/// Whether another record of content can be remembered. Of a log that is filled by one each of the others can still write.
fn has_room(log: &LogState, pass: &PassState, now: Millis) -> std::result::Result<(), Refusal> {
    match (log.room(), rule::wait_in_a_crowd(&pass.pass, now)) {
        (Room::Enough, _) | (Room::Little, 0) => Ok(()),
        (Room::Little, wait_ms) => Err(Refusal::RateLimited { wait_ms }),
        (Room::Nothing, _) => Err(Refusal::Busy),
    }
}

/// The stamp of an earlier attempt with the same bytes by the same pass.
fn earlier(view: View, n: LogKey, log: &LogState, pass: &PassState, new: &NewRecord) -> Result<Option<Stamp>> {
    if let Some(stamp) = pass.answer(&new.h) {
        return Ok(Some(stamp));
    }
    for seq in log.marks.candidates(Print::of_hash(&new.h)) {
        if let Some(entry) = view.record(n, log.id.route(), seq)?
            && entry.stamped().stamp.by == new.by
            && entry.stamped().stamp.h == new.h
        {
            return Ok(Some(entry.stamped().stamp));
        }
    }
    Ok(None)
}

/// Whether a held record has this commitment.
fn stands(view: View, n: LogKey, log: &LogState, c: &Commitment) -> Result<bool> {
    for seq in log.marks.candidates(Print::of_commitment(c)) {
        if view.record(n, log.id.route(), seq)?.is_some_and(|entry| entry.stamped().stamp.c == *c) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the pass changes fit: a swap needs a fresh hash, and a log has so many passes, and so many with those that ended.
fn room_for(conn: &Connection, n: LogKey, changes: &[PassChange]) -> Result<std::result::Result<(), Refusal>> {
    let sets = changes.iter().filter(|change| matches!(change, PassChange::Set(_))).count();
    if sets > 0 {
        let mut held = conn.prepare_cached("SELECT count(*) FILTER (WHERE ended = 0), count(*) FROM pass WHERE n = ?1")?;
        let (live, all): (i64, i64) = held.query_row(params![n], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (held, most) in [(live, limits::PASSES_MAX), (all, limits::PASSES_REMEMBERED_MAX)] {
            if held + sets as i64 > most as i64 {
                return Ok(Err(Refusal::TooLarge { limit: most as u64 }));
            }
        }
    }
    for change in changes {
        if let PassChange::Swap(hash) = change {
            let named = changes
                .iter()
                .any(|other| matches!(other, PassChange::Set(NewPass { hash: set, .. }) | PassChange::Drop(set) if set == hash));
            if named || pass_row(conn, n, hash)?.is_some() {
                return Ok(Err(Refusal::Conflict));
            }
        }
    }
    Ok(Ok(()))
}

/// Writes the record and what changes with it.
fn keep(conn: &Connection, n: LogKey, log: &mut LogState, now: Millis, new: NewRecord) -> Result<Stamped> {
    let room = log.room();
    let head = &mut log.head;
    let seq = head.seq.next();
    let ms = rule::stamp_time(head, now);
    let stamp = Stamp { route: new.log.route(), seq, ms, flag: new.flag, by: new.by, c: new.c, h: new.h, prev: head.chain };
    (head.seq, head.ms, head.chain) = (seq, ms, stamp.chain());
    let chain = head.chain;
    if let Some(pass) = log.passes.get_mut(&new.by) {
        pass.answered(stamp);
    }
    let mut ended = Vec::new();
    if new.flag == Flag::Commit {
        head.last_commit = seq;
        if let Some(pass) = log.passes.get_mut(&new.by) {
            rule::spend(head, &mut pass.pass, now);
        }
        write_head(conn, n, head)?;
        ended = change_passes(conn, n, log, &stamp, &new.changes)?;
    } else if room != Room::Enough
        && let Some(pass) = log.passes.get_mut(&new.by)
    {
        rule::spend_in_a_crowd(&mut pass.pass, now);
    }
    if let Some(prints) = log.marks.add(seq, Prints::of(&stamp.h, &stamp.c)) {
        conn.prepare_cached("INSERT OR REPLACE INTO mark(n, block, prints) VALUES (?1, ?2, ?3)")?.execute(params![
            n,
            number(block_of(seq)),
            prints
        ])?;
    }
    Ok(Stamped { log: n, stamp, chain, record: new.record, ended })
}

/// Gives a record its place, unless it has it already.
pub fn place(conn: &Connection, entry: &Entry) -> Result<()> {
    let Stamped { log, stamp, record, .. } = entry.stamped();
    let c = (stamp.c != Commitment::NONE).then_some(&stamp.c.0);
    let mut insert =
        conn.prepare_cached("INSERT OR IGNORE INTO record(n, seq, ms, flag, by, c, prev, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?;
    let (seq, ms) = (number(stamp.seq.0), number(stamp.ms.0));
    insert.execute(params![log, seq, ms, flag_code(stamp.flag), stamp.by.0, c, stamp.prev.0, record.as_ref()])?;
    Ok(())
}

pub fn write_head(conn: &Connection, n: LogKey, head: &Head) -> Result<()> {
    conn.prepare_cached("UPDATE log SET seq = ?2, ms = ?3, last_commit = ?4, chain = ?5 WHERE n = ?1")?.execute(params![
        n,
        number(head.seq.0),
        number(head.ms.0),
        number(head.last_commit.0),
        head.chain.0
    ])?;
    Ok(())
}

/// Makes the pass changes of one record; gives the passes that end with it.
fn change_passes(conn: &Connection, n: LogKey, log: &mut LogState, stamp: &Stamp, changes: &[PassChange]) -> Result<Vec<PassHash>> {
    let mut ended = Vec::new();
    for change in changes {
        match change {
            PassChange::Set(pass) => set(conn, n, pass, stamp.seq)?,
            PassChange::Swap(hash) => {
                swap(conn, n, &stamp.by, hash, stamp.seq)?;
                ended.push(stamp.by);
            }
            PassChange::Drop(hash) => ended.extend(drop_pass(conn, n, hash, stamp.seq)?),
        }
    }
    if !ended.is_empty() {
        wake::forget_ended(conn, n)?;
    }
    forget_changed(log, stamp, changes, &ended);
    Ok(ended)
}

/// What the cache knew of the passes named is no longer so. The heir of a swap keeps the rate of its ancestor: else swapping would refill it.
fn forget_changed(log: &mut LogState, stamp: &Stamp, changes: &[PassChange], ended: &[PassHash]) {
    for change in changes {
        match change {
            PassChange::Set(NewPass { hash, .. }) => drop(log.passes.remove(hash)),
            PassChange::Swap(hash) => {
                if let Some(old) = log.passes.remove(&stamp.by) {
                    log.passes.insert(*hash, PassState::new(old.pass, Vec::new()));
                }
            }
            PassChange::Drop(_) => {}
        }
    }
    for hash in ended {
        log.passes.remove(hash);
    }
}

/// A new pass, or a new role for a known one. A pass that begins to read begins at this record.
fn set(conn: &Connection, n: LogKey, pass: &NewPass, seq: Seq) -> Result<()> {
    match pass_row(conn, n, &pass.hash)? {
        None => insert_pass(conn, n, pass, seq),
        Some(row) => {
            let begins = row.ended.is_some() || row.role == Role::Drop;
            let cursor = if begins { number(seq.0) } else { row.cursor };
            conn.prepare_cached("UPDATE pass SET role = ?3, cursor = ?4, ended = 0, heir = NULL WHERE n = ?1 AND hash = ?2")?
                .execute(params![n, pass.hash.0, role_code(pass.role), cursor])?;
            Ok(())
        }
    }
}

/// The new hash takes the role and the cursor of the old one, and all who were swapped into the old one lead to the new one.
fn swap(conn: &Connection, n: LogKey, old: &PassHash, new: &PassHash, seq: Seq) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO pass(n, hash, role, cursor, ended) SELECT n, ?3, role, cursor, 0 FROM pass WHERE n = ?1 AND hash = ?2",
    )?
    .execute(params![n, old.0, new.0])?;
    conn.prepare_cached("UPDATE pass SET ended = ?4, heir = ?3 WHERE n = ?1 AND hash = ?2")?.execute(params![
        n,
        old.0,
        new.0,
        number(seq.0)
    ])?;
    conn.prepare_cached("UPDATE pass SET heir = ?3 WHERE n = ?1 AND heir = ?2")?.execute(params![n, old.0, new.0])?;
    let lineage: i64 =
        conn.prepare_cached("SELECT count(*) FROM pass WHERE n = ?1 AND heir = ?2")?.query_row(params![n, new.0], |row| row.get(0))?;
    if lineage > ANCESTORS {
        conn.prepare_cached(
            "DELETE FROM pass WHERE n = ?1 AND hash =
                 (SELECT hash FROM pass WHERE n = ?1 AND heir = ?2 AND ended < ?3 ORDER BY ended DESC LIMIT 1)",
        )?
        .execute(params![n, new.0, number(seq.0)])?;
    }
    Ok(())
}

/// Ends a pass, or the one it was swapped for: a member that swaps its pass in a record which no honest member accepts must not outlive its
/// removal, which names the pass that the others know. A hash that opens nothing is dropped already.
fn drop_pass(conn: &Connection, n: LogKey, hash: &PassHash, seq: Seq) -> Result<Option<PassHash>> {
    let live = match pass_row(conn, n, hash)? {
        Some(PassRow { ended: None, .. }) => *hash,
        Some(PassRow { heir: Some(heir), .. }) => heir,
        Some(_) | None => return Ok(None),
    };
    let changed = conn.prepare_cached("UPDATE pass SET ended = ?3 WHERE n = ?1 AND hash = ?2 AND ended = 0")?.execute(params![
        n,
        live.0,
        number(seq.0)
    ])?;
    Ok((changed > 0).then_some(live))
}

struct PassRow {
    role: Role,
    cursor: i64,
    ended: Option<Seq>,
    heir: Option<PassHash>,
}

fn pass_row(conn: &Connection, n: LogKey, hash: &PassHash) -> Result<Option<PassRow>> {
    let mut query = conn.prepare_cached("SELECT role, cursor, ended, heir FROM pass WHERE n = ?1 AND hash = ?2")?;
    query
        .query_row(params![n, hash.0], |row| {
            Ok(PassRow {
                role: role_of(row.get(0)?),
                cursor: row.get(1)?,
                ended: read::ended(row.get(2)?),
                heir: row.get::<_, Option<[u8; 32]>>(3)?.map(PassHash),
            })
        })
        .optional()
}

fn loaded<'a>(view: View, logs: &'a mut LogCache, n: LogKey) -> Result<Option<&'a mut LogState>> {
    if logs.get(n).is_none()
        && let Some(state) = load(view, n)?
    {
        logs.insert(n, state);
    }
    Ok(logs.get(n))
}

/// A log as the database knows it.
fn load(view: View, n: LogKey) -> Result<Option<LogState>> {
    let Some((id, head)) = head(view, n)? else { return Ok(None) };
    let mut marks = Marks::default();
    let mut blocks = view.conn.prepare_cached("SELECT block, prints FROM mark WHERE n = ?1")?;
    let mut rows = blocks.query(params![n])?;
    while let Some(row) = rows.next()? {
        marks.load(row.get::<_, i64>(0)?.unsigned_abs(), row.get_ref(1)?.as_blob().unwrap_or_default());
    }
    let complete = head.seq.0 - head.seq.0 % BLOCK;
    for entry in view.after(n, id.route(), Seq(complete), BLOCK as usize)? {
        marks.add(entry.seq(), Prints::of(&entry.stamped().stamp.h, &entry.stamped().stamp.c));
    }
    let held = view.first_after(n, Seq::START)?.unwrap_or(head.seq.next());
    Ok(Some(LogState { id, head, held, marks, passes: HashMap::new() }))
}

/// Where a log stands: at its newest record, or where its row says if that has died.
pub fn head(view: View, n: LogKey) -> Result<Option<(LogId, Head)>> {
    let Some((id, mut head)) = written_head(view.conn, n)? else { return Ok(None) };
    match view.last(n, id.route())? {
        Some(last) if last.seq() > head.seq => {
            let last = last.stamped();
            (head.seq, head.ms, head.chain) = (last.stamp.seq, last.stamp.ms, last.chain);
        }
        Some(_) => {}
        // Of a log without records the row has it all. It is asked again: the last one may have died since, and the head was written then.
        None => return written_head(view.conn, n),
    }
    Ok(Some((id, head)))
}

/// The head as the log's row has it: of what was placed since, nothing.
fn written_head(conn: &Connection, n: LogKey) -> Result<Option<(LogId, Head)>> {
    let mut query = conn.prepare_cached("SELECT id, inbox, seq, ms, last_commit, chain FROM log WHERE n = ?1")?;
    query
        .query_row(params![n], |row| {
            let head = Head {
                seq: read::seq(row.get(2)?),
                ms: read::millis(row.get(3)?),
                chain: Chain(row.get(5)?),
                last_commit: read::seq(row.get(4)?),
                kind: if row.get(1)? { Kind::Inbox } else { Kind::Group },
                commits: Bucket::default(),
            };
            Ok((LogId(row.get(0)?), head))
        })
        .optional()
}

fn load_pass(conn: &Connection, n: LogKey, log: &mut LogState, hash: &PassHash) -> Result<bool> {
    if log.passes.contains_key(hash) {
        return Ok(true);
    }
    let Some(row) = pass_row(conn, n, hash)? else { return Ok(false) };
    let answers = answers(conn, n, log.id, hash)?;
    let pass = Pass { role: row.role, ended: row.ended, commits: Bucket::default() };
    log.passes.insert(*hash, PassState::new(pass, answers));
    Ok(true)
}

fn answers(conn: &Connection, n: LogKey, id: LogId, by: &PassHash) -> Result<Vec<Stamp>> {
    let mut query = conn.prepare_cached("SELECT seq, ms, flag, c, h, prev FROM answer WHERE n = ?1 AND by = ?2")?;
    let rows = query.query_map(params![n, by.0], |row| {
        Ok(Stamp {
            route: id.route(),
            seq: read::seq(row.get(0)?),
            ms: read::millis(row.get(1)?),
            flag: flag_of(row.get(2)?),
            by: *by,
            c: row.get::<_, Option<[u8; 32]>>(3)?.map_or(Commitment::NONE, Commitment),
            h: Hash32(row.get(4)?),
            prev: Chain(row.get(5)?),
        })
    })?;
    rows.collect()
}
