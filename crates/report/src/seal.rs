//! A report as a file: the body under a key of its own, and slots that give this key to the addressees alone.
//!
//! ChaCha20-Poly1305 fixes neither its key nor its plaintext: one ciphertext can be made that opens to one text for a desk and to another for a court.
//! The body therefore has a commitment to key and header in front (as in Albertini, Duong, Gueron, Kölbl, Luykx, Schmieg 2022, "How to Abuse and
//! Fix Authenticated Encryption Without Key Commitment", section 5.1): cipher key and commitment are both HMACs under the one key that the slots give.

use crate::addressee::{Addressee, AddresseeSecret, Cost, ENC, Passphrase};
use crate::answer::{self, Answer, Withdrawal};
use crate::body::{BODY_MAX, Malformed, Report};
use crate::label;
use crate::mark::{self, Mark};
use crate::told::{self, Told};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use franking::encode::{Reader, mac};
use hpke::{Deserializable as _, OpModeR, OpModeS, Serializable as _, aead::ChaCha20Poly1305 as HpkeChaCha, kdf::HkdfSha256, kem::XWing};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use wire::limits::INBOX_PAD_FLOOR;
use wire::pad::inbox_size;
use zeroize::Zeroizing;

/// What every report file begins with; the last byte is the format.
pub const MAGIC: &[u8; 16] = b"treehouse-thr-\0\x01";
/// Slots that are not of a passphrase are filled up to a multiple of this, so that their number does not tell who was left out.
const SLOTS_STEP: usize = 4;
/// Slots of one report.
pub const SLOTS_MAX: usize = 64;
/// Bytes of a whole file: the largest body, padded, and the slots.
pub const FILE_MAX: usize = 2 * BODY_MAX + 256 * 1024;

/// Bytes of a body that can be dropped at a desk: padded it has 256 KiB, and slots for a desk of the largest kind come on top
/// ([`wire::limits::REPORT_MAX`]).
pub const DESK_BODY_MAX: usize = 256 * 1024 - LENGTH - TAG;

const INFO: &[u8] = b"treehouse/1 report";
const KEY: usize = 32;
const TAG: usize = 16;
const LENGTH: usize = 4;
const COMMITMENT: usize = 32;

/// Slots of an answer: that of the report which it is for, and those that are nobody's.
const ANSWER_SLOTS: usize = SLOTS_STEP;
/// Bytes of an answer as a file, whatever it says.
pub const ANSWER_FILE: usize = PREAMBLE + 1 + ANSWER_SLOTS * (1 + ENC + KEY + TAG) + COMMITMENT + LENGTH + INBOX_PAD_FLOOR;
// The longest words are padded to what the shortest are.
const _: () = assert!(LENGTH + answer::ANSWER_MAX + TAG <= INBOX_PAD_FLOOR);

/// Who is to open what.
#[derive(Debug, Clone, Default)]
pub struct Recipients<'a> {
    /// People's keys.
    pub readers: Vec<Addressee>,
    /// An officer's one-time passphrase.
    pub passphrase: Option<&'a Passphrase>,
}

/// Why a report is not sealed: we were misused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("a report is for nobody")]
    Nobody,
    #[error("too many addressees")]
    TooMany,
    #[error("a report that is too long")]
    TooLong,
    #[error("a key did not take it")]
    Key,
}

/// Why a file does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    #[error("not a report")]
    NotAReport,
    #[error("a report of a newer program")]
    TooNew,
    #[error("sealed for somebody else")]
    NotForYou,
    #[error("not as it was sealed")]
    Altered,
    #[error("what is sealed is no report")]
    Malformed(#[from] Malformed),
}

/// What can be sealed into a file.
pub trait Sealable {
    /// The body.
    fn body(&self) -> Vec<u8>;
}

