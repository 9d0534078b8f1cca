//! From the store into a vault.

use super::plain::{Opened, Plain, PlainChat, PlainLink, PlainLog, PlainPerson};
use super::seal::BODY_MAX;
use crate::account::Account;
use crate::client::{Fault, Turn};
use prost::Message as _;
use rusqlite::{Row, params};
use wire::limits::VAULT_HELPERS_MAX;

/// Own AccountStates kept in it: enough for contacts who have not heard of the last few.
const STATES: i64 = 4;

/// What fits into a vault.
pub(super) struct Gathered {
    pub plain: Opened,
    /// People and chats for which there was no room.
    pub left_out: u64,
}

const LOG: &str = "l.log, l.pass, l.next_pass, l.cursor, l.chain, l.ms, l.last_commit";

fn log_row(row: &Row<'_>) -> rusqlite::Result<PlainLog> {
    let number = |column| row.get::<_, i64>(column).map(|value| value as u64);
    Ok(PlainLog {
        log: row.get(0)?,
        pass: row.get(1)?,
        next_pass: row.get::<_, Option<Vec<u8>>>(2)?.unwrap_or_default(),
        cursor: number(3)?,
        chain: row.get(4)?,
        ms: number(5)?,
        last_commit: number(6)?,
    })
}

impl Turn<'_> {
    /// The same as bytes, before they are sealed: for who looks what is in them.
    pub(crate) fn gathered(&self, own: &Account) -> Result<Vec<u8>, Fault> {
        Ok(self.gather(own, 1)?.plain.0.encode_to_vec())
    }

    /// Everything that belongs into the vault of this account, as much as fits.
    pub(super) fn gather(&self, own: &Account, written: u64) -> Result<Gathered, Fault> {
        let (Some(server), Some(stamp_key)) = (own.server, own.stamp_key) else { return Err(Fault::Stored) };
        let inbox = format!("SELECT {LOG} FROM log l WHERE l.inbox = 1");
        let inbox = self.db.prepare_cached(&inbox)?.query_map([], log_row)?.next().transpose()?;
        let (identity, inbox_key) = own.seeds_to_keep();
        let mut plain = Opened(Plain {
            identity,
            inbox_key,
            username: own.username.clone(),
            display_name: own.display_name.clone(),
            server_url: own.server_url.clone(),
            server: server.to_vec(),
            stamp_key: stamp_key.to_vec(),
            states: self.own_states(own, STATES)?,
            handle_cert: own.handle_cert.clone().unwrap_or_default(),
            inbox,
            links: self.links_to_keep()?,
            people: self.people_to_keep()?,
            chats: self.chats_to_keep()?,
            written,
            time: self.time()?.0,
        });
        let left_out = cut(&mut plain.0, BODY_MAX);
        Ok(Gathered { plain, left_out })
    }

    /// The newest own AccountStates, oldest first.
    pub fn own_states(&self, own: &Account, limit: i64) -> Result<Vec<Vec<u8>>, Fault> {
        let mut states: Vec<Vec<u8>> = self
            .db
            .prepare_cached("SELECT bytes FROM (SELECT seq, bytes FROM own_state ORDER BY seq DESC LIMIT ?1) ORDER BY seq")?
            .query_map([limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        // An account from before there was a list of them has the one.
        if states.last() != Some(&own.state) {
            states.push(own.state.clone());
        }
        Ok(states)
    }

    fn links_to_keep(&self) -> Result<Vec<PlainLink>, Fault> {
        let rows = "SELECT p.token, k.label, k.made, k.expires, k.uses, p.live FROM link k JOIN inbox_pass p ON p.id = k.inbox_pass
                    WHERE k.uses > 0 AND p.want = 'set' ORDER BY k.id";
        let link = |row: &Row<'_>| {
            let number = |column| row.get::<_, i64>(column).map(|value| value as u64);
            Ok(PlainLink {
                token: row.get(0)?,
                label: row.get(1)?,
                made: number(2)?,
                expires: number(3)?,
                uses: row.get(4)?,
                live: row.get(5)?,
            })
        };
        Ok(self.db.prepare_cached(rows)?.query_map([], link)?.collect::<Result<_, _>>()?)
    }

    /// People, those whom one can reach or has blocked first, and of each kind who was met first.
    fn people_to_keep(&self) -> Result<Vec<PlainPerson>, Fault> {
        let rows =
            "SELECT c.account, c.username, c.confirmed, c.display_name, c.label, CASE WHEN c.capability IS NULL THEN NULL ELSE c.state END,
                           c.capability, c.inbox_after, p.token, COALESCE(p.live, 0), c.take, c.blocked, c.met
                    FROM contact c LEFT JOIN inbox_pass p ON p.id = c.inbox_pass AND p.want = 'set'
                    ORDER BY c.capability IS NULL AND c.blocked = 0, c.met, c.account";
        let person = |row: &Row<'_>| {
            let bytes = |column| row.get::<_, Option<Vec<u8>>>(column).map(Option::unwrap_or_default);
            let number = |column| row.get::<_, i64>(column).map(|value| value as u64);
            Ok(PlainPerson {
                account: row.get(0)?,
                username: row.get(1)?,
                confirmed: row.get(2)?,
                display_name: row.get(3)?,
                label: row.get(4)?,
                state: bytes(5)?,
                capability: bytes(6)?,
                inbox_after: number(7)?,
                door: bytes(8)?,
                door_live: row.get(9)?,
                take: bytes(10)?,
                blocked: row.get(11)?,
                met: number(12)?,
            })
        };
        Ok(self.db.prepare_cached(rows)?.query_map([], person)?.collect::<Result<_, _>>()?)
    }

    /// Chats that this account is in. Those with people whom it blocked do not come back.
    fn chats_to_keep(&self) -> Result<Vec<PlainChat>, Fault> {
        let rows = format!(
            "SELECT {LOG}, h.kind, h.peer, h.name, h.description, h.expire_seconds, h.id FROM chat h JOIN log l ON l.id = h.log
             LEFT JOIN contact c ON c.account = h.peer
             WHERE h.state IN ('active', 'broken', 'returning') AND COALESCE(c.blocked, 0) = 0 ORDER BY h.id"
        );
        let chat = |row: &Row<'_>| {
            let chat = PlainChat {
                log: Some(log_row(row)?),
                kind: if row.get::<_, String>(7)? == "two" { 1 } else { 2 },
                peer: row.get::<_, Option<Vec<u8>>>(8)?.unwrap_or_default(),
                name: row.get(9)?,
                description: row.get(10)?,
                expire_seconds: row.get(11)?,
                helpers: vec![],
            };
            Ok((chat, row.get::<_, i64>(12)?))
        };
        let mut chats: Vec<(PlainChat, i64)> = self.db.prepare_cached(&rows)?.query_map([], chat)?.collect::<Result<_, _>>()?;
        for (chat, id) in &mut chats {
            chat.helpers = self.helpers_of(*id)?;
        }
        Ok(chats.into_iter().map(|(chat, _)| chat).collect())
    }

    /// Who can be asked to let this account back in: members whom it can reach, those first who have been there longest.
    fn helpers_of(&self, chat: i64) -> Result<Vec<Vec<u8>>, Fault> {
        let waiting: Option<Vec<u8>> = self
            .db
            .prepare_cached("SELECT helpers FROM homecoming WHERE chat = ?1")?
            .query_map([chat], |row| row.get(0))?
            .next()
            .transpose()?;
        if let Some(helpers) = waiting {
            return Ok(helpers.as_chunks::<32>().0.iter().map(|account| account.to_vec()).collect());
        }
        let rows = "SELECT m.account FROM member m JOIN contact c ON c.account = m.account
                    WHERE m.chat = ?1 AND c.capability IS NOT NULL AND c.blocked = 0 GROUP BY m.account ORDER BY min(m.entered), m.account LIMIT ?2";
        Ok(self.db.prepare_cached(rows)?.query_map(params![chat, VAULT_HELPERS_MAX as i64], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

/// Leaves out from the end of the people, then of the chats, until all fits; says how many.
fn cut(plain: &mut Plain, most: usize) -> u64 {
    let mut left_out = 0;
    // A vault with ten thousand people is not encoded ten thousand times.
    let mut length = plain.encoded_len();
    while length > most {
        let shorter = match (plain.people.pop(), plain.chats.is_empty()) {
            (Some(person), _) => field(person.encoded_len()),
            (None, false) => plain.chats.pop().map_or(0, |chat| field(chat.encoded_len())),
            (None, true) => return left_out,
        };
        length -= shorter;
        left_out += 1;
    }
    left_out
}

/// Bytes of a message as one element of a list: its key, its length and itself.
fn field(length: usize) -> usize {
    1 + prost::length_delimiter_len(length) + length
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(n: u8, state: usize) -> PlainPerson {
        PlainPerson { account: vec![n; 32], state: vec![1; state], ..PlainPerson::default() }
    }

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end_and_counted() {
        let mut plain =
            Plain { people: (1..=20).map(|n| person(n, 2000)).collect(), chats: vec![PlainChat::default(); 3], ..Plain::default() };
        assert_eq!(cut(&mut plain, 1 << 20), 0);
        let left_out = cut(&mut plain, 10_000);
        assert_eq!((left_out, plain.people.len(), plain.chats.len()), (16, 4, 3));
        assert!(plain.encoded_len() <= 10_000 && plain.people[0].account == [1; 32]);
        assert_eq!(cut(&mut plain, 1), 7, "chats go last");
        assert_eq!(plain.encoded_len(), 0);
    }
}
