//! All limits that one key's calls count for, found once and kept until any of them changes.

use std::sync::Arc;

use super::cell::Cell;

/// What is found for a key.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    /// Of which generation of all limits.
    pub generation: u64,
    /// Those of its plan, which nobody else counts for.
    pub own: Vec<Arc<Cell>>,
    /// Those of its organisation and its project, and its own.
    pub all: Vec<Arc<Cell>>,
    /// Those of the keys that it has followed, the last first; no more than there is room for.
    pub followed: Vec<Arc<Cell>>,
    /// With whom its calls take turns where they wait: the same for all of them.
    pub turn: u64,
    /// Whether its calls let others go before them.
    pub is_batch: bool,
}

impl Resolved {
    /// The same, to be found anew.
    #[must_use]
    pub fn outdated(&self) -> Self {
        Self { generation: 0, ..self.clone() }
    }
}
