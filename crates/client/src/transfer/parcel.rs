//! Parcels: what is too large for an inbox record or a log (a Welcome with its ratchet tree) lies on the server as one sealed, padded blob, and
//! only its name and key travel. One parcel serves everybody whom one Commit adds (docs/spec/delivery.md, "Joining").

use crate::client::{Effect, Fault, Turn};
use crate::contact::envelope::{Parked, Welcome};
use crate::mls::SeededCrypto;
use crate::outbox::{Addressees, Intent, Row, Urgency};
use crate::session::RETRY;
use prost::Message as _;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};
use wire::limits::WELCOME_BLOB_MAX;
use wire::pad::{padded, unpadded};
use wire::{AccountId, Bearer, BlobId, DeleteToken, Hash32, Millis};

/// Bytes to be stored as a blob, and reported by [`crate::Input::Stored`] under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreJob {
    pub id: i64,
    pub bytes: Vec<u8>,
    /// For `CreateBlob`.
    pub delete_hash: Hash32,
    pub bearer: Bearer,
}

/// A blob to be fetched whole, and reported by [`crate::Input::Fetched`] under the same id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchJob {
    pub id: i64,
    pub blob: BlobId,
    /// Bytes of it.
    pub length: u64,
    pub bearer: Bearer,
}

/// Why a blob was not stored or fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobTrouble {
    /// The connection was lost: it is tried again.
    Interrupted,
    /// The server has no such blob, or does not take this one.
    Refused,
}

/// What an outbox row keeps of a parcel that is on its way.
#[derive(Serialize, Deserialize)]
struct Wrapped {
    key: [u8; 32],
    delete_token: [u8; 32],
}

/// Who announced a parcel.
enum Whence {
    Contact(AccountId),
    Chat(i64),
}

/// A parcel refused by the server is offered again after this long: a quota ends with its day.
const REFUSED_RETRY: u64 = 10 * 60 * 1000;
const LABEL: &[u8] = b"treehouse/1 parcel";

/// As long as a number of the padding set.
fn wrap(crypto: &SeededCrypto, key: &[u8; 32], plain: &[u8]) -> Result<Vec<u8>, Fault> {
    crypto.seal_once(key, &padded(plain, SeededCrypto::TAG), LABEL).ok_or(Fault::Stored)
}

/// Nothing when it is not what was wrapped under this key.
fn unwrap(crypto: &SeededCrypto, key: &[u8; 32], sealed: &[u8]) -> Option<Vec<u8>> {
    unpadded(&crypto.open_once(key, sealed, LABEL)?)
}