impl Sealable for Report {
    fn body(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Sealable for Told {
    fn body(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Sealable for Answer {
    fn body(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Sealable for Withdrawal {
    fn body(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

impl Sealable for Mark {
    fn body(&self) -> Vec<u8> {
        self.to_bytes()
    }
}

/// Seals a report. There is no way to write one that anybody can open.
///
/// # Errors
/// No addressee, too many, or more than fits.
pub fn seal(report: &impl Sealable, to: &Recipients<'_>, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
    let body = Zeroizing::new(report.body());
    if to.readers.is_empty() && to.passphrase.is_none() {
        return Err(SealError::Nobody);
    }
    if body.len() > BODY_MAX {
        return Err(SealError::TooLong);
    }
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    let key = fresh(rng);
    let mut header = [MAGIC.as_slice(), &id].concat();
    let slots = slots(&header, &key, to, rng)?;
    header.push(u8::try_from(slots.len()).map_err(|_| SealError::TooMany)?);
    slots.iter().for_each(|slot| header.extend_from_slice(slot));
    let closed = close(&header, &key, &body)?;
    Ok([header, closed].concat())
}

fn fresh(rng: &mut impl CryptoRng) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rng.fill_bytes(&mut *key);
    key
}

/// The slots in an order that says nothing. Some are nobody's.
fn slots(preamble: &[u8], key: &[u8; 32], to: &Recipients<'_>, rng: &mut impl CryptoRng) -> Result<Vec<Vec<u8>>, SealError> {
    let mut slots = Vec::new();
    for reader in &to.readers {
        slots.push(slot(preamble, key, reader, rng)?);
    }
    while !slots.is_empty() && !slots.len().is_multiple_of(SLOTS_STEP) {
        let nobody = AddresseeSecret::generate(rng).public();
        slots.push(slot(preamble, &fresh(rng), &nobody, rng)?);
    }
    // Fisher and Yates; the bias of a byte over so few slots tells nothing.
    for last in (1..slots.len()).rev() {
        let mut byte = [0; 2];
        rng.fill_bytes(&mut byte);
        slots.swap(last, usize::from(u16::from_be_bytes(byte)) % (last + 1));
    }
    if let Some(passphrase) = to.passphrase {
        slots.push(passphrase_slot(preamble, key, passphrase, rng)?);
    }
    if slots.len() > SLOTS_MAX { Err(SealError::TooMany) } else { Ok(slots) }
}

const SLOT_KEY: u8 = 1;
const SLOT_PASSPHRASE: u8 = 2;

/// What the passphrase of a locked secret is bound to.
const LOCK: &[u8] = b"treehouse/1 keep box";

/// Puts a secret behind a passphrase, for a device's own store: the slot of a file, and nothing else.
pub fn lock(passphrase: &Passphrase, secret: &AddresseeSecret, rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
    passphrase_slot(LOCK, secret.expose(), passphrase, rng).ok()
}

/// Takes it out again; nothing when the passphrase is another.
pub fn unlock(passphrase: &Passphrase, locked: &[u8]) -> Option<AddresseeSecret> {
    let mut reader = Reader::new(locked);
    let slot = read_slot(&mut reader).ok()?;
    reader.end().ok()?;
    let key = slot.opened(LOCK, passphrase)?.ok()?;
    Some(AddresseeSecret::from_seed(&key))
}

/// `1 | encapsulated key 1120 | sealed key 48`.
fn slot(preamble: &[u8], key: &[u8; 32], reader: &Addressee, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
    let public = <XWing as hpke::Kem>::PublicKey::from_bytes(reader.as_bytes()).map_err(|_| SealError::Key)?;
    let (enc, sealed) = hpke::single_shot_seal_with_rng::<HpkeChaCha, HkdfSha256, XWing>(&OpModeS::Base, &public, INFO, key, preamble, rng)
        .map_err(|_| SealError::Key)?;
    Ok([[SLOT_KEY].as_slice(), &enc.to_bytes(), &sealed].concat())
}

/// `2 | salt 16 | KiB 4 | passes 4 | lanes 1 | commitment 32 | sealed key 48`.
fn passphrase_slot(preamble: &[u8], key: &[u8; 32], passphrase: &Passphrase, rng: &mut impl CryptoRng) -> Result<Vec<u8>, SealError> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let cost = Cost::USUAL;
    let stretched = passphrase.stretch(&salt, cost).ok_or(SealError::Key)?;
    let commitment = mac(&stretched, label::PASSPHRASE_COMMITMENT, &[preamble]);
    let cipher = Zeroizing::new(mac(&stretched, label::PASSPHRASE_KEY, &[preamble]));
    let sealed = encrypt(&cipher, key).ok_or(SealError::Key)?;
    let lanes = [u8::try_from(cost.lanes).unwrap_or(u8::MAX)];
    Ok([[SLOT_PASSPHRASE].as_slice(), &salt, &cost.kib.to_be_bytes(), &cost.passes.to_be_bytes(), &lanes, &commitment, &sealed].concat())
}

/// `commitment 32 | length 4 | ciphertext`: the ciphertext has a length of 4 KiB * 2^n.
fn close(header: &[u8], key: &[u8; 32], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let size = inbox_size(LENGTH + plain.len() + TAG) - TAG;
    let mut padded = Zeroizing::new(Vec::with_capacity(size));
    padded.extend_from_slice(&u32::try_from(plain.len()).map_err(|_| SealError::TooLong)?.to_be_bytes());
    padded.extend_from_slice(plain);
    padded.resize(size, 0);
    let cipher = Zeroizing::new(mac(key, label::CIPHER_KEY, &[header]));
    let sealed = encrypt(&cipher, &padded).ok_or(SealError::Key)?;
    let length = u32::try_from(sealed.len()).map_err(|_| SealError::TooLong)?;
    Ok([mac(key, label::KEY_COMMITMENT, &[header]).as_slice(), &length.to_be_bytes(), &sealed].concat())
}

/// One key, one message: the nonce is zero.
fn encrypt(key: &[u8; 32], plain: &[u8]) -> Option<Vec<u8>> {
    ChaCha20Poly1305::new(key.into()).encrypt(&Nonce::default(), Payload { msg: plain, aad: &[] }).ok()
}

fn decrypt(key: &[u8; 32], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    ChaCha20Poly1305::new(key.into()).decrypt(&Nonce::default(), Payload { msg: sealed, aad: &[] }).ok().map(Zeroizing::new)
}

/// A report file, before it is opened.
pub struct Sealed<'a> {
    header: &'a [u8],
    slots: Vec<Slot<'a>>,
    commitment: [u8; 32],
    ciphertext: &'a [u8],
}

enum Slot<'a> {
    Key { enc: &'a [u8], sealed: &'a [u8] },
    Passphrase { salt: [u8; 16], cost: Cost, commitment: [u8; 32], sealed: &'a [u8] },
}

impl Slot<'_> {
    /// What a passphrase opens; nothing when it opens nothing here.
    fn opened(&self, preamble: &[u8], passphrase: &Passphrase) -> Option<Result<Zeroizing<[u8; 32]>, UnsealError>> {
        let Self::Passphrase { salt, cost, commitment, sealed } = self else { return None };
        let stretched = passphrase.stretch(salt, *cost)?;
        let made = mac(&stretched, label::PASSPHRASE_COMMITMENT, &[preamble]);
        if !bool::from(made.ct_eq(commitment)) {
            return None;
        }
        let cipher = Zeroizing::new(mac(&stretched, label::PASSPHRASE_KEY, &[preamble]));
        Some(decrypt(&cipher, sealed).and_then(key_of).ok_or(UnsealError::Altered))
    }
}

/// What is in a file, by the first byte of its body. No check takes anything but a [`Report`].
#[derive(Debug)]
pub enum Inside {
    Report(Box<Contents>),
    Told(Box<Told>),
    Mark(Box<Mark>),
    Answer(Box<Answer>),
    Withdrawal(Withdrawal),
}

impl Inside {
    fn of(body: Zeroizing<Vec<u8>>) -> Result<Self, UnsealError> {
        Ok(match body.first() {
            Some(&answer::KIND) => Self::Answer(Box::new(Answer::from_bytes(&body)?)),
            Some(&answer::KIND_WITHDRAWAL) => Self::Withdrawal(Withdrawal::from_bytes(&body)?),
            Some(&told::KIND | &told::KIND_ANSWERABLE) => Self::Told(Box::new(Told::from_bytes(&body)?)),
            Some(&mark::KIND) => Self::Mark(Box::new(Mark::from_bytes(&body)?)),
            _ => Self::Report(Box::new(Contents { report: Report::from_bytes(&body)?, body })),
        })
    }
}

/// A report, opened.
pub struct Contents {
    pub report: Report,
    /// The bytes it came in.
    pub body: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contents({} bytes, [redacted])", self.body.len())
    }
}

impl std::fmt::Debug for Sealed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} slots)", self.slots.len())
    }
}

