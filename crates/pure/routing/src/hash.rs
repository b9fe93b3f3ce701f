//! A quick number for a short text, the same everywhere and at all times.

/// FNV-1a: short names, no enemy, since what is unknown shares places at worst.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
