//! How much there may be of what operators ask for.

/// Silences in force at once.
pub const SILENCES_MAX: usize = 1_000;
