//! Questions to the database, asked by the writer and by readers beside it.

use super::blob::given_since;
use super::journal::{Fresh, View};
use super::log::{flag_of, head, number, role_of};
use super::{fault, open_reader};
use crate::record::{Entry, Stamped};
use crate::store::*;
use franking::Stamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use std::path::PathBuf;
use wire::{Chain, Route, limits};

pub fn seq(value: i64) -> Seq {
    Seq(value.unsigned_abs())
}

pub fn millis(value: i64) -> Millis {
    Millis(value.unsigned_abs())
}

/// The column `ended`: 0 while a pass lives.
pub fn ended(value: i64) -> Option<Seq> {
    (value != 0).then(|| seq(value))
}

const RECORD: &str = "SELECT seq, ms, flag, by, c, prev, bytes FROM record WHERE n = ?1 AND ";

fn entry(log: LogKey, route: Route, row: &Row) -> Result<Arc<Entry>> {
    let bytes = row.get_ref(6)?.as_blob()?;
    let stamp = Stamp {
        route,
        seq: seq(row.get(0)?),
        ms: millis(row.get(1)?),
        flag: flag_of(row.get(2)?),
        by: PassHash(row.get(3)?),
        c: row.get::<_, Option<[u8; 32]>>(4)?.map_or(Commitment::NONE, Commitment),
        h: Hash32::of(bytes),
        prev: Chain(row.get(5)?),
    };
    let stamped = Stamped { log, stamp, chain: stamp.chain(), record: Bytes::copy_from_slice(bytes), ended: Vec::new() };
    Ok(Arc::new(Entry::new(stamped)))
}

pub fn placed(conn: &Connection, n: LogKey, route: Route, at: Seq) -> Result<Option<Arc<Entry>>> {
    let mut query = conn.prepare_cached(&format!("{RECORD} seq = ?2"))?;
    query.query_row(params![n, number(at.0)], |row| entry(n, route, row)).optional()
}

pub fn last_placed(conn: &Connection, n: LogKey, route: Route) -> Result<Option<Arc<Entry>>> {
    let mut query = conn.prepare_cached(&format!("{RECORD} 1 ORDER BY seq DESC LIMIT 1"))?;
    query.query_row(params![n], |row| entry(n, route, row)).optional()
}

/// Placed records after one sequence and before another.
pub fn placed_between(conn: &Connection, n: LogKey, route: Route, after: Seq, before: Seq, most: usize) -> Result<Vec<Arc<Entry>>> {
    let mut query = conn.prepare_cached(&format!("{RECORD} seq > ?2 AND seq < ?3 ORDER BY seq LIMIT ?4"))?;
    let rows = query.query_map(params![n, number(after.0), number(before.0), number(most as u64)], |row| entry(n, route, row))?;
    rows.collect()
}

pub fn first_placed_after(conn: &Connection, n: LogKey, after: Seq) -> Result<Option<Seq>> {
    let mut query = conn.prepare_cached("SELECT seq FROM record WHERE n = ?1 AND seq > ?2 ORDER BY seq LIMIT 1")?;
    query.query_row(params![n, number(after.0)], |row| row.get(0).map(seq)).optional()
}

pub fn log_id(conn: &Connection, n: LogKey) -> Result<Option<LogId>> {
    conn.prepare_cached("SELECT id FROM log WHERE n = ?1")?.query_row(params![n], |row| row.get(0).map(LogId)).optional()
}

pub fn page(view: View, span: Span) -> Result<Page> {
    let mut page = Page::default();
    let Some(id) = log_id(view.conn, span.log)? else { return Ok(page) };
    let mut bytes = 0;
    // One more than fits tells whether more is there.
    for entry in view.after(span.log, id.route(), span.after, span.records.saturating_add(1))? {
        if entry.seq() > span.to {
            break;
        }
        bytes += entry.weight();
        if page.records.len() == span.records || (bytes > span.bytes && !page.records.is_empty()) {
            page.more = true;
            break;
        }
        page.records.push(entry);
    }
    Ok(page)
}

