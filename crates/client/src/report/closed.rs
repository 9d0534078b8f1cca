//! Files of a message that its sender deleted: what was said of them can still be reported, and nothing on this device opens them any more.
//!
//! What does is sealed for the law enforcement desk alone, as when a message is kept. Where there is no such desk it is gone.

use super::gather::provable;
use super::make::{Around, Chosen};
use crate::client::{Fault, Turn};
use report::Case;
use rusqlite::params;
use view::{ReportReason, ShowName};
use wire::content::leaves::split;

impl Turn<'_> {
    /// Destroys what opens the files of a message, and what shows of them: from its content, and from its evidence. Called when its sender deleted it.
    pub(crate) fn close_files(&mut self, chat: i64, message: i64) -> Result<(), Fault> {
        let content = "SELECT content FROM message WHERE id = ?1";
        let content: Vec<u8> = self.db.prepare_cached(content)?.query_row([message], |row| row.get(0))?;
        // The first leaf says what was said, without what opens anything.
        let Ok(leaves) = split(&content) else { return Ok(()) };
        let [description, _, ..] = leaves.as_slice() else { return Ok(()) };
        let description = description.bytes.expose();
        self.db.prepare_cached("UPDATE message SET content = ?2 WHERE id = ?1")?.execute(params![message, description])?;
        let Some(proof) = provable(self.db, message)? else { return Ok(()) };
        let case = Case::from_bytes(self.random());
        let around = Around { chat, reason: ReportReason::SomethingElse, note: "", name: ShowName::Shown, case: &case, answerable: false };
        match self.draft(&around, Chosen { messages: vec![proof], kept: vec![] })? {
            Ok(report) => {
                let closed = "UPDATE evidence SET sent = ?2, closed = 1 WHERE message = ?1";
                self.db.prepare_cached(closed)?.execute(params![message, report.to_bytes()])?;
            }
            // Rather no proof than a key.
            Err(_) => {
                self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
            }
        }
        Ok(())
    }
}
