//! Beginning a chat and joining one.

use crate::account::Account;
use crate::client::{Fault, Turn};
use crate::contact::envelope::Welcome;
use crate::message::Around;
use crate::mls::{Group, Provider, Room, RoomKind};
use crate::outbox::{Change, Intent, Joiner, StoredRole, Urgency};
use prost::Message as _;
use rusqlite::OptionalExtension as _;
use rusqlite::params;
use std::collections::BTreeSet;
use view::{Event, Refusal, Reply};
use wire::content::Content;
use wire::limits::{DAY, GROUP_LEAVES_MAX};
use wire::{AccountId, Chain, LogId, PassToken, Route, Seq};

/// Up to this many members everybody refreshes its leaf on joining; in larger groups with the first words, or at random until this long after
/// its Add: a day before it would count as silent.
const UPDATE_AT_ONCE_MAX: u64 = 32;
const UPDATE_WITHIN: u64 = super::silent::SILENT_AFTER - DAY;

/// Where a new chat's log begins for this client.
pub(super) struct Beginning {
    pub log: LogId,
    pub pass: PassToken,
    pub cursor: Seq,
    pub chain: Chain,
    pub ms: u64,
    pub live: bool,
}

/// What a Welcome shows of its group before it is joined.
pub(crate) struct Seen {
    pub kind: RoomKind,
    /// The signature key of our leaf: by which KeyPackage we were added.
    pub leaf: Vec<u8>,
    pub members: Vec<AccountId>,
}

