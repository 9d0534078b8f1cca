//! The work of time: a function of the store and of now. Records die when everyone is past them or at their age, in small batches.

use super::cache::LogCache;
use super::journal::{Journal, View};
use super::log::{flag_code, flag_of, head, number, place, role_of, write_head};
use super::marks::block_of;
use super::read;
use crate::store::rule::{Head, dies, holds_after};
use crate::store::{Day, LogKey, Swept};
use franking::Stamp;
use rusqlite::{Connection, Result, params};
use std::collections::{BTreeMap, HashSet, VecDeque};
use wire::call::{Flag, Refusal, Role, UploadId};
use wire::{BlobId, Commitment, Millis, PassHash, Route, Seq, limits};

/// Rows of blobs, uploads and vaults that die in one transaction: a message never waits long for the dead.
const ROWS: i64 = 256;
/// Logs remembered for a visit; what is forgotten is visited in its turn.
const RIPE: usize = 65_536;

/// Which logs to visit next: those acknowledged lately, then all the others in turn.
#[derive(Default)]
pub struct Walk {
    ripe: VecDeque<LogKey>,
    queued: HashSet<LogKey>,
    last: Option<LogKey>,
    /// The day whose dead blobs and invitations are all gone.
    cleared: Option<Day>,
}

impl Walk {
    /// Says that records of this log may be ready to die.
    pub fn ripe(&mut self, log: LogKey) {
        if self.ripe.len() < RIPE && self.queued.insert(log) {
            self.ripe.push_back(log);
        }
    }

    fn next_ripe(&mut self) -> Option<LogKey> {
        let log = self.ripe.pop_front()?;
        self.queued.remove(&log);
        Some(log)
    }
}

/// How much one sweep does.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub logs: usize,
    pub records: usize,
}

pub fn sweep(view: View, logs: &mut LogCache, walk: &mut Walk, now: Millis, limits: Limits) -> Result<Swept> {
    let mut swept = Swept::default();
    for _ in 0..limits.logs {
        let Some(log) = walk.next_ripe().map(Ok).or_else(|| next_in_turn(view.conn, walk).transpose()).transpose()? else { break };
        swept.records += reap(view, logs, log, now, limits.records.saturating_sub(swept.records))?;
        if swept.records >= limits.records {
            walk.ripe(log);
            break;
        }
    }
    swept.more = !walk.ripe.is_empty();
    clear_rows(view.conn, walk, Day::of(now), &mut swept)?;
    Ok(swept)
}

/// The next log in the order of keys; after the last one none, and then the first.
fn next_in_turn(conn: &Connection, walk: &mut Walk) -> Result<Option<LogKey>> {
    let mut query = match walk.last {
        None => conn.prepare_cached("SELECT n FROM log ORDER BY n LIMIT 1")?,
        Some(_) => conn.prepare_cached("SELECT n FROM log WHERE n > ?1 ORDER BY n LIMIT 1")?,
    };
    let mut rows = match walk.last {
        None => query.query([])?,
        Some(last) => query.query(params![last])?,
    };
    walk.last = rows.next()?.map(LogKey::from_row).transpose()?;
    Ok(walk.last)
}

struct HeldPass {
    role: Role,
    cursor: Seq,
    ended: Option<Seq>,
    heir: Option<PassHash>,
}

/// Places the next records of the round, and lets those die that need no place any more; says how many.
pub fn settle(conn: &Connection, journal: &mut Journal, logs: &mut LogCache, now: Millis, records: usize) -> Result<usize> {
    let round = journal.take(conn, records)?.to_vec();
    let view = journal.view(conn);
    let mut count = 0;
    for (n, entries) in round {
        let Some((_, head)) = head(view, n)? else { continue };
        let log = Dying { conn, n, head, passes: passes(conn, n)? };
        let everyone_past = log.everyone_past();
        let (mut dead, mut last) = (Vec::new(), Seq::START);
        for entry in &entries {
            let stamp = entry.stamped().stamp;
            last = stamp.seq;
            if dies(stamp.flag, stamp.seq, stamp.ms, everyone_past, now) {
                dead.push(stamp);
            } else {
                place(conn, entry)?;
            }
        }
        log.bury(logs, &dead, last.next())?;
        count += dead.len();
    }
    Ok(count)
}

