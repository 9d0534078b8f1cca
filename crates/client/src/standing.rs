//! Where a log stands when its server does not show what it should: a chat stands still until it does, the own inbox goes on from a place that
//! both sides know.
//!
//! A server that was brought back from an old backup names ends that lie before what it has shown. Nobody may follow it in a chat, where members
//! sign what they have seen. Nobody but its owner reads an inbox.

use crate::client::{Fault, Turn};
use crate::message::Line;
use crate::outbox::LogState;
use crate::receive::{PLACE_UNKNOWN, gap_allowed};
use crate::session::Waiting;
use crate::store::{meta, set_meta};
use franking::{SignedStamp, Stamp};
use rusqlite::{OptionalExtension as _, params};
use view::Event;
use wire::call::{Flag, News, Record, Request};
use wire::limits::DAY;
use wire::{Chain, Hash32, Millis, Route, Seq};

/// The server named an end of a log that lies before what it has shown.
const LOST: &str = "lost";

impl Turn<'_> {
    /// Takes in where the server says that a log ends.
    pub fn end_named(&mut self, log: i64, news: &News) -> Result<(), Fault> {
        let state = self.log_state(log)?;
        if news.head < state.cursor {
            return if state.inbox { self.inbox_ends_earlier(log, news.head) } else { self.records_lost(log) };
        }
        // What was read before the inbox was said to end earlier is the end after all.
        if state.inbox && news.first > news.head && self.line_is_here(log, news.head)? {
            self.stand_at(log, news.head)?;
        }
        self.session.head(log, news.head);
        Ok(())
    }

    /// A log stands still and the server shows nothing that follows: it is asked for the record that was read last. When all who read a log stand
    /// still, nothing ever follows.
    pub fn ask_where_it_stands(&mut self, log: i64) -> Result<(), Fault> {
        let state = self.log_state(log)?;
        if state.fault && self.session.is_subscribed(log) && self.session.caught_up(log, state.cursor) {
            let after = Seq(state.cursor.0.saturating_sub(1));
            self.ask(Request::ReadLog { log: state.log, pass: state.pass, after, limit: 1 }, Waiting::Standing(log));
        }
        Ok(())
    }

    /// The log goes on if it ends where it was read to. The record there must be the one that was read, unless it has died because everybody has it.
    pub fn standing_shown(&mut self, log: i64, records: &[Record], head: Seq) -> Result<(), Fault> {
        let state = self.log_state(log)?;
        if !state.fault || !self.session.is_subscribed(log) {
            return Ok(());
        }
        if head < state.cursor && !state.inbox {
            return self.records_lost(log);
        }
        let route = state.log.route();
        let read = |record: &Record| SignedStamp::from_wire(route, Hash32::of(&record.record), &record.stamp).stamp.chain() == state.chain;
        if head == state.cursor && records.iter().all(read) {
            self.fault_mended(log)?;
        }
        Ok(())
    }

    /// The server shows what it should have shown: the log goes on as if nothing had been.
    pub fn fault_mended(&mut self, log: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE log SET fault = NULL WHERE id = ?1")?.execute([log])?;
        if let Some(chat) = self.chat_of_log(log)? {
            self.event(Event::ChatChanged { chat });
        }
        Ok(())
    }

    /// Nothing can be read or sent where records are missing that were there. It is said once, and the log is looked at again after a while.
    fn records_lost(&mut self, log: i64) -> Result<(), Fault> {
        let news = "UPDATE log SET fault = ?2 WHERE id = ?1 AND fault IS NOT ?2";
        if self.db.prepare_cached(news)?.execute(params![log, LOST])? > 0
            && let Some(chat) = self.chat_of_log(log)?
        {
            self.tell_lost(chat)?;
        }
        self.log_faulted(log)
    }

    /// At most once a day, however often a server changes its mind.
    fn tell_lost(&mut self, chat: i64) -> Result<(), Fault> {
        let (key, now) = (format!("lost/{chat}"), self.time()?);
        let told: Option<i64> = meta(self.db, &key)?;
        if told.is_some_and(|at| now.since(Millis(at as u64)) < DAY) {
            return Ok(());
        }
        set_meta(self.db, &key, now.0 as i64)?;
        self.notice(chat, &Line::RecordsLost, now)
    }

    /// The route of a chat that stands still because of its server.
    pub fn lost_route(&self, chat: i64) -> Result<Option<Route>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT l.route FROM chat h JOIN log l ON l.id = h.log WHERE h.id = ?1 AND l.fault IS NOT NULL")?
            .query_row([chat], |row| row.get(0).map(Route))
            .optional()?)
    }

    /// The own inbox goes on from there, and the server is told again of every way in that it may have lost.
    fn inbox_ends_earlier(&mut self, log: i64, head: Seq) -> Result<(), Fault> {
        self.stand_at(log, head)?;
        if head > Seq::START && !self.line_is_here(log, head)? {
            // A device on which the account came back has not read that far back: it takes what follows there.
            set_meta(self.db, &gap_allowed(log), PLACE_UNKNOWN)?;
        }
        self.fault_mended(log)?;
        self.tell_inbox_passes_again()?;
        self.session.unsubscribed(log);
        self.subscribe(&[log])
    }

    /// Steps to the place that a record of the own inbox follows, if it was read before: where the inbox was said to end may have been a mistake.
    pub fn stand_before(&mut self, log: i64, state: LogState, record: &Record) -> Result<LogState, Fault> {
        let Some(before) = record.stamp.seq.0.checked_sub(1).map(Seq).filter(|before| *before != state.cursor) else { return Ok(state) };
        let chain: Option<[u8; 32]> = self
            .db
            .prepare_cached("SELECT chain FROM line WHERE log = ?1 AND seq = ?2")?
            .query_row(params![log, before.0 as i64], |row| row.get(0))
            .optional()?;
        if chain != Some(record.stamp.prev.0) {
            return Ok(state);
        }
        self.stand_at(log, before)?;
        self.log_state(log)
    }

    fn line_is_here(&self, log: i64, seq: Seq) -> Result<bool, Fault> {
        let read = "SELECT EXISTS (SELECT 1 FROM line WHERE log = ?1 AND seq = ?2)";
        Ok(self.db.prepare_cached(read)?.query_row(params![log, seq.0 as i64], |row| row.get(0))?)
    }

    /// Puts the own inbox to where it stood when it was read as far as this.
    fn stand_at(&mut self, log: i64, seq: Seq) -> Result<(), Fault> {
        let lines: Vec<Vec<u8>> = self
            .db
            .prepare_cached("SELECT stamp FROM line WHERE log = ?1 AND seq <= ?2 ORDER BY seq DESC")?
            .query_map(params![log, seq.0 as i64], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let (mut chain, mut ms, mut last_commit) = (Chain::START, Millis(0), Seq::START);
        for (place, line) in lines.iter().enumerate() {
            let stamp = Stamp::from_bytes(line).map_err(|_| Fault::Stored)?;
            if place == 0 {
                (chain, ms) = (stamp.chain(), stamp.ms);
            }
            if stamp.flag == Flag::Commit {
                last_commit = stamp.seq;
                break;
            }
        }
        self.db.prepare_cached("UPDATE log SET cursor = ?2, chain = ?3, ms = ?4, last_commit = ?5 WHERE id = ?1")?.execute(params![
            log,
            seq.0 as i64,
            chain.0,
            ms.0 as i64,
            last_commit.0 as i64
        ])?;
        Ok(())
    }
}
