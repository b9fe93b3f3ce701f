//! When it is tried again, how soon, and how often in all.

mod backoff;
mod budget;
mod patience;
mod stand_in;

use std::time::Duration;

pub use backoff::{Backoff, BackoffForm};
pub use budget::RetryBudget;
pub use patience::{Span, span_of};
pub use stand_in::stand_in_after;

/// How attempts follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryRules {
    /// How long before the same target is asked again.
    pub backoff: Backoff,
    /// How often the same target may be asked again.
    pub repeats_max: u32,
    /// The longest wait for somebody who said when to come back.
    pub wait_max: Duration,
    /// So many who could not be reached are replaced without costing an attempt.
    pub replacements_max: u32,
    /// So many keys may be put aside without costing an attempt.
    pub rotations_max: u32,
    /// The least that is worth asking for.
    pub worth_min: Duration,
}

impl Default for RetryRules {
    fn default() -> Self {
        Self {
            backoff: Backoff::default(),
            repeats_max: 2,
            wait_max: Duration::from_secs(10),
            replacements_max: 7,
            rotations_max: 16,
            worth_min: Duration::from_millis(100),
        }
    }
}
