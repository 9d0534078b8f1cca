//! What the server's database says by equality: an analyst joins rows by any eight bytes that they share.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use wire::LogId;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    Account,
    Inbox,
    Group,
    /// What goes to a safety team, and what it answers.
    Desk,
    File,
    Vault,
    Invitation,
}

/// Every value of a row, in bytes; times apart.
#[derive(Debug, Clone)]
pub struct Row {
    pub table: String,
    pub about: About,
    pub values: Vec<Vec<u8>>,
    /// Milliseconds.
    pub times: Vec<i64>,
}

/// A stored record.
#[derive(Debug, Clone)]
pub struct Record {
    pub about: About,
    pub commit: bool,
    pub bytes: Vec<u8>,
}

pub fn open(database: &Path) -> Connection {
    Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

fn tables(db: &Connection) -> Vec<(String, String)> {
    let mut query = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

/// What each log is for. Those of a desk look like those of groups; which they are everybody is told.
fn logs(db: &Connection, desk: &[LogId]) -> HashMap<i64, About> {
    let mut query = db.prepare("SELECT n, inbox, id FROM log").unwrap();
    let about = |inbox: bool, id: [u8; 32]| {
        if desk.contains(&LogId(id)) {
            return About::Desk;
        }
        if inbox { About::Inbox } else { About::Group }
    };
    query.query_map([], |row| Ok((row.get(0)?, about(row.get(1)?, row.get(2)?)))).unwrap().map(Result::unwrap).collect()
}

/// Everything in the database of a server that is at rest.
pub fn rows(db: &Connection) -> Vec<Row> {
    rows_with_desk(db, &[])
}

/// The same of a server that has a desk, whose logs these are.
pub fn rows_with_desk(db: &Connection, desk: &[LogId]) -> Vec<Row> {
    let logs = logs(db, desk);
    let mut rows = Vec::new();
    for (table, _) in tables(db) {
        let mut query = db.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut found = query.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let about = match table.as_str() {
                "account" | "state" | "key_package" | "last_resort" | "take_pass" => About::Account,
                "log" | "pass" | "record" | "mark" | "answer" => logs[&row.get::<_, i64>("n").unwrap()],
                "upload" | "blob" => About::File,
                "vault" => About::Vault,
                "invite" => About::Invitation,
                other => panic!("a row in {other}: what is it about?"),
            };
            let mut kept = Row { table: table.clone(), about, values: vec![], times: vec![] };
            for (at, column) in columns.iter().enumerate() {
                match row.get_ref(at).unwrap() {
                    ValueRef::Integer(ms) if column == "ms" => kept.times.push(ms),
                    ValueRef::Integer(number) => kept.values.push(number.to_be_bytes().to_vec()),
                    ValueRef::Blob(bytes) | ValueRef::Text(bytes) => kept.values.push(bytes.to_vec()),
                    ValueRef::Null | ValueRef::Real(_) => {}
                }
            }
            rows.push(kept);
        }
    }
    rows
}

/// Flags as the server stores them: 1 content, 2 a Commit.
pub fn records(db: &Connection) -> Vec<Record> {
    let logs = logs(db, &[]);
    let mut query = db.prepare("SELECT n, flag = 2, bytes FROM record").unwrap();
    let record = |row: &rusqlite::Row<'_>| Ok(Record { about: logs[&row.get::<_, i64>(0)?], commit: row.get(1)?, bytes: row.get(2)? });
    query.query_map([], record).unwrap().map(Result::unwrap).collect()
}

/// Tables whose rows stand in the order in which they came: those with a row number that nobody chose at random.
pub fn ordered_tables(db: &Connection) -> Vec<String> {
    let mut ordered = Vec::new();
    for (table, sql) in tables(db) {
        if sql.contains("WITHOUT ROWID") {
            continue;
        }
        let mut query = db.prepare(&format!("SELECT rowid FROM {table}")).unwrap();
        let numbers: Vec<i64> = query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        // Counted numbers are small.
        if numbers.iter().any(|number| number.unsigned_abs() < 1 << 32) {
            ordered.push(table);
        }
    }
    ordered
}

const LEAST: usize = 8;

fn windows(value: &[u8]) -> impl Iterator<Item = [u8; LEAST]> {
    value.windows(LEAST).map(|window| *window.first_chunk().unwrap())
}

/// Zeros and small numbers of either byte order, alone or beside a length, are everywhere. Of a key or a pass no window looks like this.
fn says_little(window: &[u8; LEAST]) -> bool {
    window.iter().filter(|byte| matches!(byte, 0 | 0xff)).count() > LEAST / 2
}

/// Rows about different things that share eight bytes, wherever in a value. Without one, no path of equal values leads from one to the other.
pub fn joins(rows: &[Row]) -> Vec<String> {
    let mut seen: HashMap<[u8; LEAST], (About, &str)> = HashMap::new();
    let mut joins = BTreeMap::new();
    for row in rows {
        for window in row.values.iter().flat_map(|value| windows(value)) {
            if says_little(&window) {
                continue;
            }
            let (about, table) = *seen.entry(window).or_insert((row.about, &row.table));
            if about != row.about {
                joins.entry((about, row.about, table, &row.table)).or_insert(window);
            }
        }
    }
    joins.into_iter().map(|((one, other, from, to), bytes)| format!("{one:?} ({from}) and {other:?} ({to}) share {bytes:02x?}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(about: About, values: &[&[u8]]) -> Row {
        Row { table: "toy".into(), about, values: values.iter().map(|value| value.to_vec()).collect(), times: vec![] }
    }

    #[test]
    fn a_pass_used_for_an_inbox_and_a_group_joins_them() {
        let rows = [
            row(About::Account, &[b"somebody's key"]),
            row(About::Inbox, &[b"the same pass"]),
            row(About::Group, &[b"1", b"the same pass"]),
        ];
        assert_eq!(joins(&rows).len(), 1);
        assert!(joins(&rows[..2]).is_empty());
    }

    #[test]
    fn a_key_inside_a_longer_value_joins_too() {
        let rows = [row(About::Account, &[b"a state that names KEY-1234 in the middle"]), row(About::Group, &[b"KEY-1234"])];
        assert_eq!(joins(&rows).len(), 1);
    }

    #[test]
    fn small_numbers_and_zeros_join_nothing() {
        let common: [&[u8]; 4] = [&7i64.to_be_bytes(), &(-7i64).to_be_bytes(), &0x28u64.to_le_bytes(), &[0; 32]];
        assert!(joins(&[row(About::Account, &common), row(About::Group, &common)]).is_empty());
    }

    #[test]
    fn counted_rows_are_told_from_scattered_ones() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE counted(x); INSERT INTO counted VALUES (1); CREATE TABLE scattered(n INTEGER PRIMARY KEY);")
            .unwrap();
        db.execute("INSERT INTO scattered VALUES (?1)", [0x1234_5678_9abc_def0_i64]).unwrap();
        assert_eq!(ordered_tables(&db), ["counted"]);
    }
}