impl Turn<'_> {
    /// Somebody asked and was accepted: a group of two, both with equal passes, so that neither can put the other out.
    pub fn make_chat_of_two(&mut self, peer: &AccountId, key_package: Vec<u8>) -> Result<i64, Fault> {
        let first_pass = PassToken::new(self.random());
        let joiner = Joiner { account: peer.0, key_packages: vec![key_package], passes: vec![*first_pass.expose()] };
        let (chat, log) = self.begin_chat(RoomKind::Two, Some(peer), None, &[(first_pass.hash().0, StoredRole::Member)])?;
        self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &Intent::Change(Change::Add { members: vec![joiner] }))?;
        self.introduce(chat)?;
        Ok(chat)
    }

    /// A chat of two in which the other cannot go on is over, whoever of the two noticed.
    pub fn end_chat_of_two(&mut self, peer: &AccountId, route: &Route) -> Result<(), Fault> {
        let of_theirs = "SELECT h.id FROM chat h JOIN log l ON l.id = h.log WHERE h.kind = 'two' AND h.peer = ?1 AND l.route = ?2 AND h.state IN ('active', 'broken', 'returning')";
        let chat: Option<i64> = self.db.prepare_cached(of_theirs)?.query_row(params![peer.0, route.0], |row| row.get(0)).optional()?;
        let Some(chat) = chat else { return Ok(()) };
        self.set_chat_state(chat, "ended")?;
        self.event(Event::ChatChanged { chat });
        Ok(())
    }

    /// Two people may have accepted each other at the same time: of their two chats the one with the smaller id stays, on both sides, and what
    /// still waits in the other is said there. The other is read on: something may be under way.
    pub fn settle_on_one(&mut self, peer: &AccountId, new: i64) -> Result<i64, Fault> {
        let both: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT h.id FROM chat h JOIN log l ON l.id = h.log WHERE h.kind = 'two' AND h.peer = ?1 AND h.state = 'active' ORDER BY l.route",
            )?
            .query_map([peer.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let (stays, others) = both.split_first().map_or((new, &[][..]), |(stays, others)| (*stays, others));
        self.db.prepare_cached("UPDATE contact SET chat = ?2 WHERE account = ?1")?.execute(params![peer.0, stays])?;
        for other in others {
            self.set_chat_state(*other, "ended")?;
            self.event(Event::ChatChanged { chat: *other });
        }
        let ended: Vec<i64> = self
            .db
            .prepare_cached("SELECT id FROM chat WHERE kind = 'two' AND peer = ?1 AND state = 'ended'")?
            .query_map([peer.0], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for chat in ended {
            self.say_elsewhere(chat, stays)?;
            // What the server has lost comes no more, and what was under way there arrives nowhere.
            if let Some(row) = self.chat(chat)?
                && self.log_state(row.log)?.fault
            {
                self.drop_waiting(row.log)?;
                self.db.prepare_cached("UPDATE log SET live = 0 WHERE id = ?1")?.execute([row.log])?;
            }
        }
        Ok(stays)
    }

    /// Says in another chat what has not left yet. What is no line of its own (a name, a receipt) was meant for the old one alone.
    fn say_elsewhere(&mut self, from: i64, to: i64) -> Result<(), Fault> {
        let waiting: Vec<(i64, i64, bool, Vec<u8>)> = self
            .db
            .prepare_cached(
                "SELECT o.id, m.id, m.shown, m.content FROM outbox o JOIN message m ON m.id = o.message
                 WHERE o.chat = ?1 AND o.attempt IS NULL ORDER BY o.id",
            )?
            .query_map([from], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
            .collect::<Result<_, _>>()?;
        for (row, message, shown, content) in waiting {
            let content = Content::decode(&content).map_err(|_| Fault::Stored)?;
            self.outbox_done(row)?;
            self.forget_message(message)?;
            if !shown {
                continue;
            }
            self.say(to, content.body, Around { forwarded: content.forwarded, ..Around::default() })?;
        }
        Ok(())
    }

    /// A group of our own, with us as its admin; the others are invited by the Commit that adds them.
    pub fn make_group(&mut self, name: &str, members: &[String]) -> Result<Result<Reply, Refusal>, Fault> {
        if Account::load(self.db)?.is_none_or(|account| !account.signed_up) {
            return Ok(Err(Refusal::NotSignedUp));
        }
        let name = name.trim();
        if let Some(refusal) = self.cannot_be_called(name, None)? {
            return Ok(Err(refusal));
        }
        let joiners = match self.joiners(members)? {
            Ok(joiners) => joiners,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let accounts: Vec<AccountId> = joiners.into_iter().map(|joiner| AccountId(joiner.account)).collect();
        Ok(Ok(Reply::Id(self.begin_group(name, &accounts)?)))
    }

    /// The group, and what adds these accounts to it and tells them its name.
    pub fn begin_group(&mut self, name: &str, others: &[AccountId]) -> Result<i64, Fault> {
        let (chat, log) = self.begin_chat(RoomKind::Group, None, Some(name), &[])?;
        for chunk in others.chunks(wire::limits::ADDS_PER_COMMIT) {
            let members = chunk.iter().map(|account| Joiner { account: account.0, key_packages: vec![], passes: vec![] }).collect();
            self.intend(Some(log), Some(chat), None, Urgency::Ordinary, &Intent::Change(Change::Add { members }))?;
        }
        self.say_group_name(chat, name)?;
        self.introduce(chat)?;
        self.event(Event::ChatChanged { chat });
        Ok(chat)
    }

    /// Contacts by username, each once.
    pub fn joiners(&mut self, members: &[String]) -> Result<Result<Vec<Joiner>, Refusal>, Fault> {
        let mut seen = BTreeSet::new();
        let mut joiners = Vec::new();
        for name in members {
            let Some(contact) = self.contact_called(name)? else { return Ok(Err(Refusal::NoSuchUser { name: name.clone() })) };
            if contact.blocked {
                return Ok(Err(Refusal::Blocked { name: name.clone() }));
            }
            if self.reach(&contact.account)?.is_none() {
                return Ok(Err(Refusal::NoSuchUser { name: name.clone() }));
            }
            if seen.insert(contact.account) {
                joiners.push(Joiner { account: contact.account.0, key_packages: vec![], passes: vec![] });
            }
        }
        if joiners.len() >= GROUP_LEAVES_MAX {
            return Ok(Err(Refusal::GroupFull { limit: GROUP_LEAVES_MAX }));
        }
        Ok(Ok(joiners))
    }

    fn begin_chat(
        &mut self,
        kind: RoomKind,
        peer: Option<&AccountId>,
        name: Option<&str>,
        others: &[([u8; 32], StoredRole)],
    ) -> Result<(i64, i64), Fault> {
        let Some(account) = Account::load(self.db)? else { return Err(Fault::Stored) };
        let (Some(server), Some(stamp_key)) = (account.server, account.stamp_key) else { return Err(Fault::Stored) };
        let log = LogId(self.random());
        let pass = PassToken::new(self.random());
        let leaf_key: [u8; 32] = self.random();
        let admins = if kind == RoomKind::Group { BTreeSet::from([account.id()]) } else { BTreeSet::new() };
        let room = Room { kind, route: log.route(), server, stamp_key, announcements_only: false, admins };
        let signer = self.leaf_signer(&leaf_key)?;
        let provider = Provider::new(self.crypto, self.db);
        let group = Group::create(&provider, &signer, &room, pass.hash()).map_err(super::group_fault)?;
        let own = if kind == RoomKind::Group { StoredRole::Owner } else { StoredRole::Member };
        let mut passes = vec![(pass.hash().0, own)];
        passes.extend_from_slice(others);
        let beginning = Beginning { log, pass, cursor: Seq::START, chain: Chain::START, ms: 0, live: false };
        let (chat, row) = self.insert_chat(&beginning, kind, peer, name, &leaf_key, "active")?;
        self.groups.put(row, group);
        self.refresh_members(chat, row)?;
        self.intend(Some(row), Some(chat), None, Urgency::Ordinary, &Intent::CreateLog { passes, inbox: false })?;
        Ok((chat, row))
    }

    fn insert_chat(
        &mut self,
        begin: &Beginning,
        kind: RoomKind,
        peer: Option<&AccountId>,
        name: Option<&str>,
        leaf_key: &[u8; 32],
        state: &str,
    ) -> Result<(i64, i64), Fault> {
        self.db
            .prepare_cached(
                "INSERT INTO log (log, route, pass, inbox, live, cursor, chain, ms, last_commit) VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?5)",
            )?
            .execute(params![
                begin.log.0,
                begin.log.route().0,
                begin.pass.expose(),
                begin.live,
                begin.cursor.0 as i64,
                begin.chain.0,
                begin.ms as i64
            ])?;
        let log = self.db.last_insert_rowid();
        let kind = if kind == RoomKind::Two { "two" } else { "group" };
        let made = self.time()?.0 as i64;
        self.db
            .prepare_cached(
                "INSERT INTO chat (log, kind, state, peer, name, leaf_key, previous_c, made) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![log, kind, state, peer.map(|peer| peer.0), name, leaf_key, [0u8; 32], made])?;
        Ok((self.db.last_insert_rowid(), log))
    }

    /// Somebody who was out is in again: the chat goes on under its old number, its log from the new beginning.
    pub(super) fn reopen_chat(&mut self, chat: i64, log: i64, begin: &Beginning, leaf_key: &[u8; 32]) -> Result<(i64, i64), Fault> {
        // What lies between the old end and the new beginning this client does not know, so its lines begin anew.
        self.db.prepare_cached("DELETE FROM line WHERE log = ?1")?.execute([log])?;
        for forgotten in ["DELETE FROM member WHERE chat = ?1", "DELETE FROM speaker WHERE chat = ?1"] {
            self.db.prepare_cached(forgotten)?.execute([chat])?;
        }
        self.db
            .prepare_cached(
                "UPDATE log SET pass = ?2, next_pass = NULL, live = 1, cursor = ?3, chain = ?4, ms = ?5, last_commit = ?3, fault = NULL WHERE id = ?1",
            )?
            .execute(params![log, begin.pass.expose(), begin.cursor.0 as i64, begin.chain.0, begin.ms as i64])?;
        self.db.prepare_cached("UPDATE chat SET state = 'active', leaf_key = ?2 WHERE id = ?1")?.execute(params![chat, leaf_key])?;
        Ok((chat, log))
    }

    /// The answer to a request of ours.
    pub fn join_chat_of_two(&mut self, peer: &AccountId, request: i64, welcome: &Welcome) -> Result<(), Fault> {
        let Some(chat) = self.join(welcome, Some(peer))? else { return Ok(()) };
        if let Some(capability) = &welcome.capability
            && capability.parse().is_ok()
        {
            self.db
                .prepare_cached("UPDATE contact SET capability = ?2 WHERE account = ?1")?
                .execute(params![peer.0, capability.encode_to_vec()])?;
        }
        self.settle(peer, request, chat)?;
        Ok(())
    }

    /// Looks into a Welcome without joining anything: nothing when it is not the inviter's, or of another server.
    pub fn look_into(&mut self, inviter: &AccountId, welcome: &Welcome) -> Result<Option<Seen>, Fault> {
        self.db.execute_batch("SAVEPOINT look")?;
        let provider = Provider::new(self.crypto, self.db);
        let looked = Group::join(&provider, &welcome.welcome, Some(welcome.tree.as_slice()).filter(|tree| !tree.is_empty()));
        let seen = looked.ok().filter(|joined| joined.inviter.account() == *inviter && self.fits_server(&joined.room, welcome));
        let seen = seen.and_then(|joined| {
            let leaf = joined.group.member(joined.group.own_leaf())?.leaf_public().to_vec();
            let members = joined.group.members().into_iter().map(|(_, identity)| identity.account()).collect();
            Some(Seen { kind: joined.room.kind, leaf, members })
        });
        self.db.execute_batch("ROLLBACK TO look; RELEASE look")?;
        Ok(seen)
    }

    /// An invitation is counted, not shown: who invites, how many members, how many of them are known.
    pub fn invited(&mut self, inviter: &AccountId, welcome: &Welcome, members: &[AccountId]) -> Result<(), Fault> {
        let mut known = 0;
        for member in members {
            known += i64::from(self.contact(member)?.is_some_and(|contact| contact.chat.is_some()));
        }
        let arrived = self.time()?.0 as i64;
        self.replaces_older(inviter, welcome)?;
        self.db
            .prepare_cached(
                "INSERT INTO invitation (inviter, welcome, members, known, arrived, state) VALUES (?1, ?2, ?3, ?4, ?5, 'open')",
            )?
            .execute(params![inviter.0, welcome.encode_to_vec(), members.len() as i64, known, arrived])?;
        self.event(Event::InvitationsChanged);
        Ok(())
    }

    /// A later invitation of the same contact to the same group takes the place of an open one: that one's leaf is gone.
    fn replaces_older(&self, inviter: &AccountId, welcome: &Welcome) -> Result<(), Fault> {
        let open: Vec<(i64, Vec<u8>)> = self
            .db
            .prepare_cached("SELECT id, welcome FROM invitation WHERE state = 'open' AND inviter = ?1")?
            .query_map([inviter.0], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, bytes) in open {
            if Welcome::decode(bytes.as_slice()).is_ok_and(|older| older.log == welcome.log) {
                self.db.prepare_cached("UPDATE invitation SET state = 'replaced', welcome = x'' WHERE id = ?1")?.execute([id])?;
            }
        }
        Ok(())
    }

    pub fn join_group(&mut self, id: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let bytes: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT welcome FROM invitation WHERE id = ?1 AND state = 'open'")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let Some(welcome) = bytes.and_then(|bytes| Welcome::decode(bytes.as_slice()).ok()) else {
            return Ok(Err(Refusal::NoSuchInvitation { id }));
        };
        let joined = self.join(&welcome, None)?;
        let state = if joined.is_some() { "joined" } else { "spent" };
        self.db.prepare_cached("UPDATE invitation SET state = ?2, welcome = x'' WHERE id = ?1")?.execute(params![id, state])?;
        self.event(Event::InvitationsChanged);
        Ok(joined.map(Reply::Id).ok_or(Refusal::NoSuchInvitation { id }))
    }

    pub fn decline_group(&mut self, id: i64) -> Result<Result<Reply, Refusal>, Fault> {
        let changed = self
            .db
            .prepare_cached("UPDATE invitation SET state = 'declined', welcome = x'' WHERE id = ?1 AND state = 'open'")?
            .execute([id])?;
        self.event(Event::InvitationsChanged);
        Ok(if changed == 0 { Err(Refusal::NoSuchInvitation { id }) } else { Ok(Reply::Done) })
    }

    pub(super) fn fits_server(&self, room: &Room, welcome: &Welcome) -> bool {
        let Ok(Some(account)) = Account::load(self.db) else { return false };
        let Ok(place) = welcome.place() else { return false };
        room.route == place.log.route() && Some(room.server) == account.server && Some(room.stamp_key) == account.stamp_key
    }

    /// The group, its rules and the key of our leaf, when all of a Welcome fits: its place, its server, who is in it, and that it is later than
    /// what is known.
    fn open_welcome(
        &mut self,
        welcome: &Welcome,
        own: &Account,
        two_with: Option<&AccountId>,
        after_epoch: Option<u64>,
    ) -> Result<Option<(Group, Room, [u8; 32])>, Fault> {
        let provider = Provider::new(self.crypto, self.db);
        let Ok(joined) = Group::join(&provider, &welcome.welcome, Some(welcome.tree.as_slice()).filter(|tree| !tree.is_empty())) else {
            return Ok(None);
        };
        let members: BTreeSet<AccountId> = joined.group.members().into_iter().map(|(_, identity)| identity.account()).collect();
        let fits = match two_with {
            Some(peer) => {
                joined.room.kind == RoomKind::Two && joined.inviter.account() == *peer && members == BTreeSet::from([own.id(), *peer])
            }
            None => joined.room.kind == RoomKind::Group,
        };
        let later = after_epoch.is_none_or(|epoch| joined.group.epoch() > epoch);
        if !fits || !later || !self.fits_server(&joined.room, welcome) {
            return Ok(None);
        }
        let leaf = joined.group.member(joined.group.own_leaf());
        let leaf_key = leaf.map(|identity| self.package_key(identity.leaf_public())).transpose()?.flatten();
        Ok(leaf_key.map(|key| (joined.group, joined.room, key)))
    }

    /// Opens a Welcome for good. Nothing when it does not hold: the KeyPackage is spent, and the sender can do it again.
    fn join(&mut self, welcome: &Welcome, two_with: Option<&AccountId>) -> Result<Option<i64>, Fault> {
        let (Ok(place), Some(own)) = (welcome.place(), Account::load(self.db)?) else { return Ok(None) };
        // A known group is joined again only by who is out of it; who is broken in it comes back another way (rejoin.rs).
        let known: Option<(Option<i64>, i64, Option<String>)> = self
            .db
            .prepare_cached("SELECT h.id, l.id, h.state FROM log l LEFT JOIN chat h ON h.log = l.id WHERE l.log = ?1")?
            .query_row([place.log.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let out = |state: &Option<String>| state.as_deref().is_some_and(|state| matches!(state, "removed" | "left"));
        if known.as_ref().is_some_and(|(_, _, state)| !out(state)) {
            return Ok(None);
        }
        let before = match &known {
            Some((_, log, _)) => self.with_group(*log, |group, _| Ok(group.epoch())).ok(),
            None => None,
        };
        // A Welcome may name any group, also one that is here: what it put into the store is undone unless all of it fits.
        self.db.execute_batch("SAVEPOINT joining")?;
        let Some((group, room, leaf_key)) = self.open_welcome(welcome, &own, two_with, before)? else {
            self.db.execute_batch("ROLLBACK TO joining; RELEASE joining")?;
            if let Some((_, log, _)) = known {
                self.groups.forget(log);
            }
            return Ok(None);
        };
        self.db.execute_batch("RELEASE joining")?;
        let beginning = Beginning { log: place.log, pass: place.pass, cursor: place.seq, chain: place.chain, ms: welcome.ms, live: true };
        let (chat, log) = match known {
            Some((Some(chat), log, _)) => self.reopen_chat(chat, log, &beginning, &leaf_key)?,
            _ => self.insert_chat(&beginning, room.kind, two_with, None, &leaf_key, "active")?,
        };
        self.db.prepare_cached("INSERT INTO line (log, seq, stamp, chain) VALUES (?1, ?2, x'', ?3)")?.execute(params![
            log,
            place.seq.0 as i64,
            place.chain.0
        ])?;
        self.groups.put(log, group);
        self.refresh_members(chat, log)?;
        self.await_silent(chat)?;
        // The first pass is known to whoever made it: the own first Commit takes another and refreshes the leaf.
        let row = self.intend(Some(log), Some(chat), None, Urgency::First, &Intent::Change(Change::Refresh { swap: true }))?;
        let left = UPDATE_WITHIN.saturating_sub(self.time()?.since(wire::Millis(welcome.ms)));
        if self.member_count(chat)? > UPDATE_AT_ONCE_MAX && left > 0 {
            let at = self.now.plus(self.random_between(0, left));
            self.not_before(row, at)?;
        } else {
            self.introduce(chat)?;
        }
        if self.session.is_open() {
            self.subscribe(&[log])?;
        }
        self.event(Event::ChatChanged { chat });
        Ok(Some(chat))
    }
}
