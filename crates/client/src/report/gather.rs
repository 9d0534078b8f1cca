//! What a report is made of, as it lies in the store: evidence of the chosen messages and of what changed them, and the lines between.

use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use franking::{ClientCert, SignedStamp, SignedState, Stamp};
use report::{Evidence, Handle, Place, Report};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::collections::{BTreeMap, BTreeSet};
use view::{KeepHint, KeepWhy, Preselected, Refusal, ReportRefusal, ShowName};
use wire::content::Kind;
use wire::limits::DAY;
use wire::{AccountId, Millis};
use zeroize::Zeroizing;

/// Messages before the first chosen one that are chosen with it.
const EARLIER: u32 = 4;
/// Records between two opened ones that are shown as gaps; of more a report says that it leaves them out.
const GAP_MAX: u64 = 2000;
/// After somebody was blocked or reported, or something stood out, so long "Keep it first?" is asked.
const HINT_DAYS: u64 = 7;
/// What is kept at once, the newest: each message is sealed on its own, and so many take some seconds. How many more there are is told.
const KEPT_AT_ONCE: usize = 1_000;

/// A message that can be opened.
pub(super) struct Provable {
    pub seq: u64,
    pub mine: bool,
    pub account: AccountId,
    pub text: String,
    pub stamp: SignedStamp,
    pub proof: Proof,
}

/// What proves a message.
pub(super) enum Proof {
    Whole(Evidence),
    /// Its sender deleted it, and it had files: a report of it alone, that opens none of them.
    Closed(Box<Report>),
}