pub fn pass(view: View, log: &LogId, pass: &PassHash, cursor: Option<Seq>) -> Result<Option<PassView>> {
    let n = LogKey::of(log);
    // First the head: passes and places may change while we read, and what is newer than the head is not spoken of.
    let Some((id, head)) = head(view, n)? else { return Ok(None) };
    if id != *log {
        return Ok(None);
    }
    let mut query = view.conn.prepare_cached("SELECT role, cursor, ended FROM pass WHERE n = ?1 AND hash = ?2")?;
    let row = query.query_row(params![n, pass.0], |row| Ok((role_of(row.get(0)?), seq(row.get(1)?), ended(row.get(2)?)))).optional()?;
    let Some((role, stored, end)) = row else { return Ok(None) };
    let head_seq = end.map_or(head.seq, |end| end.min(head.seq));
    let cursor = cursor.unwrap_or(stored);
    let first = view.first_after(n, cursor)?.unwrap_or(head.seq.next());
    Ok(Some(PassView { role, cursor: stored, ended: end, head: head_seq, first, newest: head.ms }))
}

pub fn reads_to(conn: &Connection, n: LogKey, pass: &PassHash) -> Result<Reach> {
    let mut query = conn.prepare_cached("SELECT ended FROM pass WHERE n = ?1 AND hash = ?2 AND role <> 3")?;
    let end = query.query_row(params![n, pass.0], |row| row.get(0).map(ended)).optional()?;
    Ok(match end {
        None => Reach::Nothing,
        Some(None) => Reach::Everything,
        Some(Some(end)) => Reach::To(end),
    })
}

pub fn account(conn: &Connection, account: &AccountId) -> Result<Option<Account>> {
    let mut query = conn.prepare_cached(
        "SELECT a.closed, s.seq, s.bytes, a.quota, a.ban FROM account a JOIN state s ON s.account = a.id WHERE a.id = ?1 ORDER BY s.seq DESC LIMIT 1",
    )?;
    query
        .query_row(params![account.0], |row| {
            Ok(Account {
                closed: row.get(0)?,
                ban: if row.get(4)? { Ban::Restricted } else { Ban::None },
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                state: row.get::<_, Vec<u8>>(2)?.into(),
                bytes_per_day: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
            })
        })
        .optional()
}

pub fn states(conn: &Connection, account: &AccountId, from: u64, limit: usize) -> Result<Vec<Bytes>> {
    let mut query = conn.prepare_cached("SELECT bytes FROM state WHERE account = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3")?;
    let mut rows = query.query(params![account.0, number(from), number(limit as u64)])?;
    let (mut states, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let state: Vec<u8> = row.get(0)?;
        bytes += state.len();
        if bytes > limits::PAGE_BYTES && !states.is_empty() {
            break;
        }
        states.push(state.into());
    }
    Ok(states)
}

pub fn key_packages(conn: &Connection, account: &AccountId, client: &ClientId) -> Result<KeyPackageCount> {
    let key = params![account.0, client.0];
    let one_time: i64 =
        conn.prepare_cached("SELECT count(*) FROM key_package WHERE account = ?1 AND client = ?2")?.query_row(key, |row| row.get(0))?;
    let last_resort = conn
        .prepare_cached("SELECT day FROM last_resort WHERE account = ?1 AND client = ?2")?
        .query_row(key, |row| row.get(0).map(Day))
        .optional()?;
    Ok(KeyPackageCount { one_time: u32::try_from(one_time).unwrap_or(u32::MAX), last_resort })
}

pub fn upload(conn: &Connection, upload: &UploadId) -> Result<Option<Upload>> {
    let mut query = conn.prepare_cached("SELECT length, delete_hash, day FROM upload WHERE id = ?1")?;
    query
        .query_row(params![upload.0], |row| {
            Ok(Upload { length: row.get::<_, i64>(0)?.unsigned_abs(), delete_hash: Hash32(row.get(1)?), day: Day(row.get(2)?) })
        })
        .optional()
}

pub fn blob(conn: &Connection, blob: &BlobId, today: Day) -> Result<Option<u64>> {
    let mut query = conn.prepare_cached("SELECT length FROM blob WHERE id = ?1 AND day >= ?2")?;
    query.query_row(params![blob.0, given_since(today)], |row| row.get::<_, i64>(0).map(i64::unsigned_abs)).optional()
}

