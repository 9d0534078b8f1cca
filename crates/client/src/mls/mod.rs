//! MLS (RFC 9420) behind one door: OpenMLS, suite 0x004E, with our randomness, our storage and our rules of who may change what.

mod crypto;
mod group;
mod identity;
mod note;
mod returning;
mod room;
mod rules;
mod storage;

pub use crypto::SeededCrypto;
pub use group::{CommitPlan, Group, GroupError, LastResort, Read, ReadError, Staged, commit_epoch, key_package_identity, make_key_package};
pub use identity::{LeafIdentity, LeafSigner};
pub use note::{Note, NoteAdded, NoteRequest, request_message};
pub use returning::{ComesBack, make_return_package};
pub use room::{Room, RoomKind};
pub use storage::{MlsStore, MlsStoreError};

use openmls::prelude::{Capabilities, Ciphersuite, CredentialType, ExtensionType, Lifetime};
use openmls_traits::OpenMlsProvider;
use rusqlite::Connection;

/// MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519. Provisional code point: a change migrates groups (docs/spec/delivery.md).
pub const SUITE: Ciphersuite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
/// Whether a suite exchanges keys so that a quantum computer of the future would not open what was recorded today.
pub fn is_post_quantum(suite: Ciphersuite) -> bool {
    // By what the suite is called: draft-ietf-mls-pq-ciphersuites names the key exchange there.
    let name = format!("{suite:?}");
    name.contains("MLKEM") || name.contains("XWING")
}

/// GroupContext: what every member must agree on (private use, RFC 9420 section 17.3).
pub const EXT_ROOM: u16 = 0xff7e;
/// LeafNode: the hash of the pass this leaf appends with.
pub const EXT_PASS: u16 = 0xff7f;
/// KeyPackage: the AccountState with which an account comes back after its devices were lost (docs/spec/vault.md). Travels sealed, inside the Commit.
pub const EXT_RETURN: u16 = 0xff7d;

/// Crypto and storage for one call into OpenMLS.
pub struct Provider<'c> {
    crypto: &'c SeededCrypto,
    storage: MlsStore<'c>,
}

impl<'c> Provider<'c> {
    pub fn new(crypto: &'c SeededCrypto, db: &'c Connection) -> Self {
        Self { crypto, storage: MlsStore::new(db, &crypto.failure) }
    }
}

impl<'c> OpenMlsProvider for Provider<'c> {
    type CryptoProvider = SeededCrypto;
    type RandProvider = SeededCrypto;
    type StorageProvider = MlsStore<'c>;

    fn storage(&self) -> &Self::StorageProvider {
        &self.storage
    }
    fn crypto(&self) -> &Self::CryptoProvider {
        self.crypto
    }
    fn rand(&self) -> &Self::RandProvider {
        self.crypto
    }
}

fn capabilities() -> Capabilities {
    let extensions = [ExtensionType::Unknown(EXT_ROOM), ExtensionType::Unknown(EXT_PASS)];
    Capabilities::new(None, Some(&[SUITE]), Some(&extensions), None, Some(&[CredentialType::Basic]))
}

/// Years: OpenMLS checks it against the system clock when receiving, and a phone's clock may be wrong. The 30 days of a KeyPackage are our own field.
fn lifetime() -> Lifetime {
    const YEAR_2200: u64 = 7_258_118_400;
    Lifetime::init(0, YEAR_2200)
}

#[cfg(test)]
mod tests;