impl Client {
    /// Chosen messages, four before them, and one's own lines in between.
    ///
    /// # Errors
    /// The device failed.
    pub fn preselected(&self, chat: i64, chosen: &[i64]) -> Result<Preselected, Fault> {
        let (Some(first), Some(last)) = (chosen.iter().min(), chosen.iter().max()) else { return Ok(Preselected::default()) };
        let ids = |sql: &str, from: i64, to: i64| -> Result<Vec<i64>, Fault> {
            let mut statement = self.db.prepare_cached(sql)?;
            Ok(statement.query_map(params![chat, from, to], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        let provable = "SELECT m.id FROM message m JOIN evidence e ON e.message = m.id WHERE m.chat = ?1 AND m.shown = 1";
        let earlier = ids(&format!("{provable} AND m.id < ?2 AND ?3 >= 0 ORDER BY m.id DESC LIMIT {EARLIER}"), *first, 0)?;
        let own = ids(&format!("{provable} AND m.mine = 1 AND m.id BETWEEN ?2 AND ?3"), *first, *last)?;
        let all: BTreeSet<i64> = earlier.into_iter().chain(own).chain(chosen.iter().copied()).collect();
        Ok(Preselected { messages: all.into_iter().collect() })
    }

    /// The newest shown messages of a chat that can be proved, oldest first.
    ///
    /// # Errors
    /// The device failed.
    pub fn last_provable(&self, chat: i64, count: u32) -> Result<Vec<i64>, Fault> {
        let newest =
            "SELECT m.id FROM message m JOIN evidence e ON e.message = m.id WHERE m.chat = ?1 AND m.shown = 1 ORDER BY m.id DESC LIMIT ?2";
        let mut found: Vec<i64> =
            self.db.prepare_cached(newest)?.query_map(params![chat, count], |row| row.get(0))?.collect::<Result<_, _>>()?;
        found.reverse();
        Ok(found)
    }

    /// Whether to ask "Keep it first?" before these messages go, or all of a chat: something here was blocked, reported or stood out within seven
    /// days, and can be kept.
    ///
    /// # Errors
    /// The device failed.
    pub fn keep_hint(&self, now: Millis, chat: i64, going: &[i64]) -> Result<KeepHint, Fault> {
        let mut messages = self.keepable(chat, going)?;
        let older = messages.len().saturating_sub(KEPT_AT_ONCE);
        messages.drain(..older);
        Ok(KeepHint { why: self.keep_why(now, chat)?, messages, older: older as u64 })
    }

    fn keep_why(&self, now: Millis, chat: i64) -> Result<Option<KeepWhy>, Fault> {
        let since = now.0.saturating_sub(HINT_DAYS * DAY) as i64;
        let found =
            |sql: &str| -> Result<bool, Fault> { Ok(self.db.prepare_cached(sql)?.query_row(params![chat, since], |row| row.get(0))?) };
        let blocked = "SELECT EXISTS (SELECT 1 FROM contact c WHERE c.blocked = 1 AND c.blocked_at > ?2
            AND c.account IN (SELECT peer FROM chat WHERE id = ?1 UNION SELECT account FROM member WHERE chat = ?1))";
        let reported = "SELECT EXISTS (SELECT 1 FROM made_report WHERE chat = ?1 AND made > ?2)";
        Ok(match () {
            () if found(blocked)? => Some(KeepWhy::Blocked),
            () if found(reported)? => Some(KeepWhy::Reported),
            () if self.stood_out(now, chat, HINT_DAYS)? => Some(KeepWhy::Noticed),
            () => None,
        })
    }

    fn keepable(&self, chat: i64, going: &[i64]) -> Result<Vec<i64>, Fault> {
        let going: BTreeSet<i64> = going.iter().copied().collect();
        let all = "SELECT m.id FROM message m JOIN evidence e ON e.message = m.id
            WHERE m.chat = ?1 AND m.shown = 1 AND NOT EXISTS (SELECT 1 FROM kept k WHERE k.chat = m.chat AND k.message_id = m.message_id)
            ORDER BY m.id";
        let mut found: Vec<i64> = self.db.prepare_cached(all)?.query_map([chat], |row| row.get(0))?.collect::<Result<_, _>>()?;
        found.retain(|id| going.is_empty() || going.contains(id));
        Ok(found)
    }
}

impl Turn<'_> {
    /// The chosen messages, and the edits and deletions of them that are here. In a group others may have kept what a person no longer can prove.
    pub(super) fn provable(&self, chat: i64, messages: &[i64]) -> Result<Result<Vec<Provable>, Refusal>, Fault> {
        let mut found = BTreeMap::new();
        for message in messages {
            let here = "SELECT count(*) FROM message WHERE id = ?1 AND chat = ?2";
            let here: i64 = self.db.prepare_cached(here)?.query_row(params![message, chat], |row| row.get(0))?;
            if here == 0 {
                return Ok(Err(Refusal::NoSuchMessage { id: *message }));
            }
            let Some(provable) = provable(self.db, *message)? else {
                return Ok(Err(Refusal::Report(ReportRefusal::NotProvable { id: *message })));
            };
            found.insert(provable.seq, provable);
            for change in changes(self.db, *message)? {
                if let Some(provable) = self::provable(self.db, change)? {
                    found.insert(provable.seq, provable);
                }
            }
        }
        Ok(Ok(found.into_values().collect()))
    }

    /// Everything from the first opened record to the last, as the log has it.
    pub(super) fn places(&self, log: i64, opened: BTreeMap<u64, Place>) -> Result<Vec<Place>, Fault> {
        let mut places = Vec::new();
        let mut last: Option<u64> = None;
        for (seq, place) in opened {
            if let Some(last) = last
                && seq - last <= GAP_MAX
            {
                places.extend(lines(self.db, log, last, seq)?.into_iter().map(Place::Gap));
            }
            places.push(place);
            last = Some(seq);
        }
        Ok(places)
    }

    /// What is known of what these accounts say of their own devices.
    pub(super) fn states_of(&self, accounts: &BTreeSet<AccountId>, own: &Account) -> Result<Vec<SignedState>, Fault> {
        let mut found = Vec::new();
        for account in accounts {
            let bytes: Option<Vec<u8>> = if *account == own.id() {
                Some(own.state.clone())
            } else {
                let state = "SELECT state FROM contact WHERE account = ?1";
                self.db.prepare_cached(state)?.query_row([account.0], |row| row.get(0)).optional()?.flatten()
            };
            found.extend(bytes.and_then(|bytes| SignedState::from_bytes(&bytes).ok()));
        }
        Ok(found)
    }

    /// What the server has confirmed that they are called.
    pub(super) fn handles_of(&self, accounts: &BTreeSet<AccountId>, own: &Account, name: ShowName) -> Result<Vec<Handle>, Fault> {
        let mut handles = Vec::new();
        for account in accounts {
            let username = if *account == own.id() {
                (name == ShowName::Shown).then(|| own.username.clone())
            } else {
                let named = "SELECT username FROM contact WHERE account = ?1 AND confirmed = 1";
                self.db.prepare_cached(named)?.query_row([account.0], |row| row.get(0)).optional()?.flatten()
            };
            handles.extend(username.map(|username| Handle { account: *account, username }));
        }
        Ok(handles)
    }
}

pub(super) fn provable(db: &Connection, message: i64) -> Result<Option<Provable>, Fault> {
    let found = "SELECT m.mine, m.account, m.text, e.sent, e.stamp, c.bytes, e.closed
        FROM message m JOIN evidence e ON e.message = m.id JOIN cert c ON c.hash = e.cert WHERE m.id = ?1";
    type Row = (bool, [u8; 32], String, Vec<u8>, Vec<u8>, Vec<u8>, bool);
    let row: Option<Row> = db
        .prepare_cached(found)?
        .query_row([message], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?)))
        .optional()?;
    let Some((mine, account, text, sent, stamp, cert, closed)) = row else { return Ok(None) };
    let signed = SignedStamp::from_bytes(&stamp).map_err(|_| Fault::Stored)?;
    let proof = if closed {
        Proof::Closed(Box::new(Report::from_bytes(&sent).map_err(|_| Fault::Stored)?))
    } else {
        Proof::Whole(Evidence { opened: Zeroizing::new(sent), stamp, cert })
    };
    Ok(Some(Provable { seq: signed.stamp.seq.0, mine, account: AccountId(account), text, stamp: signed, proof }))
}

