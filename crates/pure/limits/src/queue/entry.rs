//! One who waits, as far as his turn depends on it.

/// One who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// With whom it takes turns: the same for all calls of a key.
    pub key: u64,
    /// Its size, as it is estimated.
    pub tokens: u64,
    /// What it needs of the limit that it waits for.
    pub cost: u64,
    /// Whether nobody sits before it.
    pub is_batch: bool,
}
