//! Pictures before which this device drew a curtain because they may be private. The curtain says nothing of them, and neither does looking behind it;
//! that it was there is noted here for as long as the picture is, for whichever tab or program shows it next, and told to nobody. But what somebody
//! under 18 keeps or reports, and what was covered, is a private picture from then on: of whom can be said before or after.

use crate::client::{Fault, Turn};
use crate::settings;
use rusqlite::params;
use view::{Refusal, Reply, Whose};

impl Turn<'_> {
    /// For an adult nothing follows from it: then it is not noted.
    pub fn note_covered(&mut self, chat: i64, message: i64, position: u32) -> Result<Result<Reply, Refusal>, Fault> {
        if settings::band(self.db, self.now)?.is_under_18() {
            let noted = "UPDATE file SET covered = 1 WHERE chat = ?1 AND message = ?2 AND position = ?3
                         AND EXISTS (SELECT 1 FROM message WHERE id = ?2 AND mine = 0)";
            self.db.prepare_cached(noted)?.execute(params![chat, message, position])?;
        }
        Ok(Ok(Reply::Done))
    }

    /// These messages were kept or reported.
    pub fn covered_are_private(&mut self, chat: i64, messages: &[i64]) -> Result<(), Fault> {
        if !settings::band(self.db, self.now)?.is_under_18() {
            return Ok(());
        }
        for message in messages {
            let covered = "SELECT EXISTS (SELECT 1 FROM file WHERE chat = ?1 AND message = ?2 AND covered = 1)";
            if self.db.prepare_cached(covered)?.query_row(params![chat, message], |row| row.get(0))? {
                // One that its sender has taken back meanwhile is not there to be shown.
                self.set_private(chat, *message, Whose::Unsaid)?.ok();
            }
        }
        Ok(())
    }
}