/// Edits and deletions of a message by whoever said it.
fn changes(db: &Connection, message: i64) -> Result<Vec<i64>, Fault> {
    let changes = "SELECT c.id FROM message m JOIN message c ON c.chat = m.chat AND c.target = m.message_id AND c.account = m.account
        WHERE m.id = ?1 AND c.kind IN (?2, ?3) ORDER BY c.id";
    let mut statement = db.prepare_cached(changes)?;
    let rows = statement.query_map(params![message, Kind::Edit.number(), Kind::Delete.number()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The records between two, as far as they were read here.
fn lines(db: &Connection, log: i64, after: u64, before: u64) -> Result<Vec<Stamp>, Fault> {
    let between = "SELECT stamp FROM line WHERE log = ?1 AND seq > ?2 AND seq < ?3 ORDER BY seq";
    let mut statement = db.prepare_cached(between)?;
    let rows = statement.query_map(params![log, after as i64, before as i64], |row| row.get::<_, Vec<u8>>(0))?;
    let mut found = Vec::new();
    for row in rows {
        // Of the record where it joined a client knows the chain alone.
        found.extend(Stamp::from_bytes(&row?).ok());
    }
    Ok(found)
}

/// This client's certificate.
pub(super) fn certified(own: &Account) -> Result<ClientCert, Fault> {
    ClientCert::from_bytes(&own.cert).map_err(|_| Fault::Stored)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Config;

    #[test]
    fn what_is_more_than_can_be_kept_at_once_is_the_oldest_and_is_counted() {
        let db = crate::store::open_in_memory().unwrap();
        for id in 1..=KEPT_AT_ONCE as i64 + 3 {
            let message = "INSERT INTO message (id, chat, message_id, account, mine, kind, content, shown, text, sent, state)
                           VALUES (?1, 5, ?2, x'00', 0, 1, x'', 1, 'said', 1, 'received')";
            db.execute(message, params![id, id.to_be_bytes()]).unwrap();
            db.execute("INSERT INTO evidence (message, sent, stamp, cert) VALUES (?1, x'', x'', x'')", [id]).unwrap();
        }
        let client = Client::new(db, Config::default());
        let hint = client.keep_hint(Millis(1), 5, &[]).unwrap();
        assert_eq!((hint.messages.len(), hint.messages[0], hint.older), (KEPT_AT_ONCE, 4, 3));
        let some = client.keep_hint(Millis(1), 5, &[2, 3]).unwrap();
        assert_eq!((some.messages, some.older), (vec![2, 3], 0));
    }
}
