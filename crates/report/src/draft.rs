//! A report made from the evidence that a client keeps of every shown message (docs/spec/report.md, "Making one").

use crate::addressee::Addressee;
use crate::body::{ENTRIES_MAX, Entry, Handle, ITEMS_MAX, Item, Malformed, NOTE_MAX, Reason, Report, Reporter};
use crate::number::Number;
use crate::pictures::{PictureKey, Pictures};
use crate::screens::Screens;
use crate::told::TellError;
use franking::{
    Authority, ClientCert, FrankingKey, LeafOpening, Opened, ProofError, SignedStamp, SignedState, Stamp, StampPublic, prove_report,
};
use rand_core::CryptoRng;
use wire::{Hash32, Millis, Route};
use zeroize::Zeroizing;

/// What makes a message provable, as clients keep it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// [`Opened`].
    pub opened: Zeroizing<Vec<u8>>,
    /// [`SignedStamp`].
    pub stamp: Vec<u8>,
    /// [`ClientCert`] of the sender.
    pub cert: Vec<u8>,
}

/// One record of the log, and how it is to stand in the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Not opened.
    Gap(Stamp),
    /// Not opened, but the reporter says what it said: a line of their own in a report without their name.
    Quote(SignedStamp, String),
    Opened(Evidence),
    /// A message as an earlier report opened it, whose own evidence is gone.
    Kept {
        item: Box<Item>,
        cert: Box<ClientCert>,
    },
}

/// Whether the reporter is named.
#[derive(Debug, Clone, Copy)]
pub enum Naming<'a> {
    Withheld,
    Named { cert: &'a ClientCert, key: &'a FrankingKey },
}

/// Everything a report is made of.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    pub made: Millis,
    pub number: Number,
    pub return_key: Option<Addressee>,
    pub reason: Reason,
    pub stamp_key: StampPublic,
    pub server: String,
    pub authority: Authority,
    pub route: Route,
    /// In the order of the log.
    pub places: Vec<Place>,
    /// The law enforcement desk of the server, if it has one: what opens pictures is sealed to it, or left out.
    pub police: Option<Addressee>,
    /// Parts of compartment B that were sealed before, of messages in this report.
    pub kept_pictures: Vec<Vec<u8>>,
    pub states: Vec<SignedState>,
    pub handles: Vec<Handle>,
    pub note: String,
    /// Screenshots that the reporter adds, with the times at which they were kept.
    pub screens: Vec<(Millis, Zeroizing<Vec<u8>>)>,
    pub naming: Naming<'a>,
}

