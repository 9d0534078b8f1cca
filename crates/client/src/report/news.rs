//! Whether something came for the safety team: a member's device looks when it connects, and now and again while it stays. Nobody listens to the
//! desk's log. A device that listened would acknowledge, and a record that all have dies before its time (docs/spec/report.md, "The desk").

use super::desk::pass_of;
use super::inbox::{Inbox, Seen};
use super::{DESK_LOOKED, DeskPass};
use crate::client::{Client, Fault, Turn};
use crate::session::Waiting;
use crate::store::{forget_meta, meta, set_meta};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use view::Event;
use wire::call::{Record, Refusal as Refused, Request, Response};
use wire::limits::PAGE_RECORDS;
use wire::{Millis, Seq};

/// How long a device that stays waits before it looks again. A knock makes it look at once.
const EVERY: u64 = 5 * 60 * 1000;
/// What one look reads; the next goes on from there. Each record costs keys that are tried, so a flood takes a moment of a device and not the device.
const LOOK_RECORDS: usize = 256;
/// The same in bytes, and one page: more than a server takes of reports in the time between two looks.
const LOOK_BYTES: usize = 1024 * 1024;

/// How far this device knows the desk's log.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    /// Up to where it was read.
    from: u64,
    /// Something came since the list was read.
    new: bool,
    /// What came before.
    seen: Vec<Seen>,
}

fn known(db: &Connection) -> Result<Known, Fault> {
    let kept: Option<Vec<u8>> = meta(db, DESK_LOOKED)?;
    // What does not decode is of another program: the log is looked at from its beginning.
    Ok(kept.and_then(|kept| postcard::from_bytes(&kept).ok()).unwrap_or_default())
}

/// Looking, on one connection.
#[derive(Debug, Default)]
pub(crate) struct DeskLook {
    /// Not before this (this device's clock); none: it was not looked on this connection.
    next: Option<Millis>,
    reading: Option<Box<Reading>>,
}

/// One look under way.
#[derive(Debug)]
struct Reading {
    inbox: Inbox,
    records: usize,
    bytes: usize,
}

impl Reading {
    fn take(&mut self, records: &[Record]) {
        self.records += records.len();
        self.bytes += records.iter().map(|record| record.record.len()).sum::<usize>();
        self.inbox.take_page(records);
    }

    fn is_enough(&self) -> bool {
        self.records >= LOOK_RECORDS || self.bytes >= LOOK_BYTES
    }
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
        self.session.desk = DeskLook { next: Some(next), reading: Some(Box::new(Reading { inbox, records: 0, bytes: 0 })) };
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
        let Some(mut reading) = self.session.desk.reading.take() else { return Ok(()) };
        match (response, pass_of(self.db)?) {
            (Response::Page { records, head }, Some(pass)) => {
                reading.take(&records);
                match records.last().map(|record| record.stamp.seq) {
                    Some(last) if last > after && last < head && !reading.is_enough() => {
                        self.session.desk.reading = Some(reading);
                        self.ask_desk(pass, last);
                    }
                    _ => self.take_news(&reading.inbox)?,
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
            forget_meta(self.db, DESK_LOOKED)?;
            self.event(Event::DeskNews);
        }
        Ok(())
    }

    fn take_news(&mut self, inbox: &Inbox) -> Result<(), Fault> {
        inbox.keep_records(self.db)?;
        let mut known = known(self.db)?;
        let came = inbox.news(&mut known.seen);
        known.from = known.from.max(inbox.read_to().0);
        known.new |= came;
        self.keep_known(&known)?;
        // Also when more came to what had not been read: whoever watches is told each time.
        if came {
            self.event(Event::DeskNews);
        }
        Ok(())
    }

    /// The list was read, to its end.
    pub(super) fn desk_was_read(&mut self, inbox: &Inbox) -> Result<(), Fault> {
        inbox.keep_records(self.db)?;
        self.keep_known(&Known { from: inbox.read_to().0, new: false, seen: inbox.all_seen() })
    }

    /// Most looks bring nothing, and write nothing.
    fn keep_known(&self, known: &Known) -> Result<(), Fault> {
        let (before, now) = (meta::<Vec<u8>>(self.db, DESK_LOOKED)?, postcard::to_allocvec(known).map_err(|_| Fault::Stored)?);
        if before.as_ref() != Some(&now) {
            set_meta(self.db, DESK_LOOKED, now)?;
        }
        Ok(())
    }
}
