//! Checks a report: everything a receiver checked before it showed a message, from the file and the public keys one trusts alone.

use crate::body::{Entry, Item, Leaf, Report, Reporter};
use crate::trust::{Home, Source, Trust};
use crate::verdict::{AccountLine, Fault, Holder, Line, Missing, Proved, ReporterSays, StampKeyLine, States, Verdict, Who, Wrong};
use franking::{
    Authority, Expiry, Head, Line as LogLine, Proof, Said, SignedState, Stamp, StampError, StampPublic, ValidCert, ValidState,
    verify as prove, verify_report,
};
use std::collections::{BTreeMap, BTreeSet};
use wire::call::Flag;
use wire::content::{Content, Expires, leaves};
use wire::limits::CLIENT_TIME_AHEAD_MAX;
use wire::{AccountId, Chain, ClientId, Commitment, Hash32, Seq};

/// Checks a report that was opened. `body`: the bytes it came in.
pub fn verify(report: &Report, body: &[u8], trust: &Trust) -> Verdict {
    let mut check = Check::new(report, trust);
    check.stamp_key();
    check.log();
    check.quotes();
    check.items();
    check.counters();
    let reporter = check.reporter();
    let accounts = check.accounts();
    let lines = check.lines();
    let missing = check.missing(&lines);
    let (source, known_as) = match &check.stamp {
        Some(key) => trust.stamp_key(key),
        None => (Source::OnlyThisFile, None),
    };
    let home = check.stamp.map_or(Home::None, |key| trust.home(&key));
    Verdict {
        authority: check.holder.clone(),
        stamp_key: StampKeyLine {
            key: Hash32(report.stamp_key),
            server: report.server.clone(),
            source,
            known_as: known_as.map(str::to_owned),
            fetched: check.stamp.and_then(|key| trust.fetched(&key).cloned()),
            home,
        },
        route: report.route,
        lines,
        accounts,
        missing,
        reporter,
        body: Hash32::of(body),
        faults: check.faults,
    }
}

struct Check<'a> {
    report: &'a Report,
    trust: &'a Trust,
    stamp: Option<StampPublic>,
    authority: Option<Authority>,
    holder: Holder,
    /// Of each entry whose place in the log holds: its chain.
    chains: BTreeMap<Seq, Chain>,
    /// Entries that do not follow what is before them.
    misplaced: BTreeSet<usize>,
    proved: BTreeMap<usize, Proved>,
    certs: BTreeMap<u16, Option<ValidCert>>,
    faults: Vec<Fault>,
}

impl<'a> Check<'a> {
    fn new(report: &'a Report, trust: &'a Trust) -> Self {
        let named = trust.authority(&report.authority);
        let holder = match &named {
            None => Holder::Unknown,
            Some((named, _)) if named.authority.is_none() => Holder::Nobody,
            Some((named, source)) if named.operator => Holder::Operator { name: named.name.clone(), source: source.clone() },
            Some((named, source)) => Holder::Named { name: named.name.clone(), source: source.clone() },
        };
        let mut check = Self {
            report,
            trust,
            stamp: StampPublic::from_bytes(&report.stamp_key).ok(),
            authority: named.map(|(named, _)| named.authority),
            holder,
            chains: BTreeMap::new(),
            misplaced: BTreeSet::new(),
            proved: BTreeMap::new(),
            certs: BTreeMap::new(),
            faults: Vec::new(),
        };
        if check.authority.is_none() {
            check.wrong(None, Wrong::Authority);
        }
        check
    }

    fn wrong(&mut self, place: Option<usize>, wrong: Wrong) {
        self.faults.push(Fault { place, wrong });
    }

    fn stamp_key(&mut self) {
        match self.stamp {
            None => self.wrong(None, Wrong::StampKey),
            Some(key) => {
                if self.trust.contradicts(&self.report.server, &key) {
                    self.wrong(None, Wrong::OtherStampKey);
                }
                if self.trust.fetched_another(&key) {
                    self.wrong(None, Wrong::FetchedAnother);
                }
            }
        }
    }

