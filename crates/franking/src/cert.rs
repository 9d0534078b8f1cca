//! Certificates: an account's identity key names its clients, and a client names its MLS leaf keys.

use crate::encode::{Label, Malformed, Reader, VERSION, framed, hash};
use crate::keys::{ClientKey, ClientPublic, Ed25519Public, FrankingKey, FrankingPublic, IdentityKey, SignatureBytes};
use crate::proof::{Possession, ProofError, prove_possession, verify_possession};
use rand_core::CryptoRng;
use wire::{AccountId, ClientId, Hash32, Millis};

/// What kind of program a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A program installed on a device.
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
    /// Whether `at` lies within.
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

    /// `version 1 | account 32 | client 16 | client key 32 | franking key 32 | class 1 | not before 8 | not after 8 | possession 64 |
    /// signature 64`.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.body().as_slice(), &self.possession, &self.signature].concat()
    }

    /// # Errors
    /// Another length or version, an unknown class, a key that is not canonical or not usable, an empty validity.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let cert = Self::read(&mut reader)?;
        reader.end()?;
        Ok(cert)
    }

    /// Names this certificate in contexts and MLS leaves: the hash of all its bytes.
    pub fn hash(&self) -> Hash32 {
        Hash32(hash(Label::CERT, &[&self.to_bytes()]))
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
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.0.body().as_slice(), &self.0.possession].concat()
    }

    /// # Errors
    /// As [`ClientCert::from_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > ClientCert::LEN - 64 {
            return Err(Malformed::Trailing);
        }
        ClientCert::from_bytes(&[bytes, &[0; 64]].concat()).map(Self)
    }
}

/// A certificate whose signature and proof of possession were checked. Made by [`ClientCert::verify`] alone; keep it, it is costly to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidCert {
    cert: ClientCert,
    hash: Hash32,
}

impl ValidCert {
    /// What it says.
    pub fn cert(&self) -> &ClientCert {
        &self.cert
    }

    /// As [`ClientCert::hash`].
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

    /// The certificate of the client that certified it.
    pub fn cert(&self) -> &ValidCert {
        &self.cert
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    const VALIDITY: Validity = Validity { not_before: Millis(1000), not_after: Millis(2000) };
    const NOW: Millis = Millis(1500);

    struct Alice {
        identity: IdentityKey,
        key: ClientKey,
        franking: FrankingKey,
    }

    fn alice() -> Alice {
        Alice {
            identity: IdentityKey::from_seed(&[1; 32]),
            key: ClientKey::from_seed(&[2; 32]),
            franking: FrankingKey::from_seed(&[3; 32]),
        }
    }

    fn rng() -> ChaCha20Rng {
        ChaCha20Rng::from_seed([9; 32])
    }

    fn cert() -> ClientCert {
        let Alice { identity, key, franking } = alice();
        ClientCert::issue(&identity, ClientId([4; 16]), &key, &franking, Class::Native, VALIDITY, &mut rng()).unwrap()
    }

    #[test]
    fn a_certificate_is_valid_from_its_first_to_before_its_last_moment() {
        let valid = cert().verify(NOW).unwrap();
        assert_eq!((valid.cert(), valid.hash()), (&cert(), cert().hash()));
        assert!(cert().verify(VALIDITY.not_before).is_ok());
        assert_eq!(cert().verify(VALIDITY.not_after), Err(CertError::Time));
        assert_eq!(cert().verify(Millis(999)), Err(CertError::Time));
        assert!(valid.covers(Millis(1999)) && !valid.covers(Millis(2000)));
    }

    #[test]
    fn a_certificate_round_trips_and_cut_anywhere_does_not_decode() {
        let bytes = cert().to_bytes();
        assert_eq!(bytes.len(), ClientCert::LEN);
        assert_eq!(ClientCert::from_bytes(&bytes), Ok(cert()));
        for len in 0..bytes.len() {
            assert!(ClientCert::from_bytes(&bytes[..len]).is_err(), "{len} bytes");
        }
        assert_eq!(ClientCert::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(Malformed::Trailing));
    }

    #[test]
    fn a_flipped_bit_never_leaves_a_certificate_valid() {
        let bytes = cert().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let valid = ClientCert::from_bytes(&flipped).is_ok_and(|cert| cert.verify(NOW).is_ok());
            assert!(!valid, "bit {bit}");
        }
    }