/// Why there is no report: what is kept is not what was checked before it was shown, or there is too much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("evidence that does not decode")]
    Evidence(#[from] Malformed),
    #[error("records out of order")]
    Order,
    #[error("more than a report may hold")]
    TooMuch,
    #[error("nothing is opened")]
    Empty,
    #[error("no proof could be made")]
    Unprovable,
    #[error("screenshots: {0}")]
    Screens(#[from] TellError),
}

impl From<ProofError> for DraftError {
    fn from(_: ProofError) -> Self {
        Self::Unprovable
    }
}

impl Draft<'_> {
    /// Makes compartment A, with compartment B closed inside.
    ///
    /// Of every opened message compartment A gets the description alone. What opens or is a picture goes to compartment B, sealed.
    ///
    /// # Errors
    /// [`DraftError`].
    pub fn make(self, rng: &mut impl CryptoRng) -> Result<Report, DraftError> {
        if self.note.len() > NOTE_MAX || self.places.len() > ENTRIES_MAX {
            return Err(DraftError::TooMuch);
        }
        let mut certs = Certs::default();
        let mut entries: Vec<Entry> = Vec::new();
        let mut keys = Vec::new();
        for place in self.places {
            let entry = match place {
                Place::Gap(stamp) => Entry::Gap(stamp),
                Place::Quote(stamp, text) => Entry::Quote { stamp, text },
                Place::Opened(evidence) => {
                    let (item, found) = open(&evidence, &mut certs)?;
                    keys.extend(found);
                    Entry::Item(Box::new(item))
                }
                Place::Kept { item, cert } => Entry::Item(Box::new(Item { cert: certs.place(&cert)?, ..*item })),
            };
            if let Some(stamp) = entry.stamp()
                && breaks(&entries, stamp)?
            {
                trim(&mut entries);
                if !entries.is_empty() {
                    entries.push(Entry::Break);
                }
            }
            entries.push(entry);
        }
        trim(&mut entries);
        let opened = entries.iter().filter(|entry| matches!(entry, Entry::Item(_))).count();
        match opened {
            0 => return Err(DraftError::Empty),
            _ if opened > ITEMS_MAX || entries.len() > ENTRIES_MAX => return Err(DraftError::TooMuch),
            _ => {}
        }
        let mut pictures = self.kept_pictures;
        if let Some(police) = &self.police {
            // Also without a picture: whether there is one is nobody's business.
            let part = Pictures { server: self.server.clone(), keys };
            pictures.push(part.seal(police, rng).ok_or(DraftError::TooMuch)?);
        }
        let reporter = match self.naming {
            Naming::Withheld => Reporter::Withheld,
            Naming::Named { cert, .. } => Reporter::Named { cert: certs.place(cert)?, proof: franking::Proof::from_bytes([0; 128]) },
        };
        let mut states = self.states;
        states.sort_by_key(|state| (state.unverified().account, state.unverified().seq));
        states.dedup_by_key(|state| (state.unverified().account, state.unverified().seq));
        let screens = Screens::seal(&self.number, &self.screens, self.police.as_ref(), rng)?;
        let mut report = Report {
            made: self.made,
            number: self.number,
            return_key: self.return_key,
            reason: self.reason,
            stamp_key: *self.stamp_key.as_bytes(),
            server: self.server,
            authority: *self.authority.as_bytes(),
            route: self.route,
            certs: certs.list,
            states,
            handles: self.handles,
            entries,
            pictures,
            note: self.note,
            screens,
            reporter,
        };
        if let (Naming::Named { key, .. }, Reporter::Named { cert, .. }) = (self.naming, report.reporter) {
            let proof = prove_report(key, &self.authority, &report.proved_hash(), rng)?;
            report.reporter = Reporter::Named { cert, proof };
        }
        Ok(report)
    }
}

/// Whether something is left out before this record.
fn breaks(entries: &[Entry], stamp: &Stamp) -> Result<bool, DraftError> {
    match entries.last().and_then(Entry::stamp) {
        None => Ok(false),
        Some(last) if last.seq >= stamp.seq => Err(DraftError::Order),
        Some(last) => Ok(last.seq.next() != stamp.seq),
    }
}

/// The chain binds a record to those before it: unsigned ones at the end of a run would prove nothing.
fn trim(entries: &mut Vec<Entry>) {
    while matches!(entries.last(), Some(Entry::Gap(_))) {
        entries.pop();
    }
}

fn open(evidence: &Evidence, certs: &mut Certs) -> Result<(Item, Vec<PictureKey>), DraftError> {
    let opened = Opened::from_bytes(&evidence.opened)?;
    let stamp = SignedStamp::from_bytes(&evidence.stamp)?;
    let cert = certs.place(&ClientCert::from_bytes(&evidence.cert)?)?;
    let opening = opened.open(|leaf| leaf == 0);
    let pictures = opened.open(|leaf| leaf > 0).leaves.into_iter().zip(0u16..).filter_map(|(leaf, place)| match leaf {
        LeafOpening::Open { key, field } => Some(PictureKey { c: stamp.stamp.c, leaf: place, key, field: Zeroizing::new(field) }),
        LeafOpening::Closed(_) => None,
    });
    let pictures = pictures.collect();
    Ok((Item { stamp, cert, authority: opened.authority(), proof: *opened.proof(), opening }, pictures))
}

/// Certificates, each once.
#[derive(Default)]
struct Certs {
    list: Vec<ClientCert>,
    hashes: Vec<Hash32>,
}

impl Certs {
    fn place(&mut self, cert: &ClientCert) -> Result<u16, DraftError> {
        let hash = cert.hash();
        let place = match self.hashes.iter().position(|known| *known == hash) {
            Some(place) => place,
            None => {
                self.list.push(*cert);
                self.hashes.push(hash);
                self.list.len() - 1
            }
        };
        if self.list.len() > crate::body::CERTS_MAX {
            return Err(DraftError::TooMuch);
        }
        u16::try_from(place).map_err(|_| DraftError::TooMuch)
    }
}