/// The first bytes of the preamble: the magic and the random id that slots are bound to.
const PREAMBLE: usize = MAGIC.len() + 16;

impl<'a> Sealed<'a> {
    /// # Errors
    /// It is not a report, is cut short, or goes on behind its end.
    pub fn parse(file: &'a [u8]) -> Result<Self, UnsealError> {
        let magic = file.first_chunk::<16>().ok_or(UnsealError::NotAReport)?;
        if magic != MAGIC {
            return Err(if magic[..15] == MAGIC[..15] { UnsealError::TooNew } else { UnsealError::NotAReport });
        }
        if file.len() > FILE_MAX {
            return Err(UnsealError::Altered);
        }
        let altered = |_: Malformed| UnsealError::Altered;
        let mut reader = Reader::new(file);
        reader.take(PREAMBLE).map_err(altered)?;
        let count = usize::from(reader.u8().map_err(altered)?);
        if count > SLOTS_MAX {
            return Err(UnsealError::Altered);
        }
        let slots = (0..count).map(|_| read_slot(&mut reader)).collect::<Result<Vec<_>, _>>().map_err(altered)?;
        // Each of them costs a reader what the first one does: a file has one passphrase.
        if slots.iter().filter(|slot| matches!(slot, Slot::Passphrase { .. })).count() > 1 {
            return Err(UnsealError::Altered);
        }
        let header = &file[..file.len() - reader.rest().len()];
        let commitment = reader.array().map_err(altered)?;
        let length = usize::try_from(reader.u32().map_err(altered)?).map_err(|_| UnsealError::Altered)?;
        if length > 2 * BODY_MAX || inbox_size(length) != length {
            return Err(UnsealError::Altered);
        }
        let ciphertext = reader.take(length).map_err(altered)?;
        reader.end().map_err(altered)?;
        Ok(Self { header, slots, commitment, ciphertext })
    }

