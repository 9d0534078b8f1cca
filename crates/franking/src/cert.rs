//! Certificates: an account's identity key names its clients, and a client names its MLS leaf keys.

use crate::encode::{Label, Malformed, Reader, VERSION, framed, hash};
use crate::keys::{ClientKey, ClientPublic, Ed25519Public, FrankingKey, FrankingPublic, IdentityKey, SignatureBytes};
use crate::proof::{Possession, ProofError, prove_possession, verify_possession};
use rand_core::CryptoRng;
use wire::{AccountId, ClientId, Hash32, Millis};

/// What kind of program a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Native,
    /// A session in a browser: it never holds the account's secret and cannot add clients.
    Web,
}

/// From when to when a certificate is valid: `not_before <= t < not_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub not_before: Millis,
    pub not_after: Millis,
}

impl Validity {
    pub fn covers(&self, at: Millis) -> bool {
        self.not_before <= at && at < self.not_after
    }
}

/// Says that a client belongs to an account, with its keys. Well-formed; its signature and proof of possession are checked by
/// [`ClientCert::verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientCert {
    pub account: AccountId,
    pub client: ClientId,
    pub client_key: ClientPublic,
    pub franking_key: FrankingPublic,
    pub class: Class,
    pub validity: Validity,
    possession: Possession,
    signature: SignatureBytes,
}

/// Why a certificate does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertError {
    #[error("the account is not a usable identity key")]
    Account,
    #[error("not signed by the account's identity key")]
    Signature,
    #[error("the client does not possess the franking key")]
    Possession,
    #[error("not valid at that time")]
    Time,
    #[error("the MLS leaf key is not certified by this client")]
    Leaf,
    #[error("a certificate that ends before it begins")]
    Validity,
    #[error("no proof of possession could be made")]
    Unprovable,
}

impl From<ProofError> for CertError {
    fn from(_: ProofError) -> Self {
        Self::Unprovable
    }
}

impl ClientCert {
    /// The length of the encoding.
    pub const LEN: usize = 258;

    /// Makes the certificate of a client whose keys are at hand.
    ///
    /// # Errors
    /// [`CertError::Validity`] if `validity` is empty.
    pub fn issue(
        identity: &IdentityKey,
        client: ClientId,
        client_key: &ClientKey,
        franking_key: &FrankingKey,
        class: Class,
        validity: Validity,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, CertError> {
        CertRequest::new(identity.account(), client, client_key, franking_key, class, validity, rng)?.sign(identity)
    }

    /// `version 1 | account 32 | client 16 | client key 32 | franking key 32 | class 1 | not before 8 | not after 8 | possession 64 | signature 64`.
    pub fn encode(&self) -> Vec<u8> {
        [self.body().as_slice(), &self.possession, &self.signature].concat()
    }

    /// # Errors
    /// Another length or version, an unknown class, a key that is not canonical or not usable, an empty validity.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let cert = Self::read(&mut reader)?;
        reader.end()?;
        Ok(cert)
    }

    /// Names this certificate in contexts and MLS leaves: the hash of all its bytes.
    pub fn hash(&self) -> Hash32 {
        Hash32(hash(Label::CERT, &[&self.encode()]))
    }

