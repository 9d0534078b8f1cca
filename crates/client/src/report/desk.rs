//! The safety desk of one's server: what everybody knows of it, and what its members read and note.

use super::gather::certified;
use super::{DESK, DESK_PASS};
use crate::account::Account;
use crate::client::{Client, Fault, Turn};
use crate::store::{meta, set_meta};
use ed25519_dalek::{Signature, VerifyingKey};
use franking::{SignedState, prove_report};
use report::trust::NamedServer;
use report::{Addressee, AddresseeSecret, Bundle, Contents, Number, Reason, Recipients, Report, Reporter, Sealed, Source, Trust, seal};
use std::collections::BTreeSet;
use view::{DeskRow, Refusal, ReportRefusal, SafetyRow};
use wire::desk::Desk;
use wire::{AccountId, LogId, Millis, PassToken};

/// What opens the log of reports for a member, as the operator gave it.
pub struct DeskPass {
    pub log: LogId,
    pub pass: PassToken,
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
        let desk = self.desk()?.map(|desk| DeskRow { members: members(&desk).len() as u32, hours: desk.hours });
        Ok(SafetyRow { has_box: self.has_keep_box()?, desk })
    }

    /// Becomes a reader of the desk's log.
    ///
    /// # Errors
    /// The device failed.
    pub fn join_desk(&mut self, now: Millis, seed: [u8; 32], code: &str) -> Result<Result<(), Refusal>, Fault> {
        let Some((log, pass)) = code.trim().split_once('.') else { return Ok(Err(Refusal::Report(ReportRefusal::DeskCode))) };
        let (Some(log), Some(pass)) = (LogId::from_hex(log), LogId::from_hex(pass)) else {
            return Ok(Err(Refusal::Report(ReportRefusal::DeskCode)));
        };
        self.aside(now, seed, |turn| Ok(set_meta(turn.db, DESK_PASS, [log.0, pass.0].concat())?))?;
        Ok(Ok(()))
    }

    /// # Errors
    /// The device failed.
    pub fn desk_pass(&self) -> Result<Option<DeskPass>, Fault> {
        let code: Option<Vec<u8>> = meta(&self.db, DESK_PASS)?;
        let pass = code.and_then(|code| {
            let (log, pass) = code.split_first_chunk::<32>()?;
            Some(DeskPass { log: LogId(*log), pass: PassToken::new(pass.try_into().ok()?) })
        });
        Ok(pass)
    }

    /// Opens a record of the desk's log; nothing when it is not sealed to this account.
    ///
    /// # Errors
    /// The device failed.
    pub fn open_case(&self, record: &[u8]) -> Result<Option<Contents>, Fault> {
        let Some(secret) = self.reads_reports_with()? else { return Ok(None) };
        Ok(Sealed::parse(record).and_then(|sealed| sealed.open(&AddresseeSecret::from_seed(&secret))).ok())
    }

    /// What this device trusts when it checks a report: the program's bundle, and the stamp key that it pinned at sign-up.
    ///
    /// # Errors
    /// The device failed.
    pub fn trust(&self) -> Result<Trust, Fault> {
        let trust = Trust::default();
        let Some(own) = Account::load(&self.db)? else { return Ok(trust) };
        let Some(stamp_key) = own.stamp_key.and_then(|key| franking::StampPublic::from_bytes(&key).ok()) else { return Ok(trust) };
        let servers = vec![NamedServer { host: own.server_url, stamp_key }];
        Ok(trust.with(Bundle { authorities: vec![], servers }, Source::Pinned))
    }

    /// A note about a report, for the other members of the desk: sealed to them, and proved to be this member's.
    ///
    /// # Errors
    /// The device failed.
    pub fn desk_note(&mut self, now: Millis, seed: [u8; 32], number: &str, text: &str) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        self.aside(now, seed, |turn| turn.desk_note(number, text))
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
    pub(super) fn desk_readers(&self, about: &BTreeSet<AccountId>) -> Result<Vec<Addressee>, Fault> {
        let Some(desk) = known(self.db)? else { return Ok(vec![]) };
        Ok(members(&desk).into_iter().filter(|(account, _)| !about.contains(account)).map(|(_, key)| key).collect())
    }

    fn desk_note(&mut self, number: &str, text: &str) -> Result<Result<Vec<u8>, Refusal>, Fault> {
        let no_desk = Ok(Err(Refusal::Report(ReportRefusal::NoDesk)));
        let (Some(own), Some(number), Some(stamp_key)) = (Account::load(self.db)?, Number::parse(number), self.stamp_key()?) else {
            return no_desk;
        };
        let readers = self.desk_readers(&BTreeSet::new())?;
        if readers.is_empty() {
            return no_desk;
        }
        let cert = certified(&own)?;
        let mut note = Report {
            made: self.time()?,
            number,
            return_key: None,
            reason: Reason::SomethingElse,
            stamp_key: *stamp_key.as_bytes(),
            server: own.server_url.clone(),
            authority: *self.config.authority.as_bytes(),
            route: wire::Route([0; 32]),
            certs: vec![cert],
            states: vec![],
            handles: vec![],
            entries: vec![],
            pictures: vec![],
            note: text.to_owned(),
            reporter: Reporter::Named { cert: 0, proof: franking::Proof::from_bytes([0; 128]) },
        };
        let proof = prove_report(own.franking_key(), &self.config.authority, &note.proved_hash(), &mut *self.crypto.rng())
            .map_err(|_| Fault::Stored)?;
        note.reporter = Reporter::Named { cert: 0, proof };
        let sealed = seal(&note, &Recipients { readers, passphrase: None }, &mut *self.crypto.rng());
        Ok(sealed.map_err(|_| Refusal::Report(ReportRefusal::TooMuch)))
    }
}

fn known(db: &rusqlite::Connection) -> Result<Option<Desk>, rusqlite::Error> {
    let record: Option<Vec<u8>> = meta(db, DESK)?;
    Ok(record.and_then(|record| Desk::decode(&record).ok()).map(|(desk, _)| desk))
}

/// Members whose own AccountState holds, with the key that is sealed to.
pub(super) fn members(desk: &Desk) -> Vec<(AccountId, Addressee)> {
    let mut members = Vec::new();
    for state in &desk.members {
        let Some(state) = SignedState::from_bytes(state).ok().and_then(|state| state.verify().ok()) else { continue };
        if let Some(key) = Addressee::from_bytes(state.state().inbox_key.as_bytes()) {
            members.push((state.state().account, key));
        }
    }
    members
}

/// The key of the law enforcement desk, if the server has one.
pub(super) fn police(db: &rusqlite::Connection) -> Result<Option<Addressee>, rusqlite::Error> {
    Ok(known(db)?.and_then(|desk| desk.police).and_then(|key| Addressee::from_bytes(&key)))
}
