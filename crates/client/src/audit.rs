//! What a client holds, laid open for oracles: the simulated world compares it between people.

use crate::client::{Client, Fault, Step};
use crate::message::Around;
use crate::mls::{Group, Provider};
use crate::outbox::{Change, Intent, OutContent, Urgency};
use franking::Stamp;
use rusqlite::params;
pub use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use view::Words;
use wire::content::{Body, Content, Kind, RepairRequest, Role, Salt, Text};
use wire::{AccountId, Chain, ClientId, MessageId, Millis, Route, Seq};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatAudit {
    pub id: i64,
    pub route: Route,
    pub group: bool,
    pub state: String,
    /// What the server did wrong here, if it did.
    pub fault: Option<String>,
    /// None once this client is out.
    pub epoch: Option<u64>,
    pub members: BTreeSet<AccountId>,
    pub cursor: Seq,
    /// Everything after this place was meant for this client.
    pub joined: Seq,
    /// The line kept of every record passed: the stamp, where the record was read here, and the chain.
    pub lines: BTreeMap<Seq, (Option<Stamp>, Chain)>,
    /// Records that counted for nobody.
    pub void_records: u64,
    pub messages: Vec<MessageAudit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageAudit {
    pub message: MessageId,
    pub seq: Option<Seq>,
    pub sender: AccountId,
    pub mine: bool,
    pub shown: bool,
    pub text: String,
    pub state: String,
    /// When its sender says that it was said.
    pub sent: Millis,
    /// As it is filed: [`Kind::number`].
    pub kind: u16,
    /// As it is said to have been committed.
    pub content: Vec<u8>,
    pub evidence: Option<Evidence>,
    pub deleted: bool,
    /// Between clients, without a place in what is shown: not said again when it is lost.
    pub control: bool,
}

/// What makes a message provable, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// [`franking::Opened`]; of a message with files that its sender deleted a `Report` of it alone, in which nothing opens them.
    pub opened: Vec<u8>,
    pub closed: bool,
    /// [`franking::SignedStamp`].
    pub stamp: Vec<u8>,
    /// [`franking::ClientCert`] of the sender.
    pub cert: Vec<u8>,
}

/// What is wrong with what one member is sealed in a Commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoilt {
    /// It does not open.
    Reversed,
    /// It opens, and nothing is in it.
    Short,
}

/// What a member does that no honest client does. It is done with everything that a client has, so that all but the deed itself is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misdeed {
    /// A Commit whose path does not open for one of the others: the one to whom so many others are sealed before.
    BreakPath {
        right: u32,
        how: Spoilt,
    },
    /// A Commit that removes somebody, whatever this member may do.
    Remove(AccountId),
    /// A Commit that makes this member an admin.
    PromoteSelf,
    /// Content under a message id that is not its own.
    WrongId,
    /// Content of another kind than it is committed as.
    WrongKind,
    /// Content that says it is the sender's last words once more, that it follows a history which nobody was shown, or that it was said in a while.
    WrongCounter,
    WrongSeen,
    FromFuture,
    /// Nothing yet: what is said next says that it was said so long ago.
    Backdated {
        by: u64,
    },
    /// Content that was sealed for another conversation.
    OtherRoute,
    /// A proof that is not by the sender's key.
    WrongProof,
    /// Another opening than the commitment that goes with it.
    OtherOpening,
    /// A request for everything that somebody ever said here.
    AskForAll(AccountId),
    /// A signal in the name of somebody.
    SignalFor(AccountId),
}

/// Whether a line that nobody said tells of nothing that went wrong: in an honest world there are no others.
pub fn is_harmless(message: &MessageAudit) -> bool {
    crate::message::Line::read(&message.content).is_some_and(|line| line.is_harmless())
}