    #[test]
    fn whoever_has_the_identity_still_cannot_claim_anothers_franking_key() {
        let bob = FrankingKey::from_seed(&[7; 32]);
        let mut stolen = cert();
        stolen.franking_key = *bob.public();
        let request = CertRequest(stolen);
        assert_eq!(request.sign(&alice().identity), Err(CertError::Possession), "an honest signer notices");
        stolen.signature = alice().identity.sign(Label::CERT_SIGNATURE, &[&stolen.body(), &stolen.possession]);
        assert_eq!(stolen.verify(NOW), Err(CertError::Possession), "so does every verifier");
    }

    #[test]
    fn a_proof_of_possession_is_for_one_client_of_one_account() {
        let mut moved = cert();
        moved.client = ClientId([5; 16]);
        moved.signature = alice().identity.sign(Label::CERT_SIGNATURE, &[&moved.body(), &moved.possession]);
        assert_eq!(moved.verify(NOW), Err(CertError::Possession));
    }

    #[test]
    fn only_the_accounts_key_signs() {
        let bob = IdentityKey::from_seed(&[7; 32]);
        let Alice { identity, key, franking } = alice();
        let request = CertRequest::new(identity.account(), ClientId([4; 16]), &key, &franking, Class::Web, VALIDITY, &mut rng()).unwrap();
        assert_eq!(request.sign(&bob), Err(CertError::Account));
        let mut forged = request.cert().to_owned();
        forged.signature = bob.sign(Label::CERT_SIGNATURE, &[&forged.body(), &forged.possession]);
        assert_eq!(forged.verify(NOW), Err(CertError::Signature));
        let mut of_nobody = forged;
        of_nobody.account = AccountId([0; 32]);
        assert_eq!(of_nobody.verify(NOW), Err(CertError::Account), "a key of small order");
    }

    #[test]
    fn a_request_travels_to_the_client_that_signs() {
        let Alice { identity, key, franking } = alice();
        let request = CertRequest::new(identity.account(), ClientId([4; 16]), &key, &franking, Class::Web, VALIDITY, &mut rng()).unwrap();
        let bytes = request.to_bytes();
        assert_eq!(CertRequest::from_bytes(&bytes), Ok(request));
        assert_eq!(request.sign(&identity).unwrap().verify(NOW).unwrap().cert().class, Class::Web);
        for len in 0..bytes.len() {
            assert!(CertRequest::from_bytes(&bytes[..len]).is_err());
        }
        assert_eq!(CertRequest::from_bytes(&cert().to_bytes()), Err(Malformed::Trailing));
    }

    #[test]
    fn an_empty_validity_is_refused_on_both_sides() {
        let Alice { identity, key, franking } = alice();
        let empty = Validity { not_before: NOW, not_after: NOW };
        assert_eq!(
            ClientCert::issue(&identity, ClientId([4; 16]), &key, &franking, Class::Native, empty, &mut rng()),
            Err(CertError::Validity)
        );
        let bytes = ClientCert { validity: empty, ..cert() }.to_bytes();
        assert_eq!(ClientCert::from_bytes(&bytes), Err(Malformed::Contradiction));
    }

    #[test]
    fn a_leaf_certificate_is_for_one_leaf_key_and_one_certificate() {
        let valid = cert().verify(NOW).unwrap();
        let leaf_cert = alice().key.certify_leaf(b"leaf key", &valid.hash());
        let leaf = leaf_cert.verify(b"leaf key", &valid).unwrap();
        assert_eq!((leaf.key(), leaf.cert()), (b"leaf key".as_slice(), &valid));

        assert_eq!(leaf_cert.verify(b"another", &valid), Err(CertError::Leaf));
        let Alice { identity, key, franking } = alice();
        let renewed =
            ClientCert::issue(&identity, ClientId([4; 16]), &key, &franking, Class::Native, VALIDITY, &mut ChaCha20Rng::from_seed([8; 32]));
        let renewed = renewed.unwrap().verify(NOW).unwrap();
        assert_eq!(leaf_cert.verify(b"leaf key", &renewed), Err(CertError::Leaf));
        for bit in 0..64 * 8 {
            let mut flipped = leaf_cert;
            flipped.0[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(flipped.verify(b"leaf key", &valid), Err(CertError::Leaf));
        }
    }
}
