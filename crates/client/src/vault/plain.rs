//! What is inside a vault: protobuf, so that it can grow. Nothing here is trusted more than what comes from a server: it is parsed when it is taken.

use prost::Message;
use std::fmt;
use wire::Hash32;
use zeroize::{Zeroize as _, Zeroizing};

/// Everything that makes this account this account.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct Plain {
    /// Seed of the identity key.
    #[prost(bytes = "vec", tag = "1")]
    pub identity: Vec<u8>,
    /// Seed of the inbox key.
    #[prost(bytes = "vec", tag = "2")]
    pub inbox_key: Vec<u8>,
    #[prost(string, tag = "3")]
    pub username: String,
    #[prost(string, optional, tag = "4")]
    pub display_name: Option<String>,
    #[prost(string, tag = "5")]
    pub server_url: String,
    /// Both keys as they were pinned.
    #[prost(bytes = "vec", tag = "6")]
    pub server: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub stamp_key: Vec<u8>,
    /// The newest own AccountStates, oldest first.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub states: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "9")]
    pub handle_cert: Vec<u8>,
    #[prost(message, optional, tag = "10")]
    pub inbox: Option<PlainLog>,
    #[prost(message, repeated, tag = "11")]
    pub links: Vec<PlainLink>,
    #[prost(message, repeated, tag = "12")]
    pub people: Vec<PlainPerson>,
    #[prost(message, repeated, tag = "13")]
    pub chats: Vec<PlainChat>,
    /// How often the vault was written, over all devices.
    #[prost(uint64, tag = "14")]
    pub written: u64,
    /// Server time.
    #[prost(uint64, tag = "15")]
    pub time: u64,
}

/// Where a log is, how it is read, and how far it was.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct PlainLog {
    #[prost(bytes = "vec", tag = "1")]
    pub log: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub pass: Vec<u8>,
    /// Takes over when the Commit that swaps it is in the log.
    #[prost(bytes = "vec", tag = "3")]
    pub next_pass: Vec<u8>,
    #[prost(uint64, tag = "4")]
    pub cursor: u64,
    #[prost(bytes = "vec", tag = "5")]
    pub chain: Vec<u8>,
    #[prost(uint64, tag = "6")]
    pub ms: u64,
    #[prost(uint64, tag = "7")]
    pub last_commit: u64,
}

/// A link that still works.
#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct PlainLink {
    #[prost(bytes = "vec", tag = "1")]
    pub token: Vec<u8>,
    #[prost(string, tag = "2")]
    pub label: String,
    #[prost(uint64, tag = "3")]
    pub made: u64,
    #[prost(uint64, tag = "4")]
    pub expires: u64,
    #[prost(uint32, tag = "5")]
    pub uses: u32,
    /// The server knows the pass.
    #[prost(bool, tag = "6")]
    pub live: bool,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct PlainPerson {
    #[prost(bytes = "vec", tag = "1")]
    pub account: Vec<u8>,
    #[prost(string, optional, tag = "2")]
    pub username: Option<String>,
    #[prost(bool, tag = "3")]
    pub confirmed: bool,
    #[prost(string, optional, tag = "4")]
    pub display_name: Option<String>,
    #[prost(string, tag = "5")]
    pub label: String,
    /// Their newest AccountState; empty for people whom one cannot reach.
    #[prost(bytes = "vec", tag = "6")]
    pub state: Vec<u8>,
    /// How to reach them (an `envelope::Capability`).
    #[prost(bytes = "vec", tag = "7")]
    pub capability: Vec<u8>,
    #[prost(uint64, tag = "8")]
    pub inbox_after: u64,
    /// The drop pass by which they reach us, and whether the server knows it.
    #[prost(bytes = "vec", tag = "9")]
    pub door: Vec<u8>,
    #[prost(bool, tag = "10")]
    pub door_live: bool,
    /// The take pass they hold.
    #[prost(bytes = "vec", tag = "11")]
    pub take: Vec<u8>,
    #[prost(bool, tag = "12")]
    pub blocked: bool,
    #[prost(uint64, tag = "13")]
    pub met: u64,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub struct PlainChat {
    #[prost(message, optional, tag = "1")]
    pub log: Option<PlainLog>,
    /// 1: two, 2: group.
    #[prost(uint32, tag = "2")]
    pub kind: u32,
    #[prost(bytes = "vec", tag = "3")]
    pub peer: Vec<u8>,
    #[prost(string, optional, tag = "4")]
    pub name: Option<String>,
    #[prost(string, optional, tag = "5")]
    pub description: Option<String>,
    #[prost(uint32, tag = "6")]
    pub expire_seconds: u32,
    /// Members who can be asked to let this account back in.
    #[prost(bytes = "vec", repeated, tag = "7")]
    pub helpers: Vec<Vec<u8>>,
}

/// A [`Plain`] that wipes what is secret in it.
#[derive(Default)]
pub struct Opened(pub Plain);

impl Drop for Opened {
    fn drop(&mut self) {
        let plain = &mut self.0;
        plain.identity.zeroize();
        plain.inbox_key.zeroize();
        for log in plain.inbox.iter_mut().chain(plain.chats.iter_mut().filter_map(|chat| chat.log.as_mut())) {
            log.pass.zeroize();
            log.next_pass.zeroize();
        }
        plain.links.iter_mut().for_each(|link| link.token.zeroize());
        for person in &mut plain.people {
            person.capability.zeroize();
            person.door.zeroize();
            person.take.zeroize();
        }
    }
}

fn redacted(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    write!(f, "{name}([redacted])")
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "Plain")
    }
}

impl fmt::Debug for PlainLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "PlainLog")
    }
}

impl fmt::Debug for PlainLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "PlainLink")
    }
}

impl fmt::Debug for PlainPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "PlainPerson")
    }
}

impl fmt::Debug for PlainChat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, "PlainChat")
    }
}

impl Plain {
    /// What counts as a change: everything but how far logs are read, and the count and time of writing itself.
    pub fn digest(&self) -> Hash32 {
        let mut same = Opened(self.clone());
        let plain = &mut same.0;
        (plain.written, plain.time) = (0, 0);
        for log in plain.inbox.iter_mut().chain(plain.chats.iter_mut().filter_map(|chat| chat.log.as_mut())) {
            (log.cursor, log.ms, log.last_commit) = (0, 0, 0);
            log.chain.clear();
        }
        plain.people.iter_mut().for_each(|person| person.inbox_after = 0);
        Hash32::of(&Zeroizing::new(same.0.encode_to_vec()))
    }
}
