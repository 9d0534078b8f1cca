//! What is true for a moment: that somebody is writing (docs/spec/delivery.md, "Signals"). Said to who listens just now, kept nowhere: not in the
//! log, not in this client's store, not in its outbox.
//!
//! All members of an epoch share the key that seals a signal, so the key alone says no more than "a member". Who it is says the signature of the
//! leaf: a member cannot say it for another.

use crate::account::verify_ed25519;
use crate::chat::Chat;
use crate::client::{Fault, Turn};
use crate::mls::{Group, LeafIdentity, Provider};
use crate::session::Waiting;
use rusqlite::OptionalExtension as _;
use std::collections::{BTreeMap, BTreeSet};
use view::{Event, Refusal, Reply, Switch, Typing};
use wire::call::{Request, Signal};
use wire::limits::{SIGNAL_FRESH, SIGNAL_LEN, TYPING_EVERY, TYPING_MEMBERS_MAX, TYPING_SHOWN};
use wire::{AccountId, ClientId, Millis, Route};

const LABEL: &[u8] = b"treehouse/1 signal";
const NONCE: usize = 12;
const TAG: usize = 16;
const PLAIN: usize = SIGNAL_LEN - NONCE - TAG;

/// What was said and heard lately, in memory alone.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// When "writing" was said last in a chat (this device's clock), and what was said last.
    said: BTreeMap<i64, (Millis, Typing)>,
    /// What is to be said once the server has told the time.
    untold: Option<(i64, Typing)>,
    /// Chats in which somebody writes again so soon that it has to wait, and until when (this device's clock).
    soon: BTreeMap<i64, Millis>,
    /// When a client last spoke in a chat, by its own words (server time): what it said before that is a replay.
    heard: BTreeMap<(i64, ClientId), Millis>,
    /// Who writes, and until when that is shown (this device's clock).
    shown: BTreeMap<(i64, AccountId), Millis>,
}

/// What a signal says, opened and checked: only [`Turn::open_signal`] makes one.
struct Opened {
    typing: Typing,
    at: Millis,
    account: AccountId,
    client: ClientId,
}

/// What a leaf signs: where, when in the life of the group, who, what, and at what time.
fn message(route: &Route, epoch: u64, leaf: u32, kind: u8, at: Millis) -> Vec<u8> {
    [LABEL, &route.0, &epoch.to_be_bytes(), &leaf.to_be_bytes(), &[kind], &at.0.to_be_bytes()].concat()
}

fn authenticated(route: &Route) -> Vec<u8> {
    [LABEL, &route.0].concat()
}

fn kind_of(typing: Typing) -> u8 {
    match typing {
        Typing::Writing => 1,
        Typing::Stopped => 2,
    }
}