impl Turn<'_> {
    /// Hands a parcel to the shell; its bytes and key stay the same until it is stored.
    pub fn drive_park(&mut self, row: &Row, welcome: &[u8]) -> Result<(), Fault> {
        let Some(bearer) = self.session.bearer.clone() else { return Ok(()) };
        let (bytes, wrapped) = match (&row.attempt, &row.attempt_meta) {
            (Some(bytes), Some(meta)) => (bytes.clone(), postcard::from_bytes::<Wrapped>(meta).map_err(|_| Fault::Stored)?),
            _ => {
                let wrapped = Wrapped { key: self.random(), delete_token: self.random() };
                let bytes = wrap(self.crypto, &wrapped.key, welcome)?;
                let meta = postcard::to_allocvec(&wrapped).map_err(|_| Fault::Stored)?;
                self.db
                    .prepare_cached("UPDATE outbox SET attempt = ?2, attempt_meta = ?3 WHERE id = ?1")?
                    .execute(params![row.id, bytes, meta])?;
                (bytes, wrapped)
            }
        };
        self.session.busy.insert(row.id);
        let delete_hash = DeleteToken::new(wrapped.delete_token).hash();
        self.effects.push(Effect::Store(Box::new(StoreJob { id: row.id, bytes, delete_hash, bearer })));
        Ok(())
    }

    /// A parcel of ours lies on the server, or does not: those whom it is for are told where.
    pub fn parcel_stored(&mut self, id: i64, outcome: Result<BlobId, BlobTrouble>) -> Result<(), Fault> {
        let Some(row) = self.outbox_row(id)? else { return Ok(()) };
        let (Intent::Park { addressees, welcome }, Some(bytes), Some(meta)) = (&row.intent, &row.attempt, &row.attempt_meta) else {
            return Ok(());
        };
        self.session.busy.remove(&id);
        match outcome {
            Ok(blob) if blob == BlobId::of(bytes) => {}
            Ok(_) | Err(BlobTrouble::Refused) => return self.park_later(id, REFUSED_RETRY),
            Err(BlobTrouble::Interrupted) => return self.park_later(id, RETRY),
        }
        let wrapped: Wrapped = postcard::from_bytes(meta).map_err(|_| Fault::Stored)?;
        let (blob, length) = (BlobId::of(bytes), bytes.len() as u64);
        self.db
            .prepare_cached("INSERT OR IGNORE INTO own_blob (blob, delete_token) VALUES (?1, ?2)")?
            .execute(params![blob.0, wrapped.delete_token])?;
        let welcome = Welcome::decode(welcome.as_slice()).map_err(|_| Fault::Stored)?;
        let parked = Parked { blob: blob.0.to_vec(), key: wrapped.key.to_vec(), length };
        let named = Welcome { welcome: vec![], tree: vec![], parked: Some(parked), ..welcome };
        self.send_welcomes(row.chat, addressees, &named)?;
        self.outbox_done(id)
    }

    fn park_later(&mut self, id: i64, wait: u64) -> Result<(), Fault> {
        let at = self.now.plus(wait);
        self.session.later.insert(id, at);
        self.wake(at);
        Ok(())
    }

    /// Leaves a Welcome for everybody whom it is for.
    pub fn send_welcomes(&mut self, chat: Option<i64>, addressees: &Addressees, welcome: &Welcome) -> Result<(), Fault> {
        match addressees {
            Addressees::Invited(invited) => {
                for (account, pass) in invited {
                    let welcome = Welcome { pass: pass.to_vec(), ..welcome.clone() };
                    let invite = Intent::Invite { account: *account, welcome: welcome.encode_to_vec() };
                    self.intend(None, chat, None, Urgency::Ordinary, &invite)?;
                }
                Ok(())
            }
            Addressees::Rejoining { log, epoch } => self.answer_rejoin(chat, *log, *epoch, welcome),
        }
    }

    /// A Welcome whose contents have to be fetched first: from a contact, or in the log of a chat that is broken here.
    pub fn parcel_announced(&mut self, sender: Option<&AccountId>, chat: Option<i64>, welcome: &Welcome) -> Result<(), Fault> {
        self.db.prepare_cached("INSERT INTO parcel (sender, chat, welcome) VALUES (?1, ?2, ?3)")?.execute(params![
            sender.map(|sender| sender.0),
            chat,
            welcome.encode_to_vec()
        ])?;
        Ok(())
    }

    /// Asks the shell for every parcel that is still to be fetched.
    pub fn drive_parcels(&mut self) -> Result<(), Fault> {
        let Some(bearer) = self.session.bearer.clone() else { return Ok(()) };
        let waiting: Vec<(i64, Vec<u8>)> = self
            .db
            .prepare_cached("SELECT id, welcome FROM parcel ORDER BY id")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (id, welcome) in waiting {
            match self.session.fetching.get(&id).copied() {
                Some(at) if at > self.now => {
                    if at < Millis(u64::MAX) {
                        self.wake(at);
                    }
                    continue;
                }
                _ => {}
            }
            let Some((blob, length)) = Welcome::decode(welcome.as_slice()).ok().and_then(|welcome| place_of(&welcome)) else {
                self.parcel_gone(id)?;
                continue;
            };
            self.session.fetching.insert(id, Millis(u64::MAX));
            self.effects.push(Effect::Fetch(Box::new(FetchJob { id, blob, length, bearer: bearer.clone() })));
        }
        Ok(())
    }

    pub fn parcel_fetched(&mut self, id: i64, outcome: Result<Vec<u8>, BlobTrouble>) -> Result<(), Fault> {
        let Some((whence, welcome)) = self.parcel(id)? else { return Ok(()) };
        let bytes = match outcome {
            Ok(bytes) => bytes,
            Err(BlobTrouble::Refused) => return self.parcel_gone(id),
            Err(BlobTrouble::Interrupted) => {
                let at = self.now.plus(RETRY);
                self.session.fetching.insert(id, at);
                self.wake(at);
                return Ok(());
            }
        };
        self.parcel_gone(id)?;
        let named = place_of(&welcome).is_some_and(|(blob, _)| blob == BlobId::of(&bytes));
        let key = welcome.parked.as_ref().and_then(|parked| <[u8; 32]>::try_from(parked.key.as_slice()).ok());
        let opened = key.filter(|_| named).and_then(|key| unwrap(self.crypto, &key, &bytes));
        let Some(Ok(inside)) = opened.map(|plain| Welcome::decode(plain.as_slice())) else { return Ok(()) };
        // What is inside serves everybody; what belongs to this joiner alone stood beside it.
        let whole = Welcome { welcome: inside.welcome, tree: inside.tree, parked: None, ..welcome };
        match whence {
            Whence::Contact(sender) => self.welcome_here(&sender, whole),
            Whence::Chat(chat) => self.rejoin(chat, &whole),
        }
    }

    fn parcel(&self, id: i64) -> Result<Option<(Whence, Welcome)>, Fault> {
        type Columns = (Option<[u8; 32]>, Option<i64>, Vec<u8>);
        let row: Option<Columns> = self
            .db
            .prepare_cached("SELECT sender, chat, welcome FROM parcel WHERE id = ?1")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((sender, chat, welcome)) = row else { return Ok(None) };
        let whence = match (sender, chat) {
            (Some(sender), _) => Whence::Contact(AccountId(sender)),
            (None, Some(chat)) => Whence::Chat(chat),
            (None, None) => return Err(Fault::Stored),
        };
        Ok(Some((whence, Welcome::decode(welcome.as_slice()).map_err(|_| Fault::Stored)?)))
    }

    fn parcel_gone(&mut self, id: i64) -> Result<(), Fault> {
        self.session.fetching.remove(&id);
        self.db.prepare_cached("DELETE FROM parcel WHERE id = ?1")?.execute([id])?;
        Ok(())
    }
}

