//! Commands: each carried out once, however often it arrives.

use crate::account::Account;
use crate::chat::Keep;
use crate::client::{Fault, Turn};
use crate::message::Around;
use crate::outbox::{Change, Intent, Urgency};
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use view::{Command, Refusal, Reply, VaultCommand, VaultRefusal};
use wire::AccountId;
use wire::content::Body;
use wire::content::limits::{GROUP_DESCRIPTION_MAX, GROUP_NAME_MAX};
use wire::limits::{DAY, GROUP_LEAVES_MAX};

/// Command ids are remembered for this long.
const REMEMBERED: i64 = 7 * DAY as i64;

impl Turn<'_> {
    /// A refusal changed nothing, so it is not remembered: the same command may succeed later.
    pub fn command_once(&mut self, id: &[u8; 16], command: Command) -> Result<Result<Reply, Refusal>, Fault> {
        // True for a moment only: it is not worth a row, and said twice it is said once.
        if let Command::Typing { chat, typing } = command {
            return self.tell_typing(chat, typing);
        }
        if let Some(reply) = self.reply_to(id)? {
            return Ok(Ok(reply));
        }
        let reply = self.command(command)?;
        if let Ok(reply) = &reply {
            self.keep_reply(id, reply)?;
        }
        Ok(reply)
    }

    /// What was answered under an id.
    pub fn reply_to<T: DeserializeOwned>(&self, id: &[u8; 16]) -> Result<Option<T>, Fault> {
        let bytes: Option<Vec<u8>> =
            self.db.prepare_cached("SELECT reply FROM command WHERE id = ?1")?.query_row([id], |row| row.get(0)).optional()?;
        bytes.map(|bytes| postcard::from_bytes(&bytes).map_err(|_| Fault::Stored)).transpose()
    }

    /// Keeps what is answered under an id, for who asks again.
    pub fn keep_reply(&self, id: &[u8; 16], reply: &impl Serialize) -> Result<(), Fault> {
        let bytes = postcard::to_allocvec(reply).map_err(|_| Fault::Stored)?;
        let now = self.now.0 as i64;
        self.db.prepare_cached("INSERT OR REPLACE INTO command (id, reply, at) VALUES (?1, ?2, ?3)")?.execute(params![id, bytes, now])?;
        self.db.prepare_cached("DELETE FROM command WHERE at < ?1")?.execute([now.saturating_sub(REMEMBERED)])?;
        Ok(())
    }

    fn command(&mut self, command: Command) -> Result<Result<Reply, Refusal>, Fault> {
        if let Command::SignUp { username, server, invite, display_name } = command {
            return self.begin_sign_up(&username, &server, invite, display_name);
        }
        if let Command::Vault(command @ (VaultCommand::Restore { .. } | VaultCommand::RestoreFile { .. })) = command {
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
            Command::Demote { chat, member } => self.demote(chat, &member),
            Command::Describe { chat, text } => self.describe(chat, &text),
            Command::Block { user } => self.block(&user),
            Command::Unblock { user } => self.unblock(&user),
            Command::SetName { name } => self.set_name(&name),
            Command::SendContact { chat } => self.send_contact(chat),
            Command::RevokeLink { link } => self.revoke_link(link),
            Command::ChangeSettings(settings) => self.change_settings(settings),
            Command::Unreact { chat, message, emoji } => self.unreact(chat, message, &emoji),
            Command::Forward { chat, messages, to } => self.forward(chat, &messages, &to),
            Command::SendPoll { chat, poll } => self.send_poll(chat, poll),
            Command::Vote { chat, message, choices } => self.vote(chat, message, &choices),
            Command::ClosePoll { chat, message } => self.close_poll(chat, message),
            Command::PinMessage { chat, message } => self.pin_message(chat, message),
            Command::UnpinMessage { chat, message } => self.unpin_message(chat, message),
            Command::Retry { message } => self.retry(message),
            Command::Discard { message } => self.discard_message(message),
            Command::CancelUpload { message } => self.cancel_upload(message),
            Command::DeleteForMe { chat, messages } => self.delete_for_me(chat, &messages),
            Command::ClearChat { chat } => self.clear_chat(chat),
            Command::DeleteChat { chat } => self.delete_chat(chat),
            Command::MarkUnread { chat } => self.keep(chat, Keep::MarkedUnread),
            Command::PinChat { chat } => self.keep(chat, Keep::OnTop),
            Command::UnpinChat { chat } => self.keep(chat, Keep::NotOnTop),
            Command::Archive { chat } => self.keep(chat, Keep::Archived),
            Command::Unarchive { chat } => self.keep(chat, Keep::NotArchived),
            Command::Mute { chat, until_ms } => self.keep(chat, Keep::Muted(until_ms)),
            Command::SaveDraft { chat, draft } => self.save_draft(chat, &draft),
            Command::Vault(command) => self.vault_command(command),
            Command::Know { chat, how } => self.know(chat, how),
            Command::Keep(command) => self.keep_command(command),
            Command::Born { born } => self.set_born(born),
            Command::Compare { account, same } => self.compare(&account, same),
            Command::Private { chat, message, whose } => self.set_private(chat, message, whose),
            Command::Covered { chat, message, position } => self.note_covered(chat, message, position),
            Command::Trust { account } => self.trust(account.as_deref()),
            Command::NeedToTalk => self.need_to_talk(),
            Command::Notify { endpoint } => self.set_notify(endpoint),
            Command::Typing { chat, typing } => self.tell_typing(chat, typing),
        }
    }

    /// An admin becomes a member again; one stays.
    fn demote(&mut self, chat: i64, member: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Err(refusal) = self.administered(chat)? {
            return Ok(Err(refusal));
        }
        let (Some(row), Some(own)) = (self.chat(chat)?, Account::load(self.db)?) else { return Err(Fault::Stored) };
        let account = if member == own.username { Some(own.id()) } else { self.contact_called(member)?.map(|contact| contact.account) };
        let room = self.room(&row)?;
        let Some(account) = account else { return Ok(Err(Refusal::NotAMember { name: member.into() })) };
        if !self.is_member(chat, &account)? {
            return Ok(Err(Refusal::NotAMember { name: member.into() }));
        }
        if !room.is_admin(&account) {
            return Ok(Ok(Reply::Done));
        }
        if room.admins.len() == 1 {
            return Ok(Err(Refusal::LastAdmin));
        }
        self.intend(Some(row.log), Some(chat), None, Urgency::Ordinary, &Intent::Change(Change::Demote { account: account.0 }))?;
        Ok(Ok(Reply::Done))
    }

    fn describe(&mut self, chat: i64, text: &str) -> Result<Result<Reply, Refusal>, Fault> {
        if let Err(refusal) = self.administered(chat)? {
            return Ok(Err(refusal));
        }
        let said = self.say(chat, Body::GroupDescription(text.trim().to_owned()), Around::default())?;
        Ok(said.map(|_| Reply::Done).ok_or(Refusal::TooLong { limit: GROUP_DESCRIPTION_MAX }))
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
        let name = name.trim();
        if let Some(refusal) = self.cannot_be_called(name, Some(chat))? {
            return Ok(Err(refusal));
        }
        self.say_group_name(chat, name)?;
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

    /// Why a group of ours cannot be called so, if it cannot. `group`: which it is, if it is there already.
    pub fn cannot_be_called(&self, name: &str, group: Option<i64>) -> Result<Option<Refusal>, Fault> {
        if name.is_empty() {
            return Ok(Some(Refusal::EmptyName));
        }
        if name.len() > GROUP_NAME_MAX {
            return Ok(Some(Refusal::NameTooLong { limit: GROUP_NAME_MAX }));
        }
        // Whoever names a chat may give its id.
        if name.trim_start_matches('#').chars().all(|c| c.is_ascii_digit()) {
            return Ok(Some(Refusal::NameIsNumber));
        }
        // One that its server has lost makes room for one that takes its place.
        let mut statement = self.db.prepare_cached(
            "SELECT h.id, h.name FROM chat h JOIN log l ON l.id = h.log WHERE h.kind = 'group' AND h.state NOT IN ('left', 'removed', 'ended') AND l.fault IS NULL",
        )?;
        let named: Vec<(i64, Option<String>)> = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let same = |other: &Option<String>| other.as_ref().is_some_and(|other| other.to_lowercase() == name.to_lowercase());
        let taken = named.iter().any(|(id, other)| Some(*id) != group && same(other));
        Ok(taken.then(|| Refusal::NameTaken { name: name.into() }))
    }

    pub fn own_account(&self) -> Result<Option<AccountId>, Fault> {
        Ok(Account::load(self.db)?.map(|account| account.id()))
    }
}
