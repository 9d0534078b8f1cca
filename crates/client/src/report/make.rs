//! A report, made and sealed on this device.

use super::desk::{police, readers};
use super::gather::{Proof, Provable, certified};
use super::keep::KeptOpen;
use super::{addressee, reason_of};
use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, SeedableRng as _};
use report::body::{BODY_MAX, PARTS_MAX};
use report::seal::DESK_BODY_MAX;
use report::{Addressee, Case, Draft, DraftError, Entry, Leaf, Naming, Passphrase, Place, Recipients, Report, SealError, TellError, seal};
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use view::{MadeReport, NewReport, Refusal, Reply, ReportReason, ReportRefusal, ReportTo, ShowName, Words};
use wire::content::Content;
use wire::desk::Role;
use wire::limits::REPORT_MAX;
use wire::{AccountId, Commitment, Hash32, Millis};
use zeroize::Zeroizing;

/// A message that was kept, opened with the box.
#[derive(Debug, Clone)]
pub(super) struct FromBox {
    pub report: Report,
}

impl Client {
    /// Makes a report of messages of a chat and seals it. `open`: the box, if kept messages are to be in it. It is sent by nobody: the shell does with the file what the person chose.
    /// `id`: asked for again under the same one, because nobody answered, it is the same report, and is made once.
    ///
    /// # Errors
    /// The device failed.
    pub fn make_report(
        &mut self,
        now: Millis,
        seed: [u8; 32],
        id: &[u8; 16],
        new: &NewReport,
        open: Option<&KeptOpen>,
    ) -> Result<Result<MadeReport, Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            if let Some(made) = turn.made_before(id, &new.to)? {
                return Ok(Ok(made));
            }
            let made = turn.make_report(new, open)?;
            if let Ok(made) = &made {
                turn.keep_reply(id, &Said::of(made))?;
                turn.covered_are_private(new.chat, &new.messages)?;
            }
            Ok(made)
        })
    }
}

/// The id of the command that sends a report to a contact: it goes once, as it is made once. `report`: the id that this was made under.
pub fn sending_of(report: &[u8; 16]) -> [u8; 16] {
    let Hash32(hash) = Hash32::of(&[b"report sent".as_slice(), report].concat());
    std::array::from_fn(|place| hash[place])
}

/// What is remembered of a report, to answer as before.
#[derive(Serialize, Deserialize)]
struct Said {
    number: String,
    messages: u64,
    closed: u64,
    pictures: u64,
    left_out: Vec<u64>,
}

impl Said {
    fn of(made: &MadeReport) -> Self {
        let MadeReport { number, messages, closed, pictures, left_out, .. } = made;
        Self { number: number.clone(), messages: *messages, closed: *closed, pictures: *pictures, left_out: left_out.clone() }
    }
}

/// Words that open one report, for an officer.
pub fn one_time_passphrase(seed: [u8; 32]) -> Words {
    Words::new(Passphrase::generate(&mut ChaCha20Rng::from_seed(seed)).expose().to_owned())
}

impl Client {
    /// How many members of the safety team a report is sealed to that opens these messages. `kept`: who said what is in it of what was kept.
    ///
    /// # Errors
    /// The device failed.
    pub(crate) fn team_readers(&self, chat: i64, messages: &[i64], kept: &[String]) -> Result<u32, Fault> {
        let own = Account::load(&self.db)?.map(|own| own.id());
        let mut said: Vec<AccountId> = kept.iter().filter_map(|account| AccountId::from_hex(account)).collect();
        for message in messages {
            let by = "SELECT account FROM message WHERE id = ?1 AND chat = ?2";
            let by: Option<[u8; 32]> = self.db.prepare_cached(by)?.query_row(params![message, chat], |row| row.get(0)).optional()?;
            said.extend(by.map(AccountId));
        }
        let about = about(own, said.into_iter());
        Ok(readers(&self.db, &about)?.len() as u32)
    }

    /// What opens reports that were sealed to this account: the key of its inbox, which HPKE keeps apart by purpose.
    ///
    /// # Errors
    /// The device failed.
    pub fn reads_reports_with(&self) -> Result<Option<Zeroizing<[u8; 32]>>, Fault> {
        Ok(Account::load(&self.db)?.map(|own| own.inbox_seed().clone()))
    }
}

/// What a report holds, before it is known for whom.
#[derive(Default)]
pub(super) struct Chosen {
    pub messages: Vec<Provable>,
    pub kept: Vec<FromBox>,
    /// Pictures of other apps' screens, with the times at which they were kept.
    pub screens: Vec<(Millis, Zeroizing<Vec<u8>>)>,
}