impl Misdeed {
    /// What is false in the context of content that is sealed so. Nothing where the sender could not say it: a device refuses to seal it.
    pub(crate) fn bend(self, context: &mut franking::Context, random: [u8; 32]) {
        match self {
            Self::WrongCounter if context.counter > 2 => context.counter -= 1,
            // Who says to have seen nothing cannot have seen other things: no client would seal that.
            Self::WrongSeen if context.seen.seq != Seq::START => context.seen.chain = wire::Chain(random),
            Self::FromFuture => context.sent = context.sent.plus(2 * wire::limits::CLIENT_TIME_AHEAD_MAX),
            Self::Backdated { by } => context.sent = Millis(context.sent.0.saturating_sub(by)),
            Self::OtherRoute => context.route = wire::Route(random),
            _ => {}
        }
    }
}

impl Client {
    /// What proves that this client made a message: for a simulated member who gives it away.
    pub fn audit_franking_key(&self) -> Result<Option<franking::FrankingKey>, Fault> {
        Ok(crate::account::Account::load(&self.db)?.map(|account| account.franking_key().clone()))
    }

    /// Does a misdeed in a chat.
    ///
    /// # Errors
    /// The device failed.
    pub fn misbehave(&mut self, now: Millis, seed: [u8; 32], chat: i64, misdeed: Misdeed) -> Result<Step, Fault> {
        self.besides(now, seed, |turn| {
            let Some(row) = turn.chat(chat)? else { return Ok(()) };
            let Some(own) = turn.own_account()? else { return Ok(()) };
            let change = match misdeed {
                Misdeed::BreakPath { right, how } => {
                    turn.crypto.spoil_seal(Some((right, how)));
                    Intent::Change(Change::Refresh { swap: false })
                }
                Misdeed::Remove(account) => Intent::Change(Change::Remove { account: account.0 }),
                Misdeed::PromoteSelf => Intent::Change(Change::Promote { account: own.0 }),
                Misdeed::AskForAll(account) => {
                    let client = "SELECT client FROM member WHERE chat = ?1 AND account = ?2";
                    let client: [u8; 16] = turn.db.prepare_cached(client)?.query_row(params![chat, account.0], |row| row.get(0))?;
                    let request = RepairRequest { account, client: ClientId(client), counters: vec![1..=64] };
                    turn.say(chat, Body::RepairRequest(request), Around::default())?;
                    return Ok(());
                }
                Misdeed::SignalFor(account) => {
                    let leaf = turn.with_group(row.log, |group, _| {
                        Ok(group.members().into_iter().find(|(_, member)| member.account() == account).map(|(leaf, _)| leaf))
                    })?;
                    return turn.send_signal(&row, view::Typing::Writing, leaf);
                }
                Misdeed::Backdated { .. } => {
                    turn.crypto.bend(misdeed);
                    return Ok(());
                }
                Misdeed::WrongId
                | Misdeed::WrongKind
                | Misdeed::WrongCounter
                | Misdeed::WrongSeen
                | Misdeed::FromFuture
                | Misdeed::OtherRoute
                | Misdeed::WrongProof
                | Misdeed::OtherOpening => {
                    turn.crypto.bend(misdeed);
                    let content = Content::new(Salt(turn.random()), Body::Text(Text::markdown("never said")));
                    let content = content.encode().map_err(|_| Fault::Stored)?;
                    let route = turn.log_state(row.log)?.log.route();
                    let id = wire::content::message_id(&own, &route, &content).map_err(|_| Fault::Stored)?;
                    let (message_id, kind) = match misdeed {
                        Misdeed::WrongId => (turn.random(), Kind::Text.number()),
                        Misdeed::WrongKind => (id.0, Kind::Profile.number()),
                        _ => (id.0, Kind::Text.number()),
                    };
                    Intent::Content(OutContent { content, message_id, kind })
                }
            };
            turn.intend(Some(row.log), Some(chat), None, Urgency::First, &change)?;
            Ok(())
        })
    }