    /// The records follow one another as the server chained them, but where the report says that something is left out.
    fn log(&mut self) {
        let mut head: Option<Head> = None;
        let mut broken = false;
        for (place, entry) in self.report.entries.iter().enumerate() {
            let Some(stamp) = entry.stamp() else {
                broken = true;
                continue;
            };
            let line = LogLine::of(*stamp);
            if let Err(wrong) = follows(head, &line, self.report, broken) {
                self.misplaced.insert(place);
                self.wrong(Some(place), wrong);
            }
            self.chains.insert(stamp.seq, line.chain());
            head = Some(line.head());
            broken = false;
        }
    }

    /// Records of which the reporter says what they said: the server signed that they are there.
    fn quotes(&mut self) {
        for (place, entry) in self.report.entries.iter().enumerate() {
            let Entry::Quote { stamp, .. } = entry else { continue };
            if self.stamp.is_none_or(|key| stamp.verify(&key).is_err()) {
                self.wrong(Some(place), Wrong::Stamp);
            }
        }
    }

    fn items(&mut self) {
        let mut commitments = BTreeSet::new();
        for (place, item) in self.report.items() {
            match self.item(place, item) {
                Ok(proved) if !self.misplaced.contains(&place) => {
                    if commitments.insert(item.stamp.stamp.c) {
                        self.proved.insert(place, proved);
                    } else {
                        self.wrong(Some(place), Wrong::Replayed);
                    }
                }
                Ok(_) => {}
                Err(wrong) => self.wrong(Some(place), wrong),
            }
        }
    }

    /// Every check of docs/spec/franking.md, "The check before anything is shown", in its order.
    fn item(&mut self, place: usize, item: &Item) -> Result<Proved, Wrong> {
        let (stamp, context) = (&item.stamp.stamp, &item.opening.context);
        let key = self.stamp.ok_or(Wrong::StampKey)?;
        item.stamp.verify(&key).map_err(|_| Wrong::Stamp)?;
        if stamp.flag != Flag::Content {
            return Err(Wrong::NotContent);
        }
        item.opening.check(&stamp.c).map_err(|_| Wrong::Altered)?;
        if context.route != stamp.route {
            return Err(Wrong::WrittenElsewhere);
        }
        self.seen(stamp, context)?;
        let cert = self.cert(item)?;
        if !cert.covers(stamp.ms) {
            return Err(Wrong::Certificate);
        }
        if context.sent.since(stamp.ms) > CLIENT_TIME_AHEAD_MAX {
            return Err(Wrong::FromTheFuture);
        }
        let authority = self.authority.filter(|authority| authority.id() == item.authority).ok_or(Wrong::Authority)?;
        prove(&cert.cert().franking_key, &authority, &stamp.c, &item.proof).map_err(|_| Wrong::Proof)?;
        let (content, closed) = content(item, cert.cert().account)?;
        Ok(Proved {
            place,
            seq: stamp.seq,
            at: stamp.ms,
            by: stamp.by,
            record: stamp.h,
            account: cert.cert().account,
            client: cert.cert().client,
            class: cert.cert().class,
            message: context.message,
            counter: context.counter,
            seen: context.seen.seq,
            sent: context.sent,
            expiry: context.expiry,
            kind: context.kind,
            content,
            closed,
            commitment: Hash32(stamp.c.0),
        })
    }

    /// What a sender had seen is what the report shows there, as far as it shows it.
    fn seen(&self, stamp: &Stamp, context: &franking::Context) -> Result<(), Wrong> {
        let seen = context.seen;
        let before = seen.seq < stamp.seq;
        let known = if seen.seq == Seq::START { Some(Chain::START) } else { self.chains.get(&seen.seq).copied() };
        let right_before = seen.seq.0.checked_add(1) == Some(stamp.seq.0);
        let same = known.is_none_or(|chain| chain == seen.chain) && (!right_before || seen.chain == stamp.prev);
        if before && same { Ok(()) } else { Err(Wrong::SeenOther) }
    }

    /// The certificate that the message names. Its signature is checked once.
    fn cert(&mut self, item: &Item) -> Result<ValidCert, Wrong> {
        let cert = self.report.certs.get(usize::from(item.cert)).ok_or(Wrong::OtherSender)?;
        if cert.hash() != item.opening.context.cert {
            return Err(Wrong::OtherSender);
        }
        self.valid_cert(item.cert).ok_or(Wrong::Certificate)
    }

