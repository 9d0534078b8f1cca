//! Files of a message that its sender deleted: what was said of them can still be reported, and nothing on this device opens them any more.
//!
//! What does is sealed for the law enforcement desk alone, as when a message is kept. Where there is no such desk it is gone.

use super::gather::{Proof, provable};
use super::make::{Around, Chosen};
use crate::client::{Fault, Turn};
use crate::outbox::{Intent, Sealed};
use franking::Opened;
use report::{Case, Report};
use rusqlite::params;
use view::{ReportReason, ShowName};
use wire::content::leaves::split;

impl Turn<'_> {
    /// Destroys what opens the files of a message, and what shows of them: from its content, from what waits to be sent, and from its evidence. Called when
    /// its sender deleted it, and when more of it turns up afterwards.
    pub(crate) fn close_files(&mut self, chat: i64, message: i64) -> Result<(), Fault> {
        let content = "SELECT content FROM message WHERE id = ?1";
        let content: Vec<u8> = self.db.prepare_cached(content)?.query_row([message], |row| row.get(0))?;
        if let Some(description) = described(&content) {
            self.db.prepare_cached("UPDATE message SET content = ?2 WHERE id = ?1")?.execute(params![message, description])?;
        }
        self.close_unsent(chat, message)?;
        match self.closed_proof(chat, message) {
            Ok(Closing::Open) => {}
            Ok(Closing::Closed(report)) => {
                let closed = "UPDATE evidence SET sent = ?2, closed = 1 WHERE message = ?1";
                self.db.prepare_cached(closed)?.execute(params![message, report.to_bytes()])?;
            }
            // Rather no proof than a key.
            Ok(Closing::Unmade) | Err(Fault::Stored) => {
                self.db.prepare_cached("DELETE FROM evidence WHERE message = ?1")?.execute([message])?;
            }
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    /// Closes what was deleted before this program closed anything, or while what it knows of a message was on its way.
    pub(crate) fn close_deleted(&mut self) -> Result<(), Fault> {
        let open = "SELECT m.id, m.chat FROM message m LEFT JOIN evidence e ON e.message = m.id
            WHERE m.deleted IS NOT NULL AND length(m.content) > 0 AND COALESCE(e.closed, 0) = 0";
        let open: Vec<(i64, i64)> =
            self.db.prepare_cached(open)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        open.into_iter().try_for_each(|(message, chat)| self.close_files(chat, message))
    }

    /// A proof of what was said, without what opens its files.
    fn closed_proof(&mut self, chat: i64, message: i64) -> Result<Closing, Fault> {
        let Some(proof) = provable(self.db, message)? else { return Ok(Closing::Open) };
        let Proof::Whole(evidence) = &proof.proof else { return Ok(Closing::Open) };
        let opened = Opened::from_bytes(&evidence.opened).map_err(|_| Fault::Stored)?;
        if opened.unverified_fields().len() < 2 {
            return Ok(Closing::Open);
        }
        let case = Case::from_bytes(self.random());
        let around = Around { chat, reason: ReportReason::SomethingElse, note: "", name: ShowName::Shown, case: &case, answerable: false };
        let drafted = self.draft(&around, Chosen { messages: vec![proof], ..Chosen::default() })?;
        Ok(drafted.map_or(Closing::Unmade, |drafted| Closing::Closed(Box::new(drafted.report))))
    }

    /// Nobody knows yet whether the message left. If it did, its place among those of this client is all that is still needed of it, and nothing is left
    /// that proves it; if it did not, it never does.
    fn close_unsent(&self, chat: i64, message: i64) -> Result<(), Fault> {
        let name = "SELECT message_id FROM message WHERE id = ?1";
        let name: [u8; 32] = self.db.prepare_cached(name)?.query_row([message], |row| row.get(0))?;
        let rows = "SELECT id FROM outbox WHERE chat = ?1";
        let rows: Vec<i64> = self.db.prepare_cached(rows)?.query_map([chat], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for id in rows {
            let Some(row) = self.outbox_row(id)? else { continue };
            let Intent::Content(mut out) = row.intent else { continue };
            // Also where it is said again for somebody who missed it.
            if out.message_id != name || described(&out.content).is_none() {
                continue;
            }
            out.content.clear();
            self.remember(id, &Intent::Content(out))?;
            if let Some(meta) = row.attempt_meta {
                let closed = "UPDATE outbox SET attempt_meta = ?2 WHERE id = ?1";
                self.db.prepare_cached(closed)?.execute(params![id, without_fields(&meta)?])?;
            }
            let discarded = "SELECT hash, meta FROM discarded WHERE outbox = ?1";
            let discarded: Vec<([u8; 32], Vec<u8>)> =
                self.db.prepare_cached(discarded)?.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
            for (hash, meta) in discarded {
                let closed = "UPDATE discarded SET meta = ?3 WHERE outbox = ?1 AND hash = ?2";
                self.db.prepare_cached(closed)?.execute(params![id, hash, without_fields(&meta)?])?;
            }
        }
        Ok(())
    }
}

/// What becomes of a proof.
enum Closing {
    /// There is none, or nothing in it opens anything.
    Open,
    Closed(Box<Report>),
    /// No report can be made of it.
    Unmade,
}

/// The first leaf of a content with files: it says what was said, without what opens anything. Of any other content nothing.
fn described(content: &[u8]) -> Option<Vec<u8>> {
    let leaves = split(content).ok()?;
    let [description, _, ..] = leaves.as_slice() else { return None };
    Some(description.bytes.expose().to_vec())
}

/// How a message was sealed, of which its context alone is kept.
fn without_fields(meta: &[u8]) -> Result<Vec<u8>, Fault> {
    let sealed: Sealed = postcard::from_bytes(meta).map_err(|_| Fault::Stored)?;
    let opened = Opened::from_bytes(&sealed.keep).map_err(|_| Fault::Stored)?;
    let keep = opened.context().to_bytes().to_vec();
    postcard::to_allocvec(&Sealed { keep, ..sealed }).map_err(|_| Fault::Stored)
}
