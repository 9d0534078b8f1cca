//! What a report says, as bytes (docs/spec/report.md, "Body"). Parsed: well-formed and within the limits. Nothing is checked yet.

use crate::addressee::{Addressee, AddresseeSecret};
use crate::label;
use crate::number::Number;
use crate::pictures::{PicturesError, SEALED_MAX};
use crate::screens::Screens;
pub use franking::encode::Malformed;
use franking::encode::{Reader, VERSION, hash};
use franking::{
    Authority, AuthorityId, ClientCert, Context, ContextKey, LeafKey, LeafOpening, Opening, Proof, SignedStamp, SignedState, Stamp,
};
use wire::{AccountId, Hash32, Millis, Route};
use zeroize::Zeroizing;

/// Bytes of a body. A report of 2,000 long messages fits; what is longer is more than anybody reads.
pub const BODY_MAX: usize = 8 * 1024 * 1024;
/// Places of a log in one report, opened or not.
pub const ENTRIES_MAX: usize = 16 * 1024;
/// Messages opened in one report.
pub const ITEMS_MAX: usize = 2000;
/// Certificates: every member of the largest group, twice.
pub const CERTS_MAX: usize = 512;
pub const STATES_MAX: usize = 1024;
pub const HANDLES_MAX: usize = 256;
/// Parts of compartment B: one of the report, and one of each message that was kept before.
pub const PARTS_MAX: usize = 1024;
/// Bytes of what a reporter adds.
pub const NOTE_MAX: usize = 16 * 1024;
/// Bytes of one line that a reporter quotes.
pub const QUOTE_MAX: usize = 64 * 1024;
/// Bytes of the address of a server.
pub const SERVER_MAX: usize = 255;

/// The version of a body with screenshots. 2 to 6 are the kinds of what is no report.
const WITH_SCREENS: u8 = 7;

/// Why somebody reports, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Someone is being mean or threatening.
    Mean,
    /// Private pictures.
    Pictures,
    /// Someone older, or pretending to be someone else.
    Pretending,
    /// Worried about a friend.
    Friend,
    SomethingElse,
}

impl Reason {
    pub const ALL: [Self; 5] = [Self::Mean, Self::Pictures, Self::Pretending, Self::Friend, Self::SomethingElse];

    /// How a program names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Pictures => "pictures",
            Self::Pretending => "pretending",
            Self::Friend => "friend",
            Self::SomethingElse => "else",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            Self::Mean => 1,
            Self::Pictures => 2,
            Self::Pretending => 3,
            Self::Friend => 4,
            Self::SomethingElse => 5,
        }
    }
}

/// Who made a report, as far as they say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    /// They left their name out.
    Withheld,
    /// The certificate at this place, and that its client made this report.
    Named { cert: u16, proof: Proof },
}

/// What an account is called, as the reporter's device has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handle {
    pub account: AccountId,
    pub username: String,
}

/// A leaf of a message.
pub type Leaf = LeafOpening;

/// A message that is opened, leaf by leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub stamp: SignedStamp,
    /// The place of its sender's certificate in [`Report::certs`].
    pub cert: u16,
    pub authority: AuthorityId,
    pub proof: Proof,
    pub opening: Opening,
}

/// One place of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A record that is not opened.
    Gap(Stamp),
    /// A message, opened.
    Item(Box<Item>),
    /// A record that is not opened, and what the reporter says that it said.
    Quote { stamp: SignedStamp, text: String },
    /// What stands between the entries around it is not shown at all.
    Break,
}

impl Entry {
    /// What the server said of it.
    pub fn stamp(&self) -> Option<&Stamp> {
        match self {
            Self::Gap(stamp) => Some(stamp),
            Self::Quote { stamp, .. } => Some(&stamp.stamp),
            Self::Item(item) => Some(&item.stamp.stamp),
            Self::Break => None,
        }
    }
}