/// What stands around the chosen messages.
pub(super) struct Around<'a> {
    pub chat: i64,
    pub reason: ReportReason,
    pub note: &'a str,
    pub name: ShowName,
    pub case: &'a Case,
    pub answerable: bool,
}

/// A report, before it is sealed.
pub(super) struct Drafted {
    pub report: Report,
    /// Messages whose pictures are sealed for the police somewhere else, and for which there was no room in it.
    pub left_out: Vec<Commitment>,
}

impl Turn<'_> {
    /// The report that was made under this id, if it went where it was to go, or lies here for that. What nobody was given is made anew.
    fn made_before(&self, id: &[u8; 16], to: &ReportTo) -> Result<Option<MadeReport>, Fault> {
        let counts = match to {
            ReportTo::Desk | ReportTo::Outside | ReportTo::Lead => true,
            ReportTo::Contact(_) => self.reply_to::<Reply>(&sending_of(id))?.is_some(),
            ReportTo::Passphrase(_) => false,
        };
        let Some(said) = self.reply_to::<Said>(id)?.filter(|_| counts) else { return Ok(None) };
        let Said { number, messages, closed, pictures, left_out } = said;
        let query = "SELECT secret, state, file FROM made_report WHERE number = ?1";
        let (case, state, file): (Vec<u8>, String, Option<Vec<u8>>) =
            self.db.prepare_cached(query)?.query_row([&number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let (file, brought) = (file.unwrap_or_default(), state != "unsent");
        Ok(Some(MadeReport { number, file, messages, closed, pictures, left_out, case, brought }))
    }

    fn make_report(&mut self, new: &NewReport, open: Option<&KeptOpen>) -> Result<Result<MadeReport, Refusal>, Fault> {
        let messages = match self.provable(new.chat, &new.messages)? {
            Ok(messages) => messages,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let (kept, screens) = match open {
            None if !new.kept.is_empty() => return Ok(Err(Refusal::WrongPassphrase)),
            None => (vec![], vec![]),
            Some(open) => match self.taken_out(open, new.chat, &new.kept)? {
                Ok(kept) => kept,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let own = Account::load(self.db)?.map(|own| own.id());
        let about = about(own, messages.iter().map(|message| message.account).chain(senders(&kept)));
        let named = match self.readers(&new.to, &about)? {
            Ok(readers) => readers,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let readers = named.iter().map(|(_, key)| key.clone()).collect();
        let answerable = new.to.is_dropped();
        let case = Case::from_bytes(self.random());
        let around = Around { chat: new.chat, reason: new.reason, note: &new.note, name: new.name, case: &case, answerable };
        let drafted = match self.draft(&around, Chosen { messages, kept, screens })? {
            Ok(drafted) => drafted,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let passphrase = match &new.to {
            ReportTo::Passphrase(words) => match Passphrase::from_text(words.expose()) {
                Some(passphrase) => Some(passphrase),
                None => return Ok(Err(too_short())),
            },
            ReportTo::Desk | ReportTo::Outside | ReportTo::Lead | ReportTo::Contact(_) => None,
        };
        let to = Recipients { readers, passphrase: passphrase.as_ref() };
        let file = match seal(&drafted.report, &to, &mut *self.crypto.rng()) {
            // No server would take it.
            Ok(file) if answerable && file.len() > REPORT_MAX => return Ok(Err(Refusal::Report(ReportRefusal::TooMuch))),
            Ok(file) => file,
            Err(SealError::TooLong | SealError::TooMany) => return Ok(Err(Refusal::Report(ReportRefusal::TooMuch))),
            Err(SealError::Nobody | SealError::Key) => return Ok(Err(Refusal::Report(ReportRefusal::NoDesk))),
        };
        let now = self.time()?.0 as i64;
        // What goes to the team stays here, sealed as it is, until the server has it: what is lost on the way is brought again under the same number.
        let (number, state) = (case.number().to_string(), if answerable { "unsent" } else { "made" });
        self.db
            .prepare_cached("INSERT INTO made_report (number, chat, made, secret, state, file) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![number, new.chat, now, case.expose(), state, answerable.then_some(&file)])?;
        if answerable {
            for (account, _) in &named {
                let insert = "INSERT OR IGNORE INTO report_reader (number, account) VALUES (?1, ?2)";
                self.db.prepare_cached(insert)?.execute(params![number, account.0])?;
            }
        }
        Ok(Ok(summary(&drafted, &case, file)))
    }

    fn readers(&self, to: &ReportTo, about: &BTreeSet<AccountId>) -> Result<Result<Vec<(AccountId, Addressee)>, Refusal>, Fault> {
        Ok(match to {
            ReportTo::Passphrase(_) => Ok(vec![]),
            ReportTo::Desk => match self.desk_readers(about)? {
                keys if !keys.is_empty() => Ok(keys),
                _ if self.desk_readers(&BTreeSet::new())?.is_empty() => Err(Refusal::Report(ReportRefusal::NoDesk)),
                _ => Err(Refusal::Report(ReportRefusal::AboutTheTeam)),
            },
            ReportTo::Outside => self.alone(Role::Outside, about)?,
            ReportTo::Lead => self.alone(Role::Lead, about)?,
            ReportTo::Contact(name) => {
                let Some(contact) = self.contact_called(name)? else { return Ok(Err(Refusal::NoSuchUser { name: name.clone() })) };
                if about.contains(&contact.account) {
                    return Ok(Err(Refusal::AboutThem { name: name.clone() }));
                }
                let state = "SELECT state FROM contact WHERE account = ?1";
                let state: Option<Vec<u8>> = self.db.prepare_cached(state)?.query_row([contact.account.0], |row| row.get(0))?;
                let state = state.and_then(|state| franking::SignedState::from_bytes(&state).ok()).and_then(|state| state.verify().ok());
                match state.and_then(|state| addressee(state.state().inbox_key.as_bytes())) {
                    Some(key) => Ok(vec![(contact.account, key)]),
                    None => Err(Refusal::NoSuchUser { name: name.clone() }),
                }
            }
        })
    }

    /// One whom the operator named, if it is not about them.
    fn alone(&self, role: Role, about: &BTreeSet<AccountId>) -> Result<Result<Vec<(AccountId, Addressee)>, Refusal>, Fault> {
        Ok(match self.named_reader(role)? {
            Some((account, _)) if about.contains(&account) => Err(Refusal::Report(ReportRefusal::AboutTheTeam)),
            Some(reader) => Ok(vec![reader]),
            None => Err(Refusal::Report(ReportRefusal::NoDesk)),
        })
    }

    pub(super) fn draft(&mut self, around: &Around<'_>, chosen: Chosen) -> Result<Result<Drafted, Refusal>, Fault> {
        let (Some(own), Some(chat), Some(stamp_key)) = (Account::load(self.db)?, self.chat(around.chat)?, self.stamp_key()?) else {
            return Ok(Err(Refusal::NotSignedUp));
        };
        let mut accounts = BTreeSet::new();
        let mut opened = BTreeMap::new();
        let mut parts = Vec::new();
        let nameless = around.name == ShowName::LeftOut;
        for kept in &chosen.kept {
            let places = kept_places(&kept.report);
            // A line of one's own names oneself, wherever it comes from. What opens its pictures stays here with its proof.
            let names_me = |account: &AccountId| nameless && *account == own.id();
            if places.iter().any(|(.., account)| !names_me(account)) {
                parts.push(Part::of(&kept.report));
            }
            for (seq, place, account) in places {
                if names_me(&account) {
                    opened.insert(seq, quoted(place));
                } else {
                    accounts.insert(account);
                    opened.insert(seq, place);
                }
            }
        }
        for message in chosen.messages {
            if nameless && message.mine {
                opened.insert(message.seq, Place::Quote(message.stamp, message.text));
                continue;
            }
            accounts.insert(message.account);
            match message.proof {
                Proof::Whole(evidence) => {
                    opened.insert(message.seq, Place::Opened(evidence));
                }
                Proof::Closed(report) => {
                    opened.extend(kept_places(&report).into_iter().map(|(seq, place, _)| (seq, place)));
                    parts.push(Part::of(&report));
                }
            }
        }
        if opened.is_empty() {
            return Ok(Err(Refusal::Report(ReportRefusal::NothingChosen)));
        }
        let cert = certified(&own)?;
        if around.name == ShowName::Shown {
            accounts.insert(own.id());
        }
        let draft = Draft {
            made: self.time()?,
            number: around.case.number(),
            return_key: around.answerable.then(|| around.case.return_key().public()),
            reason: reason_of(around.reason),
            stamp_key,
            server: own.server_url.clone(),
            authority: self.config.authority,
            route: self.log_state(chat.log)?.log.route(),
            places: self.places(chat.log, opened)?,
            police: police(self.db)?,
            kept_pictures: vec![],
            states: self.states_of(&accounts, &own)?,
            handles: self.handles_of(&accounts, &own, around.name)?,
            note: around.note.to_owned(),
            screens: chosen.screens,
            naming: match around.name {
                ShowName::LeftOut => Naming::Withheld,
                ShowName::Shown => Naming::Named { cert: &cert, key: own.franking_key() },
            },
        };
        let room = if around.answerable { DESK_BODY_MAX } else { BODY_MAX };
        match fitted(draft, parts, room, &mut *self.crypto.rng()) {
            Ok(drafted) => Ok(Ok(drafted)),
            Err(DraftError::Empty) => Ok(Err(Refusal::Report(ReportRefusal::NothingChosen))),
            Err(DraftError::TooMuch | DraftError::Screens(TellError::TooMuch)) => Ok(Err(Refusal::Report(ReportRefusal::TooMuch))),
            Err(DraftError::Screens(_)) => Ok(Err(Refusal::Report(ReportRefusal::NoPictures))),
            Err(DraftError::Evidence(_) | DraftError::Order | DraftError::Unprovable) => Err(Fault::Stored),
        }
    }
}

pub(super) fn too_short() -> Refusal {
    Refusal::Report(ReportRefusal::PassphraseShort { min: Passphrase::LEN_MIN as u32 })
}

/// Nobody gets a report with their own words in it, whoever else they are. One's own lines are about nobody.
fn about(own: Option<AccountId>, senders: impl Iterator<Item = AccountId>) -> BTreeSet<AccountId> {
    senders.filter(|account| own != Some(*account)).collect()
}

/// Who said what was kept.
fn senders(kept: &[FromBox]) -> Vec<AccountId> {
    kept.iter().flat_map(|kept| kept_places(&kept.report)).map(|(_, _, account)| account).collect()
}

/// What an earlier report opened, for another.
fn kept_places(report: &Report) -> Vec<(u64, Place, AccountId)> {
    let mut places = Vec::new();
    for (_, item) in report.items() {
        let Some(cert) = report.certs.get(usize::from(item.cert)) else { continue };
        let place = Place::Kept { item: Box::new(item.clone()), cert: Box::new(*cert) };
        places.push((item.stamp.stamp.seq.0, place, cert.account));
    }
    places
}

/// The same record with the reporter's word for what it says, and nothing that names its sender.
fn quoted(kept: Place) -> Place {
    let Place::Kept { item, .. } = kept else { return kept };
    let words = match item.opening.leaves.first() {
        Some(Leaf::Open { field, .. }) => Content::decode_description(field).map(|content| report::exhibit::words(&content)),
        _ => Ok(String::new()),
    };
    Place::Quote(item.stamp, words.unwrap_or_default())
}

/// What an earlier report sealed for the police.
struct Part {
    /// Messages whose pictures it opens.
    of: Vec<Commitment>,
    sealed: Vec<Vec<u8>>,
}

impl Part {
    fn of(report: &Report) -> Self {
        let pictures = report.items().filter(|(_, item)| item.opening.leaves.len() > 1);
        Self { of: pictures.map(|(_, item)| item.stamp.stamp.c).collect(), sealed: report.pictures.clone() }
    }
}

/// Bytes in front of each part in a body.
const PART_LENGTH: usize = 4;

/// A report with as much of what was sealed before as it has room for: `room` bytes of a body.
fn fitted(mut draft: Draft<'_>, mut parts: Vec<Part>, room: usize, rng: &mut impl CryptoRng) -> Result<Drafted, DraftError> {
    let (mut there, mut left_out) = (Vec::new(), Vec::new());
    if !parts.is_empty() {
        let mut bytes = draft.clone().make(rng)?.to_bytes().len();
        // A message without a picture has a part as well, and nobody misses it.
        parts.sort_by_key(|part| part.of.is_empty());
        for part in parts {
            let more: usize = part.sealed.iter().map(|sealed| PART_LENGTH + sealed.len()).sum();
            // One more is what this report seals itself.
            if bytes + more <= room && draft.kept_pictures.len() + part.sealed.len() < PARTS_MAX {
                bytes += more;
                draft.kept_pictures.extend(part.sealed);
                there.extend(part.of);
            } else {
                left_out.extend(part.of);
            }
        }
    }
    // What was kept and is in the chat as well has two.
    left_out.retain(|c| !there.contains(c));
    Ok(Drafted { report: draft.make(rng)?, left_out })
}

fn summary(Drafted { report, left_out }: &Drafted, case: &Case, file: Vec<u8>) -> MadeReport {
    let items: Vec<_> = report.items().collect();
    let is_left_out = |c: &Commitment| left_out.contains(c);
    let gaps = report.entries.iter().filter(|entry| matches!(entry, Entry::Gap(_)));
    MadeReport {
        number: case.number().to_string(),
        file,
        messages: items.len() as u64,
        closed: gaps.count() as u64,
        pictures: if report.pictures.is_empty() {
            0
        } else {
            let there = items.iter().filter(|(_, item)| !is_left_out(&item.stamp.stamp.c));
            there.map(|(_, item)| item.opening.leaves.len().saturating_sub(1) as u64).sum()
        },
        left_out: items.iter().map(|(_, item)| item.stamp.stamp).filter(|stamp| is_left_out(&stamp.c)).map(|stamp| stamp.ms.0).collect(),
        case: case.expose().to_vec(),
        brought: false,
    }
}
