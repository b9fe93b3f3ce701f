//! `idempotency`: how long and how many answers are kept for requests with an idempotency key. Keeping them is done elsewhere.

use schemars::JsonSchema;
use serde::Deserialize;

/// How long an answer is kept unless configured.
const HOURS_DEFAULT: u32 = 24;
/// Disk for all of them unless configured.
const BYTES_MAX_DEFAULT: u64 = 1 << 30;
/// Keys that are known at once unless configured.
const KEYS_MAX_DEFAULT: u32 = 250_000;

/// Answers to requests with an `Idempotency-Key`: a repeat gets the same answer and is charged nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdempotencySection {
    /// How many hours an answer is kept; default 24.
    #[schemars(range(min = 1, max = 720))]
    hours: Option<u32>,
    /// Disk that all answers may take, in bytes; the oldest go first. Default 1073741824, 1 GiB.
    #[schemars(range(min = 67_108_864, max = 1_099_511_627_776_u64))]
    bytes_max: Option<u64>,
    /// Keys that are known at once, each some 200 bytes of memory; the oldest go first. Default 250000.
    #[schemars(range(min = 1000, max = 10_000_000))]
    keys_max: Option<u32>,
}

/// What is kept for repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// How many hours an answer is kept.
    pub hours: u32,
    /// Disk that all answers may take.
    pub bytes_max: u64,
    /// Keys that are known at once.
    pub keys_max: u32,
}

pub(crate) fn check(section: Option<IdempotencySection>) -> Idempotency {
    let IdempotencySection { hours, bytes_max, keys_max } = section.unwrap_or_default();
    Idempotency {
        hours: hours.unwrap_or(HOURS_DEFAULT),
        bytes_max: bytes_max.unwrap_or(BYTES_MAX_DEFAULT),
        keys_max: keys_max.unwrap_or(KEYS_MAX_DEFAULT),
    }
}
