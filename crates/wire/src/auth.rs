//! The byte strings that keys of sessions and servers sign. Signing itself is done where the keys are.

use crate::ids::{AccountId, ClientId, Hash32};

/// What a client signs to open a session: `label || server || nonce || account || client || channel binding`.
///
/// `binding` is the TLS exporter (RFC 9266, 32 bytes), [`origin_binding`] in a browser, or 32 zero bytes on plain loopback; all fields have
/// fixed lengths.
pub fn session_challenge(server: &[u8; 32], nonce: &[u8; 32], account: &AccountId, client: &ClientId, binding: &[u8; 32]) -> Vec<u8> {
    [b"treehouse/1 session".as_slice(), server, nonce, &account.0, &client.0, binding].concat()
}

/// What an account's identity key signs when no client of it is left: `label || server || nonce || account || channel binding || SHA-256(state)`.
///
/// `state` is the AccountState that is to come next; no bytes when only the present ones are asked for.
pub fn recovery_challenge(server: &[u8; 32], nonce: &[u8; 32], account: &AccountId, binding: &[u8; 32], state: &[u8]) -> Vec<u8> {
    [b"treehouse/1 recover".as_slice(), server, nonce, &account.0, binding, &Hash32::of(state).0].concat()
}

/// What binds a session of a browser, which cannot read the TLS exporter: the origin of the page, as browsers write it (RFC 6454 section 6.1).
///
/// A page of another site that relays a challenge has another origin. It does not tell who ends TLS for this origin: they send the page itself.
pub fn origin_binding(origin: &str) -> [u8; 32] {
    Hash32::of(&[b"treehouse/1 origin".as_slice(), origin.as_bytes()].concat()).0
}

/// What the server's identity signs to name its stamp key.
pub fn stamp_key_message(stamp_key: &[u8; 32]) -> Vec<u8> {
    [b"treehouse/1 stamp key".as_slice(), stamp_key].concat()
}

/// Says that a username belongs to an account: `handle 32 | account 32 | day u32 BE | role length u8 | role | signature 64`, signed by the
/// server's identity over [`HandleCert::message`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleCert {
    /// Argon2id of the username.
    pub handle: Hash32,
    pub account: AccountId,
    /// Days since 1970-01-01.
    pub day: u32,
    /// A role the operator gave with the invitation, or empty.
    pub role: String,
    pub signature: [u8; 64],
}

/// A handle certificate had another shape than [`HandleCert`] describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a handle certificate of another shape")]
pub struct BadHandleCert;

impl HandleCert {
    /// What the signature covers.
    pub fn message(handle: &Hash32, account: &AccountId, day: u32, role: &str) -> Vec<u8> {
        let mut out = b"treehouse/1 handle".to_vec();
        out.extend_from_slice(&handle.0);
        out.extend_from_slice(&account.0);
        out.extend_from_slice(&day.to_be_bytes());
        out.extend_from_slice(role.as_bytes());
        out
    }

    pub fn encode(&self) -> Vec<u8> {
        let role = self.role.as_bytes().get(..u8::MAX as usize).unwrap_or(self.role.as_bytes());
        let mut out = Vec::with_capacity(133 + role.len());
        out.extend_from_slice(&self.handle.0);
        out.extend_from_slice(&self.account.0);
        out.extend_from_slice(&self.day.to_be_bytes());
        out.push(role.len() as u8);
        out.extend_from_slice(role);
        out.extend_from_slice(&self.signature);
        out
    }

    /// # Errors
    /// Any other length or a role that is not UTF-8. The signature is not checked here.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadHandleCert> {
        let (handle, rest) = bytes.split_first_chunk::<32>().ok_or(BadHandleCert)?;
        let (account, rest) = rest.split_first_chunk::<32>().ok_or(BadHandleCert)?;
        let (day, rest) = rest.split_first_chunk::<4>().ok_or(BadHandleCert)?;
        let (len, rest) = rest.split_first().ok_or(BadHandleCert)?;
        let (role, signature) = rest.split_at_checked(usize::from(*len)).ok_or(BadHandleCert)?;
        Ok(Self {
            handle: Hash32(*handle),
            account: AccountId(*account),
            day: u32::from_be_bytes(*day),
            role: String::from_utf8(role.to_vec()).map_err(|_| BadHandleCert)?,
            signature: signature.try_into().map_err(|_| BadHandleCert)?,
        })
    }
}
