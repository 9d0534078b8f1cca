//! Lengths that say little: Padmé with a floor (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
//! section 4), the inbox sizes 4 KiB * 2^n, and the vault sizes 16 KiB * 2^n.

use crate::limits::{INBOX_PAD_FLOOR, PADME_FLOOR, VAULT_MAX, VAULT_PAD_FLOOR};

/// The least padded length that holds `len` bytes: at most 12 % more, and O(log log n) different values.
pub fn padme(len: u64) -> u64 {
    if len <= PADME_FLOOR {
        return PADME_FLOOR;
    }
    let exponent = len.ilog2();
    let kept = exponent.ilog2() + 1;
    let mask = (1u64 << (exponent - kept)) - 1;
    len.saturating_add(mask) & !mask
}

/// Whether `len` is one that [`padme`] gives.
pub fn is_padme(len: u64) -> bool {
    padme(len) == len
}

/// The least 4 KiB * 2^n that holds `len` bytes.
pub fn inbox_size(len: usize) -> usize {
    len.max(INBOX_PAD_FLOOR).next_power_of_two()
}

/// The least 16 KiB * 2^n that holds `len` bytes; nothing when no vault may be so long.
pub fn vault_size(len: usize) -> Option<usize> {
    (len <= VAULT_MAX).then(|| len.max(VAULT_PAD_FLOOR).next_power_of_two())
}

/// `length 4 | plain | zeros`, so long that with `overhead` bytes more (what sealing adds) it has a length of the padding set.
pub fn padded(plain: &[u8], overhead: usize) -> Vec<u8> {
    let whole = padme((LENGTH + plain.len() + overhead) as u64);
    let mut out = Vec::new();
    out.extend_from_slice(&u32::try_from(plain.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(plain);
    out.resize(usize::try_from(whole).unwrap_or(usize::MAX).saturating_sub(overhead), 0);
    out
}

/// What [`padded`] was given; nothing when the length does not fit.
pub fn unpadded(bytes: &[u8]) -> Option<Vec<u8>> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    Some(rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?.to_vec())
}

const LENGTH: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        assert_eq!([0, 1, 256, 257, 1000, 1 << 20].map(padme), [256, 256, 256, 272, 1024, 1 << 20]);
        assert_eq!([0, 4096, 4097, 9000].map(inbox_size), [4096, 4096, 8192, 16384]);
        let vaults = [0, 16384, 16385, VAULT_MAX, VAULT_MAX + 1].map(vault_size);
        assert_eq!(vaults, [Some(16384), Some(16384), Some(32768), Some(VAULT_MAX), None]);
    }

    #[test]
    fn what_is_padded_comes_back_and_any_other_length_does_not() {
        for length in [0, 1, 252, 253, 70_000] {
            let plain = vec![7; length];
            let bytes = padded(&plain, 16);
            assert!(is_padme(bytes.len() as u64 + 16), "{length}");
            assert_eq!(unpadded(&bytes), Some(plain));
        }
        assert_eq!((unpadded(&[0, 0, 0]), unpadded(&[0, 0, 0, 2, 1])), (None, None));
    }

    proptest! {
        #[test]
        fn padme_covers_is_a_fixed_point_and_wastes_at_most_an_eighth(len in 257u64..1 << 50) {
            let padded = padme(len);
            prop_assert!(padded >= len && is_padme(padded) && padded - len <= len / 8);
        }
    }
}