/// Lets the dead of one log go, at most so many records; says how many.
fn reap(view: View, logs: &mut LogCache, n: LogKey, now: Millis, most: usize) -> Result<usize> {
    let Some((id, head)) = head(view, n)? else { return Ok(0) };
    let log = Dying { conn: view.conn, n, head, passes: passes(view.conn, n)? };
    let dead = dead(view.conn, n, id.route(), log.everyone_past(), now, most)?;
    let mut delete = view.conn.prepare_cached("DELETE FROM record WHERE n = ?1 AND seq = ?2")?;
    for stamp in &dead {
        delete.execute(params![n, number(stamp.seq.0)])?;
    }
    log.bury(logs, &dead, view.first_without_place(n).unwrap_or(head.seq.next()))?;
    Ok(dead.len())
}

/// Takes one record away; gives its stamp. One that is gone is gone; one that has no place yet can go in a moment. What the server itself noted stays.
pub fn erase(view: View, logs: &mut LogCache, n: LogKey, seq: Seq) -> Result<std::result::Result<Option<Stamp>, Refusal>> {
    let Some((id, head)) = head(view, n)? else { return Ok(Err(Refusal::NotFound)) };
    if seq > head.seq {
        return Ok(Err(Refusal::NotFound));
    }
    let is_running = view.running.iter().any(|entry| entry.stamped().log == n && entry.seq() == seq);
    if is_running || view.fresh.first(n).is_some_and(|first| seq >= first) {
        return Ok(Err(Refusal::Busy));
    }
    let Some(entry) = read::placed(view.conn, n, id.route(), seq)? else { return Ok(Ok(None)) };
    let stamp = entry.stamped().stamp;
    if stamp.by == PassHash::SERVER {
        return Ok(Err(Refusal::RoleForbids));
    }
    view.conn.prepare_cached("DELETE FROM record WHERE n = ?1 AND seq = ?2")?.execute(params![n, number(seq.0)])?;
    let log = Dying { conn: view.conn, n, head, passes: passes(view.conn, n)? };
    log.bury(logs, &[stamp], view.first_without_place(n).unwrap_or(head.seq.next()))?;
    Ok(Ok(Some(stamp)))
}

/// A log of which records die.
struct Dying<'a> {
    conn: &'a Connection,
    n: LogKey,
    head: Head,
    passes: Passes,
}

impl Dying<'_> {
    fn everyone_past(&self) -> Seq {
        let holds = self.passes.values().filter_map(|pass| holds_after(pass.role, pass.cursor, pass.ended, pass.heir));
        holds.min().unwrap_or(self.head.seq)
    }

    /// What outlives the dead: the head, and the answers that are still owed. `rest`: the first record that has no place and is not among them.
    fn bury(&self, logs: &mut LogCache, dead: &[Stamp], rest: Seq) -> Result<()> {
        if dead.is_empty() {
            return Ok(());
        }
        write_head(self.conn, self.n, &self.head)?;
        for stamp in dead.iter().filter(|stamp| answer_owed(&self.passes, &stamp.by, stamp.seq)) {
            keep_answer(self.conn, logs, self.n, stamp)?;
        }
        let held = read::first_placed_after(self.conn, self.n, Seq::START)?.unwrap_or(rest);
        self.conn.prepare_cached("DELETE FROM mark WHERE n = ?1 AND block < ?2")?.execute(params![self.n, number(block_of(held))])?;
        logs.buried(self.n, held);
        forget_passes(self.conn, logs, self.n, &self.passes, held)
    }
}

/// The passes of a log by their hashes, those that ended too.
type Passes = BTreeMap<PassHash, HeldPass>;

fn passes(conn: &Connection, n: LogKey) -> Result<Passes> {
    let mut query = conn.prepare_cached("SELECT hash, role, cursor, ended, heir FROM pass WHERE n = ?1")?;
    let rows = query.query_map(params![n], |row| {
        let held = HeldPass {
            role: role_of(row.get(1)?),
            cursor: read::seq(row.get(2)?),
            ended: read::ended(row.get(3)?),
            heir: row.get::<_, Option<[u8; 32]>>(4)?.map(PassHash),
        };
        Ok((PassHash(row.get(0)?), held))
    })?;
    rows.collect()
}

fn dead(conn: &Connection, n: LogKey, route: Route, everyone_past: Seq, now: Millis, most: usize) -> Result<Vec<Stamp>> {
    let mut query = conn.prepare_cached("SELECT seq, ms, flag FROM record WHERE n = ?1 ORDER BY seq")?;
    let mut rows = query.query(params![n])?;
    let mut dead = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, ms, flag) = (read::seq(row.get(0)?), read::millis(row.get(1)?), flag_of(row.get(2)?));
        // Times do not go back within a log: behind the first young unread record all are young and unread.
        if dead.len() >= most || !dies(Flag::Content, seq, ms, everyone_past, now) {
            break;
        }
        if dies(flag, seq, ms, everyone_past, now) {
            dead.push(seq);
        }
    }
    drop(rows);
    let stamps = dead.into_iter().map(|seq| read::placed(conn, n, route, seq).map(|entry| entry.map(|entry| entry.stamped().stamp)));
    stamps.filter_map(Result::transpose).collect()
}

