//! Keys that end: which are sought, and which were found.

use alerts::KeyFact;
use domain::Timestamp;

/// Which keys are sought.
#[derive(Clone, Copy, Debug)]
pub struct KeyTimes {
    /// Those that end before.
    pub before: Timestamp,
    /// What has ended by then is told apart.
    pub now: Timestamp,
    /// Those that ended before are old.
    pub after: Timestamp,
    /// Keys that were made for a shorter time are meant to end.
    pub life_min_ms: i64,
}

/// Which were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysEnding {
    /// Those that will end, the first to end first, and then those that have, the last first.
    pub keys: Vec<KeyFact>,
    /// There may be more.
    pub has_more: bool,
}
