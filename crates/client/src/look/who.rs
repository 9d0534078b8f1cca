//! Who can see a chat: everything a line about it is made from, as it stands now.

use crate::account::Account;
use crate::client::{Client, Fault};
use crate::mls::{Group, Provider, is_post_quantum};
use crate::settings;
use rusqlite::{OptionalExtension as _, params};
use view::{WhoLock, WhoPerson, WhoRow};
use wire::{AccountId, Hash32, Millis, Route};

/// Five digits each: of an account 30, which is what 99 bits tell apart.
const BLOCKS: usize = 6;

impl Client {
    pub(super) fn who(&self, now: Millis, chat: i64) -> Result<Option<WhoRow>, Fault> {
        let (Some(detail), Some(own)) = (self.chat_detail(chat)?, Account::load(&self.db)?) else { return Ok(None) };
        let chosen = settings::chosen(&self.db)?;
        let row = detail.line.row;
        let mut people = Vec::new();
        for member in detail.members {
            let Some(account) = AccountId::from_hex(&member.row.account) else { continue };
            let devices: u32 = self
                .db
                .prepare_cached("SELECT count(DISTINCT client) FROM member WHERE chat = ?1 AND account = ?2")?
                .query_row(params![chat, account.0], |row| row.get(0))?;
            let compared: Option<bool> = self
                .db
                .prepare_cached("SELECT compared FROM contact WHERE account = ?1")?
                .query_row([account.0], |row| row.get(0))
                .optional()?;
            people.push(WhoPerson {
                digits: (!member.me).then(|| digits(&own.id(), &account)),
                account: member.row.account,
                name: member.row.name,
                me: member.me,
                devices,
                compared: compared.unwrap_or(false),
            });
        }
        Ok(Some(WhoRow {
            chat,
            name: row.name,
            kind: row.kind,
            state: row.state,
            people,
            lock: self.lock(chat)?,
            expire_seconds: row.expire_seconds,
            receipts: chosen.receipts,
            typing: chosen.typing,
            woken: self.notify()?.endpoint.is_some(),
            server: host(&own.server_url).to_owned(),
            vault: self.vault_status()?.kept,
            ages: settings::ages(settings::band(&self.db, now)?),
        }))
    }

    /// With what the group of a chat encrypts, as MLS has it.
    fn lock(&self, chat: i64) -> Result<Option<WhoLock>, Fault> {
        let route: Option<[u8; 32]> = self
            .db
            .prepare_cached(
                "SELECT l.route FROM chat h JOIN log l ON l.id = h.log WHERE h.id = ?1 AND h.state IN ('active', 'broken', 'leaving')",
            )?
            .query_row([chat], |row| row.get(0))
            .optional()?;
        let Some(route) = route else { return Ok(None) };
        // A group that is not there (yet) encrypts to nobody.
        let group = Group::load(&Provider::new(&self.crypto, &self.db), &Route(route)).ok().filter(Group::is_active);
        Ok(group.map(|group| {
            let suite = group.suite();
            WhoLock { suite: format!("{suite:?}"), post_quantum: is_post_quantum(suite), epoch: group.epoch() }
        }))
    }
}

/// What two people see alike if each has the other's true key: thirty digits of each account, the smaller key first.
fn digits(one: &AccountId, other: &AccountId) -> String {
    let (first, second) = if one.0 <= other.0 { (one, other) } else { (other, one) };
    [first, second].map(of_account).join(" ")
}

fn of_account(account: &AccountId) -> String {
    let hash = Hash32::of(&[b"treehouse/1 digits".as_slice(), &account.0].concat()).0;
    let blocks = hash.chunks(5).take(BLOCKS).map(|bytes| {
        let number = bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{:05}", number % 100_000)
    });
    blocks.collect::<Vec<_>>().join(" ")
}

fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_see_the_same_digits_and_another_key_changes_them() {
        let [one, other, third] = [1, 2, 3].map(|byte| AccountId([byte; 32]));
        assert_eq!(digits(&one, &other), digits(&other, &one));
        assert_ne!(digits(&one, &other), digits(&one, &third));
        let blocks: Vec<String> = digits(&one, &other).split(' ').map(str::to_owned).collect();
        assert!(blocks.len() == 12 && blocks.iter().all(|block| block.len() == 5 && block.bytes().all(|byte| byte.is_ascii_digit())));
    }

    #[test]
    fn a_server_is_told_by_its_host() {
        assert_eq!(host("https://chat.example.org/"), "chat.example.org");
        assert_eq!(host("http://127.0.0.1:8443"), "127.0.0.1:8443");
    }
}
