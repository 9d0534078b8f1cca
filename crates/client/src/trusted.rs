//! The contact whom a person trusts: named on this device, and told with one tap that they need to talk.

use crate::client::{Client, Fault, Turn};
use crate::message::Around;
use crate::store::{forget_meta, meta, set_meta};
use rusqlite::{OptionalExtension as _, params};
use view::{Care, Event, Refusal, Reply, TrustedRow};
use wire::AccountId;
use wire::content::{Body, Text};

const TRUSTED: &str = "settings/trusted";
/// The same for everybody, with nothing of any chat in it.
pub const NEED_TO_TALK: &str = "I need to talk.";
/// As every shell names a report that it sends to a contact.
const REPORT: (&str, &str) = ("report-", ".thr");

/// What is to be read before something that another said.
pub(crate) fn care(body: &Body) -> Option<Care> {
    match body {
        Body::Text(text) if text.text == NEED_TO_TALK => Some(Care::Talk),
        Body::Attachments(attachments) => {
            let [only] = attachments.items.as_slice() else { return None };
            let name = only.file_name.as_ref()?.as_str();
            (name.starts_with(REPORT.0) && name.ends_with(REPORT.1)).then_some(Care::Report)
        }
        _ => None,
    }
}

impl Client {
    /// Whoever is trusted, while there is a chat with them and they are not blocked.
    pub(crate) fn trusted(&self) -> Result<Option<TrustedRow>, Fault> {
        let Some(account) = meta::<[u8; 32]>(&self.db, TRUSTED)? else { return Ok(None) };
        let name = crate::look::NAME;
        let query = format!(
            "SELECT {name}, c.chat FROM contact c JOIN chat h ON h.id = c.chat WHERE c.account = ?1 AND c.blocked = 0 AND h.state IN ('active', 'broken', 'returning')"
        );
        let found = self.db.prepare_cached(&query)?.query_row(params![account], |row| {
            Ok(TrustedRow { account: AccountId(account).to_string(), name: row.get(0)?, chat: row.get(1)? })
        });
        Ok(found.optional()?)
    }
}

impl Turn<'_> {
    /// Keeps it here, in no vault, and has nothing sent.
    pub fn trust(&mut self, account: Option<&str>) -> Result<Result<Reply, Refusal>, Fault> {
        match account {
            None => forget_meta(self.db, TRUSTED)?,
            Some(text) => {
                let no_such = || Refusal::NoSuchUser { name: text.to_owned() };
                let Some(account) = AccountId::from_hex(text) else { return Ok(Err(no_such())) };
                let known = "SELECT EXISTS (SELECT 1 FROM contact WHERE account = ?1 AND chat IS NOT NULL AND blocked = 0)";
                if !self.db.prepare_cached(known)?.query_row([account.0], |row| row.get::<_, bool>(0))? {
                    return Ok(Err(no_such()));
                }
                set_meta(self.db, TRUSTED, account.0)?;
            }
        }
        self.event(Event::SettingsChanged);
        Ok(Ok(Reply::Done))
    }

    /// Gives the message's row, in the chat with them.
    pub fn need_to_talk(&mut self) -> Result<Result<Reply, Refusal>, Fault> {
        let account: Option<[u8; 32]> = meta(self.db, TRUSTED)?;
        let chat = "SELECT chat FROM contact WHERE account = ?1 AND blocked = 0";
        let chat: Option<Option<i64>> = self.db.prepare_cached(chat)?.query_row(params![account], |row| row.get(0)).optional()?;
        let Some(chat) = chat.flatten() else { return Ok(Err(Refusal::NobodyTrusted)) };
        if let Some(refusal) = self.cannot_write(chat)? {
            return Ok(Err(refusal));
        }
        self.say_or_refuse(chat, Body::Text(Text::markdown(NEED_TO_TALK.to_owned())), Around::default())
    }
}