    fn valid_cert(&mut self, place: u16) -> Option<ValidCert> {
        let report = self.report;
        *self.certs.entry(place).or_insert_with(|| {
            let cert = report.certs.get(usize::from(place))?;
            cert.verify(cert.validity.not_before).ok()
        })
    }

    /// Each client's own count of its messages goes up with the log, and one that follows another names it.
    fn counters(&mut self) {
        let mut said: BTreeMap<(AccountId, ClientId), Said> = BTreeMap::new();
        let mut wrong = Vec::new();
        for (place, proved) in &self.proved {
            let Some(Entry::Item(item)) = self.report.entries.get(*place) else { continue };
            let context = &item.opening.context;
            let this = Said { counter: context.counter, c: item.stamp.stamp.c };
            if let Some(last) = said.insert((proved.account, proved.client), this)
                && !goes_on(last, context.counter, context.previous)
            {
                wrong.push(*place);
            }
        }
        for place in wrong {
            self.proved.remove(&place);
            self.wrong(Some(place), Wrong::Counter);
        }
    }

    fn reporter(&mut self) -> ReporterSays {
        let who = match self.report.reporter {
            Reporter::Withheld => Who::Withheld,
            Reporter::Named { cert, proof } => self.named(cert, &proof).unwrap_or(Who::Failed),
        };
        if who == Who::Failed {
            self.wrong(None, Wrong::Reporter);
        }
        ReporterSays {
            number: self.report.number,
            made: self.report.made,
            reason: self.report.reason,
            note: self.report.note.clone(),
            screens: self.report.screens.said().to_vec(),
            who,
            answerable: self.report.return_key.is_some(),
        }
    }

    fn named(&mut self, cert: u16, proof: &Proof) -> Option<Who> {
        let (authority, cert) = (self.authority?, self.valid_cert(cert)?);
        verify_report(&cert.cert().franking_key, &authority, &self.report.proved_hash(), proof).ok()?;
        Some(Who::Proved { account: cert.cert().account, client: cert.cert().client })
    }

    fn accounts(&mut self) -> Vec<AccountLine> {
        let mut clients: BTreeMap<AccountId, BTreeSet<Hash32>> = BTreeMap::new();
        for cert in &self.report.certs {
            clients.entry(cert.account).or_default().insert(cert.hash());
        }
        let mut lines = Vec::new();
        for (account, certs) in clients {
            let states = self.report.states.iter().filter(|state| state.unverified().account == account);
            let states = chain(states, &certs).unwrap_or_else(|wrong| {
                self.faults.push(Fault { place: None, wrong });
                States::None
            });
            let called = self.report.handles.iter().find(|handle| handle.account == account).map(|handle| handle.username.clone());
            lines.push(AccountLine { account, called, states, source: Source::OnlyThisFile });
        }
        lines
    }

    fn lines(&mut self) -> Vec<Line> {
        let mut last = Seq::START;
        let mut lines = Vec::new();
        for (place, entry) in self.report.entries.iter().enumerate() {
            lines.push(match entry {
                Entry::Item(_) => match self.proved.remove(&place) {
                    Some(proved) => Line::Proved(Box::new(proved)),
                    None => Line::Failed { place },
                },
                Entry::Gap(stamp) => Line::Undisclosed { seq: stamp.seq, at: stamp.ms, flag: stamp.flag, by: stamp.by },
                Entry::Quote { stamp, text } => {
                    Line::Quoted { seq: stamp.stamp.seq, at: stamp.stamp.ms, by: stamp.stamp.by, text: text.clone() }
                }
                Entry::Break => {
                    let next = self.report.entries.get(place + 1).and_then(Entry::stamp).map_or(last, |stamp| stamp.seq);
                    Line::Break { after: last, before: next }
                }
            });
            last = entry.stamp().map_or(last, |stamp| stamp.seq);
        }
        lines
    }