    /// Says something of a kind that no command makes.
    ///
    /// # Errors
    /// The device failed.
    pub fn say_body(&mut self, now: Millis, seed: [u8; 32], chat: i64, body: Body) -> Result<Step, Fault> {
        self.besides(now, seed, |turn| turn.say(chat, body, Around::default()).map(|_| ()))
    }

    /// What is sealed into this account's vault.
    ///
    /// # Errors
    /// The device failed.
    pub fn audit_vault(&mut self, now: Millis) -> Result<Vec<u8>, Fault> {
        self.aside(now, [0; 32], |turn| {
            let own = crate::account::Account::load(turn.db)?.ok_or(Fault::Stored)?;
            turn.gathered(&own)
        })
    }

    /// A vault as a server keeps it under these words, with anything in it: what a program that fails would write. Nothing when the words are
    /// none, or it does not fit.
    pub fn audit_sealed_vault(&self, words: &Words, server: &[u8; 32], nonce: [u8; 12], body: &[u8]) -> Option<Vec<u8>> {
        crate::vault::sealed(&self.crypto, words, server, nonce, body)
    }

    /// The number of the newest AccountState that is known here of an account.
    pub fn known_state(&self, account: &AccountId) -> Result<Option<u64>, Fault> {
        let state: Option<Vec<u8>> =
            self.db.prepare_cached("SELECT state FROM contact WHERE account = ?1")?.query_row([account.0], |row| row.get(0))?;
        Ok(state.and_then(|state| franking::SignedState::from_bytes(&state).ok()).map(|state| state.unverified().seq))
    }

    pub fn account_id(&self) -> Result<Option<AccountId>, Fault> {
        Ok(crate::account::Account::load(&self.db)?.map(|account| account.id()))
    }

    /// What this client calls the log of a chat on its connection.
    ///
    /// # Errors
    /// The device failed.
    pub fn log_of_chat(&self, chat: i64) -> Result<i64, Fault> {
        Ok(self.db.prepare_cached("SELECT log FROM chat WHERE id = ?1")?.query_row([chat], |row| row.get(0))?)
    }

    /// How many rows were ever written, changed or deleted while this client has run.
    pub fn changes(&self) -> u64 {
        self.db.total_changes()
    }

