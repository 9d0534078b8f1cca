//! The KeyPackage of an account that comes back after its devices were lost, and what it must prove to take the place of a lost leaf.
//!
//! Decided from shared state, the KeyPackage and the note alone: what the account signed is inside, so every member decides alike.

use super::group::GroupError;
use super::identity::{LeafIdentity, LeafSigner};
use super::{EXT_PASS, EXT_RETURN, EXT_ROOM, Provider, SUITE, lifetime};
use franking::{IdentityKey, SignedState, ValidState};
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::*;
use wire::limits::RETURN_GONE_MAX;
use wire::{ClientId, Route};

/// What a KeyPackage of an account that comes back brings, as extension `EXT_RETURN`:
/// `version u8 = 1 | count u8 | clients that are gone 16 each | AccountState`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComesBack {
    state: ValidState,
    /// Clients of the account whose leaves may be replaced. Those that came later are not in it: whoever kept this KeyPackage cannot put it in the place
    /// of a newer device.
    gone: Vec<ClientId>,
}

const VERSION: u8 = 1;

impl ComesBack {
    /// Nothing when that is more clients than may be.
    pub fn new(state: ValidState, gone: Vec<ClientId>) -> Option<Self> {
        (gone.len() <= RETURN_GONE_MAX).then_some(Self { state, gone })
    }

    /// None for KeyPackages of every other kind; the inner nothing for one that does not hold.
    pub fn of(package: &KeyPackage) -> Option<Option<Self>> {
        Some(Self::decode(&package.extensions().unknown(EXT_RETURN)?.0))
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION, u8::try_from(self.gone.len()).unwrap_or(u8::MAX)];
        self.gone.iter().for_each(|client| out.extend_from_slice(&client.0));
        out.extend_from_slice(&self.state.to_bytes());
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let ([VERSION, count], rest) = bytes.split_first_chunk::<2>()? else { return None };
        let (gone, state) = rest.split_at_checked(usize::from(*count) * ClientId::LEN)?;
        let gone = gone.as_chunks::<{ ClientId::LEN }>().0.iter().map(|client| ClientId(*client)).collect();
        Self::new(SignedState::from_bytes(state).ok()?.verify().ok()?, gone)
    }

    /// Signed for one conversation and one leaf.
    pub fn sign(&self, identity: &IdentityKey, route: &Route, leaf: &[u8; 32]) -> [u8; 64] {
        identity.sign_return(route, &self.state, leaf, &self.gone)
    }

    /// Whether a leaf is one of those that are lost.
    pub fn misses(&self, leaf: &LeafIdentity) -> bool {
        leaf.account() == self.state.state().account && self.gone.contains(&leaf.client())
    }

    /// Whether the leaf `new` may take the place of `old` here.
    ///
    /// The account of both signed it, in this conversation, for just this leaf and for lost clients of which the old leaf's is one; its state names
    /// the client that comes, with the certificate that the leaf holds, and the client that goes no more.
    pub fn replaces(&self, old: &LeafIdentity, new: &LeafIdentity, route: &Route, signature: &[u8]) -> bool {
        let (Ok(leaf), Ok(signature)) = (<[u8; 32]>::try_from(new.leaf_public()), <[u8; 64]>::try_from(signature)) else { return false };
        let state = self.state.state();
        let comes = state.certs.iter().any(|cert| cert.client == new.client() && cert.hash() == new.cert_hash());
        let goes = self.misses(old) && state.certs.iter().all(|cert| cert.client != old.client());
        new.account() == state.account && comes && goes && self.state.signed_return(route, &leaf, &self.gone, &signature)
    }

    pub fn state(&self) -> &ValidState {
        &self.state
    }
}

/// A KeyPackage that brings this, its private keys stored: bytes and reference.
///
/// # Errors
/// [`GroupError::KeyPackage`].
pub fn make_return_package(provider: &Provider<'_>, signer: &LeafSigner, comes_back: &ComesBack) -> Result<(Vec<u8>, Vec<u8>), GroupError> {
    let brings = Extension::Unknown(EXT_RETURN, UnknownExtension(comes_back.encode()));
    let known = [EXT_ROOM, EXT_PASS, EXT_RETURN].map(ExtensionType::Unknown);
    let capabilities = Capabilities::new(None, Some(&[SUITE]), Some(&known), None, Some(&[CredentialType::Basic]));
    let bundle = KeyPackage::builder()
        .key_package_lifetime(lifetime())
        .leaf_node_capabilities(capabilities)
        .key_package_extensions(Extensions::single(brings).map_err(|_| GroupError::KeyPackage)?)
        .build(SUITE, provider, signer, signer.credential())
        .map_err(|_| GroupError::KeyPackage)?;
    let package = bundle.key_package();
    let reference = package.hash_ref(openmls_traits::OpenMlsProvider::crypto(provider)).map_err(|_| GroupError::KeyPackage)?;
    Ok((package.tls_serialize_detached().map_err(|_| GroupError::KeyPackage)?, reference.as_slice().to_vec()))
}