    fn missing(&self, lines: &[Line]) -> Missing {
        let mut missing = Missing::default();
        let mut said: BTreeMap<(AccountId, ClientId), u64> = BTreeMap::new();
        let mut skipped: BTreeMap<AccountId, u64> = BTreeMap::new();
        for line in lines {
            match line {
                Line::Undisclosed { flag, .. } => {
                    missing.undisclosed += 1;
                    missing.commits += u64::from(*flag == Flag::Commit);
                }
                Line::Quoted { .. } | Line::Failed { .. } => missing.undisclosed += 1,
                Line::Break { after, before } => {
                    missing.breaks += 1;
                    missing.in_breaks += before.0.saturating_sub(after.0).saturating_sub(1);
                }
                Line::Proved(proved) => {
                    missing.closed += proved.closed as u64;
                    if let Some(last) = said.insert((proved.account, proved.client), proved.counter) {
                        let between = proved.counter.saturating_sub(last).saturating_sub(1);
                        if between > 0 {
                            *skipped.entry(proved.account).or_default() += between;
                        }
                    }
                }
            }
        }
        missing.skipped = skipped.into_iter().collect();
        missing
    }
}

/// Whether a record stands where the report puts it.
fn follows(head: Option<Head>, line: &LogLine, report: &Report, broken: bool) -> Result<(), Wrong> {
    let stamp = line.stamp();
    if stamp.route != report.route {
        return Err(Wrong::OtherConversation);
    }
    let Some(head) = head else { return Ok(()) };
    if broken {
        let later = head.seq.0.checked_add(1).is_some_and(|next| stamp.seq.0 > next);
        return match later {
            false => Err(Wrong::Order),
            true if stamp.ms < head.ms => Err(Wrong::TimeWentBack),
            true => Ok(()),
        };
    }
    head.follow(line).map(|_| ()).map_err(|error| match error {
        StampError::Gap => Wrong::MissingGap,
        StampError::TimeWentBack => Wrong::TimeWentBack,
        StampError::OtherRoute => Wrong::OtherConversation,
        StampError::NotNext | StampError::OtherHistory | StampError::OtherKey | StampError::Signature => Wrong::Order,
    })
}

fn goes_on(last: Said, counter: u64, previous: Commitment) -> bool {
    counter > last.counter && (counter != last.counter + 1 || previous == last.c)
}

/// What a message says, read from its description alone.
fn content(item: &Item, account: AccountId) -> Result<(Content, usize), Wrong> {
    let mut shown = item.opening.leaves.iter();
    let Some(Leaf::Open { field: description, .. }) = shown.next() else { return Err(Wrong::Content) };
    // Only the description: what else is opened is the key of a picture, or one.
    if shown.any(|leaf| matches!(leaf, Leaf::Open { .. })) {
        return Err(Wrong::KeyInCompartmentA);
    }
    let closed = item.opening.leaves.len() - 1;
    let context = &item.opening.context;
    let content = Content::decode_description(description).map_err(|_| Wrong::Content)?;
    if content.kind().number() != context.kind || expiry(&content) != context.expiry {
        return Err(Wrong::Content);
    }
    // The name of a message is over the whole of it: with a leaf closed the sender's word in the context stands alone.
    if closed == 0 {
        let whole = leaves::join(&[description]).map_err(|_| Wrong::Content)?;
        let name = wire::content::message_id(&account, &context.route, &whole).map_err(|_| Wrong::Content)?;
        if name != context.message {
            return Err(Wrong::Content);
        }
    }
    Ok((content, closed))
}

fn expiry(content: &Content) -> Expiry {
    match content.expires {
        None => Expiry::Never,
        Some(Expires::AfterReading(seconds)) => Expiry::AfterReading(seconds),
        Some(Expires::At(second)) => Expiry::At(second),
    }
}

/// Follows what an account said of itself, and looks for its clients there.
fn chain<'s>(states: impl Iterator<Item = &'s SignedState>, certs: &BTreeSet<Hash32>) -> Result<States, Wrong> {
    let mut known: Option<(u64, ValidState)> = None;
    let mut found = BTreeSet::new();
    for state in states {
        let state = state.clone().verify().map_err(|_| Wrong::States)?;
        found.extend(state.state().certs.iter().map(franking::ClientCert::hash));
        let first = match &known {
            None => state.state().seq,
            Some((first, last)) => {
                state.follows(last).map_err(|_| Wrong::States)?;
                *first
            }
        };
        known = Some((first, state));
    }
    Ok(match known {
        None => States::None,
        Some((first, last)) if certs.is_subset(&found) => States::Chain { first, last: last.state().seq },
        Some((first, last)) => States::WithoutClient { first, last: last.state().seq },
    })
}
