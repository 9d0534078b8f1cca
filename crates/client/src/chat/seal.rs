//! Sealing what is said: context, commitment, proof, MLS, in one transaction with the attempt that is to be sent.

use crate::account::Account;
use crate::audit::Misdeed;
use crate::client::{Fault, Turn};
use crate::outbox::{Change, Intent, OutContent, Row, Sealed, Urgency};
use franking::{CommitKey, Context, Expiry, FrankingKey, Opened, Seen};
use rusqlite::{OptionalExtension as _, params};
use wire::content::{Content, Expires};
use wire::{Commitment, MessageId};

/// A member who is here lets somebody go after a random time up to this for each member, so that few do it at once; and at most after this.
const LETTING_GO: u64 = 2 * 1000;
const LETTING_GO_MAX: u64 = 60 * 1000;

impl Turn<'_> {
    /// Nothing when something has to happen in the chat first.
    pub fn seal_content(&mut self, row: &Row, out: &OutContent) -> Result<Option<(Vec<u8>, Sealed)>, Fault> {
        let (Some(log), Some(chat)) = (row.log, row.chat) else { return Err(Fault::Stored) };
        if out.content.is_empty() {
            self.never_left(row)?;
            return Ok(None);
        }
        let (Some(chat), Some(own)) = (self.chat(chat)?, Account::load(self.db)?) else { return Err(Fault::Stored) };
        // It waits until somebody has put this client in anew.
        if chat.state == "broken" {
            return Ok(None);
        }
        if chat.state != "active" {
            let Some(row) = self.outbox_row(row.id)? else { return Ok(None) };
            self.outbox_failed(row, &view::Refusal::ChatEnded)?;
            return Ok(None);
        }
        // Whoever asked to be let go is let go before anything more is said.
        if self.with_group(log, |group, _| Ok(group.has_leavers()))? {
            self.want_refresh(log, chat.id, Urgency::First)?;
            return Ok(None);
        }
        // The first words of a member in a large group bring its waiting first Commit with them.
        if self.hurry_first_commit(log)? {
            return Ok(None);
        }
        let content = Content::decode(&out.content).map_err(|_| Fault::Stored)?;
        let leaves = wire::content::leaves::split(&out.content).map_err(|_| Fault::Stored)?;
        let state = self.log_state(log)?;
        let cert = franking::ClientCert::from_bytes(&own.cert).map_err(|_| Fault::Stored)?;
        let bent = self.crypto.bent();
        let mut context = Context {
            route: state.log.route(),
            cert: cert.hash(),
            message: MessageId(out.message_id),
            counter: chat.counter + 1,
            previous: Commitment(chat.previous_c),
            seen: Seen { seq: state.cursor, chain: state.chain },
            sent: self.time()?,
            expiry: expiry_of(&content),
            kind: out.kind,
        };
        if let Some(misdeed) = bent {
            misdeed.bend(&mut context, self.random());
        }
        let key = match bent {
            Some(Misdeed::WrongProof) => FrankingKey::from_seed(&self.random()),
            _ => own.franking_key().clone(),
        };
        let fields = leaves.iter().map(|leaf| leaf.bytes.expose().to_vec()).collect();
        let sealed = {
            let mut rng = self.crypto.rng();
            let kf = CommitKey::generate(&mut *rng);
            Opened::seal(kf, context, fields, &key, &self.config.authority, &mut *rng)
        };
        let (mut c, opened) = sealed.map_err(|_| Fault::Stored)?;
        if bent == Some(Misdeed::OtherOpening) {
            c = Commitment(self.random());
        }
        let signer = self.signer(&chat)?;
        let bytes = self.with_group(log, |group, provider| group.seal(provider, &signer, &c.0, &opened.to_payload()))?;
        Ok(Some((bytes, Sealed { commit: false, c: c.0, changes: vec![], keep: opened.to_bytes() })))
    }

    /// Its sender deleted it while nobody knew whether it had left, and it had not: nobody has it, and nothing is left of it here.
    fn never_left(&mut self, row: &Row) -> Result<(), Fault> {
        self.outbox_done(row.id)?;
        let queued = "SELECT chat FROM message WHERE id = ?1 AND state = 'queued'";
        let queued: Option<i64> = self.db.prepare_cached(queued)?.query_row([row.message], |row| row.get(0)).optional()?;
        if let (Some(chat), Some(message)) = (queued, row.message) {
            self.forget_message(message)?;
            self.event(view::Event::MessageChanged { chat, message });
        }
        Ok(())
    }

    /// Makes a waiting first Commit due now. True if one waited; it goes first.
    fn hurry_first_commit(&mut self, log: i64) -> Result<bool, Fault> {
        let body = postcard::to_allocvec(&Intent::Change(Change::Refresh { swap: true })).map_err(|_| Fault::Stored)?;
        let row: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM outbox WHERE log = ?1 AND body = ?2 AND not_before > ?3")?
            .query_row(params![log, body, self.now.0 as i64], |row| row.get(0))
            .optional()?;
        let Some(row) = row else { return Ok(false) };
        self.not_before(row, wire::Millis(0))?;
        Ok(true)
    }

    /// Whoever asked to go is let go by somebody who is here, after a moment that is each member's own.
    pub fn let_go_soon(&mut self, log: i64, chat: i64) -> Result<(), Fault> {
        if self.chat(chat)?.is_none_or(|chat| chat.state != "active") {
            return Ok(());
        }
        let members = self.member_count(chat)?;
        let at = self.now.plus(self.random_between(0, (members * LETTING_GO).min(LETTING_GO_MAX)));
        let (intent, body) = refresh()?;
        let waiting = "SELECT EXISTS (SELECT 1 FROM outbox WHERE log = ?1 AND body = ?2)";
        if !self.db.prepare_cached(waiting)?.query_row(params![log, body], |row| row.get::<_, bool>(0))? {
            let row = self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &intent)?;
            self.not_before(row, at)?;
        }
        Ok(())
    }

    /// Another was quicker: a Commit that waits only to let somebody go is not needed. One that is due for its own sake is wanted again.
    pub fn nobody_waits(&mut self, log: i64) -> Result<(), Fault> {
        let over = "DELETE FROM outbox WHERE log = ?1 AND body = ?2 AND attempt IS NULL AND urgent = 0 AND not_before > ?3";
        self.db.prepare_cached(over)?.execute(params![log, refresh()?.1, self.now.0 as i64])?;
        Ok(())
    }

    /// A Commit with new secrets for the own leaf, unless one waits already.
    pub fn want_refresh(&mut self, log: i64, chat: i64, urgency: Urgency) -> Result<(), Fault> {
        let (intent, body) = refresh()?;
        let waiting: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM outbox WHERE log = ?1 AND body = ?2 AND urgent >= ?3")?
            .query_row(params![log, body, urgency == Urgency::First], |row| row.get(0))?;
        if waiting == 0 {
            self.intend(Some(log), Some(chat), None, urgency, &intent)?;
        }
        Ok(())
    }
}

/// As it stands in the outbox.
fn refresh() -> Result<(Intent, Vec<u8>), Fault> {
    let intent = Intent::Change(Change::Refresh { swap: false });
    let body = postcard::to_allocvec(&intent).map_err(|_| Fault::Stored)?;
    Ok((intent, body))
}

/// What the context says of a message's end must be what its content says.
pub(crate) fn expiry_of(content: &Content) -> Expiry {
    match content.expires {
        None => Expiry::Never,
        Some(Expires::AfterReading(seconds)) => Expiry::AfterReading(seconds),
        Some(Expires::At(second)) => Expiry::At(second),
    }
}
