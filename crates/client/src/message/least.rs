//! The least timer: whoever is under 16 keeps what somebody known only online said for a week, so that there is time to look at it, keep it and
//! report it. It holds on this device alone: what leaves it says the timer that was set, whoever set it.

use crate::client::{Fault, Turn};
use crate::settings;
use rusqlite::OptionalExtension as _;
use wire::Millis;
use wire::limits::DAY;

/// In days, as a person is told.
pub(super) const LEAST_DAYS: u64 = 7;

impl Turn<'_> {
    /// When another's message goes from here that is to go then by what its sender set. `had`: when the server had it. What its sender says of the time
    /// counts for nothing: said to be old, it would be gone at once.
    pub(super) fn goes_at(&self, chat: i64, had: Millis, end: Millis) -> Result<Millis, Fault> {
        let least = had.plus(LEAST_DAYS * DAY);
        Ok(if end < least && self.keeps_a_week(chat)? { least } else { end })
    }

    /// Whether a timer is shorter than this person may set it here.
    pub(super) fn is_too_short(&self, chat: i64, seconds: u32) -> Result<bool, Fault> {
        let short = seconds > 0 && u64::from(seconds) * 1000 < LEAST_DAYS * DAY;
        Ok(short && self.keeps_a_week(chat)?)
    }

    /// Somebody in a group counts as known only online when it was said of them; in a chat of two, unless it was said that one knows them in life.
    fn keeps_a_week(&self, chat: i64) -> Result<bool, Fault> {
        if !settings::band(self.db, self.now)?.is_under_16() {
            return Ok(false);
        }
        let online = "SELECT CASE WHEN h.kind = 'two' THEN COALESCE(c.knows, '') <> 'in_life'
            ELSE EXISTS (SELECT 1 FROM member m JOIN contact k ON k.account = m.account WHERE m.chat = h.id AND k.knows IN ('online', 'unsure')) END
            FROM chat h LEFT JOIN contact c ON c.account = h.peer WHERE h.id = ?1";
        Ok(self.db.prepare_cached(online)?.query_row([chat], |row| row.get(0)).optional()?.unwrap_or(false))
    }
}
