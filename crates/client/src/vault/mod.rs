//! An account that does not vanish (docs/spec/vault.md): 12 words open a sealed vault on the server, and what is in it brings an account back.
//!
//! words.rs (what a person holds), seal.rs (keys and bytes), plain.rs (what is inside), gather.rs (from the store into it), plant.rs (from it into
//! an empty store), keep.rs (when it is written), restore.rs (the conversation with the server). How chats are entered again: chat/returning.rs.

mod gather;
mod keep;
mod plain;
mod plant;
mod restore;
mod seal;
mod words;

#[cfg(test)]
mod tests;

use crate::mls::SeededCrypto;
use seal::VaultKeys;
use view::Words;
use words::Entropy;
pub use words::{Recovery, recovery_text};

/// A vault as a server keeps it, whatever stands in it: for [`crate::audit`]. Nothing when the words are none, or it does not fit.
pub(crate) fn sealed(crypto: &SeededCrypto, words: &Words, server: &[u8; 32], nonce: [u8; 12], body: &[u8]) -> Option<Vec<u8>> {
    VaultKeys::derive(&Entropy::parse(words).ok()?, server)?.seal(crypto, nonce, body)
}
