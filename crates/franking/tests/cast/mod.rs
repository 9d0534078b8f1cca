//! The people of the tests: clients with certificates, a Delivery Service with one log.
#![allow(dead_code, reason = "each test file uses its own part")]

use franking::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use wire::call::Flag;
use wire::{Chain, ClientId, Commitment, Hash32, LogId, MessageId, Millis, PassHash, Route, Seq};

pub const NOW: Millis = Millis(1_800_000_000_000);
pub const VALIDITY: Validity = Validity { not_before: Millis(NOW.0 - 1_000_000_000), not_after: Millis(NOW.0 + 1_000_000_000) };

pub fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A client of an account of its own.
pub struct Client {
    pub identity: IdentityKey,
    pub key: ClientKey,
    pub franking: FrankingKey,
    pub cert: ValidCert,
    pub said: Said,
    pub rng: ChaCha20Rng,
}

impl Client {
    pub fn new(seed: u8) -> Self {
        let (identity, key, franking) =
            (IdentityKey::from_seed(&[seed; 32]), ClientKey::from_seed(&[seed; 32]), FrankingKey::from_seed(&[seed; 32]));
        let mut rng = rng(seed);
        let cert = ClientCert::issue(&identity, ClientId([seed; 16]), &key, &franking, Class::Native, VALIDITY, &mut rng).unwrap();
        Self { identity, key, franking, cert: cert.verify(NOW).unwrap(), said: Said::NOTHING, rng }
    }

    /// The context of this client's next message, written right after the head of the log.
    pub fn context(&self, log: &Log) -> Context {
        Context {
            route: log.head.route,
            cert: self.cert.hash(),
            message: MessageId([1; 32]),
            counter: self.said.counter + 1,
            previous: self.said.c,
            seen: Seen { seq: log.head.seq, chain: log.head.chain },
            sent: NOW,
            expiry: Expiry::Never,
            kind: 1,
        }
    }

    /// Seals for [`Authority::none`].
    pub fn seal(&mut self, context: Context, fields: &[&str]) -> (Commitment, Opened) {
        let kf = CommitKey::generate(&mut self.rng);
        let fields = fields.iter().map(|field| field.as_bytes().to_vec()).collect();
        let (c, opened) = Opened::seal(kf, context, fields, &self.franking, &Authority::none(), &mut self.rng).unwrap();
        self.said = Said { counter: context.counter, c };
        (c, opened)
    }

    /// Writes a message and has it stamped.
    pub fn say(&mut self, log: &mut Log, fields: &[&str]) -> Message {
        let context = self.context(log);
        let (c, opened) = self.seal(context, fields);
        Message { c, stamp: log.append(c), opened }
    }
}

/// A log and the Delivery Service that stamps it.
pub struct Log {
    pub key: StampKey,
    pub head: Head,
    pub time: Millis,
}

impl Log {
    /// A log with its first Commit.
    pub fn new(seed: u8) -> Self {
        let head = Head::start(LogId([seed; 32]).route());
        let mut log = Self { key: StampKey::from_seed(&[99; 32]), head, time: NOW };
        log.stamp(Flag::Commit, Commitment::NONE);
        log
    }

    pub fn append(&mut self, c: Commitment) -> VerifiedStamp {
        self.stamp(Flag::Content, c)
    }

    pub fn stamp(&mut self, flag: Flag, c: Commitment) -> VerifiedStamp {
        let stamp = Stamp {
            route: self.head.route,
            seq: self.head.seq.next(),
            ms: self.time,
            flag,
            by: PassHash([5; 32]),
            c,
            h: Hash32::of(c.as_bytes()),
            prev: self.head.chain,
        };
        let verified = self.sign(stamp);
        self.head = self.head.follow(&verified.line()).unwrap();
        verified
    }

    /// Signs whatever it is told to: a server that lies.
    pub fn sign(&self, stamp: Stamp) -> VerifiedStamp {
        self.key.stamp(stamp).verify(&self.key.public()).unwrap()
    }
}

/// A message as it arrives.
#[derive(Clone)]
pub struct Message {
    pub c: Commitment,
    pub stamp: VerifiedStamp,
    pub opened: Opened,
}

impl Message {
    pub fn check(&self, sender: &ValidCert, expected: &Expected) -> Result<Verified, Refused> {
        Delivered { authenticated: self.c, stamp: &self.stamp, opened: self.opened.clone(), sender }.verify(expected)
    }

    /// What a receiver expects that holds the chain the sender had seen.
    pub fn expected(&self, route: Route, last: Option<Said>) -> Expected<'static> {
        Expected { route, known: Known::Chain(self.opened.context().seen.chain), last, authorities: trusted() }
    }
}

/// The trust bundle of a world without an Authority.
pub fn trusted() -> &'static [Authority] {
    static NONE: std::sync::OnceLock<[Authority; 1]> = std::sync::OnceLock::new();
    NONE.get_or_init(|| [Authority::none()])
}

pub fn seen(seq: u64, chain: u8) -> Seen {
    Seen { seq: Seq(seq), chain: Chain([chain; 32]) }
}
