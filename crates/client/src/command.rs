//! Commands: each carried out once, however often it arrives.

use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::message::Around;
use crate::outbox::{Change, Intent, Urgency};
use rusqlite::{OptionalExtension as _, params};
use view::{Command, Refusal, Reply, VaultCommand, VaultRefusal};
use wire::AccountId;
use wire::content::Body;
use wire::limits::GROUP_LEAVES_MAX;

/// Command ids are remembered for this long.
const REMEMBERED: i64 = 7 * 24 * 60 * 60 * 1000;

impl Turn<'_> {
    /// A refusal changed nothing, so it is not remembered: the same command may succeed later.
    pub fn command_once(&mut self, id: &[u8; 16], command: Command) -> Result<Result<Reply, Refusal>, Fault> {
        let known: Option<Vec<u8>> =
            self.db.prepare_cached("SELECT reply FROM command WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
        if let Some(bytes) = known {
            return Ok(Ok(postcard::from_bytes(&bytes).map_err(|_| Fault::Stored)?));
        }
        let reply = self.command(command)?;
        if let Ok(reply) = &reply {
            let bytes = postcard::to_allocvec(reply).map_err(|_| Fault::Stored)?;
            let now = self.now.0 as i64;
            self.db.prepare_cached("INSERT INTO command (id, reply, at) VALUES (?1, ?2, ?3)")?.execute(params![id, bytes, now])?;
            self.db.prepare_cached("DELETE FROM command WHERE at < ?1")?.execute([now.saturating_sub(REMEMBERED)])?;
        }
        Ok(reply)
    }

    fn command(&mut self, command: Command) -> Result<Result<Reply, Refusal>, Fault> {
        if let Command::SignUp { username, server, invite, display_name } = command {
            return self.begin_sign_up(&username, &server, invite, display_name);
        }
        if let Command::Vault(command @ VaultCommand::Restore { .. }) = command {
            return self.vault_command(command);
        }
        if Account::load(self.db)?.is_none() {
            return Ok(Err(Refusal::NotSignedUp));
        }
        if self.is_replaced()? {
            return Ok(Err(Refusal::Vault(VaultRefusal::Replaced)));
        }
        match command {
            Command::SignUp { .. } => Ok(Err(Refusal::NotSignedUp)),
            Command::MakeLink { label, uses, days } => self.make_link(label, uses, days),
            Command::AddContact { link } => self.add_contact(&link),
            Command::AcceptRequest { id } => self.accept_request(id),
            Command::DeclineRequest { id } => self.decline_request(id),
            Command::JoinGroup { invitation } => self.join_group(invitation),
            Command::DeclineGroup { invitation } => self.decline_group(invitation),
            Command::Send { chat, what, reply } => self.send(chat, what, reply),
            Command::React { chat, message, emoji } => self.react(chat, message, &emoji),
            Command::Edit { chat, message, text } => self.edit(chat, message, &text),
            Command::Delete { chat, message } => self.delete(chat, message),
            Command::MarkRead { chat, up_to } => self.mark_read(chat, up_to),
            Command::CreateGroup { name, members } => self.make_group(&name, &members),
            Command::AddMembers { chat, members } => self.add_members(chat, &members),
            Command::RemoveMember { chat, member } => self.change_member(chat, &member, |account| Change::Remove { account }),
            Command::Promote { chat, member } => self.change_member(chat, &member, |account| Change::Promote { account }),
            Command::Leave { chat } => self.leave(chat),
            Command::Rename { chat, name } => self.rename(chat, &name),
            Command::Expire { chat, seconds } => self.set_expiry(chat, seconds),
            Command::Block { user } => self.block(&user),
            Command::Vault(command) => self.vault_command(command),
        }
    }

    fn add_members(&mut self, chat: i64, members: &[String]) -> Result<Result<Reply, Refusal>, Fault> {
        let log = match self.administered(chat)? {
            Ok(log) => log,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let joiners = match self.joiners(members)? {
            Ok(joiners) => joiners,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.member_count(chat)? as usize + joiners.len() > GROUP_LEAVES_MAX {
            return Ok(Err(Refusal::GroupFull { limit: GROUP_LEAVES_MAX }));
        }
        for chunk in joiners.chunks(wire::limits::ADDS_PER_COMMIT) {
            self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &Intent::Change(Change::Add { members: chunk.to_vec() }))?;
        }
        self.tell_settings(chat)?;
        Ok(Ok(Reply::Done))
    }

    /// Whoever joins reads nothing of what was said before: the name and the other settings are said again.
    fn tell_settings(&mut self, chat: i64) -> Result<(), Fault> {
        let (name, description, expire): (Option<String>, Option<String>, u32) = self
            .db
            .prepare_cached("SELECT name, description, expire_seconds FROM chat WHERE id = ?1")?
            .query_row([chat], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        if let Some(name) = name {
            self.say_group_name(chat, &name)?;
        }
        if let Some(description) = description {
            self.say(chat, Body::GroupDescription(description), Around::default())?;
        }
        if expire > 0 {
            self.say(chat, Body::ExpirySetting(Some(expire)), Around::default())?;
        }
        Ok(())
    }

    fn change_member(&mut self, chat: i64, member: &str, change: impl FnOnce([u8; 32]) -> Change) -> Result<Result<Reply, Refusal>, Fault> {
        let log = match self.administered(chat)? {
            Ok(log) => log,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let contact = self.contact_called(member)?;
        let Some(contact) = contact else { return Ok(Err(Refusal::NotAMember { name: member.into() })) };
        if !self.is_member(chat, &contact.account)? {
            return Ok(Err(Refusal::NotAMember { name: member.into() }));
        }
        let account = contact.account.0;
        self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &Intent::Change(change(account)))?;
        Ok(Ok(Reply::Done))
    }

    fn leave(&mut self, chat: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let (Some(row), Some(own)) = (self.chat(chat)?, Account::load(self.db)?) else {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        };
        if row.kind != "group" {
            return Ok(Err(Refusal::OnlyInGroups));
        }
        if row.state != "active" {
            return Ok(Err(Refusal::ChatEnded));
        }
        let room = self.room(&row)?;
        let last_admin = room.is_admin(&own.id()) && room.admins.len() == 1;
        if last_admin && self.member_count(chat)? > 1 {
            return Ok(Err(Refusal::LastAdmin));
        }
        if self.member_count(chat)? == 1 {
            self.set_chat_state(chat, "left")?;
            return Ok(Ok(Reply::Done));
        }
        self.intend(Some(row.log), Some(chat), None, Urgency::Ordinary, &Intent::Leave)?;
        Ok(Ok(Reply::Done))
    }

    fn rename(&mut self, chat: i64, name: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Err(refusal) = self.administered(chat)? {
            return Ok(Err(refusal));
        }
        if name.trim().is_empty() {
            return Ok(Err(Refusal::EmptyName));
        }
        if self.chat_named(name.trim())?.is_some() {
            return Ok(Err(Refusal::NameTaken { name: name.trim().into() }));
        }
        self.say_group_name(chat, name.trim())?;
        Ok(Ok(Reply::Done))
    }

    /// The log of a group this account may change.
    fn administered(&mut self, chat: i64) -> Result<Result<i64, Refusal>, Fault> {
        let (Some(row), Some(own)) = (self.chat(chat)?, Account::load(self.db)?) else {
            return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() }));
        };
        if row.kind != "group" {
            return Ok(Err(Refusal::OnlyInGroups));
        }
        if row.state != "active" {
            return Ok(Err(Refusal::ChatEnded));
        }
        let admin = self.room(&row)?.is_admin(&own.id());
        Ok(if admin { Ok(row.log) } else { Err(Refusal::NotAdmin) })
    }

    /// A group by its name.
    pub fn chat_named(&self, name: &str) -> Result<Option<i64>, Fault> {
        Ok(self
            .db
            .prepare_cached("SELECT id FROM chat WHERE name = ?1 AND state NOT IN ('left', 'removed', 'ended')")?
            .query_row([name], |row| row.get(0))
            .optional()?)
    }

    pub fn own_account(&self) -> Result<Option<AccountId>, Fault> {
        Ok(Account::load(self.db)?.map(|account| account.id()))
    }
}
