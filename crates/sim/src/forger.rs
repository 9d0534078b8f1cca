//! Whoever has a report in hand and wants it to say what was not said: a reporter, a reader of the desk, either of them with the server's key or
//! with that of a sender.
//!
//! A forger knows everything that stands in the reports it holds, has keys of its own, and changes what it likes. It lacks the keys of those who
//! spoke. Nothing here is to be believed: [`believed`] says what a verdict that holds shows, and the truth is what people's own devices hold.

use crate::dice::Dice;
use client::audit::ChatAudit;
use franking::{
    Authority, Class, ClientCert, ClientKey, CommitKey, Context, FrankingKey, IdentityKey, Opening, Proof, StampKey, Validity, prove,
    prove_report,
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use report::{Entry, Item, Leaf, PictureKey, Report, Reporter, Trust, Verdict};
use std::collections::BTreeMap;
use wire::call::Flag;
use wire::content::{Body, Content, Salt, Text, leaves, message_id};
use wire::{AccountId, Chain, ClientId, Hash32, MessageId, Millis, Route, Seq};

/// One change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Forgery {
    /// A byte of what was said.
    Word,
    /// Something of what a sender said of its message besides its words.
    Context,
    /// Another sender's certificate beside a message.
    Sender,
    /// A byte of a certificate.
    Certificate,
    /// The forger's own key in the certificate of a victim.
    OwnKey,
    /// Another proof: of another message, or made with the forger's key.
    Proof,
    /// When, where, as what or by whom the server took a record.
    Stamp,
    Swapped,
    Repeated,
    LeftOut,
    /// Something is said to be left out where nothing is.
    Break,
    /// A record of another conversation.
    Spliced,
    /// The words of one record under the stamp of another.
    Mixed,
    /// Words that nobody said, in a victim's name.
    NewWords,
    /// Somebody else as who reports.
    Reporter,
    /// What the reporter adds.
    Note,
    /// The key of a picture, of the forger's making.
    OpenedLeaf,
}

impl Forgery {
    pub const ALL: [Self; 17] = [
        Self::Word,
        Self::Context,
        Self::Sender,
        Self::Certificate,
        Self::OwnKey,
        Self::Proof,
        Self::Stamp,
        Self::Swapped,
        Self::Repeated,
        Self::LeftOut,
        Self::Break,
        Self::Spliced,
        Self::Mixed,
        Self::NewWords,
        Self::Reporter,
        Self::Note,
        Self::OpenedLeaf,
    ];
}

/// Whoever forges, with what it has.
pub struct Forger<'a> {
    dice: Dice,
    /// Reports that it was given, made or opened: the first is the one that it changes.
    reports: &'a [Report],
    /// The server's stamp key, if the server helps.
    server: Option<StampKey>,
    franking: FrankingKey,
    cert: ClientCert,
    /// The key of a sender who helps.
    sender: Option<FrankingKey>,
    /// What opens the pictures, if the forger was shown them.
    pictures: Vec<PictureKey>,
}

impl<'a> Forger<'a> {
    pub fn new(seed: u64, reports: &'a [Report], server: Option<StampKey>) -> Self {
        let (identity, franking) = (IdentityKey::from_seed(&[0xf1; 32]), FrankingKey::from_seed(&[0xf2; 32]));
        let validity = Validity { not_before: Millis(0), not_after: Millis(u64::MAX) };
        let (id, client, mut rng) = (ClientId([0xf3; 16]), ClientKey::from_seed(&[0xf4; 32]), ChaCha20Rng::from_seed([0xf5; 32]));
        let cert = ClientCert::issue(&identity, id, &client, &franking, Class::Native, validity, &mut rng).expect("a certificate");
        Self { dice: Dice::new(seed), reports, server, franking, cert, sender: None, pictures: vec![] }
    }

    /// A sender of what stands in the reports helps, with their key.
    pub fn with_sender(self, sender: Option<FrankingKey>) -> Self {
        Self { sender, ..self }
    }

    /// Whoever was in the chat has what opens its pictures.
    pub fn with_pictures(self, pictures: Vec<PictureKey>) -> Self {
        Self { pictures, ..self }
    }

    /// A report with one to three changes, and which. With the server every record is stamped anew as the forger wants it.
    pub fn forge(&mut self) -> (Report, Vec<Forgery>) {
        let mut report = self.reports[0].clone();
        let mut done = Vec::new();
        for _ in 0..self.dice.between(1, 3) {
            let forgery = *self.dice.pick(&Forgery::ALL).expect("one");
            if self.change(&mut report, forgery).is_some() {
                done.push(forgery);
            }
        }
        if let Some(key) = &self.server {
            restamp(&mut report, key, self.dice.per_mille(800));
        }
        (report, done)
    }