/// A sender that has read its own record knows what became of it. One that reads nothing, or has not come so far, may still ask.
fn answer_owed(passes: &Passes, by: &PassHash, seq: Seq) -> bool {
    let Some(sender) = passes.get(by) else { return false };
    let reads = sender.heir.as_ref().and_then(|heir| passes.get(heir)).unwrap_or(sender);
    reads.role == Role::Drop || reads.cursor < seq
}

/// Keeps the answer of a record that died before its sender had read it.
fn keep_answer(conn: &Connection, logs: &mut LogCache, n: LogKey, stamp: &Stamp) -> Result<()> {
    let c = (stamp.c != Commitment::NONE).then_some(stamp.c.0);
    conn.prepare_cached("INSERT OR REPLACE INTO answer(n, by, seq, ms, flag, c, h, prev) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![n, stamp.by.0, number(stamp.seq.0), number(stamp.ms.0), flag_code(stamp.flag), c, stamp.h.0, stamp.prev.0])?;
    conn.prepare_cached(
        "DELETE FROM answer WHERE n = ?1 AND by = ?2 AND seq <=
             (SELECT seq FROM answer WHERE n = ?1 AND by = ?2 ORDER BY seq DESC LIMIT 1 OFFSET ?3)",
    )?
    .execute(params![n, stamp.by.0, limits::ANSWERS_KEPT as i64])?;
    if let Some(pass) = logs.get(n).and_then(|log| log.passes.get_mut(&stamp.by)) {
        pass.answers.push(*stamp);
        let over = pass.answers.len().saturating_sub(limits::ANSWERS_KEPT);
        pass.answers.drain(..over);
    }
    Ok(())
}

/// An ended pass goes when nothing is left that it may read; one that was swapped only after its heir, for whom members know it.
fn forget_passes(conn: &Connection, logs: &mut LogCache, n: LogKey, passes: &Passes, held: Seq) -> Result<()> {
    let lives = |hash: &PassHash| passes.get(hash).is_some_and(|pass| pass.ended.is_none());
    let over = passes.iter().filter(|(_, pass)| pass.ended.is_some_and(|end| end < held) && !pass.heir.as_ref().is_some_and(lives));
    for (hash, _) in over {
        conn.prepare_cached("DELETE FROM pass WHERE n = ?1 AND hash = ?2")?.execute(params![n, hash.0])?;
        conn.prepare_cached("DELETE FROM answer WHERE n = ?1 AND by = ?2")?.execute(params![n, hash.0])?;
        logs.forget_pass(n, hash);
    }
    Ok(())
}

/// Blobs, uploads and invitations are dated by the day, so once a day is enough.
fn clear_rows(conn: &Connection, walk: &mut Walk, today: Day, swept: &mut Swept) -> Result<()> {
    if walk.cleared == Some(today) {
        return Ok(());
    }
    let before = |life: u64| today.0.saturating_sub(Day(0).after(life).0);
    let mut query = conn.prepare_cached("SELECT id FROM blob WHERE day < ?1 AND held <= ?2 LIMIT ?3")?;
    swept.blobs =
        query.query_map(params![before(limits::BLOB_RETENTION), today.0, ROWS], |row| row.get(0).map(BlobId))?.collect::<Result<_>>()?;
    for blob in &swept.blobs {
        conn.prepare_cached("DELETE FROM blob WHERE id = ?1")?.execute(params![blob.0])?;
    }
    let mut query = conn.prepare_cached("SELECT id FROM upload WHERE day < ?1 LIMIT ?2")?;
    swept.uploads = query.query_map(params![before(limits::UPLOAD_LIFE), ROWS], |row| row.get(0).map(UploadId))?.collect::<Result<_>>()?;
    for upload in &swept.uploads {
        conn.prepare_cached("DELETE FROM upload WHERE id = ?1")?.execute(params![upload.0])?;
    }
    conn.prepare_cached("DELETE FROM invite WHERE expires <= ?1")?.execute(params![today.0])?;
    let vaults = conn
        .prepare_cached("DELETE FROM vault WHERE id IN (SELECT id FROM vault WHERE day < ?1 LIMIT ?2)")?
        .execute(params![before(limits::VAULT_RETENTION), ROWS])? as i64;
    if (swept.blobs.len() as i64) < ROWS && (swept.uploads.len() as i64) < ROWS && vaults < ROWS {
        walk.cleared = Some(today);
    } else {
        swept.more = true;
    }
    Ok(())
}
