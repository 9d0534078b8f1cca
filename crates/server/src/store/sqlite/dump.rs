//! Everything a database holds, for tests that compare before and after.

use super::SqliteStore;
use rusqlite::types::Value;

impl SqliteStore {
    /// Every row of every table.
    pub fn dump(&self) -> Vec<(String, Vec<Value>)> {
        let mut tables = self.conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").unwrap();
        let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let mut dump = Vec::new();
        for table in tables {
            let mut query = self.conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2")).unwrap();
            let columns = query.column_count();
            let rows = query.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
            dump.extend(rows.map(|row| (table.clone(), row.unwrap())));
        }
        dump
    }
}
