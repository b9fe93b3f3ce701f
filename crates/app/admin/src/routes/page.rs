//! Which page of a long list is wanted, the newest first.

use serde::Deserialize;

/// Rows of a page, unless more or fewer are wanted.
const COUNT_DEFAULT: u32 = 100;
/// Most rows of a page.
const COUNT_MAX: u32 = 1_000;

/// What a query says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// Only what was made before this number.
    pub(crate) before: Option<u64>,
    limit: Option<u32>,
}

impl Page {
    /// How many rows.
    pub(crate) fn count(&self) -> u32 {
        self.limit.unwrap_or(COUNT_DEFAULT).clamp(1, COUNT_MAX)
    }
}