/// A report, before anything in it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// When it was made: the reporter's device, corrected by its server.
    pub made: Millis,
    /// What the reporter's program calls it.
    pub number: Number,
    /// Where answers to the reporter are sealed to, if they can be sent any. Names no account.
    pub return_key: Option<Addressee>,
    pub reason: Reason,
    /// D, as the reporter's device has it pinned.
    pub stamp_key: [u8; 32],
    /// The server's address, as the reporter's device has it.
    pub server: String,
    /// The Authority that the messages were proved for.
    pub authority: [u8; 32],
    pub route: Route,
    pub certs: Vec<ClientCert>,
    /// By account and, of one account, by sequence.
    pub states: Vec<SignedState>,
    pub handles: Vec<Handle>,
    pub entries: Vec<Entry>,
    /// Compartment B: sealed to the law enforcement desk, closed to whoever reads this.
    pub pictures: Vec<Vec<u8>>,
    /// What the reporter adds.
    pub note: String,
    /// Pictures that the reporter adds: nothing of them is proved, and they are closed to whoever reads this.
    pub screens: Screens,
    pub reporter: Reporter,
}

impl Report {
    /// Its one encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.unproved();
        match &self.reporter {
            Reporter::Withheld => {}
            Reporter::Named { proof, .. } => out.extend_from_slice(proof.as_bytes()),
        }
        out
    }

    /// The hash that a reporter proves: over everything but the proof.
    pub fn proved_hash(&self) -> Hash32 {
        Hash32(hash(label::PROVED, &[&self.unproved()]))
    }

    fn unproved(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.byte(if self.screens.is_empty() { VERSION } else { WITH_SCREENS });
        out.u64(self.made.0);
        out.bytes(self.number.as_bytes());
        match &self.return_key {
            None => out.byte(0),
            Some(key) => {
                out.byte(1);
                out.bytes(key.as_bytes());
            }
        }
        out.byte(self.reason.number());
        out.bytes(&self.stamp_key);
        out.text(&self.server);
        out.bytes(&self.authority);
        out.bytes(&self.route.0);
        out.count(self.certs.len());
        self.certs.iter().for_each(|cert| out.bytes(&cert.to_bytes()));
        out.count(self.states.len());
        self.states.iter().for_each(|state| out.long(&state.to_bytes()));
        out.count(self.handles.len());
        for handle in &self.handles {
            out.bytes(&handle.account.0);
            out.text(&handle.username);
        }
        out.u32(self.entries.len());
        self.entries.iter().for_each(|entry| write_entry(&mut out, entry));
        out.count(self.pictures.len());
        self.pictures.iter().for_each(|sealed| out.long(sealed));
        out.long(self.note.as_bytes());
        if !self.screens.is_empty() {
            self.screens.write(&mut out);
        }
        match &self.reporter {
            Reporter::Withheld => out.byte(0),
            Reporter::Named { cert, .. } => {
                out.byte(1);
                out.bytes(&cert.to_be_bytes());
            }
        }
        out.0
    }

    /// # Errors
    /// Anything but one well-formed encoding within the limits.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > BODY_MAX {
            return Err(Malformed::Limit);
        }
        let mut reader = Reader::new(bytes);
        let has_screens = match reader.u8()? {
            VERSION => false,
            WITH_SCREENS => true,
            _ => return Err(Malformed::Version),
        };
        let report = Self {
            made: Millis(reader.u64()?),
            number: Number::from_bytes(&reader.array()?).ok_or(Malformed::Choice)?,
            return_key: match reader.u8()? {
                0 => None,
                1 => Some(Addressee::from_bytes(reader.take(Addressee::LEN)?).ok_or(Malformed::Key)?),
                _ => return Err(Malformed::Choice),
            },
            reason: read_reason(reader.u8()?)?,
            stamp_key: reader.array()?,
            server: read_line(&mut reader, SERVER_MAX)?,
            authority: reader.array()?,
            route: Route(reader.array()?),
            certs: read_certs(&mut reader)?,
            states: read_states(&mut reader)?,
            handles: read_handles(&mut reader)?,
            entries: read_entries(&mut reader)?,
            pictures: read_pictures(&mut reader)?,
            note: read_long_text(&mut reader, NOTE_MAX)?,
            screens: if has_screens { Screens::read(&mut reader)? } else { Screens::default() },
            reporter: match reader.u8()? {
                0 => Reporter::Withheld,
                1 => Reporter::Named { cert: reader.u16()?, proof: Proof::from_bytes(reader.array()?) },
                _ => return Err(Malformed::Choice),
            },
        };
        reader.end()?;
        report.check_places()?;
        Ok(report)
    }

    /// What names a certificate names one that is there, and every run of records ends with one that the server signed: the chain binds a record to
    /// those before it, so an unsigned one at the end would be anybody's word.
    fn check_places(&self) -> Result<(), Malformed> {
        let there = |cert: u16| usize::from(cert) < self.certs.len();
        let items = self.items().count();
        let named = match self.reporter {
            Reporter::Withheld => true,
            Reporter::Named { cert, .. } => there(cert),
        };
        if items > ITEMS_MAX {
            return Err(Malformed::Limit);
        }
        let signed = |entry: Option<&Entry>| matches!(entry, Some(Entry::Item(_) | Entry::Quote { .. }));
        let ends = (0..self.entries.len()).filter(|place| matches!(self.entries.get(place + 1), None | Some(Entry::Break)));
        let loose = ends.into_iter().any(|place| !signed(self.entries.get(place)));
        let loose = loose || matches!(self.entries.first(), Some(Entry::Break));
        if named && !loose && self.items().all(|(_, item)| there(item.cert)) { Ok(()) } else { Err(Malformed::Contradiction) }
    }

    /// The opened messages with their places among the entries.
    pub fn items(&self) -> impl Iterator<Item = (usize, &Item)> {
        self.entries.iter().enumerate().filter_map(|(place, entry)| match entry {
            Entry::Item(item) => Some((place, item.as_ref())),
            _ => None,
        })
    }

    /// Opens the screenshots with the law enforcement desk's secret.
    ///
    /// # Errors
    /// [`PicturesError`].
    pub fn open_screens(&self, secret: &AddresseeSecret) -> Result<Vec<Zeroizing<Vec<u8>>>, PicturesError> {
        self.screens.open(&self.number, secret)
    }

    /// Whether the Authority is nobody: then its proofs are plain signatures.
    pub fn for_nobody(&self) -> bool {
        self.authority == *Authority::none().as_bytes()
    }
}

