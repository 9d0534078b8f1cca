//! What a device keeps as proof of a message, checked once more from the bytes alone: nothing here asks how the message came in.

use crate::picture::{closed, holds};
use client::audit::{ChatAudit, Evidence, MessageAudit};
use franking::{Authority, ClientCert, Expiry, FrankingPublic, Opened, Proof, SignedStamp, Stamp, StampPublic, ValidCert};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use report::{AddresseeSecret, Case, Trust};
use std::collections::{BTreeMap, BTreeSet};
use wire::call::Flag;
use wire::content::{Content, Expires, leaves, message_id};
use wire::{ClientId, Commitment, MessageId, Millis, Seq};

/// A message whose evidence holds: what oracles compare between devices.
pub struct Proved {
    pub client: ClientId,
    /// Its sender's own counter in the conversation.
    pub counter: u64,
    /// The last record its sender had read when it was sealed.
    pub seen: Seq,
    /// Its place.
    pub seq: Seq,
}

/// Whose key, which commitment, and the proof of it.
type Shown = ([u8; 32], [u8; 32], [u8; 128]);

/// What was checked already: the same stamp, certificate and proof lie on the device of everybody who was shown a message.
pub struct Checked {
    stamp_key: StampPublic,
    stamps: BTreeMap<Vec<u8>, Option<Stamp>>,
    certs: BTreeMap<Vec<u8>, Option<ValidCert>>,
    proofs: BTreeMap<Shown, bool>,
}

impl Checked {
    pub fn new(stamp_key: StampPublic) -> Self {
        Self { stamp_key, stamps: BTreeMap::new(), certs: BTreeMap::new(), proofs: BTreeMap::new() }
    }

    fn stamp(&mut self, bytes: &[u8], signed: &SignedStamp) -> Option<Stamp> {
        let check = || signed.verify(&self.stamp_key).ok().map(|stamp| *stamp.stamp());
        *self.stamps.entry(bytes.to_vec()).or_insert_with(check)
    }

    fn cert(&mut self, bytes: &[u8], cert: &ClientCert) -> Option<ValidCert> {
        *self.certs.entry(bytes.to_vec()).or_insert_with(|| cert.verify(cert.validity.not_before).ok())
    }

    fn proof(&mut self, key: &FrankingPublic, c: &Commitment, proof: &Proof) -> bool {
        let known = (*key.as_bytes(), c.0, *proof.as_bytes());
        *self.proofs.entry(known).or_insert_with(|| franking::verify(key, &Authority::none(), c, proof).is_ok())
    }
}

/// Checks everything that a report would need.
///
/// # Errors
/// What does not hold, in words.
pub fn prove(chat: &ChatAudit, message: &MessageAudit, evidence: &Evidence, checked: &mut Checked) -> Result<Proved, &'static str> {
    if evidence.closed {
        return prove_closed(chat, message, evidence, checked);
    }
    let opened = Opened::from_bytes(&evidence.opened).map_err(|_| "an opening that does not decode")?;
    let signed = SignedStamp::from_bytes(&evidence.stamp).map_err(|_| "a stamp that does not decode")?;
    let stamp = checked.stamp(&evidence.stamp, &signed).ok_or("a stamp that D did not sign")?;
    check_place(chat, message, &stamp)?;
    let context = *opened.context();
    if opened.commitment() != stamp.c {
        return Err("a stamp of another commitment");
    }
    let cert = ClientCert::from_bytes(&evidence.cert).map_err(|_| "a certificate that does not decode")?;
    let valid = checked.cert(&evidence.cert, &cert).is_some_and(|cert| cert.covers(stamp.ms));
    if cert.account != message.sender || cert.hash() != context.cert || !valid {
        return Err("a certificate that is not its sender's");
    }
    if !checked.proof(&cert.franking_key, &stamp.c, opened.proof()) {
        return Err("a proof that its sender did not make");
    }
    let content = leaves::join(opened.unverified_fields()).map_err(|_| "leaves that are no content")?;
    if content != message.content {
        return Err("other content than was committed");
    }
    if context.route != chat.route || context.message != message.message {
        return Err("a name that was not committed");
    }
    if message_id(&message.sender, &chat.route, &content) != Ok(message.message) {
        return Err("a name that is not its content's");
    }
    let decoded = Content::decode(&content).map_err(|_| "content that does not decode")?;
    if context.kind != message.kind || context.kind != decoded.kind().number() {
        return Err("another kind than was committed");
    }
    if context.expiry != expiry(&decoded) {
        return Err("another end than was committed");
    }
    Ok(Proved { client: cert.client, counter: context.counter, seen: context.seen.seq, seq: stamp.seq })
}

/// The same of a message whose sender deleted it, with its files: what it said is proved, and what opens them is gone.
fn prove_closed(chat: &ChatAudit, message: &MessageAudit, evidence: &Evidence, checked: &mut Checked) -> Result<Proved, &'static str> {
    let report = report::Report::from_bytes(&evidence.opened).map_err(|_| "a closed proof that does not decode")?;
    let trust = Trust::default();
    let verdict = report::verify(&report, &evidence.opened, &trust);
    let mut all = verdict.proved();
    let (Some(proved), None, true) = (all.next(), all.next(), verdict.holds()) else { return Err("a closed proof that does not hold") };
    let signed = SignedStamp::from_bytes(&evidence.stamp).map_err(|_| "a stamp that does not decode")?;
    let stamp = checked.stamp(&evidence.stamp, &signed).ok_or("a stamp that D did not sign")?;
    check_place(chat, message, &stamp)?;
    if (verdict.route, proved.account, proved.message, proved.seq) != (chat.route, message.sender, message.message, stamp.seq) {
        return Err("a closed proof of something else");
    }
    if leaves::check_description(&message.content).is_err() {
        return Err("a deleted message with what opens its files");
    }
    if Content::decode_description(&message.content).ok().as_ref() != Some(&proved.content) {
        return Err("other content than was committed");
    }
    Ok(Proved { client: proved.client, counter: proved.counter, seen: proved.seen, seq: proved.seq })
}

