//! The safety desk of one's server: what everybody knows of it, and what its members read and note.

use super::gather::certified;
use super::{DESK, DESK_GIVEN, DESK_LOOKED, DESK_PASS, police_of};
use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use crate::store::{forget_meta, meta, set_meta};
use ed25519_dalek::{Signature, VerifyingKey};
use franking::SignedState;
use report::trust::NamedServer;
use report::{Addressee, Answer, Bundle, Mark, Number, Recipients, Says, Source, Stands, Trust, seal};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use view::{AnswerStands, DeskRow, DeskSays, Refusal, ReportRefusal, SafetyRow};
use wire::desk::{Desk, Role};
use wire::{AccountId, Hash32, LogId, Millis, PassToken};

/// What opens the log of reports for a member, as the operator gave it.
pub struct DeskPass {
    pub log: LogId,
    pub pass: PassToken,
}

/// What was given in under one id.
#[derive(Serialize, Deserialize)]
struct Given {
    id: [u8; 16],
    /// Each as it was sealed, by a hash of what it says.
    records: Vec<([u8; 32], Vec<u8>)>,
}

impl Client {
    /// Takes in what the server says of its desk. Nothing is taken that its pinned identity did not sign.
    ///
    /// # Errors
    /// The device failed.
    pub fn learn_desk(&mut self, now: Millis, seed: [u8; 32], record: &[u8]) -> Result<Result<(), Refusal>, Fault> {
        self.aside(now, seed, |turn| {
            if !turn.signed_by_server(record)? {
                return Ok(Err(Refusal::Report(ReportRefusal::NoDesk)));
            }
            set_meta(turn.db, DESK, record)?;
            Ok(Ok(()))
        })
    }

    /// The desk, as far as this device knows it.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk(&self) -> Result<Option<Desk>, Fault> {
        Ok(known(&self.db)?)
    }

    /// How keeping and reporting stand here.
    pub(crate) fn safety(&self) -> Result<SafetyRow, Fault> {
        let desk = self.desk()?.as_ref().map(desk_shown);
        let (in_desk, desk_news) = (self.desk_pass()?.is_some(), self.desk_news()?);
        Ok(SafetyRow { has_box: self.has_keep_box()?, desk, in_desk, desk_news, trusted: self.trusted()? })
    }

    /// Becomes a reader of the desk's log. `code`: what the operator gave, alone or at the end of the line it was printed in.
    ///
    /// # Errors
    /// The device failed.
    pub fn join_desk(&mut self, now: Millis, seed: [u8; 32], code: &str) -> Result<Result<(), Refusal>, Fault> {
        let code = code.split_whitespace().next_back().unwrap_or_default();
        let Some((log, pass)) = code.split_once('.') else { return Ok(Err(Refusal::Report(ReportRefusal::DeskCode))) };
        let (Some(log), Some(pass)) = (LogId::from_hex(log), LogId::from_hex(pass)) else {
            return Ok(Err(Refusal::Report(ReportRefusal::DeskCode)));
        };
        self.aside(now, seed, |turn| {
            set_meta(turn.db, DESK_PASS, [log.0, pass.0].concat())?;
            // Another desk has other reports, and the server is yet to hear where to knock for it.
            forget_meta(turn.db, DESK_LOOKED)?;
            turn.session.wakes_due = true;
            Ok(())
        })?;
        Ok(Ok(()))
    }

    /// # Errors
    /// The device failed.
    pub fn desk_pass(&self) -> Result<Option<DeskPass>, Fault> {
        Ok(pass_of(&self.db)?)
    }

    /// What this device trusts when it checks a report: the program's bundle, and the stamp key that it pinned at sign-up.
    ///
    /// # Errors
    /// The device failed.
    pub fn trust(&self) -> Result<Trust, Fault> {
        Ok(Account::load(&self.db)?.map_or_else(Trust::default, trust_of))
    }

    /// What a member says of a report, sealed to the members that it is not about, and proved to be this member's. `id`: asked for again under the
    /// same one, it is the same bytes, which count once wherever they are given in.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_mark(
        &mut self,
        now: Millis,
        seed: [u8; 32],
        id: Option<&[u8; 16]>,
        (number, says, note): (&str, DeskSays, &str),
        about: &BTreeSet<AccountId>,
    ) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let no_such = || Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() });
        let Some(number) = Number::parse(number) else { return Ok(Err(no_such())) };
        if note.len() > report::body::NOTE_MAX {
            return Ok(Err(Refusal::Report(ReportRefusal::TooMuch)));
        }
        let says = match says {
            DeskSays::Looked => Says::Looked,
            DeskSays::Note => Says::Note,
            DeskSays::Open => Says::Open,
            DeskSays::PoliceFirst => Says::PoliceFirst,
            DeskSays::Closed => Says::Closed,
            DeskSays::Refused => Says::Refused,
            DeskSays::Answered => Says::Answered,
            DeskSays::Held => Says::Held,
            DeskSays::Released => Says::Released,
            DeskSays::Restricted => Says::Restricted,
            DeskSays::Lifted => Says::Lifted,
            DeskSays::AccountClosed => Says::AccountClosed,
            DeskSays::Deleted => Says::Deleted,
        };
        let what = Hash32::of(&[b"mark".as_slice(), number.as_bytes(), &[says.number()], note.as_bytes()].concat());
        self.aside(now, seed, |turn| turn.given_once(id, what, |turn| turn.desk_mark((number, says, note), about)))
    }

    /// What a member answers to who made a report, sealed to its return key and proved to be this member's. All answers have one length. `id`: as
    /// of a mark.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_answer(
        &mut self,
        now: Millis,
        seed: [u8; 32],
        id: Option<&[u8; 16]>,
        (number, stands, words): (&str, AnswerStands, &str),
        to: &Addressee,
    ) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let no_such = || Refusal::Report(ReportRefusal::NoSuchReport { number: number.to_owned() });
        let Some(number) = Number::parse(number) else { return Ok(Err(no_such())) };
        if words.len() > report::answer::WORDS_MAX {
            return Ok(Err(Refusal::Report(ReportRefusal::TooMuch)));
        }
        let stands = super::answers::stands_of(stands);
        let what = [b"answer".as_slice(), number.as_bytes(), &[stands.number()], to.as_bytes(), words.as_bytes()].concat();
        let what = Hash32::of(&what);
        self.aside(now, seed, |turn| turn.given_once(id, what, |turn| turn.desk_answer((number, stands, words), to)))
    }

    /// That this member's client reads the desk's log, for the other members.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_here(&mut self, now: Millis, seed: [u8; 32]) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        self.aside(now, seed, |turn| turn.desk_mark((Number::NONE, Says::Here, ""), &BTreeSet::new()))
    }
}

