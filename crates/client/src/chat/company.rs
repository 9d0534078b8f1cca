//! Who comes and goes in a group, told in it: what a Commit changed, seen by comparing before and after. Every member reads the same Commit at the
//! same place, and so has the same line there.

use crate::client::{Fault, Turn};
use crate::message::Line;
use rusqlite::params;
use std::collections::{BTreeMap, BTreeSet};
use wire::{AccountId, Millis};

/// Who is in a group, and how, at one place in its log.
pub(super) struct Company {
    members: BTreeMap<[u8; 32], Member>,
    admins: BTreeSet<[u8; 32]>,
    /// Who has asked to be let go, and goes with the next Commit.
    leaving: BTreeSet<[u8; 32]>,
}

struct Member {
    /// Said to be added, and has not joined yet.
    awaited: bool,
    spoke: bool,
}

impl Turn<'_> {
    /// None in a chat of two: nobody comes there or goes.
    pub(super) fn company(&mut self, chat: i64, log: i64) -> Result<Option<Company>, Fault> {
        let Some(row) = self.chat(chat)?.filter(|row| row.kind == "group") else { return Ok(None) };
        let leaving = self.with_group(log, |group, _| {
            let leavers = group.leavers();
            Ok(leavers.into_iter().filter_map(|leaf| group.member(leaf)).map(|member| member.account().0).collect())
        })?;
        let members = self
            .db
            .prepare_cached("SELECT account, max(awaited), max(spoke) FROM member WHERE chat = ?1 GROUP BY account")?
            .query_map([chat], |row| Ok((row.get(0)?, Member { awaited: row.get(1)?, spoke: row.get(2)? })))?
            .collect::<Result<_, _>>()?;
        let admins = self.room(&row)?.admins.iter().map(|account| account.0).collect();
        Ok(Some(Company { members, admins, leaving }))
    }

    /// Tells what a Commit changed. Called when the member rows say what the group says now.
    pub(super) fn tell_changes(&mut self, chat: i64, log: i64, before: Option<Company>, by: &AccountId, at: Millis) -> Result<(), Fault> {
        let (Some(before), Some(after)) = (before, self.company(chat, log)?) else { return Ok(()) };
        let by = by.0;
        let (mut left, mut removed, mut added) = (vec![], vec![], vec![]);
        for account in before.members.keys().filter(|account| !after.members.contains_key(*account)) {
            if before.leaving.contains(account) { left.push(*account) } else { removed.push(*account) }
        }
        let mut joined = Vec::new();
        for (account, member) in &after.members {
            match before.members.get(account) {
                None => {
                    added.push(*account);
                    self.await_member(chat, account)?;
                }
                Some(earlier) if earlier.awaited && member.spoke => {
                    joined.push(*account);
                    self.db
                        .prepare_cached("UPDATE member SET awaited = 0 WHERE chat = ?1 AND account = ?2")?
                        .execute(params![chat, account])?;
                }
                // A fresh leaf was put in the place of one that nothing was heard of.
                Some(earlier) if earlier.awaited => self.await_member(chat, account)?,
                Some(_) => {}
            }
        }
        let here =
            |admins: BTreeSet<[u8; 32]>| admins.into_iter().filter(|account| after.members.contains_key(account)).collect::<Vec<_>>();
        let made = here(after.admins.difference(&before.admins).copied().collect());
        let took = here(before.admins.difference(&after.admins).copied().collect());
        let lines = [
            (!left.is_empty()).then_some(Line::Left(left)),
            (!removed.is_empty()).then_some(Line::Removed { by, who: removed }),
            (!added.is_empty()).then_some(Line::Added { by, who: added }),
            (!made.is_empty()).then_some(Line::MadeAdmin { by, who: made }),
            (!took.is_empty()).then_some(Line::TookAdmin { by, who: took }),
        ];
        for line in lines.into_iter().flatten().chain(joined.into_iter().map(Line::Joined)) {
            self.notice(chat, &line, at)?;
        }
        Ok(())
    }

    fn await_member(&self, chat: i64, account: &[u8; 32]) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE member SET awaited = 1 WHERE chat = ?1 AND account = ?2")?.execute(params![chat, account])?;
        Ok(())
    }

    /// Of a group that was joined just now: whoever was added and has not been heard of is awaited, this account among them.
    pub(super) fn await_silent(&self, chat: i64) -> Result<(), Fault> {
        self.db.prepare_cached("UPDATE member SET awaited = 1 WHERE chat = ?1 AND spoke = 0")?.execute([chat])?;
        Ok(())
    }

    /// A Commit took this account out.
    pub(super) fn tell_out(&mut self, chat: i64, by: &AccountId, at: Millis) -> Result<(), Fault> {
        let (Some(row), Some(own)) = (self.chat(chat)?, self.own_account()?) else { return Ok(()) };
        let line = match (row.kind.as_str(), row.state.as_str()) {
            ("group", "left") => Line::Left(vec![own.0]),
            ("group", _) => Line::Removed { by: by.0, who: vec![own.0] },
            _ => return Ok(()),
        };
        self.notice(chat, &line, at)
    }
}