/// The fields of an opened signal. What is unknown here says nothing.
fn parse(plain: &[u8]) -> Option<(Typing, u32, Millis, [u8; 64])> {
    let (kind, rest) = plain.split_first()?;
    let (leaf, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (signature, _) = rest.split_first_chunk::<64>()?;
    let typing = [Typing::Writing, Typing::Stopped].into_iter().find(|typing| kind_of(*typing) == *kind)?;
    Some((typing, u32::from_be_bytes(*leaf), Millis(u64::from_be_bytes(*at)), *signature))
}

impl Turn<'_> {
    /// Tells the others in a chat that this person writes or has stopped, if that is to be told: not when it is off, not above so many members,
    /// not where somebody is whom this person blocked, not more than once in a while. None of this is worth a refusal.
    pub fn tell_typing(&mut self, chat: i64, typing: Typing) -> Result<Result<Reply, Refusal>, Fault> {
        let Some(row) = self.chat(chat)? else { return Ok(Err(Refusal::NoSuchChat { name: chat.to_string() })) };
        let last = self.signals.said.get(&chat).copied();
        self.signals.soon.remove(&chat);
        let due = match (typing, last) {
            (Typing::Writing, Some((at, _))) => self.now.0.abs_diff(at.0) >= TYPING_EVERY,
            (Typing::Writing, None) => true,
            (Typing::Stopped, Some((at, Typing::Writing))) => self.now.0.abs_diff(at.0) < TYPING_SHOWN,
            (Typing::Stopped, _) => false,
        };
        // The others believe that nobody writes: they hear of it when it may be said.
        if let (Typing::Writing, Some((at, Typing::Stopped)), false) = (typing, last, due) {
            self.signals.soon.insert(chat, at.plus(TYPING_EVERY));
        }
        if !due || !self.is_signalled(&row)? {
            return Ok(Ok(Reply::Done));
        }
        if self.knows_the_time() {
            self.send_signal(&row, typing, None)?;
            // After "stopped" the next "writing" waits as long as it would have: on and off is no faster than on.
            let at = if typing == Typing::Writing { self.now } else { last.map_or(self.now, |(at, _)| at) };
            self.signals.said.insert(chat, (at, typing));
        } else {
            self.signals.untold = Some((chat, typing));
        }
        Ok(Ok(Reply::Done))
    }

    /// The time is known again: what waited for it is said.
    pub fn signal_untold(&mut self) -> Result<(), Fault> {
        let Some((chat, typing)) = self.signals.untold.take() else { return Ok(()) };
        // A chat that has gone meanwhile hears nothing.
        self.tell_typing(chat, typing).map(drop)
    }

    /// Whether signals are said and heard in a chat now.
    fn is_signalled(&mut self, row: &Chat) -> Result<bool, Fault> {
        if !self.session.is_open() || row.state != "active" || self.settings()?.typing == Switch::Off {
            return Ok(false);
        }
        let cursor = self.log_state(row.log)?.cursor;
        Ok(self.session.caught_up(row.log, cursor)
            && self.member_count(row.id)? <= TYPING_MEMBERS_MAX as u64
            && !self.has_blocked(row.id)?)
    }

    fn has_blocked(&self, chat: i64) -> Result<bool, Fault> {
        let blocked = "SELECT EXISTS (SELECT 1 FROM member m JOIN contact c ON c.account = m.account WHERE m.chat = ?1 AND c.blocked = 1)";
        Ok(self.db.prepare_cached(blocked)?.query_row([chat], |row| row.get(0))?)
    }

    /// Seals and sends. `for_leaf`: in whose name, if not in one's own, as no honest client does.
    pub fn send_signal(&mut self, row: &Chat, typing: Typing, for_leaf: Option<u32>) -> Result<(), Fault> {
        let (route, at, signer) = (self.log_state(row.log)?.log.route(), self.time()?, self.signer(row)?);
        let (epoch, own, key) =
            self.with_group(row.log, |group, provider| Ok((group.epoch(), group.own_leaf(), group.signal_key(provider)?)))?;
        let (leaf, kind) = (for_leaf.unwrap_or(own), kind_of(typing));
        let mut plain = [&[kind][..], &leaf.to_be_bytes(), &at.0.to_be_bytes()].concat();
        plain.extend_from_slice(&signer.sign_bytes(&message(&route, epoch, leaf, kind, at)));
        plain.resize(PLAIN, 0);
        let nonce: [u8; NONCE] = self.random();
        let sealed = self.crypto.seal_under(&key, &nonce, &plain, &authenticated(&route)).ok_or(Fault::Stored)?;
        let number = u32::try_from(row.log).map_err(|_| Fault::Stored)?;
        self.ask(Request::Signal(Signal { number, sealed: [&nonce[..], &sealed].concat().into() }), Waiting::Signal);
        Ok(())
    }

    /// A signal came. Whatever is wrong with it, it is dropped in silence: nothing depends on it.
    pub fn hear_signal(&mut self, signal: &Signal) -> Result<(), Fault> {
        let log = i64::from(signal.number);
        if !self.session.is_subscribed(log) {
            return Ok(());
        }
        let Some(row) = self.chat_of_log(log)?.map(|chat| self.chat(chat)).transpose()?.flatten() else { return Ok(()) };
        if !self.is_signalled(&row)? {
            return Ok(());
        }
        let Some(heard) = self.open_signal(&row, &signal.sealed)? else { return Ok(()) };
        let now = self.time()?;
        self.signals.heard.retain(|_, at| now.since(*at) <= 2 * SIGNAL_FRESH);
        let known = self.signals.heard.get(&(row.id, heard.client)).copied();
        if now.0.abs_diff(heard.at.0) > SIGNAL_FRESH || known.is_some_and(|known| heard.at <= known) {
            return Ok(());
        }
        self.signals.heard.insert((row.id, heard.client), heard.at);
        match heard.typing {
            Typing::Writing => {
                let until = self.now.plus(TYPING_SHOWN);
                if self.signals.shown.insert((row.id, heard.account), until).is_none() {
                    self.tell_who_writes(row.id)?;
                }
            }
            Typing::Stopped => self.stopped_writing(row.id, &heard.account)?,
        }
        Ok(())
    }

    /// Opens a signal under the key of the present epoch and checks who says it.
    fn open_signal(&mut self, row: &Chat, sealed: &[u8]) -> Result<Option<Opened>, Fault> {
        let route = self.log_state(row.log)?.log.route();
        let key = self.with_group(row.log, |group, provider| group.signal_key(provider))?;
        let Some((nonce, sealed)) = sealed.split_first_chunk::<NONCE>() else { return Ok(None) };
        let plain = self.crypto.open_under(&key, nonce, sealed, &authenticated(&route));
        let Some((typing, leaf, at, signature)) = plain.as_deref().and_then(parse) else { return Ok(None) };
        let said = |group: &mut Group, _: &Provider<'_>| {
            let speaker = group.member(leaf).filter(|_| leaf != group.own_leaf());
            Ok(speaker.filter(|speaker| is_by(speaker, &message(&route, group.epoch(), leaf, kind_of(typing), at), &signature)))
        };
        let Some(speaker) = self.with_group(row.log, said)? else { return Ok(None) };
        let (account, client) = (speaker.account(), speaker.client());
        // One's own other devices are no news, and a blocked person says nothing here.
        let silent = self.own_account()? == Some(account) || self.is_blocked(&account)?;
        Ok((!silent).then_some(Opened { typing, at, account, client }))
    }

    /// Somebody has stopped, or said what was being written.
    pub fn stopped_writing(&mut self, chat: i64, account: &AccountId) -> Result<(), Fault> {
        if self.signals.shown.remove(&(chat, *account)).is_some() {
            self.tell_who_writes(chat)?;
        }
        Ok(())
    }

    /// Nobody is shown as writing any more: the line is gone, or it is not to be shown.
    pub fn nobody_writes(&mut self) {
        let chats: BTreeSet<i64> = std::mem::take(&mut self.signals.shown).into_keys().map(|(chat, _)| chat).collect();
        for chat in chats {
            self.event(Event::Typing { chat, who: vec![] });
        }
    }

    /// Says what had to wait, and takes away what was not said again in time.
    pub fn expire_signals(&mut self) -> Result<(), Fault> {
        let due: Vec<i64> = self.signals.soon.iter().filter(|(_, at)| **at <= self.now).map(|(chat, _)| *chat).collect();
        for chat in due {
            self.tell_typing(chat, Typing::Writing)?.ok();
        }
        let over: Vec<(i64, AccountId)> =
            self.signals.shown.iter().filter(|(_, until)| **until <= self.now).map(|(writer, _)| *writer).collect();
        for (chat, account) in over {
            self.stopped_writing(chat, &account)?;
        }
        if let Some(next) = self.signals.shown.values().chain(self.signals.soon.values()).min().copied() {
            self.wake(next);
        }
        Ok(())
    }

    /// As somebody wants to be called, else by the name that is theirs alone.
    fn called(&self, account: &AccountId) -> Result<Option<String>, Fault> {
        let chosen = "SELECT display_name FROM contact WHERE account = ?1";
        let chosen: Option<Option<String>> = self.db.prepare_cached(chosen)?.query_row([account.0], |row| row.get(0)).optional()?;
        let chosen = chosen.flatten().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        Ok(match chosen {
            Some(name) => Some(name),
            None => self.contact(account)?.map(|contact| contact.name()),
        })
    }

    fn tell_who_writes(&mut self, chat: i64) -> Result<(), Fault> {
        let writers: Vec<AccountId> = self.signals.shown.keys().filter(|(other, _)| *other == chat).map(|(_, account)| *account).collect();
        let mut who = Vec::with_capacity(writers.len());
        for account in writers {
            who.extend(self.called(&account)?);
        }
        self.event(Event::Typing { chat, who });
        Ok(())
    }
}