impl Turn<'_> {
    fn signed_by_server(&self, record: &[u8]) -> Result<bool, Fault> {
        let Some(server) = Account::load(self.db)?.and_then(|own| own.server) else { return Ok(false) };
        let Ok((desk, signature)) = Desk::decode(record) else { return Ok(false) };
        let key = VerifyingKey::from_bytes(&server).map_err(|_| Fault::Stored)?;
        Ok(key.verify_strict(&desk.message(), &Signature::from_bytes(&signature)).is_ok())
    }

    /// Whom a report goes to: every member of the desk that it is not about.
    pub(super) fn desk_readers(&self, about: &BTreeSet<AccountId>) -> Result<Vec<(AccountId, Addressee)>, Fault> {
        readers(self.db, about)
    }

    /// Whom the operator named for it beside the members.
    pub(super) fn named_reader(&self, role: Role) -> Result<Option<(AccountId, Addressee)>, Fault> {
        Ok(known(self.db)?.and_then(|desk| named(&desk, role)))
    }

    /// Makes what is to be given in, or gives what was made under this id to say the same. It is kept before it goes: a core that ends meanwhile
    /// leaves the next one the same bytes, and the server takes those once.
    fn given_once(
        &mut self,
        id: Option<&[u8; 16]>,
        what: Hash32,
        make: impl FnOnce(&mut Self) -> Result<Result<Vec<u8>, Refusal>, Fault>,
    ) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let Some(id) = id else { return make(self) };
        let kept: Option<Vec<u8>> = meta(self.db, DESK_GIVEN)?;
        let kept = kept.and_then(|kept| postcard::from_bytes::<Given>(&kept).ok());
        let mut given = kept.filter(|given| given.id == *id).unwrap_or(Given { id: *id, records: vec![] });
        if let Some((_, record)) = given.records.iter().find(|(said, _)| *said == what.0) {
            return Ok(Ok(record.clone()));
        }
        let made = make(self)?;
        if let Ok(record) = &made {
            given.records.push((what.0, record.clone()));
            set_meta(self.db, DESK_GIVEN, postcard::to_allocvec(&given).map_err(|_| Fault::Stored)?)?;
        }
        Ok(made)
    }

    fn desk_answer(&mut self, (number, stands, words): (Number, Stands, &str), to: &Addressee) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let Some(own) = Account::load(self.db)? else { return Ok(Err(Refusal::Report(ReportRefusal::NotInDesk))) };
        let said = (self.time()?, number, stands, words.to_owned());
        let cert = certified(&own)?;
        let answer = Answer::make(said, &self.config.authority, (&cert, own.franking_key()), &mut *self.crypto.rng());
        let to = Recipients { readers: vec![to.clone()], passphrase: None };
        let sealed = seal(&answer.map_err(|_| Fault::Stored)?, &to, &mut *self.crypto.rng());
        Ok(sealed.map_err(|_| Refusal::Report(ReportRefusal::TooMuch)))
    }

    fn desk_mark(
        &mut self,
        (number, says, note): (Number, Says, &str),
        about: &BTreeSet<AccountId>,
    ) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let no_desk = Ok(Err(Refusal::Report(ReportRefusal::NoDesk)));
        let Some(own) = Account::load(self.db)? else { return no_desk };
        // What was given to one of those alone is no business of the desk's: neither are their notes.
        let beside = known(self.db)?.and_then(|desk| beside(&desk).find(|(account, _)| *account == own.id()));
        let readers = match beside {
            Some((_, key)) => vec![key],
            None => self.desk_readers(about)?.into_iter().map(|(_, key)| key).collect(),
        };
        if readers.is_empty() {
            return no_desk;
        }
        let cert = certified(&own)?;
        let said = (self.time()?, number, says, note.to_owned());
        let mark = Mark::make(said, &self.config.authority, (&cert, own.franking_key()), &mut *self.crypto.rng());
        let sealed = seal(&mark.map_err(|_| Fault::Stored)?, &Recipients { readers, passphrase: None }, &mut *self.crypto.rng());
        Ok(sealed.map_err(|_| Refusal::Report(ReportRefusal::TooMuch)))
    }
}