    pub fn audit(&self) -> Result<Vec<ChatAudit>, Fault> {
        let mut statement = self.db.prepare_cached(
            "SELECT h.id, l.route, h.kind = 'group', h.state, l.fault, l.cursor, (SELECT COALESCE(min(seq), 0) FROM line WHERE log = l.id), h.void_records
             FROM chat h JOIN log l ON l.id = h.log ORDER BY h.id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(ChatAudit {
                id: row.get(0)?,
                route: Route(row.get(1)?),
                group: row.get(2)?,
                state: row.get(3)?,
                fault: row.get(4)?,
                epoch: None,
                members: BTreeSet::new(),
                cursor: Seq(row.get::<_, i64>(5)? as u64),
                joined: Seq(row.get::<_, i64>(6)? as u64),
                lines: BTreeMap::new(),
                void_records: row.get::<_, i64>(7)? as u64,
                messages: vec![],
            })
        })?;
        let mut chats = rows.collect::<Result<Vec<_>, _>>()?;
        for chat in &mut chats {
            chat.messages = self.audit_messages(chat.id)?;
            chat.lines = self.audit_lines(chat.id)?;
            let provider = Provider::new(&self.crypto, &self.db);
            if let Ok(group) = Group::load(&provider, &chat.route)
                && group.is_active()
            {
                chat.epoch = Some(group.epoch());
                chat.members = group.members().into_iter().map(|(_, identity)| identity.account()).collect();
            }
        }
        Ok(chats)
    }

    /// What waits to be done although its time (this device's clock) has come, a line each: what it is, and what it waits for.
    pub fn audit_outbox(&self, now: Millis) -> Result<Vec<String>, Fault> {
        let mut statement = self.db.prepare_cached(
            "SELECT o.id, o.body, o.attempt IS NOT NULL, o.not_before, l.id, COALESCE(l.live, 0), l.fault, COALESCE(l.cursor, 0)
             FROM outbox o LEFT JOIN log l ON l.id = o.log WHERE o.not_before <= ?1 ORDER BY o.id",
        )?;
        let rows = statement.query_map([now.0 as i64], |row| {
            let (id, body, attempt, not_before): (i64, Vec<u8>, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let (log, live, fault, cursor): (Option<i64>, bool, Option<String>, i64) = (row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?);
            let intent = postcard::from_bytes::<Intent>(&body).map_or("unreadable".into(), |intent| format!("{intent:?}").chars().take(32).collect::<String>());
            let read = log.is_some_and(|log| self.session.caught_up(log, Seq(cursor as u64)));
            let (busy, refused, later) =
                (self.session.busy.contains(&id), self.session.refused.contains(&id), self.session.later.get(&id));
            Ok(format!(
                "{id} {intent} attempt {attempt} not before {not_before} log {log:?} live {live} fault {fault:?} cursor {cursor} read {read} busy {busy} refused {refused} later {later:?}"
            ))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every row of every table, those among them that the index of words keeps for itself.
    pub fn audit_rows(&self) -> Result<Vec<(String, Vec<Value>)>, Fault> {
        let mut tables = self.db.prepare_cached("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
        let tables: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let mut rows = Vec::new();
        // What it is called by is a view of them.
        for table in tables.iter().filter(|table| *table != "search") {
            let mut query = self.db.prepare_cached(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
            let columns = query.column_count();
            let mut found = query.query([])?;
            while let Some(row) = found.next()? {
                rows.push((table.clone(), (0..columns).map(|column| row.get(column)).collect::<Result<_, _>>()?));
            }
        }
        Ok(rows)
    }

    fn audit_messages(&self, chat: i64) -> Result<Vec<MessageAudit>, Fault> {
        let mut statement = self.db.prepare_cached(
            "SELECT m.message_id, m.seq, m.account, m.mine, m.shown, m.text, m.state, m.sent, m.kind, m.content, m.deleted IS NOT NULL,
                    e.sent, e.stamp, COALESCE(c.bytes, x''), e.closed
             FROM message m LEFT JOIN evidence e ON e.message = m.id LEFT JOIN cert c ON c.hash = e.cert WHERE m.chat = ?1 ORDER BY m.id",
        )?;
        let rows = statement.query_map(params![chat], |row| {
            let (opened, kind): (Option<Vec<u8>>, u16) = (row.get(11)?, row.get(8)?);
            let evidence = opened
                .map(|opened| Ok::<_, rusqlite::Error>(Evidence { opened, closed: row.get(14)?, stamp: row.get(12)?, cert: row.get(13)? }));
            Ok(MessageAudit {
                message: MessageId(row.get(0)?),
                seq: row.get::<_, Option<i64>>(1)?.map(|seq| Seq(seq as u64)),
                sender: AccountId(row.get(2)?),
                mine: row.get(3)?,
                shown: row.get(4)?,
                text: row.get(5)?,
                state: row.get(6)?,
                sent: Millis(row.get::<_, i64>(7)? as u64),
                kind,
                content: row.get(9)?,
                evidence: evidence.transpose()?,
                deleted: row.get(10)?,
                control: Kind::from_number(kind).role() == Role::Control,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn audit_lines(&self, chat: i64) -> Result<BTreeMap<Seq, (Option<Stamp>, Chain)>, Fault> {
        let mut statement =
            self.db.prepare_cached("SELECT n.seq, n.stamp, n.chain FROM line n JOIN chat h ON h.log = n.log WHERE h.id = ?1")?;
        let rows = statement.query_map(params![chat], |row| {
            // Of the record where it joined a client knows the chain alone.
            let stamp = Stamp::from_bytes(&row.get::<_, Vec<u8>>(1)?).ok();
            Ok((Seq(row.get::<_, i64>(0)? as u64), (stamp, Chain(row.get(2)?))))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
