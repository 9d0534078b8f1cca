//! Who somebody is to this device.

use super::NAME;
use crate::account::Account;
use crate::client::{Client, Fault};
use rusqlite::{OptionalExtension as _, params};
use std::collections::BTreeSet;
use view::{ContactRow, How, MemberLine, Met, Sender};
use wire::AccountId;

impl Client {
    /// Who an account is, if this device has met it; `own` saves looking up whether it is this one.
    pub(super) fn sender(&self, account: &AccountId, own: Option<&Account>) -> Result<Option<Sender>, Fault> {
        let loaded = match own {
            Some(_) => None,
            None => Account::load(&self.db)?,
        };
        if let Some(own) = own.or(loaded.as_ref()).filter(|own| own.id() == *account) {
            let (name, display_name) = (own.username.clone(), own.display_name.clone());
            return Ok(Some(Sender { account: account.to_string(), name, display_name, me: true }));
        }
        let query = format!("SELECT {NAME}, c.display_name FROM contact c WHERE c.account = ?1");
        let known: Option<(String, Option<String>)> =
            self.db.prepare_cached(&query)?.query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        Ok(known.map(|(name, display_name)| Sender { account: account.to_string(), name, display_name, me: false }))
    }

    /// The same for somebody who must be shown somehow: by the beginning of the key.
    pub(crate) fn sender_or_key(&self, account: &AccountId, own: Option<&Account>) -> Result<Sender, Fault> {
        let key = account.to_string();
        Ok(self.sender(account, own)?.unwrap_or_else(|| Sender {
            name: key.chars().take(12).collect(),
            account: key,
            display_name: None,
            me: false,
        }))
    }

    /// Everybody this device has met and can name, people it shares only groups with among them.
    pub(super) fn contacts(&self) -> Result<Vec<ContactRow>, Fault> {
        let own = Account::load(&self.db)?.map(|own| own.id());
        let query = format!(
            "SELECT c.account, {NAME}, c.confirmed, c.display_name, c.chat, c.blocked, c.capability IS NOT NULL FROM contact c
             WHERE c.chat IS NOT NULL OR c.blocked = 1 OR EXISTS (SELECT 1 FROM member m WHERE m.account = c.account) ORDER BY 2"
        );
        let mut statement = self.db.prepare_cached(&query)?;
        let rows: Vec<(AccountId, ContactRow)> = statement
            .query_map([], |row| {
                let account = AccountId(row.get(0)?);
                let contact = ContactRow {
                    account: account.to_string(),
                    name: row.get(1)?,
                    confirmed: row.get(2)?,
                    display_name: row.get(3)?,
                    chat: row.get(4)?,
                    blocked: row.get(5)?,
                    reachable: row.get(6)?,
                    met: Met { how: How::Group, label: String::new(), since_ms: 0 },
                };
                Ok((account, contact))
            })?
            .collect::<Result<_, _>>()?;
        let mut contacts = Vec::with_capacity(rows.len());
        for (account, contact) in rows.into_iter().filter(|(account, _)| Some(*account) != own) {
            contacts.push(ContactRow { met: self.met(&account)?, ..contact });
        }
        Ok(contacts)
    }

    /// How this device got to know an account: by the last request between the two that was accepted.
    pub(super) fn met(&self, account: &AccountId) -> Result<Met, Fault> {
        let since: Option<i64> =
            self.db.prepare_cached("SELECT met FROM contact WHERE account = ?1")?.query_row([account.0], |row| row.get(0)).optional()?;
        let request: Option<(bool, String)> = self
            .db
            .prepare_cached("SELECT outgoing, label FROM request WHERE account = ?1 AND state = 'accepted' ORDER BY id DESC LIMIT 1")?
            .query_row([account.0], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (how, label) = match request {
            Some((true, _)) => (How::TheirLink, String::new()),
            Some((false, label)) => (How::MyLink, label),
            None => (How::Group, String::new()),
        };
        Ok(Met { how, label, since_ms: since.unwrap_or(0).max(0) as u64 })
    }

    /// The members of a chat, each with what this device knows beside.
    pub(super) fn member_lines(&self, chat: i64) -> Result<Vec<MemberLine>, Fault> {
        let own = Account::load(&self.db)?.map(|own| (own.id().to_string(), own.display_name));
        type Known = (Option<String>, bool, bool);
        let mut lines = Vec::new();
        let mut seen = BTreeSet::new();
        for row in self.members(chat)? {
            let Some(account) = AccountId::from_hex(&row.account).filter(|account| seen.insert(*account)) else { continue };
            let me = own.as_ref().filter(|(own, _)| *own == row.account);
            let known: Option<Known> = self
                .db
                .prepare_cached("SELECT display_name, chat IS NOT NULL, blocked FROM contact WHERE account = ?1")?
                .query_row(params![account.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            let (display_name, contact, blocked) = known.unwrap_or_default();
            let display_name = me.map_or(display_name, |(_, name)| name.clone());
            lines.push(MemberLine { row, display_name, me: me.is_some(), contact, blocked });
        }
        Ok(lines)
    }
}
