//! Whether something came for the safety team: a member's device looks when it connects, and now and again while it stays. Nobody listens to the
//! desk's log. A device that listened would acknowledge, and a record that all have dies before its time (docs/spec/report.md, "The desk").

use super::desk::pass_of;
use super::inbox::Inbox;
use super::{DESK_NEWS, DeskPass};
use crate::client::{Client, Fault, Turn};
use crate::session::Waiting;
use crate::store::{forget_meta, meta, set_meta};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use view::Event;
use wire::call::{Refusal as Refused, Request, Response};
use wire::limits::PAGE_RECORDS;
use wire::{Millis, Seq};

/// How long a device that stays waits before it looks again. A knock makes it look at once.
const EVERY: u64 = 5 * 60 * 1000;

/// How far this device knows the desk's log.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    /// What lies up to here brings nothing new any more.
    from: u64,
    /// Up to where it was looked at, or the list read, and when (server time).
    seen: u64,
    seen_at: u64,
    /// Something came since the list was read.
    new: bool,
}

fn known(db: &Connection) -> Result<Known, Fault> {
    let kept: Option<Vec<u8>> = meta(db, DESK_NEWS)?;
    // What does not decode is of an older program: the log is looked at from its beginning.
    Ok(kept.and_then(|kept| postcard::from_bytes(&kept).ok()).unwrap_or_default())
}

/// Looking, on one connection.
#[derive(Debug, Default)]
pub(crate) struct DeskLook {
    /// Not before this (this device's clock); none: it was not looked on this connection.
    next: Option<Millis>,
    /// What was read so far.
    inbox: Option<Box<Inbox>>,
}

impl Client {
    /// Whether something came for the safety team that this account is in, since its list was read on this device.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_news(&self) -> Result<bool, Fault> {
        Ok(known(&self.db)?.new)
    }
}

impl Turn<'_> {
    /// The server has knocked for this device: it looks at once.
    pub fn knocked(&mut self) {
        self.session.desk.next = None;
    }

    /// Looks when it is time.
    pub fn drive_desk(&mut self) -> Result<(), Fault> {
        if self.session.is_waiting(|for_what| matches!(for_what, Waiting::DeskNews(_))) {
            return Ok(());
        }
        // A clock that was set back makes nobody wait for long.
        if let Some(next) = self.session.desk.next.filter(|next| *next > self.now && next.since(self.now) <= EVERY) {
            self.wake(next);
            return Ok(());
        }
        let Some(pass) = pass_of(self.db)? else { return Ok(()) };
        let Some(inbox) = Inbox::empty(self.db, self.now, None)? else { return Ok(()) };
        let next = self.now.plus(EVERY);
        self.session.desk = DeskLook { next: Some(next), inbox: Some(Box::new(inbox)) };
        self.wake(next);
        let from = Seq(known(self.db)?.from);
        self.ask_desk(pass, from);
        Ok(())
    }

    fn ask_desk(&mut self, pass: DeskPass, after: Seq) {
        let DeskPass { log, pass } = pass;
        self.ask(Request::ReadLog { log, pass, after, limit: PAGE_RECORDS as u32 }, Waiting::DeskNews(after));
    }

    /// What lies behind a place of the log. A desk that is no more has no news, and says nothing.
    pub fn desk_log_shown(&mut self, after: Seq, response: Response) -> Result<(), Fault> {
        let Some(mut inbox) = self.session.desk.inbox.take() else { return Ok(()) };
        match (response, pass_of(self.db)?) {
            (Response::Page { records, head }, Some(pass)) => {
                for record in &records {
                    inbox.take(record.stamp.seq, record.stamp.ms, record.stamp.by, &record.record);
                }
                match records.last().map(|record| record.stamp.seq) {
                    Some(last) if last > after && last < head => {
                        self.session.desk.inbox = Some(inbox);
                        self.ask_desk(pass, last);
                    }
                    _ => self.take_news(&inbox)?,
                }
            }
            (Response::Refused(Refused::NoPass), _) | (_, None) => self.forget_news()?,
            // Another time.
            _ => {}
        }
        Ok(())
    }

    fn forget_news(&mut self) -> Result<(), Fault> {
        if known(self.db)?.new {
            forget_meta(self.db, DESK_NEWS)?;
            self.event(Event::DeskNews);
        }
        Ok(())
    }

    fn take_news(&mut self, inbox: &Inbox) -> Result<(), Fault> {
        let before = known(self.db)?;
        let came = inbox.has_news(Seq(before.seen), Millis(before.seen_at));
        let (from, (seen, seen_at)) = (before.from.max(inbox.settled().0), inbox.read());
        self.keep_known(&Known { from, seen: before.seen.max(seen.0), seen_at: seen_at.0, new: before.new || came })?;
        // Also when more came to what had not been read: whoever watches is told each time.
        if came {
            self.event(Event::DeskNews);
        }
        Ok(())
    }

    /// The list was read, to its end.
    pub(super) fn desk_was_read(&mut self, inbox: &Inbox) -> Result<(), Fault> {
        let (seen, seen_at) = inbox.read();
        self.keep_known(&Known { from: inbox.settled().0, seen: seen.0, seen_at: seen_at.0, new: false })
    }

    fn keep_known(&self, known: &Known) -> Result<(), Fault> {
        Ok(set_meta(self.db, DESK_NEWS, postcard::to_allocvec(known).map_err(|_| Fault::Stored)?)?)
    }
}
