//! What an account signs when its devices are lost: that it is back, and which leaf takes the place of a lost one (docs/spec/vault.md).

use crate::account::ValidState;
use crate::encode::{Label, framed};
use crate::keys::{Ed25519Public, IdentityKey, SignatureBytes};
use ed25519_dalek::Signer as _;
use wire::auth::recovery_challenge;
use wire::{ClientId, Hash32, Route};

impl IdentityKey {
    /// Answers the challenge of [`wire::auth::recovery_challenge`].
    pub fn sign_recovery(&self, server: &[u8; 32], nonce: &[u8; 32], binding: &[u8; 32], state: &[u8]) -> SignatureBytes {
        self.sign_bytes(&recovery_challenge(server, nonce, &self.account(), binding, state))
    }

    /// Says that in one conversation the leaf with this signature key takes the place of a leaf of this account, of one of the clients that are `gone`.
    pub fn sign_return(&self, route: &Route, state: &ValidState, leaf: &[u8; 32], gone: &[ClientId]) -> SignatureBytes {
        self.sign(Label::RETURN_SIGNATURE, &parts(route, &state.hash(), leaf, &listed(gone)))
    }
}

impl ValidState {
    /// Whether the account of this state answered a recovery challenge.
    pub fn proves_recovery(
        &self,
        server: &[u8; 32],
        nonce: &[u8; 32],
        binding: &[u8; 32],
        state: &[u8],
        signature: &SignatureBytes,
    ) -> bool {
        let challenge = recovery_challenge(server, nonce, &self.state().account, binding, state);
        Ed25519Public::parse(&self.state().identity.0).is_ok_and(|identity| identity.holds(&challenge, signature))
    }

    /// Whether the account of this state signed, with just this state, that a leaf takes the place of one of its own in a conversation.
    ///
    /// # Security
    /// Which clients the state names, and whether the leaf that goes is of one that is gone, is for the caller to look at. Without the list a member
    /// could put back a device that was itself replaced since.
    pub fn signed_return(&self, route: &Route, leaf: &[u8; 32], gone: &[ClientId], signature: &SignatureBytes) -> bool {
        let message = framed(Label::RETURN_SIGNATURE, &parts(route, &self.hash(), leaf, &listed(gone)));
        Ed25519Public::parse(&self.state().identity.0).is_ok_and(|identity| identity.holds(&message, signature))
    }
}

fn listed(gone: &[ClientId]) -> Vec<u8> {
    gone.iter().flat_map(|client| client.0).collect()
}

fn parts<'a>(route: &'a Route, state: &'a Hash32, leaf: &'a [u8; 32], gone: &'a [u8]) -> [&'a [u8]; 4] {
    [route.as_bytes(), state.as_bytes(), leaf, gone]
}

impl IdentityKey {
    fn sign_bytes(&self, message: &[u8]) -> SignatureBytes {
        self.signing_key().sign(message).to_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountState, InboxKey};
    use wire::Millis;

    fn state(identity: u8, t: u64) -> (IdentityKey, ValidState) {
        let key = IdentityKey::from_seed(&[identity; 32]);
        let inbox = InboxKey::try_from([6; InboxKey::LEN].as_slice()).unwrap();
        let state = AccountState::first(key.account(), inbox, vec![], Millis(t)).sign(&key).unwrap().verify().unwrap();
        (key, state)
    }

    #[test]
    fn a_recovery_is_proved_for_one_server_one_challenge_one_connection_and_one_state() {
        let (key, valid) = state(1, 1000);
        let signature = key.sign_recovery(&[1; 32], &[2; 32], &[3; 32], b"next");
        assert!(valid.proves_recovery(&[1; 32], &[2; 32], &[3; 32], b"next", &signature));
        assert!(!valid.proves_recovery(&[9; 32], &[2; 32], &[3; 32], b"next", &signature));
        assert!(!valid.proves_recovery(&[1; 32], &[9; 32], &[3; 32], b"next", &signature));
        assert!(!valid.proves_recovery(&[1; 32], &[2; 32], &[9; 32], b"next", &signature));
        assert!(!valid.proves_recovery(&[1; 32], &[2; 32], &[3; 32], b"", &signature));
        assert!(!state(2, 1000).1.proves_recovery(&[1; 32], &[2; 32], &[3; 32], b"next", &signature));
    }

    #[test]
    fn a_return_is_signed_for_one_conversation_one_state_one_leaf_and_its_lost_clients() {
        let (key, valid) = state(1, 1000);
        let (route, gone) = (Route([1; 32]), [ClientId([7; 16]), ClientId([8; 16])]);
        let signature = key.sign_return(&route, &valid, &[5; 32], &gone);
        assert!(valid.signed_return(&route, &[5; 32], &gone, &signature));
        assert!(!valid.signed_return(&Route([2; 32]), &[5; 32], &gone, &signature));
        assert!(!valid.signed_return(&route, &[6; 32], &gone, &signature));
        assert!(!state(1, 1001).1.signed_return(&route, &[5; 32], &gone, &signature), "another state of the same account");
        assert!(!valid.signed_return(&route, &[5; 32], &gone[..1], &signature), "other clients are gone");
        assert!(!state(2, 1000).1.signed_return(&route, &[5; 32], &gone, &signature));
    }
}