pub fn has_blob(conn: &Connection, blob: &BlobId) -> Result<bool> {
    conn.prepare_cached("SELECT 1 FROM blob WHERE id = ?1")?.exists(params![blob.0])
}

pub fn accounts(conn: &Connection) -> Result<Vec<AccountRow>> {
    let mut query = conn.prepare_cached("SELECT id, day, role, closed, quota, ban FROM account ORDER BY id")?;
    let rows = query.query_map([], |row| {
        Ok(AccountRow {
            account: AccountId(row.get(0)?),
            since: Day(row.get(1)?),
            role: row.get(2)?,
            closed: row.get(3)?,
            ban: if row.get(5)? { Ban::Restricted } else { Ban::None },
            bytes_per_day: row.get::<_, Option<i64>>(4)?.map(i64::unsigned_abs),
        })
    })?;
    rows.collect()
}

/// Opens readers; may be handed to other threads.
#[derive(Clone)]
pub struct Readers {
    path: Arc<PathBuf>,
    fresh: Arc<Fresh>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, fresh: Arc<Fresh>) -> Self {
        Self { path: Arc::new(path), fresh }
    }

    /// # Errors
    /// The file cannot be opened.
    pub fn open(&self) -> std::result::Result<SqliteReader, StoreError> {
        let conn = open_reader(&self.path)?;
        conn.set_prepared_statement_cache_capacity(32);
        Ok(SqliteReader { conn, fresh: self.fresh.clone() })
    }
}

/// A connection that reads while the writer writes. It sees everything committed before each question.
pub struct SqliteReader {
    conn: Connection,
    fresh: Arc<Fresh>,
}

impl SqliteReader {
    fn view(&self) -> View<'_> {
        View { conn: &self.conn, fresh: &self.fresh, running: &[] }
    }
}

impl Reads for SqliteReader {
    fn account(&mut self, id: &AccountId) -> std::result::Result<Option<Account>, StoreError> {
        account(&self.conn, id).map_err(fault)
    }
    fn states(&mut self, account: &AccountId, from: u64, limit: usize) -> std::result::Result<Vec<Bytes>, StoreError> {
        states(&self.conn, account, from, limit).map_err(fault)
    }
    fn key_packages(&mut self, account: &AccountId, client: &ClientId) -> std::result::Result<KeyPackageCount, StoreError> {
        key_packages(&self.conn, account, client).map_err(fault)
    }
    fn pass(&mut self, log: &LogId, hash: &PassHash, cursor: Option<Seq>) -> std::result::Result<Option<PassView>, StoreError> {
        pass(self.view(), log, hash, cursor).map_err(fault)
    }
    fn reads_to(&mut self, log: LogKey, pass: &PassHash) -> std::result::Result<Reach, StoreError> {
        reads_to(&self.conn, log, pass).map_err(fault)
    }
    fn page(&mut self, span: Span) -> std::result::Result<Page, StoreError> {
        page(self.view(), span).map_err(fault)
    }
    fn upload(&mut self, id: &UploadId) -> std::result::Result<Option<Upload>, StoreError> {
        upload(&self.conn, id).map_err(fault)
    }
    fn blob(&mut self, id: &BlobId, today: Day) -> std::result::Result<Option<u64>, StoreError> {
        blob(&self.conn, id, today).map_err(fault)
    }
    fn has_blob(&mut self, id: &BlobId) -> std::result::Result<bool, StoreError> {
        has_blob(&self.conn, id).map_err(fault)
    }
    fn vault(&mut self, id: &VaultId) -> std::result::Result<Option<Vault>, StoreError> {
        super::vault::get(&self.conn, id).map_err(fault)
    }
    fn sleepers(&mut self, log: LogKey, head: Seq) -> std::result::Result<Vec<Sleeper>, StoreError> {
        super::wake::sleepers(&self.conn, log, head).map_err(fault)
    }
    fn accounts(&mut self) -> std::result::Result<Vec<AccountRow>, StoreError> {
        accounts(&self.conn).map_err(fault)
    }
}