    /// Whether a passphrase opens it.
    pub fn takes_passphrase(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot, Slot::Passphrase { .. }))
    }

    /// Opens whatever it is, with the key of an addressee.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn look(&self, secret: &AddresseeSecret) -> Result<Inside, UnsealError> {
        Inside::of(self.opened(&*self.granted(secret)?)?)
    }

    /// Opens whatever it is, with the passphrase.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn look_with(&self, passphrase: &Passphrase) -> Result<Inside, UnsealError> {
        Inside::of(self.opened(&*self.granted_by(passphrase)?)?)
    }

    /// Opens a report with the key of an addressee.
    ///
    /// # Errors
    /// [`UnsealError::NotForYou`], or it is not as it was sealed.
    pub fn open(&self, secret: &AddresseeSecret) -> Result<Contents, UnsealError> {
        self.contents(&*self.granted(secret)?)
    }

    /// Opens it with the passphrase.
    ///
    /// # Errors
    /// As [`Sealed::open`].
    pub fn open_with(&self, passphrase: &Passphrase) -> Result<Contents, UnsealError> {
        self.contents(&*self.granted_by(passphrase)?)
    }

    fn granted_by(&self, passphrase: &Passphrase) -> Result<Zeroizing<[u8; 32]>, UnsealError> {
        let opened = self.slots.iter().find_map(|slot| slot.opened(&self.header[..PREAMBLE], passphrase));
        opened.unwrap_or(Err(UnsealError::NotForYou))
    }

    fn contents(&self, key: &[u8; 32]) -> Result<Contents, UnsealError> {
        let body = self.opened(key)?;
        Ok(Contents { report: Report::from_bytes(&body)?, body })
    }

    /// Every slot is tried: none says whose it is.
    fn granted(&self, secret: &AddresseeSecret) -> Result<Zeroizing<[u8; 32]>, UnsealError> {
        let private = secret.private();
        self.slots.iter().find_map(|slot| self.grant(slot, &private)).ok_or(UnsealError::NotForYou)
    }

    /// What a slot gives, if it is of this key.
    fn grant(&self, slot: &Slot<'_>, private: &<XWing as hpke::Kem>::PrivateKey) -> Option<Zeroizing<[u8; 32]>> {
        let Slot::Key { enc, sealed } = slot else { return None };
        let enc = <XWing as hpke::Kem>::EncappedKey::from_bytes(enc).ok()?;
        let preamble = &self.header[..PREAMBLE];
        let grant = hpke::single_shot_open::<HpkeChaCha, HkdfSha256, XWing>(&OpModeR::Base, private, &enc, INFO, sealed, preamble);
        grant.ok().map(Zeroizing::new).and_then(key_of)
    }

    fn opened(&self, key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let made = mac(key, label::KEY_COMMITMENT, &[self.header]);
        if !bool::from(made.ct_eq(&self.commitment)) {
            return Err(UnsealError::Altered);
        }
        let cipher = Zeroizing::new(mac(key, label::CIPHER_KEY, &[self.header]));
        let padded = decrypt(&cipher, self.ciphertext).ok_or(UnsealError::Altered)?;
        let (length, rest) = padded.split_first_chunk::<LENGTH>().ok_or(UnsealError::Altered)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| UnsealError::Altered)?;
        let (plain, zeros) = rest.split_at_checked(length).ok_or(UnsealError::Altered)?;
        // Any other padding would be a place for words that no verdict shows.
        let exact = padded.len() + TAG == inbox_size(LENGTH + plain.len() + TAG) && zeros.iter().all(|byte| *byte == 0);
        if exact { Ok(Zeroizing::new(plain.to_vec())) } else { Err(UnsealError::Altered) }
    }
}

