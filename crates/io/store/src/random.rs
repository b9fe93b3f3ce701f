//! The system's randomness: the one place that asks for it.

/// So many bytes that nobody can guess.
pub(crate) fn random<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).expect("the system's random generator always answers");
    bytes
}

/// The part of a new id that tells it from others of the same moment.
pub(crate) fn entropy() -> u128 {
    u128::from_ne_bytes(random())
}