/// Puts fields one behind the other, integers big-endian.
#[derive(Default)]
pub(crate) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
    pub fn u64(&mut self, value: u64) {
        self.bytes(&value.to_be_bytes());
    }
    pub fn u32(&mut self, value: usize) {
        self.bytes(&u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes());
    }
    pub fn count(&mut self, value: usize) {
        self.bytes(&u16::try_from(value).unwrap_or(u16::MAX).to_be_bytes());
    }
    pub fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }
    pub fn long(&mut self, bytes: &[u8]) {
        self.u32(bytes.len());
        self.bytes(bytes);
    }
}

const GAP: u8 = 1;
const ITEM: u8 = 2;
const QUOTE: u8 = 3;
const BREAK: u8 = 4;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;

fn write_entry(out: &mut Writer, entry: &Entry) {
    match entry {
        Entry::Gap(stamp) => {
            out.byte(GAP);
            out.bytes(&stamp.to_bytes());
        }
        Entry::Item(item) => {
            out.byte(ITEM);
            out.bytes(&item.stamp.to_bytes());
            out.bytes(&item.cert.to_be_bytes());
            out.bytes(&item.authority.0);
            out.bytes(item.proof.as_bytes());
            out.bytes(&item.opening.context.to_bytes());
            out.bytes(item.opening.context_key.expose());
            out.count(item.opening.leaves.len());
            item.opening.leaves.iter().for_each(|leaf| write_leaf(out, leaf));
        }
        Entry::Quote { stamp, text } => {
            out.byte(QUOTE);
            out.bytes(&stamp.to_bytes());
            out.long(text.as_bytes());
        }
        Entry::Break => out.byte(BREAK),
    }
}

fn write_leaf(out: &mut Writer, leaf: &Leaf) {
    match leaf {
        Leaf::Open { key, field } => {
            out.byte(OPEN);
            out.bytes(key.expose());
            out.long(field);
        }
        Leaf::Closed(hash) => {
            out.byte(CLOSED);
            out.bytes(&hash.0);
        }
    }
}

pub(crate) fn read_reason(number: u8) -> Result<Reason, Malformed> {
    Reason::ALL.into_iter().find(|reason| reason.number() == number).ok_or(Malformed::Choice)
}

fn read_certs(reader: &mut Reader<'_>) -> Result<Vec<ClientCert>, Malformed> {
    let count = limited(reader.u16()?.into(), CERTS_MAX)?;
    (0..count).map(|_| ClientCert::from_bytes(reader.take(ClientCert::LEN)?)).collect()
}

