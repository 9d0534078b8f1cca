//! Everything a database holds, laid open for tests and fuzzing: what is refused must leave it as it was.

use super::{SqliteStore, fault};
use crate::store::StoreError;
use rusqlite::types::Value;

impl SqliteStore {
    /// Every row of every table.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn dump(&self) -> Result<Vec<(String, Vec<Value>)>, StoreError> {
        self.rows().map_err(fault)
    }

    fn rows(&self) -> rusqlite::Result<Vec<(String, Vec<Value>)>> {
        let mut tables = self.conn.prepare_cached("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut dump = Vec::new();
        for table in tables {
            let mut query = self.conn.prepare_cached(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
            let columns = query.column_count();
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                dump.push((table.clone(), (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?));
            }
        }
        Ok(dump)
    }
}
