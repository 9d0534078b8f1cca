//! Argon2id, which takes 64 MiB for a moment: a shell may have it done where that memory goes away again.

use argon2::{Algorithm, Argon2, Params, Version};
use wire::call::HandleCost;
use zeroize::Zeroizing;

/// Argon2id (RFC 9106) of a word under a salt, 32 bytes; none where no machine would do it.
pub type Stretch = fn(word: &[u8], salt: &[u8], cost: HandleCost) -> Option<Zeroizing<[u8; 32]>>;

/// In this program's own memory, in one lane.
pub fn stretch(word: &[u8], salt: &[u8], cost: HandleCost) -> Option<Zeroizing<[u8; 32]>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).ok()?;
    let mut out = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(word, salt, &mut *out).ok()?;
    Some(out)
}