/// An answer, before it is opened. What has not the one length of an answer and its slots is none, and no key is tried on it.
#[derive(Debug)]
pub struct SealedAnswer<'a>(Sealed<'a>);

impl<'a> SealedAnswer<'a> {
    /// Nothing when it is none.
    pub fn parse(record: &'a [u8]) -> Option<Self> {
        if record.len() != ANSWER_FILE {
            return None;
        }
        Sealed::parse(record).ok().filter(|sealed| sealed.slots.len() == ANSWER_SLOTS).map(Self)
    }

    /// What the return key of a report opens; nothing when it is for another.
    ///
    /// # Security
    /// Every slot is tried, also those behind one that opens: the time that it takes tells nobody whose key one of them is of. With two of one key it
    /// is no answer.
    pub fn open(&self, secret: &AddresseeSecret) -> Option<Answer> {
        let Self(sealed) = self;
        let private = secret.private();
        let granted: Vec<_> = sealed.slots.iter().filter_map(|slot| sealed.grant(slot, &private)).collect();
        let [key] = granted.as_slice() else { return None };
        Answer::from_bytes(&sealed.opened(key).ok()?).ok()
    }
}

fn key_of(granted: Zeroizing<Vec<u8>>) -> Option<Zeroizing<[u8; 32]>> {
    granted.as_slice().try_into().ok().map(Zeroizing::new)
}

fn read_slot<'a>(reader: &mut Reader<'a>) -> Result<Slot<'a>, Malformed> {
    match reader.u8()? {
        SLOT_KEY => Ok(Slot::Key { enc: reader.take(ENC)?, sealed: reader.take(KEY + TAG)? }),
        SLOT_PASSPHRASE => {
            let salt = reader.array()?;
            let cost = Cost { kib: reader.u32()?, passes: reader.u32()?, lanes: u32::from(reader.u8()?) };
            if !cost.acceptable() {
                return Err(Malformed::Limit);
            }
            Ok(Slot::Passphrase { salt, cost, commitment: reader.array()?, sealed: reader.take(KEY + TAG)? })
        }
        _ => Err(Malformed::Choice),
    }
}