fn read_states(reader: &mut Reader<'_>) -> Result<Vec<SignedState>, Malformed> {
    let count = limited(reader.u16()?.into(), STATES_MAX)?;
    let mut states: Vec<SignedState> = Vec::new();
    for _ in 0..count {
        let state = SignedState::from_bytes(read_long(reader, wire::limits::ACCOUNT_STATE_MAX)?)?;
        let place = |state: &SignedState| (state.unverified().account, state.unverified().seq);
        if states.last().is_some_and(|last| place(last) >= place(&state)) {
            return Err(Malformed::Order);
        }
        states.push(state);
    }
    Ok(states)
}

fn read_handles(reader: &mut Reader<'_>) -> Result<Vec<Handle>, Malformed> {
    let count = limited(reader.u16()?.into(), HANDLES_MAX)?;
    (0..count)
        .map(|_| Ok(Handle { account: AccountId(reader.array()?), username: read_line(reader, wire::limits::USERNAME_MAX)? }))
        .collect()
}

fn read_entries(reader: &mut Reader<'_>) -> Result<Vec<Entry>, Malformed> {
    let count = usize::try_from(reader.u32()?).map_err(|_| Malformed::Limit)?;
    let count = limited(count, ENTRIES_MAX)?;
    (0..count).map(|_| read_entry(reader)).collect()
}

fn read_pictures(reader: &mut Reader<'_>) -> Result<Vec<Vec<u8>>, Malformed> {
    let count = limited(reader.u16()?.into(), PARTS_MAX)?;
    (0..count).map(|_| Ok(read_long(reader, SEALED_MAX)?.to_vec())).collect()
}

fn read_entry(reader: &mut Reader<'_>) -> Result<Entry, Malformed> {
    Ok(match reader.u8()? {
        GAP => Entry::Gap(Stamp::from_bytes(reader.take(Stamp::LEN)?)?),
        ITEM => Entry::Item(Box::new(Item {
            stamp: SignedStamp::from_bytes(reader.take(SignedStamp::LEN)?)?,
            cert: reader.u16()?,
            authority: AuthorityId(reader.array()?),
            proof: Proof::from_bytes(reader.array()?),
            opening: Opening {
                context: Context::from_bytes(reader.take(Context::LEN)?)?,
                context_key: ContextKey::from_bytes(reader.array()?),
                leaves: read_leaves(reader)?,
            },
        })),
        QUOTE => Entry::Quote { stamp: SignedStamp::from_bytes(reader.take(SignedStamp::LEN)?)?, text: read_long_text(reader, QUOTE_MAX)? },
        BREAK => Entry::Break,
        _ => return Err(Malformed::Choice),
    })
}

fn read_leaves(reader: &mut Reader<'_>) -> Result<Vec<Leaf>, Malformed> {
    let count = usize::from(reader.u16()?);
    if count == 0 {
        return Err(Malformed::Limit);
    }
    let count = limited(count, franking::FIELDS_MAX)?;
    (0..count)
        .map(|_| match reader.u8()? {
            OPEN => {
                let key = LeafKey::from_bytes(reader.array()?);
                Ok(Leaf::Open { key, field: read_long(reader, franking::FIELDS_BYTES_MAX)?.to_vec() })
            }
            CLOSED => Ok(Leaf::Closed(Hash32(reader.array()?))),
            _ => Err(Malformed::Choice),
        })
        .collect()
}

pub(crate) fn limited(count: usize, limit: usize) -> Result<usize, Malformed> {
    if count > limit { Err(Malformed::Limit) } else { Ok(count) }
}

pub(crate) fn read_long<'a>(reader: &mut Reader<'a>, limit: usize) -> Result<&'a [u8], Malformed> {
    let len = usize::try_from(reader.u32()?).map_err(|_| Malformed::Limit)?;
    reader.take(limited(len, limit)?)
}

pub(crate) fn read_long_text(reader: &mut Reader<'_>, limit: usize) -> Result<String, Malformed> {
    text(read_long(reader, limit)?)
}

pub(crate) fn read_short_text(reader: &mut Reader<'_>, limit: usize) -> Result<String, Malformed> {
    let len = limited(reader.u16()?.into(), limit)?;
    text(reader.take(len)?)
}

/// What stands on a line of ours: of a server or an account, whose names have no line ends and command no terminal.
pub(crate) fn read_line(reader: &mut Reader<'_>, limit: usize) -> Result<String, Malformed> {
    let line = read_short_text(reader, limit)?;
    if crate::exhibit::one_line(&line) == line { Ok(line) } else { Err(Malformed::Choice) }
}

fn text(bytes: &[u8]) -> Result<String, Malformed> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed::Choice)
}