    /// Checks signature, proof of possession and time.
    ///
    /// # Errors
    /// What does not hold.
    pub fn verify(&self, at: Millis) -> Result<ValidCert, CertError> {
        if !self.validity.covers(at) {
            return Err(CertError::Time);
        }
        let body = self.body();
        let identity = Ed25519Public::parse(&self.account.0).map_err(|_| CertError::Account)?;
        if !identity.holds(&framed(Label::CERT_SIGNATURE, &[&body, &self.possession]), &self.signature) {
            return Err(CertError::Signature);
        }
        verify_possession(&self.franking_key, &body, &self.possession).map_err(|_| CertError::Possession)?;
        Ok(ValidCert { cert: *self, hash: self.hash() })
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Malformed> {
        reader.version()?;
        let cert = Self {
            account: AccountId(reader.array()?),
            client: ClientId(reader.array()?),
            client_key: ClientPublic::from_bytes(&reader.array()?)?,
            franking_key: FrankingPublic::from_bytes(&reader.array()?)?,
            class: match reader.u8()? {
                1 => Class::Native,
                2 => Class::Web,
                _ => return Err(Malformed::Choice),
            },
            validity: Validity { not_before: Millis(reader.u64()?), not_after: Millis(reader.u64()?) },
            possession: reader.array()?,
            signature: reader.array()?,
        };
        if cert.validity.not_before >= cert.validity.not_after { Err(Malformed::Contradiction) } else { Ok(cert) }
    }

    fn body(&self) -> Vec<u8> {
        let class = match self.class {
            Class::Native => 1,
            Class::Web => 2,
        };
        [
            [VERSION].as_slice(),
            self.account.as_bytes(),
            self.client.as_bytes(),
            self.client_key.as_bytes(),
            self.franking_key.as_bytes(),
            &[class],
            &self.validity.not_before.0.to_be_bytes(),
            &self.validity.not_after.0.to_be_bytes(),
        ]
        .concat()
    }
}

/// A certificate with its proof of possession but not yet the account's signature: what a new client hands to the one that holds the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertRequest(ClientCert);

impl CertRequest {
    /// # Errors
    /// [`CertError::Validity`] if `validity` is empty.
    pub fn new(
        account: AccountId,
        client: ClientId,
        client_key: &ClientKey,
        franking_key: &FrankingKey,
        class: Class,
        validity: Validity,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, CertError> {
        if validity.not_before >= validity.not_after {
            return Err(CertError::Validity);
        }
        let (client_key, public) = (client_key.public(), *franking_key.public());
        let mut cert =
            ClientCert { account, client, client_key, franking_key: public, class, validity, possession: [0; 64], signature: [0; 64] };
        cert.possession = prove_possession(franking_key, &cert.body(), rng)?;
        Ok(Self(cert))
    }

    /// What is asked for, to be looked at before it is signed.
    pub fn cert(&self) -> &ClientCert {
        &self.0
    }

    /// Signs it.
    ///
    /// # Errors
    /// It names another account, or its proof of possession does not hold.
    pub fn sign(mut self, identity: &IdentityKey) -> Result<ClientCert, CertError> {
        if self.0.account != identity.account() {
            return Err(CertError::Account);
        }
        let body = self.0.body();
        verify_possession(&self.0.franking_key, &body, &self.0.possession).map_err(|_| CertError::Possession)?;
        self.0.signature = identity.sign(Label::CERT_SIGNATURE, &[&body, &self.0.possession]);
        Ok(self.0)
    }

    /// The encoding of a certificate without the signature: 194 bytes.
    pub fn encode(&self) -> Vec<u8> {
        [self.0.body().as_slice(), &self.0.possession].concat()
    }

    /// # Errors
    /// As [`ClientCert::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ClientCert::LEN - 64 {
            return Err(Malformed::Trailing);
        }
        ClientCert::decode(&[bytes, &[0; 64]].concat()).map(Self)
    }
}

/// A certificate whose signature and proof of possession were checked. Made by [`ClientCert::verify`] alone; keep it, it is costly to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidCert {
    cert: ClientCert,
    hash: Hash32,
}

impl ValidCert {
    pub fn cert(&self) -> &ClientCert {
        &self.cert
    }

    pub fn hash(&self) -> Hash32 {
        self.hash
    }

    /// Whether it is valid at a time, which may be another than the one it was checked at.
    pub fn covers(&self, at: Millis) -> bool {
        self.cert.validity.covers(at)
    }
}

/// A client's signature that an MLS leaf's signature key is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafCert(pub SignatureBytes);

impl ClientKey {
    /// Certifies a fresh MLS leaf signature key under a certificate of this client.
    pub fn certify_leaf(&self, leaf_key: &[u8], cert: &Hash32) -> LeafCert {
        LeafCert(self.sign(Label::LEAF_CERT_SIGNATURE, &[leaf_key, cert.as_bytes()]))
    }
}

impl LeafCert {
    /// Checks that the client of `cert` certified `leaf_key`.
    ///
    /// # Errors
    /// [`CertError::Leaf`].
    pub fn verify(&self, leaf_key: &[u8], cert: &ValidCert) -> Result<ValidLeaf, CertError> {
        let parts = [leaf_key, cert.hash.as_bytes()];
        if !cert.cert.client_key.holds(Label::LEAF_CERT_SIGNATURE, &parts, &self.0) {
            return Err(CertError::Leaf);
        }
        Ok(ValidLeaf { key: leaf_key.to_vec(), cert: *cert })
    }
}

/// An MLS leaf signature key and the certificate of the client it belongs to. Made by [`LeafCert::verify`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidLeaf {
    key: Vec<u8>,
    cert: ValidCert,
}

impl ValidLeaf {
    /// The MLS leaf signature key.
    pub fn key(&self) -> &[u8] {
        &self.key
    }

    pub fn cert(&self) -> &ValidCert {
        &self.cert
    }
}
