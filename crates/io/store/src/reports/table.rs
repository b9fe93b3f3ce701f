//! The table of sums: which database it lies in, and what it is called.

use crate::database::{AnyPool, Kind};

/// The table of parts.
pub(crate) const SUMS: &str = "requests_sums";
/// The table of marks beside it.
pub(crate) const MARKS: &str = "requests_sums_marks";

/// The parts in a database.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub(super) pool: AnyPool,
    pub(super) kind: Kind,
}

impl Sums {
    /// What is there, with nothing made.
    pub(crate) const fn beside(pool: AnyPool, kind: Kind) -> Self {
        Self { pool, kind }
    }
}