/// Makes a report of one message, as anybody who was shown it could, and has it checked as whoever gets it would.
///
/// # Errors
/// Why it does not hold.
pub fn report(chat: &ChatAudit, evidence: &Evidence, stamp_key: &StampPublic) -> Result<(), String> {
    reported(chat, vec![opened(evidence)], stamp_key)
}

/// The same of everything that was said in a chat, with the records between. Gives what is in it: of a report that holds, each message holds in
/// a report of its own (`whatever_holds_in_a_report_holds_alone` in crates/report).
///
/// # Errors
/// Why it does not hold.
pub fn report_all(chat: &ChatAudit, stamp_key: &StampPublic) -> Result<BTreeSet<MessageId>, String> {
    let (mut places, mut said) = (BTreeMap::new(), BTreeMap::new());
    for message in &chat.messages {
        if let (Some(seq), Some(evidence)) = (message.seq, &message.evidence) {
            places.insert(seq, opened(evidence));
            said.insert(seq, message.message);
        }
    }
    if places.is_empty() {
        return Ok(BTreeSet::new());
    }
    for (seq, (stamp, _)) in &chat.lines {
        if let Some(stamp) = stamp {
            places.entry(*seq).or_insert(report::Place::Gap(*stamp));
        }
    }
    reported(chat, places.into_values().collect(), stamp_key)?;
    Ok(said.into_values().collect())
}

fn opened(evidence: &Evidence) -> report::Place {
    if evidence.closed {
        let report = report::Report::from_bytes(&evidence.opened).expect("a closed proof");
        let (_, item) = report.items().next().expect("a message");
        let cert = report.certs[usize::from(item.cert)];
        return report::Place::Kept { item: Box::new(item.clone()), cert: Box::new(cert) };
    }
    report::Place::Opened(report::Evidence {
        opened: evidence.opened.clone().into(),
        stamp: evidence.stamp.clone(),
        cert: evidence.cert.clone(),
    })
}

fn reported(chat: &ChatAudit, places: Vec<report::Place>, stamp_key: &StampPublic) -> Result<(), String> {
    let police = AddresseeSecret::from_seed(&[1; 32]);
    // Of what was deleted no key is left: in these worlds there is no desk.
    let whole = places.iter().filter_map(|place| if let report::Place::Opened(evidence) = place { Some(evidence) } else { None });
    let fields =
        |evidence: &report::Evidence| Opened::from_bytes(&evidence.opened).map_or(0, |opened| opened.unverified_fields().len() - 1);
    let keys: usize = whole.map(fields).sum();
    let draft = report::Draft {
        made: Millis(0),
        number: Case::from_bytes([1; 32]).number(),
        return_key: None,
        reason: report::Reason::SomethingElse,
        stamp_key: *stamp_key,
        server: String::new(),
        authority: Authority::none(),
        route: chat.route,
        places,
        police: Some(police.public()),
        kept_pictures: vec![],
        states: vec![],
        handles: vec![],
        note: String::new(),
        screens: vec![],
        naming: report::Naming::Withheld,
    };
    let made = draft.make(&mut ChaCha20Rng::from_seed([1; 32])).map_err(|error| error.to_string())?;
    let body = made.to_bytes();
    let parts: Vec<Vec<u8>> = chat.messages.iter().flat_map(|message| closed(&message.content)).collect();
    if holds(&body, &parts) {
        return Err("a picture or its key where everybody reads it".to_owned());
    }
    if report::open_parts(&made, &police).keys() != keys {
        return Err("a picture whose key the police do not have".to_owned());
    }
    let verdict = report::verify(&made, &body, &Trust::default());
    if verdict.holds() { Ok(()) } else { Err(format!("{:?}", verdict.faults)) }
}

/// The stamp is the one that this device read at the message's place.
fn check_place(chat: &ChatAudit, message: &MessageAudit, stamp: &Stamp) -> Result<(), &'static str> {
    if stamp.flag != Flag::Content || stamp.route != chat.route {
        return Err("a stamp of something else");
    }
    if message.seq != Some(stamp.seq) {
        return Err("a stamp of another place");
    }
    // Who was out in between has begun its lines anew.
    match chat.lines.get(&stamp.seq) {
        Some((_, chain)) if *chain != stamp.chain() => Err("a stamp that its device did not read there"),
        None if stamp.seq >= chat.joined => Err("a place that its device did not read"),
        _ => Ok(()),
    }
}

fn expiry(content: &Content) -> Expiry {
    match content.expires {
        None => Expiry::Never,
        Some(Expires::AfterReading(seconds)) => Expiry::AfterReading(seconds),
        Some(Expires::At(second)) => Expiry::At(second),
    }
}

/// The last Commit-flagged record that a device read before a place, as far as its lines go back.
pub fn commit_before(chat: &ChatAudit, place: Seq) -> Option<Seq> {
    let is_commit = |stamp: &Option<Stamp>| stamp.is_none_or(|stamp| stamp.flag == Flag::Commit);
    chat.lines.range(..place).rev().find(|(_, (stamp, _))| is_commit(stamp)).map(|(seq, _)| *seq)
}
