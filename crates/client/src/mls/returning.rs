//! The KeyPackage of an account that comes back after its devices were lost, and what it must prove to take the place of a lost leaf.
//!
//! Decided from shared state, the KeyPackage and the note alone: what the account signed is inside, so every member decides alike.

use super::group::GroupError;
use super::identity::{LeafIdentity, LeafSigner};
use super::{EXT_PASS, EXT_RETURN, EXT_ROOM, Provider, SUITE, lifetime};
use franking::{SignedState, ValidState};
use openmls::prelude::tls_codec::Serialize as _;
use openmls::prelude::*;
use wire::Route;

/// The AccountState that a KeyPackage brings, signed by its account.
pub struct ComesBack {
    /// None: what is there is not one.
    state: Option<ValidState>,
}

impl ComesBack {
    /// Nothing for KeyPackages of every other kind.
    pub fn of(package: &KeyPackage) -> Option<Self> {
        let extension = package.extensions().unknown(EXT_RETURN)?;
        Some(Self { state: SignedState::from_bytes(&extension.0).ok().and_then(|state| state.verify().ok()) })
    }

    /// Whether the leaf `new` may take the place of `old` here.
    ///
    /// The account of both signed it, in this conversation, for just this leaf; its state names the client that comes, with the certificate that
    /// the leaf holds, and the client that goes no more: a member with an old KeyPackage of somebody cannot put a dead leaf in a living one's place.
    pub fn replaces(&self, old: &LeafIdentity, new: &LeafIdentity, route: &Route, signature: &[u8]) -> bool {
        let (Some(valid), Ok(leaf), Ok(signature)) =
            (&self.state, <[u8; 32]>::try_from(new.leaf_public()), <[u8; 64]>::try_from(signature))
        else {
            return false;
        };
        let state = valid.state();
        let one_account = state.account == old.account() && state.account == new.account();
        let comes = state.certs.iter().any(|cert| cert.client == new.client() && cert.hash() == new.cert_hash());
        let goes = state.certs.iter().all(|cert| cert.client != old.client());
        one_account && comes && goes && valid.signed_return(route, &leaf, &signature)
    }

    pub fn state(&self) -> Option<&ValidState> {
        self.state.as_ref()
    }
}

/// A KeyPackage that brings the state, its private keys stored: bytes and reference.
///
/// # Errors
/// [`GroupError::KeyPackage`].
pub fn make_return_package(provider: &Provider<'_>, signer: &LeafSigner, state: &ValidState) -> Result<(Vec<u8>, Vec<u8>), GroupError> {
    let brings = Extension::Unknown(EXT_RETURN, UnknownExtension(state.to_bytes()));
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
