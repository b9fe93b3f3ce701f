//! `requests`: the rows that are kept of calls. Writing them is done elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How long rows are kept unless configured.
const KEEP_DAYS_DEFAULT: u32 = 90;

/// A row for every call: who asked whom, how it went, what it took and cost; no prompt and no answer.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestsSection {
    /// Whether rows are kept; default `on`.
    rows: Option<RequestRows>,
    /// How many days they are kept, beside the present one; default 90.
    #[schemars(range(min = 1, max = 3650))]
    keep_days: Option<u32>,
}

/// Whether a row is kept of every call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestRows {
    /// Of every call with a caller's key.
    #[default]
    On,
    /// Of none.
    Off,
}

/// What is kept of calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// Whether there is a row for each.
    pub has_rows: bool,
    /// How many days they are kept, beside the present one.
    pub keep_days: u32,
}

pub(crate) fn check(section: Option<RequestsSection>) -> Requests {
    let RequestsSection { rows, keep_days } = section.unwrap_or_default();
    Requests {
        has_rows: rows.unwrap_or_default() == RequestRows::On,
        keep_days: keep_days.unwrap_or(KEEP_DAYS_DEFAULT),
    }
}