    fn change(&mut self, report: &mut Report, forgery: Forgery) -> Option<()> {
        match forgery {
            Forgery::Word => {
                let place = self.item(report)?;
                let Leaf::Open { field, .. } = item(report, place)?.opening.leaves.first_mut()? else { return None };
                let at = self.dice.between(0, field.len() as u64 - 1) as usize;
                field[at] ^= 1 << self.dice.between(0, 7);
            }
            Forgery::Context => {
                let place = self.item(report)?;
                let other = self.any_context(report)?;
                bend(&mut self.dice, &mut item(report, place)?.opening.context, &other);
            }
            Forgery::Sender => {
                let (place, certs) = (self.item(report)?, report.certs.len() as u64);
                let cert = self.dice.between(0, certs - 1) as u16;
                let hash = report.certs[usize::from(cert)].hash();
                let named = self.dice.per_mille(500);
                let item = item(report, place)?;
                item.cert = cert;
                if named {
                    item.opening.context.cert = hash;
                }
            }
            Forgery::Certificate => {
                let place = self.dice.between(0, report.certs.len() as u64 - 1) as usize;
                let mut bytes = report.certs[place].to_bytes();
                let at = self.dice.between(0, bytes.len() as u64 - 1) as usize;
                bytes[at] ^= 1 << self.dice.between(0, 7);
                report.certs[place] = ClientCert::from_bytes(&bytes).ok()?;
            }
            Forgery::OwnKey => self.own_key(report)?,
            Forgery::Proof => {
                let (place, proof) = (self.item(report)?, self.proof(report)?);
                item(report, place)?.proof = proof;
            }
            Forgery::Stamp => self.lie(report)?,
            Forgery::Swapped | Forgery::Repeated | Forgery::LeftOut | Forgery::Break => self.shuffle(report, forgery)?,
            Forgery::Spliced | Forgery::Mixed => self.borrow(report, forgery)?,
            Forgery::NewWords => self.new_words(report)?,
            Forgery::Reporter => {
                let cert = self.dice.between(0, report.certs.len() as u64 - 1) as u16;
                let mut rng = ChaCha20Rng::from_seed(self.dice.seed());
                report.reporter = Reporter::Named { cert, proof: self.proof(report)? };
                if self.dice.per_mille(500) {
                    let proof = prove_report(&self.franking, &Authority::none(), &report.proved_hash(), &mut rng).ok()?;
                    report.reporter = Reporter::Named { cert, proof };
                }
            }
            Forgery::Note => report.note.push_str(" And more."),
            Forgery::OpenedLeaf if !self.pictures.is_empty() && self.dice.per_mille(700) => {
                let found = self.dice.pick(&self.pictures)?;
                let items = report.entries.iter_mut().filter_map(|entry| if let Entry::Item(item) = entry { Some(item) } else { None });
                let item = { items }.find(|item| item.stamp.stamp.c == found.c)?;
                let leaf = item.opening.leaves.get_mut(usize::from(found.leaf))?;
                *leaf = Leaf::Open { key: found.key.clone(), field: found.field.to_vec() };
            }
            Forgery::OpenedLeaf => {
                let place = self.item(report)?;
                let key = franking::LeafKey::from_bytes(self.dice.seed());
                let leaves = &mut item(report, place)?.opening.leaves;
                leaves.truncate(1);
                leaves.push(Leaf::Open { key, field: vec![0x83, 0x40, 0x40, 0x40] });
            }
        }
        Some(())
    }

    fn item(&mut self, report: &Report) -> Option<usize> {
        let places: Vec<usize> = report.items().map(|(place, _)| place).collect();
        self.dice.pick(&places).copied()
    }

    fn any_context(&mut self, report: &Report) -> Option<Context> {
        let all: Vec<Context> =
            report.items().chain(self.reports.iter().flat_map(Report::items)).map(|(_, item)| item.opening.context).collect();
        self.dice.pick(&all).copied()
    }

    /// A proof that there is, or one by the forger's own key.
    fn proof(&mut self, report: &Report) -> Option<Proof> {
        let all: Vec<&Item> = report.items().chain(self.reports.iter().flat_map(Report::items)).map(|(_, item)| item).collect();
        let found = *self.dice.pick(&all)?;
        if self.dice.per_mille(500) {
            return Some(found.proof);
        }
        let mut rng = ChaCha20Rng::from_seed(self.dice.seed());
        prove(&self.key(), &Authority::none(), &found.stamp.stamp.c, &mut rng).ok()
    }