/// Whether a member's leaf key made this signature.
fn is_by(speaker: &LeafIdentity, message: &[u8], signature: &[u8; 64]) -> bool {
    <[u8; 32]>::try_from(speaker.leaf_public()).is_ok_and(|key| verify_ed25519(&key, message, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, leaf, time, signature; the rest is zeros.
    const SAID: usize = 1 + 4 + 8 + 64;

    #[test]
    fn what_is_signed_is_said_in_one_chat_in_one_epoch_by_one_leaf_at_one_time() {
        let route = Route([1; 32]);
        let all = [
            message(&route, 1, 2, 1, Millis(5)),
            message(&Route([2; 32]), 1, 2, 1, Millis(5)),
            message(&route, 2, 2, 1, Millis(5)),
            message(&route, 1, 3, 1, Millis(5)),
            message(&route, 1, 2, 2, Millis(5)),
            message(&route, 1, 2, 1, Millis(6)),
        ];
        let different: BTreeSet<_> = all.iter().collect();
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn what_is_unknown_or_cut_short_says_nothing() {
        let mut plain = vec![0; PLAIN];
        for (kind, wanted) in [(0, None), (1, Some(Typing::Writing)), (2, Some(Typing::Stopped)), (3, None), (255, None)] {
            plain[0] = kind;
            assert_eq!(parse(&plain).map(|(typing, ..)| typing), wanted);
        }
        plain[0] = 1;
        assert!(parse(&plain[..SAID]).is_some());
        assert!((0..SAID).all(|len| parse(&plain[..len]).is_none()));
    }
}