/// What everybody is told of a desk.
pub fn desk_shown(desk: &Desk) -> DeskRow {
    let more = desk.more.as_ref();
    DeskRow {
        members: members(desk).len() as u32,
        hours: desk.hours,
        pictures: police_of(desk).is_some(),
        answers: more.is_some(),
        appeal: more.map(|more| more.appeal.clone()).unwrap_or_default(),
        outside: desk.named(Role::Outside).map(|named| named.name.clone()),
        lead: desk.named(Role::Lead).map(|named| named.name.clone()),
    }
}

/// What opens the log of reports on this device.
pub(crate) fn pass_of(db: &rusqlite::Connection) -> Result<Option<DeskPass>, rusqlite::Error> {
    let code: Option<Vec<u8>> = meta(db, DESK_PASS)?;
    Ok(code.and_then(|code| {
        let (log, pass) = code.split_first_chunk::<32>()?;
        Some(DeskPass { log: LogId(*log), pass: PassToken::new(pass.try_into().ok()?) })
    }))
}

/// The program's bundle, and the stamp key that this account pinned.
pub(super) fn trust_of(own: Account) -> Trust {
    let trust = Trust::default();
    let Some(stamp_key) = own.stamp_key.and_then(|key| franking::StampPublic::from_bytes(&key).ok()) else { return trust };
    let servers = vec![NamedServer { host: own.server_url, stamp_key }];
    trust.with(Bundle { authorities: vec![], servers }, Source::Pinned)
}

pub(super) fn known(db: &rusqlite::Connection) -> Result<Option<Desk>, rusqlite::Error> {
    let record: Option<Vec<u8>> = meta(db, DESK)?;
    Ok(record.and_then(|record| Desk::decode(&record).ok()).map(|(desk, _)| desk))
}

/// Members whose own AccountState holds, with the key that is sealed to.
pub(super) fn members(desk: &Desk) -> Vec<(AccountId, Addressee)> {
    desk.members.iter().filter_map(|state| account_of(state)).collect()
}

/// The members of the desk that this client knows, but those whom it is about.
pub(super) fn readers(db: &rusqlite::Connection, about: &BTreeSet<AccountId>) -> Result<Vec<(AccountId, Addressee)>, Fault> {
    let members = known(db)?.map(|desk| members(&desk)).unwrap_or_default();
    Ok(members.into_iter().filter(|(account, _)| !about.contains(account)).collect())
}

/// Whom the operator named for it beside the members, if their own AccountState holds.
pub(super) fn named(desk: &Desk, role: Role) -> Option<(AccountId, Addressee)> {
    desk.named(role).and_then(|named| account_of(&named.state))
}

/// All who are named beside the members: each reads alone what is given to them.
pub(super) fn beside(desk: &Desk) -> impl Iterator<Item = (AccountId, Addressee)> {
    Role::ALL.into_iter().filter_map(move |role| named(desk, role))
}

/// Whose AccountState it is, if it holds, and the key that is sealed to.
pub(super) fn account_of(state: &[u8]) -> Option<(AccountId, Addressee)> {
    let state = SignedState::from_bytes(state).ok()?.verify().ok()?;
    let key = Addressee::from_bytes(state.state().inbox_key.as_bytes())?;
    Some((state.state().account, key))
}

/// The key of the law enforcement desk, if the server has one.
pub(super) fn police(db: &rusqlite::Connection) -> Result<Option<Addressee>, rusqlite::Error> {
    Ok(known(db)?.as_ref().and_then(police_of))
}