/// Which blob a parked Welcome lies in, if its length is one that a parcel may have.
fn place_of(welcome: &Welcome) -> Option<(BlobId, u64)> {
    let parked = welcome.parked.as_ref()?;
    let blob = BlobId::try_from(parked.blob.as_slice()).ok()?;
    (1..=WELCOME_BLOB_MAX).contains(&parked.length).then_some((blob, parked.length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;
    use wire::pad::is_padme;

    #[test]
    fn a_parcel_opens_under_its_key_alone_and_has_a_padded_length() {
        let crypto = SeededCrypto::new(ChaCha20Rng::from_seed([1; 32]));
        for length in [0, 1, 300, 70_000] {
            let plain = vec![7; length];
            let sealed = wrap(&crypto, &[1; 32], &plain).unwrap();
            assert!(is_padme(sealed.len() as u64), "{length}");
            assert_eq!(unwrap(&crypto, &[1; 32], &sealed), Some(plain));
            assert_eq!(unwrap(&crypto, &[2; 32], &sealed), None);
            assert_eq!(unwrap(&crypto, &[1; 32], &sealed[..sealed.len() - 1]), None);
        }
    }

    #[test]
    fn a_parcel_that_is_named_too_large_is_not_fetched() {
        let parked = |length| Welcome { parked: Some(Parked { blob: vec![1; 32], key: vec![2; 32], length }), ..Welcome::default() };
        assert!(place_of(&parked(WELCOME_BLOB_MAX)).is_some());
        assert!(place_of(&parked(WELCOME_BLOB_MAX + 1)).is_none() && place_of(&parked(0)).is_none());
        assert!(place_of(&Welcome::default()).is_none());
    }
}