    /// A key that the forger has.
    fn key(&mut self) -> FrankingKey {
        match &self.sender {
            Some(sender) if self.dice.per_mille(500) => sender.clone(),
            _ => self.franking.clone(),
        }
    }

    /// The forger's certificate in the place of a victim's, its account changed to the victim's or not, and everything proved with its key.
    fn own_key(&mut self, report: &mut Report) -> Option<()> {
        let place = self.dice.between(0, report.certs.len() as u64 - 1) as u16;
        let victim = report.certs[usize::from(place)];
        let mut cert = self.cert;
        if self.dice.per_mille(800) {
            cert.account = victim.account;
        }
        report.certs[usize::from(place)] = cert;
        let mut rng = ChaCha20Rng::from_seed(self.dice.seed());
        for entry in &mut report.entries {
            if let Entry::Item(item) = entry
                && item.cert == place
            {
                item.opening.context.cert = cert.hash();
                item.proof = prove(&self.franking, &Authority::none(), &item.opening.commitment(), &mut rng).ok()?;
            }
        }
        Some(())
    }

    fn lie(&mut self, report: &mut Report) -> Option<()> {
        let place = self.item(report)?;
        let stamp = &mut item(report, place)?.stamp.stamp;
        let by = self.dice.between(1, 100_000);
        match self.dice.between(0, 4) {
            0 => stamp.ms = Millis(stamp.ms.0.saturating_add(by)),
            1 => stamp.ms = Millis(stamp.ms.0.saturating_sub(by)),
            2 => stamp.seq = Seq(self.dice.between(1, 40)),
            3 => stamp.flag = Flag::Commit,
            _ => stamp.by.0[0] ^= 1,
        }
        Some(())
    }

    fn shuffle(&mut self, report: &mut Report, forgery: Forgery) -> Option<()> {
        let last = report.entries.len().checked_sub(1)? as u64;
        let (one, other) = (self.dice.between(0, last) as usize, self.dice.between(0, last) as usize);
        match forgery {
            Forgery::Swapped => report.entries.swap(one, other),
            Forgery::Repeated => report.entries.insert(other, report.entries[one].clone()),
            Forgery::LeftOut => {
                report.entries.remove(one);
            }
            _ => report.entries.insert(one, Entry::Break),
        }
        Some(())
    }

    fn borrow(&mut self, report: &mut Report, forgery: Forgery) -> Option<()> {
        let others: Vec<(&Report, &Item)> =
            self.reports.iter().flat_map(|report| report.items().map(move |(_, item)| (report, item))).collect();
        let (from, found) = *self.dice.pick(&others)?;
        let hash = found.opening.context.cert;
        let known = report.certs.iter().position(|cert| cert.hash() == hash);
        let cert = known.unwrap_or_else(|| {
            report.certs.extend(from.certs.iter().find(|cert| cert.hash() == hash));
            report.certs.len() - 1
        });
        let mut found = Item { cert: cert as u16, ..found.clone() };
        let place = self.item(report)?;
        if forgery == Forgery::Mixed {
            found.stamp = item(report, place)?.stamp;
        }
        report.entries[place] = Entry::Item(Box::new(found));
        Some(())
    }

    /// What nobody said, as the next words of a victim.
    fn new_words(&mut self, report: &mut Report) -> Option<()> {
        let place = self.item(report)?;
        let cert = item(report, place)?.cert;
        let account = report.certs.get(usize::from(cert))?.account;
        let (proof, key) = (self.proof(report), self.key());
        let last = item(report, place)?;
        let content = Content::new(Salt([9; 16]), Body::Text(Text::plain(NEVER_SAID)));
        let encoded = content.encode().ok()?;
        let context = Context {
            message: message_id(&account, &last.opening.context.route, &encoded).ok()?,
            counter: last.opening.context.counter + 1,
            previous: last.stamp.stamp.c,
            kind: content.kind().number(),
            expiry: franking::Expiry::Never,
            ..last.opening.context
        };
        let kf = CommitKey::from_bytes(self.dice.seed());
        last.opening = Opening::of(&kf, &context, &[encoded], |_| true);
        let mut rng = ChaCha20Rng::from_seed(self.dice.seed());
        let own = prove(&key, &Authority::none(), &last.opening.commitment(), &mut rng).ok();
        last.proof = if self.dice.per_mille(500) { own? } else { proof? };
        Some(())
    }
}

