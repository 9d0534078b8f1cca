//! What an inbox record says once it is opened. Protobuf, so that it can grow; nothing in it is shown before a person accepts.

use prost::Message;
use wire::content::Reach;
use wire::{AccountId, Chain, LogId, PassToken, Seq, TakePass};

/// One inbox record.
#[derive(Clone, PartialEq, Message)]
pub struct Envelope {
    #[prost(oneof = "Body", tags = "1, 2, 3")]
    pub body: Option<Body>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Body {
    #[prost(message, tag = "1")]
    Request(Request),
    #[prost(message, tag = "2")]
    Welcome(Welcome),
    #[prost(message, tag = "3")]
    Return(Return),
}

/// "My devices are lost; let me back into these chats." (docs/spec/vault.md)
#[derive(Clone, PartialEq, Message)]
pub struct Return {
    /// The newest AccountStates of who asks, oldest first.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub states: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "2")]
    pub chats: Vec<Returning>,
}

/// One chat to be let back into.
#[derive(Clone, PartialEq, Message)]
pub struct Returning {
    #[prost(bytes = "vec", tag = "1")]
    pub log: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub key_package: Vec<u8>,
    /// By the identity key ([`franking::IdentityKey::sign_return`]).
    #[prost(bytes = "vec", tag = "3")]
    pub signature: Vec<u8>,
    /// Hash of the pass that it goes on under if nobody gives it another.
    #[prost(bytes = "vec", tag = "4")]
    pub pass: Vec<u8>,
}

/// "May I be your contact?" Nothing displayable.
#[derive(Clone, PartialEq, Message)]
pub struct Request {
    /// The requester's AccountStates, oldest first.
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub states: Vec<Vec<u8>>,
    /// One a client.
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub key_packages: Vec<Vec<u8>>,
    #[prost(message, optional, tag = "3")]
    pub capability: Option<Capability>,
    /// The route of a chat of these two in which the requester cannot go on: the new one takes its place.
    #[prost(bytes = "vec", tag = "4")]
    pub instead_of: Vec<u8>,
}

/// How to reach an account: where its inbox is, a drop pass to it, a pass to take its KeyPackages.
#[derive(Clone, PartialEq, Message)]
pub struct Capability {
    #[prost(bytes = "vec", tag = "1")]
    pub inbox: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub drop: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub take: Vec<u8>,
}

/// A Welcome of RFC 9420 with the first pass and the place of its Commit.
#[derive(Clone, PartialEq, Message)]
pub struct Welcome {
    #[prost(bytes = "vec", tag = "1")]
    pub welcome: Vec<u8>,
    /// Empty when the tree is inside the Welcome.
    #[prost(bytes = "vec", tag = "2")]
    pub tree: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub log: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub pass: Vec<u8>,
    #[prost(uint64, tag = "5")]
    pub seq: u64,
    #[prost(bytes = "vec", tag = "6")]
    pub chain: Vec<u8>,
    #[prost(uint64, tag = "7")]
    pub ms: u64,
    /// The inviter's AccountStates, oldest first; empty for people who have them.
    #[prost(bytes = "vec", repeated, tag = "8")]
    pub states: Vec<Vec<u8>>,
    /// Only in the answer to a request.
    #[prost(message, optional, tag = "9")]
    pub capability: Option<Capability>,
    /// Where `welcome` and `tree` lie when they are too large to travel here.
    #[prost(message, optional, tag = "10")]
    pub parked: Option<Parked>,
}

/// In which blob a large Welcome lies, its key, and how many bytes the blob has.
#[derive(Clone, PartialEq, Message)]
pub struct Parked {
    #[prost(bytes = "vec", tag = "1")]
    pub blob: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub length: u64,
}

/// A field of an envelope has another shape than it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an inbox record that does not parse")]
pub struct BadEnvelope;

impl Capability {
    pub fn of(reach: &Reach) -> Self {
        Self { inbox: reach.inbox.0.to_vec(), drop: reach.drop.expose().to_vec(), take: reach.take.expose().to_vec() }
    }

    pub fn parse(&self) -> Result<Reach, BadEnvelope> {
        Ok(Reach {
            inbox: LogId::try_from(self.inbox.as_slice()).map_err(|_| BadEnvelope)?,
            drop: PassToken::try_from(self.drop.as_slice()).map_err(|_| BadEnvelope)?,
            take: TakePass::try_from(self.take.as_slice()).map_err(|_| BadEnvelope)?,
        })
    }
}

/// Where a Welcome says its group lives.
pub struct Place {
    pub log: LogId,
    pub pass: PassToken,
    pub seq: Seq,
    pub chain: Chain,
}

impl Welcome {
    /// Of a Welcome in the log itself, whose reader has a pass.
    pub fn place_without_pass(&self) -> Result<Place, BadEnvelope> {
        Self { pass: vec![0; PassToken::LEN], ..self.clone() }.place()
    }

    pub fn place(&self) -> Result<Place, BadEnvelope> {
        Ok(Place {
            log: LogId::try_from(self.log.as_slice()).map_err(|_| BadEnvelope)?,
            pass: PassToken::try_from(self.pass.as_slice()).map_err(|_| BadEnvelope)?,
            seq: Seq(self.seq),
            chain: Chain::try_from(self.chain.as_slice()).map_err(|_| BadEnvelope)?,
        })
    }
}

/// Four emoji that both sides of a request can read to each other, from both accounts and the link that was used.
pub fn emoji(owner: &AccountId, requester: &AccountId, link: &wire::PassHash) -> String {
    const FACES: [&str; 64] = [
        "🐶", "🐱", "🦁", "🐎", "🦄", "🐷", "🐘", "🐰", "🐼", "🐓", "🐧", "🐢", "🐟", "🐙", "🦋", "🌷", "🌳", "🌵", "🍄", "🌏", "🌙", "☁️",
        "🔥", "🍌", "🍎", "🍓", "🌽", "🍕", "🎂", "❤️", "😀", "🤖", "🎩", "👓", "🔧", "🎅", "👍", "☂️", "⌛", "⏰", "🎁", "💡", "📕", "✏️",
        "📎", "✂️", "🔒", "🔑", "🔨", "☎️", "🏁", "🚂", "🚲", "✈️", "🚀", "🏆", "⚽", "🎸", "🎺", "🔔", "⚓", "🎧", "📁", "📌",
    ];
    let parts = [b"treehouse/1 emoji".as_slice(), &owner.0, &requester.0, &link.0].concat();
    let hash = wire::Hash32::of(&parts);
    hash.0.iter().take(4).map(|byte| FACES[usize::from(byte % 64)]).collect::<Vec<_>>().join(" ")
}
