//! A server's log and the people who write into it, without a network: what they keep is what clients keep.

use franking::{
    AccountState, Authority, Class, ClientCert, ClientKey, CommitKey, Context, Expiry, FrankingKey, IdentityKey, InboxKey, Line, Opened,
    Said, Seen, SignedStamp, SignedState, Stamp, StampKey, Validity,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use report::{AddresseeSecret, Bundle, Draft, Evidence, Naming, Number, Pictures, Place, Reason, Report, Trust, Verdict, verify};
use wire::call::Flag;
use wire::content::{Attachment, AttachmentSecret, Attachments, Body, Class as Sort, Content, MediaType, Salt, Text};
use wire::{BlobId, Chain, ClientId, Commitment, Hash32, LogId, Millis, PassHash, Route, Seq};
use zeroize::Zeroizing;

pub const NOW: Millis = Millis(1_800_000_000_000);

pub struct Person {
    pub identity: IdentityKey,
    pub franking: FrankingKey,
    pub cert: ClientCert,
    pub state: SignedState,
    pub said: Said,
}

impl Person {
    pub fn new(seed: u8, rng: &mut ChaCha20Rng) -> Self {
        let identity = IdentityKey::from_seed(&[seed; 32]);
        let franking = FrankingKey::from_seed(&[seed + 1; 32]);
        let client = ClientKey::from_seed(&[seed + 2; 32]);
        let validity = Validity { not_before: Millis(NOW.0 - 1_000_000), not_after: Millis(NOW.0 + 1_000_000_000) };
        let cert = ClientCert::issue(&identity, ClientId([seed; 16]), &client, &franking, Class::Native, validity, rng).unwrap();
        let inbox = InboxKey::try_from([seed; InboxKey::LEN].as_slice()).unwrap();
        let state = AccountState::first(identity.account(), inbox, vec![cert], NOW).sign(&identity).unwrap();
        Self { identity, franking, cert, state, said: Said::NOTHING }
    }
}

/// One record, with what a client keeps of it.
#[derive(Clone)]
pub struct Record {
    pub stamp: SignedStamp,
    pub evidence: Option<Evidence>,
}

pub struct World {
    pub rng: ChaCha20Rng,
    pub server: StampKey,
    pub authority: Authority,
    pub people: [Person; 3],
    pub log: Vec<Record>,
    pub route: Route,
    pub now: Millis,
}

pub const ALICE: usize = 0;
pub const BOB: usize = 1;

impl World {
    pub fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let people = [10, 20, 30].map(|seed| Person::new(seed, &mut rng));
        let route = LogId([9; 32]).route();
        let server = StampKey::from_seed(&[4; 32]);
        let mut world = Self { rng, server, authority: Authority::none(), people, log: vec![], route, now: NOW };
        world.commit();
        world
    }

    /// Another conversation of the same people on the same server.
    pub fn elsewhere(&self) -> Self {
        let mut rng = ChaCha20Rng::from_seed([2; 32]);
        let people = [10, 20, 30].map(|seed| Person::new(seed, &mut rng));
        let server = StampKey::from_seed(&[4; 32]);
        let mut world = Self { rng, server, authority: self.authority, people, log: vec![], route: LogId([8; 32]).route(), now: NOW };
        world.commit();
        world
    }

    pub fn stamp(&mut self, flag: Flag, c: Commitment, record: &[u8]) -> SignedStamp {
        let last = self.log.last().map(|record| record.stamp.stamp);
        self.now = self.now.plus(1000);
        self.server.stamp(Stamp {
            route: self.route,
            seq: last.map_or(Seq(1), |stamp| stamp.seq.next()),
            ms: self.now,
            flag,
            by: PassHash([7; 32]),
            c,
            h: Hash32::of(record),
            prev: last.map_or(Chain::START, |stamp| stamp.chain()),
        })
    }

    pub fn commit(&mut self) {
        let stamp = self.stamp(Flag::Commit, Commitment::NONE, b"a commit");
        self.log.push(Record { stamp, evidence: None });
    }

    pub fn context(&self, who: usize, content: &[u8], kind: u16) -> Context {
        let person = &self.people[who];
        let last = Line::of(self.log.last().unwrap().stamp.stamp);
        Context {
            route: self.route,
            cert: person.cert.hash(),
            message: wire::content::message_id(&person.identity.account(), &self.route, content).unwrap(),
            counter: person.said.counter + 1,
            previous: person.said.c,
            seen: Seen { seq: last.stamp().seq, chain: last.chain() },
            sent: self.now,
            expiry: Expiry::Never,
            kind,
        }
    }

    pub fn say(&mut self, who: usize, text: &str) -> usize {
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        self.say_content(who, &Content::new(Salt(salt), Body::Text(Text::markdown(text))))
    }

    pub fn picture(&mut self, who: usize) -> usize {
        let mut salt = [0; 16];
        self.rng.fill_bytes(&mut salt);
        let item = Attachment {
            class: Sort::Photo,
            blob: BlobId([7; 32]),
            length: 1000,
            media_type: MediaType::new("image/jpeg").unwrap(),
            file_name: None,
            sha256: Hash32([1; 32]),
            root: Hash32([2; 32]),
            alt: "a tree".into(),
            dimensions: Some((2, 3)),
            duration: None,
            original: false,
            thumbnail: None,
            secret: Some(AttachmentSecret { key: PICTURE_KEY, salt: [4; 32] }),
        };
        self.say_content(who, &Content::new(Salt(salt), Body::Attachments(Attachments { caption: None, items: vec![item] })))
    }

    pub fn say_content(&mut self, who: usize, content: &Content) -> usize {
        let encoded = content.encode().unwrap();
        let context = self.context(who, &encoded, content.kind().number());
        let fields = content.leaves().unwrap().into_iter().map(|leaf| leaf.bytes.expose().to_vec()).collect();
        self.say_sealed(who, context, fields)
    }

    /// Whatever a sender seals, as long as its proof is its own.
    pub fn say_sealed(&mut self, who: usize, context: Context, fields: Vec<Vec<u8>>) -> usize {
        let kf = CommitKey::generate(&mut self.rng);
        let (c, opened) = Opened::seal(kf, context, fields, &self.people[who].franking, &self.authority, &mut self.rng).unwrap();
        self.people[who].said = Said { counter: context.counter, c };
        let stamp = self.stamp(Flag::Content, c, &[c.0.as_slice(), b"sealed"].concat());
        let evidence =
            Evidence { opened: Zeroizing::new(opened.to_bytes()), stamp: stamp.to_bytes(), cert: self.people[who].cert.to_bytes() };
        self.log.push(Record { stamp, evidence: Some(evidence) });
        self.log.len() - 1
    }

    /// The places from one record to another, those opened that `opened` says.
    pub fn places(&self, from: usize, to: usize, opened: impl Fn(usize) -> bool) -> Vec<Place> {
        (from..=to)
            .map(|place| match &self.log[place].evidence {
                Some(evidence) if opened(place) => Place::Opened(evidence.clone()),
                _ => Place::Gap(self.log[place].stamp.stamp),
            })
            .collect()
    }

    pub fn draft(&self, places: Vec<Place>) -> Draft<'_> {
        Draft {
            made: self.now,
            number: Number::parse("0123-456-789").unwrap(),
            return_key: None,
            reason: Reason::Mean,
            stamp_key: self.server.public(),
            server: "chat.example.org".into(),
            authority: self.authority,
            route: self.route,
            places,
            police: Some(police().public()),
            kept_pictures: vec![],
            states: self.people.iter().map(|person| person.state.clone()).collect(),
            handles: vec![],
            note: "It began on Monday.".into(),
            screens: vec![],
            naming: Naming::Withheld,
        }
    }

    pub fn report(&mut self, places: Vec<Place>) -> (Report, Pictures) {
        let mut rng = self.rng.clone();
        let report = self.draft(places).make(&mut rng).unwrap();
        let pictures = Pictures::open(&report.pictures[0], &police(), &report).unwrap();
        (report, pictures)
    }

    /// A report of the whole log.
    pub fn whole(&mut self) -> (Report, Pictures) {
        let places = self.places(0, self.log.len() - 1, |_| true);
        self.report(places)
    }
}

/// The law enforcement desk.
pub fn police() -> AddresseeSecret {
    AddresseeSecret::from_seed(&[0x52; 32])
}

pub const PICTURE_KEY: [u8; 32] = [0xab; 32];

/// What comes of a report after it has gone through its bytes.
pub fn judge(report: &Report) -> Verdict {
    judge_with(report, &Trust::default())
}

pub fn judge_with(report: &Report, trust: &Trust) -> Verdict {
    let body = report.to_bytes();
    let read = Report::from_bytes(&body).expect("a report that is well-formed");
    assert_eq!(&read, report, "a report has one encoding");
    verify(&read, &body, trust)
}

pub fn trusting(bundle: Bundle) -> Trust {
    Trust::only(bundle)
}
