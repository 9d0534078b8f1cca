//! Missing messages: asked for when a later, verified message of the same client names them, and said again by whoever said them
//! (docs/spec/delivery.md, "Repair"). What merely failed to open is never asked for: a stranger could make us ask.

use super::Around;
use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::outbox::{Intent, OutContent, Urgency};
use franking::Opened;
use rusqlite::{OptionalExtension as _, params};
use std::ops::RangeInclusive;
use wire::content::{Body, Content, RepairRequest, Role};
use wire::limits::REPAIRED_AT_ONCE;
use wire::{AccountId, ClientId};

/// One request a client in this time, whatever it makes us miss.
const ASK_EVERY: u64 = 10 * 1000;
const MINUTE: u64 = 60 * 1000;
/// Requests that one client says in a chat in a minute.
const ASKED_A_MINUTE: i64 = 8;
/// A message is said again so often: some of those who miss it may ask later than others.
const SAID_AGAIN_MAX: i64 = 3;

impl Turn<'_> {
    /// Asks for the newest of the counters of a client that are missing. The sender chose how many there are.
    pub fn want_repair(&mut self, chat: i64, speaker: (AccountId, ClientId), missing: &RangeInclusive<u64>) -> Result<(), Fault> {
        let now = self.time()?.0;
        let (account, client) = speaker;
        let key = format!("repair/{chat}/{account}/{client}");
        let asked: Option<i64> = crate::store::meta(self.db, &key)?;
        if asked.is_some_and(|at| now.saturating_sub(at as u64) < ASK_EVERY) {
            return Ok(());
        }
        if !self.may_ask_again(chat, now)? {
            return Ok(());
        }
        crate::store::set_meta(self.db, &key, now as i64)?;
        let last = *missing.end();
        let first = (*missing.start()).max(last.saturating_sub(REPAIRED_AT_ONCE - 1));
        let request = RepairRequest { account, client, counters: vec![first..=last] };
        self.say(chat, Body::RepairRequest(request), Around::default())?;
        Ok(())
    }

    /// Whether this chat has heard few enough requests of ours in the last minute: one member's gaps must not make everybody talk.
    fn may_ask_again(&mut self, chat: i64, now: u64) -> Result<bool, Fault> {
        let (since, count) = (format!("repairs/{chat}/since"), format!("repairs/{chat}/count"));
        let begun: i64 = crate::store::meta(self.db, &since)?.unwrap_or(0);
        let asked: i64 = crate::store::meta(self.db, &count)?.unwrap_or(0);
        if now.saturating_sub(begun as u64) >= MINUTE {
            crate::store::set_meta(self.db, &since, now as i64)?;
            crate::store::set_meta(self.db, &count, 1)?;
            return Ok(true);
        }
        crate::store::set_meta(self.db, &count, asked + 1)?;
        Ok(asked < ASKED_A_MINUTE)
    }

    /// Asks a client, whose records this one saw and could not open, for what it said since.
    pub fn want_what_followed(&mut self, chat: i64, speaker: (AccountId, ClientId)) -> Result<(), Fault> {
        let last: Option<i64> = self
            .db
            .prepare_cached("SELECT counter FROM speaker WHERE chat = ?1 AND account = ?2 AND client = ?3")?
            .query_row(params![chat, speaker.0.0, speaker.1.0], |row| row.get(0))
            .optional()?;
        let next = last.unwrap_or(0) as u64 + 1;
        self.want_repair(chat, speaker, &(next..=next + REPAIRED_AT_ONCE - 1))
    }

    /// Says again what somebody lacks, byte for byte and so under its old message id: who has it already passes over it.
    ///
    /// # Security
    /// Nobody gets what was said before it was a member.
    pub fn repair_asked(&mut self, chat: i64, asker: &AccountId, request: &RepairRequest) -> Result<(), Fault> {
        let Some(own) = Account::load(self.db)? else { return Ok(()) };
        let Some(row) = self.chat(chat)? else { return Ok(()) };
        if (request.account, request.client) != (own.id(), own.client) {
            return Ok(());
        }
        let Some(entered) = self.entered(chat, asker)? else { return Ok(()) };
        let now = self.time()?.0 as i64;
        type Row = (i64, Vec<u8>, Vec<u8>, [u8; 32]);
        let said: Vec<Row> = self
            .db
            .prepare_cached(
                "SELECT m.id, m.content, e.sent, m.message_id FROM message m JOIN evidence e ON e.message = m.id
                 WHERE m.chat = ?1 AND m.mine = 1 AND m.deleted IS NULL AND m.said_again < ?2 AND m.seq > ?5 AND COALESCE(m.expires, ?3 + 1) > ?3
                       AND NOT EXISTS (SELECT 1 FROM private p WHERE p.chat = m.chat AND p.message_id = m.message_id)
                       AND NOT EXISTS (SELECT 1 FROM file f JOIN private_file s ON s.sha256 = f.sha256 OR s.blob = f.blob WHERE f.message = m.id)
                 ORDER BY m.seq DESC LIMIT ?4",
            )?
            .query_map(params![chat, SAID_AGAIN_MAX, now, LOOKED_THROUGH, entered], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        let mut again = Vec::new();
        for (message, content, sent, message_id) in said {
            let Ok(opened) = Opened::from_bytes(&sent) else { continue };
            let wanted = request.counters.iter().any(|range| range.contains(&opened.context().counter));
            let Ok(decoded) = Content::decode(&content) else { continue };
            if wanted && decoded.role() != Role::Control {
                again.push((message, OutContent { content, message_id, kind: decoded.kind().number() }));
            }
        }
        // In the order in which they were said.
        for (message, content) in again.into_iter().rev().take(usize::try_from(REPAIRED_AT_ONCE).unwrap_or(usize::MAX)) {
            self.db.prepare_cached("UPDATE message SET said_again = said_again + 1 WHERE id = ?1")?.execute([message])?;
            self.intend(Some(row.log), Some(chat), None, Urgency::Ordinary, &Intent::Content(content))?;
        }
        Ok(())
    }
}

/// Own messages looked through for the counters asked for.
const LOOKED_THROUGH: i64 = 1000;

#[cfg(test)]
mod tests {
    use super::*;
    use wire::content::Kind;

    #[test]
    fn a_repair_request_is_never_repaired_itself() {
        let request = RepairRequest { account: wire::AccountId([1; 32]), client: wire::ClientId([2; 16]), counters: vec![1..=2] };
        let content = Content::new(wire::content::Salt([0; 16]), Body::RepairRequest(request));
        assert_eq!((content.role(), content.kind()), (Role::Control, Kind::RepairRequest));
    }
}