/// Words that nobody says.
pub const NEVER_SAID: &str = "Bring me your lunch every day";

fn item(report: &mut Report, place: usize) -> Option<&mut Item> {
    match report.entries.get_mut(place)? {
        Entry::Item(item) => Some(item),
        _ => None,
    }
}

fn bend(dice: &mut Dice, context: &mut Context, other: &Context) {
    match dice.between(0, 8) {
        0 => context.route = other.route,
        1 => context.cert = other.cert,
        2 => context.message = other.message,
        3 => context.counter = dice.between(0, 30),
        4 => context.previous = other.previous,
        5 => context.seen = other.seen,
        6 => context.sent = Millis(context.sent.0 ^ (1 << dice.between(0, 20))),
        7 => context.expiry = franking::Expiry::AfterReading(dice.between(1, 1000) as u32),
        _ => context.kind = dice.between(0, 22) as u16,
    }
}

/// The server signs what there is. `anew`: under the commitments that the openings give, in a row without gaps.
fn restamp(report: &mut Report, key: &StampKey, anew: bool) {
    let (mut last, mut apart): (Option<(Seq, Chain, Millis)>, bool) = (None, false);
    let route = report.route;
    for entry in &mut report.entries {
        let (stamp, c) = match entry {
            Entry::Gap(stamp) => (stamp, None),
            Entry::Quote { stamp, .. } => (&mut stamp.stamp, None),
            Entry::Item(item) => (&mut item.stamp.stamp, Some(item.opening.commitment())),
            Entry::Break => {
                apart = true;
                continue;
            }
        };
        stamp.route = route;
        if let (true, Some(c)) = (anew, c) {
            stamp.c = c;
        }
        if let (true, Some((seq, chain, ms))) = (anew, last) {
            stamp.seq = if apart { stamp.seq.max(Seq(seq.0 + 2)) } else { seq.next() };
            stamp.prev = if apart { stamp.prev } else { chain };
            stamp.ms = stamp.ms.max(ms);
        }
        let signed = key.stamp(*stamp);
        last = Some((stamp.seq, stamp.chain(), stamp.ms));
        apart = false;
        match entry {
            Entry::Quote { stamp, .. } => *stamp = signed,
            Entry::Item(item) => item.stamp = signed,
            Entry::Gap(_) | Entry::Break => {}
        }
    }
}

/// What people's own devices hold of what they said: by whom, in which conversation, under which name.
pub type Truth = BTreeMap<(AccountId, Route, MessageId), True>;

/// Of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct True {
    content: Content,
    place: Seq,
    at: Millis,
}

/// What these chats hold of their own person's words.
pub fn truth<'c>(chats: impl IntoIterator<Item = &'c ChatAudit>) -> Truth {
    let mut truth = Truth::new();
    for chat in chats {
        for message in chat.messages.iter().filter(|message| message.mine) {
            let (Some(place), Some(evidence)) = (message.seq, &message.evidence) else { continue };
            let stamp = franking::SignedStamp::from_bytes(&evidence.stamp).expect("a stamp");
            let split = leaves::split(&message.content).expect("content");
            let content = Content::decode_description(split[0].bytes.expose()).expect("content");
            truth.insert((message.sender, chat.route, message.message), True { content, place, at: stamp.stamp.ms });
        }
    }
    truth
}

/// What came of a forged report that went through its bytes: nothing if it is refused.
pub fn believed(report: &Report) -> Option<Verdict> {
    let body = report.to_bytes();
    let read = Report::from_bytes(&body).ok()?;
    let verdict = report::verify(&read, &body, &Trust::default());
    verdict.holds().then_some(verdict)
}

/// What a verdict shows that is not so. With the server's help place and time are the server's word, and only words and their order are looked at.
pub fn lies(verdict: &Verdict, truth: &Truth, helped: bool) -> Vec<String> {
    let mut lies = Vec::new();
    let mut before: BTreeMap<(AccountId, ClientId), u64> = BTreeMap::new();
    for proved in verdict.proved() {
        let Some(said) = truth.get(&(proved.account, verdict.route, proved.message)) else {
            lies.push(format!("never said: {:?}", Hash32(proved.message.0)));
            continue;
        };
        if said.content != proved.content {
            lies.push("other words than were said".to_owned());
        }
        if !helped && (said.place, said.at) != (proved.seq, proved.at) {
            lies.push("at another place or time than it was said".to_owned());
        }
        if before.insert((proved.account, proved.client), proved.counter).is_some_and(|last| last >= proved.counter) {
            lies.push("in another order than it was said".to_owned());
        }
    }
    lies
}
