//! What is said: taking in what others say, saying something, and what each kind of content changes.

mod again;
mod apply;
mod forward;
mod gone;
mod happened;
mod least;
mod mention;
mod pin;
mod poll;
mod private;
mod repair;
mod say;
mod send;

pub(crate) use apply::{searched, words};
pub(crate) use happened::Line;
pub(crate) use mention::{mentions, shown_as};
pub(crate) use poll::fits;
pub(crate) use private::private;
pub(crate) use say::Around;

use crate::chat::Checked;
use crate::client::{Fault, Turn};
use crate::receive::Stamped;
use franking::Opened;
use rusqlite::params;
use view::KeptChange;
use wire::AccountId;
use wire::content::Body;

impl Turn<'_> {
    /// Takes in a message that can be reported: shown, unless this device's rules say otherwise. Such rules never touch the group's state.
    pub fn admit(&mut self, chat: i64, checked: &Checked, stamped: &Stamped<'_>) -> Result<(), Fault> {
        let sender = checked.identity.account();
        // A block and the rules of a group silence who writes; they do not keep what its sender takes back.
        let takes_back = matches!(checked.content.body, Body::Delete { .. });
        if !takes_back && (self.is_blocked(&sender)? || !self.may_write(chat, &sender)?) {
            return Ok(());
        }
        let context = checked.verified.context();
        let known: i64 = self
            .db
            .prepare_cached("SELECT count(*) FROM message WHERE chat = ?1 AND message_id = ?2")?
            .query_row(params![chat, context.message.0], |row| row.get(0))?;
        if known > 0 {
            return Ok(());
        }
        let arrived = Said {
            chat,
            id: context.message,
            sender,
            mine: false,
            content: &checked.content,
            encoded: &checked.encoded,
            sent: context.sent,
            place: None,
            stamped: Some(stamped),
        };
        let message = self.take_in(&arrived)?;
        self.keep_evidence(message, checked.verified.opened(), stamped)?;
        match &checked.content.body {
            Body::Edit { of, .. } => self.keep_follows(chat, of, message, KeptChange::Edited),
            Body::Delete { of } => self.keep_follows(chat, of, message, KeptChange::Deleted),
            _ => Ok(()),
        }
    }

    /// Openings, proof, signed stamp and certificate: what makes a message provable to those it is reported to.
    pub fn keep_evidence(&self, message: i64, opened: &Opened, stamped: &Stamped<'_>) -> Result<(), Fault> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO evidence (message, sent, stamp, cert) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![message, opened.to_bytes(), stamped.stamp.signed().to_bytes(), opened.context().cert.0])?;
        Ok(())
    }

    /// In a group that is for announcements only admins are heard.
    fn may_write(&mut self, chat: i64, sender: &AccountId) -> Result<bool, Fault> {
        let Some(chat) = self.chat(chat)? else { return Ok(false) };
        let room = self.room(&chat)?;
        Ok(!room.announcements_only || room.is_admin(sender))
    }
}

/// A message on its way into the store.
pub(crate) struct Said<'a> {
    pub chat: i64,
    pub id: wire::MessageId,
    pub sender: AccountId,
    pub mine: bool,
    pub content: &'a wire::content::Content,
    pub encoded: &'a [u8],
    pub sent: wire::Millis,
    /// A row that was kept free for it.
    pub place: Option<i64>,
    /// None while it waits in the outbox.
    pub stamped: Option<&'a Stamped<'a>>,
}
