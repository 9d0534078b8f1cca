//! Who a leaf is: the credential holds the client's certificate and the client's signature over the leaf's own signature key.
//!
//! Each leaf has a fresh signature key, so that two groups share nothing; what is common is inside, readable by members alone.

use super::crypto::is_hpke_key;
use super::{EXT_PASS, SUITE};
use franking::{ClientCert, ClientKey, LeafCert, ValidLeaf};
use openmls::prelude::tls_codec::{DeserializeBytes as _, Serialize as _, VLBytes};
use openmls::prelude::{BasicCredential, CredentialWithKey, LeafNode, SignatureScheme};
use openmls_traits::signatures::{Signer, SignerError};
use subtle::ConstantTimeEq as _;
use wire::{AccountId, ClientId, Hash32, Millis, PassHash};

/// A leaf's certificate, signatures not yet checked.
#[derive(Debug, Clone)]
pub struct LeafIdentity {
    cert: ClientCert,
    certified: LeafCert,
    leaf_public: Vec<u8>,
    pass: Option<PassHash>,
}

/// The leaf holds no certificate, or one that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a leaf without a valid certificate")]
pub struct BadIdentity;

impl LeafIdentity {
    pub fn of(leaf: &LeafNode) -> Result<Self, BadIdentity> {
        let credential = BasicCredential::try_from(leaf.credential().clone()).map_err(|_| BadIdentity)?;
        let (cert, signature) = credential.identity().split_at_checked(ClientCert::LEN).ok_or(BadIdentity)?;
        let pass = match leaf.extensions().unknown(EXT_PASS) {
            Some(extension) => Some(PassHash::try_from(extension.0.as_slice()).map_err(|_| BadIdentity)?),
            None => None,
        };
        Ok(Self {
            cert: ClientCert::from_bytes(cert).map_err(|_| BadIdentity)?,
            certified: LeafCert(signature.try_into().map_err(|_| BadIdentity)?),
            leaf_public: leaf.signature_key().as_slice().to_vec(),
            pass,
        })
    }

    /// Checks the account's signature, the franking key's possession, the time, and that the client certified this leaf's key.
    pub fn check(&self, at: Millis) -> Result<ValidLeaf, BadIdentity> {
        let cert = self.cert.verify(at).map_err(|_| BadIdentity)?;
        self.certified.verify(&self.leaf_public, &cert).map_err(|_| BadIdentity)
    }

    pub fn account(&self) -> AccountId {
        self.cert.account
    }

    pub fn client(&self) -> ClientId {
        self.cert.client
    }

    pub fn cert_hash(&self) -> Hash32 {
        self.cert.hash()
    }

    pub fn cert_bytes(&self) -> Vec<u8> {
        self.cert.to_bytes()
    }

    pub fn leaf_public(&self) -> &[u8] {
        &self.leaf_public
    }

    /// The hash of the pass this leaf appends with; none until it has spoken for the first time.
    pub fn pass(&self) -> Option<PassHash> {
        self.pass
    }
}

/// Whether the leaf's encryption key is one. OpenMLS finds out only when it seals to it, and then no Commit can be made any more.
pub(super) fn can_be_sealed_to(leaf: &LeafNode) -> bool {
    let key = leaf.encryption_key().tls_serialize_detached().ok().and_then(|bytes| VLBytes::tls_deserialize_exact_bytes(&bytes).ok());
    key.is_some_and(|key| is_hpke_key(key.as_slice()))
}

/// Signs for one leaf.
pub struct LeafSigner {
    /// Wipes itself.
    key: ed25519_dalek::SigningKey,
    public: [u8; 32],
    credential: Vec<u8>,
}

impl LeafSigner {
    /// `seed` makes the leaf's key; `client` certifies it under `cert`.
    pub fn new(seed: &[u8; 32], client: &ClientKey, cert: &ClientCert) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = key.verifying_key().to_bytes();
        let certified = client.certify_leaf(&public, &cert.hash());
        Self { key, public, credential: [cert.to_bytes().as_slice(), &certified.0].concat() }
    }

    /// Whether it was made from this seed.
    pub fn is_of(&self, seed: &[u8; 32]) -> bool {
        bool::from(self.key.as_bytes().ct_eq(seed))
    }

    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Signs bytes that are no MLS structure; they begin with a label of their own.
    pub fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        use ed25519_dalek::Signer as _;
        self.key.sign(message).to_bytes()
    }

    pub(super) fn credential(&self) -> CredentialWithKey {
        CredentialWithKey { credential: BasicCredential::new(self.credential.clone()).into(), signature_key: self.public.to_vec().into() }
    }
}

impl Signer for LeafSigner {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        Ok(self.sign_bytes(payload).to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SUITE.signature_algorithm()
    }
}
