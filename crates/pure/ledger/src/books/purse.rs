//! What is known of a purse and of a hold that is open, beside the balances of its accounts.

use domain::{CallId, Money, Timestamp};

use super::account::{GrantNumber, Purse};

/// A purse, beside its accounts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PurseState {
    /// What is put aside for calls, in nano-units.
    pub pending: i128,
    /// How much it may owe.
    pub credit: Money,
    /// What was ever taken by entries that may overdraw, in nano-units: more than that is never owed beyond `credit`.
    /// Only grows: calls that put money aside before such an entry may be recorded after it.
    pub overdrawn: i128,
    /// The gifts of which something is left, in the order in which they are used: what lapses first, first.
    pub grants: Vec<(Left, GrantNumber)>,
}

/// When a gift lapses; what never does comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    /// Then.
    Until(Timestamp),
    /// Never.
    Ever,
}

/// A call whose money is put aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenHold {
    /// Which call.
    pub call: CallId,
    /// Out of which purse.
    pub purse: Purse,
    /// How much, with its extensions.
    pub amount: Money,
    /// The last extension.
    pub slices: u32,
    /// What it had come to when that was last recorded.
    pub progress: Money,
    /// Since when.
    pub opened_at: Timestamp,
}

impl From<Option<Timestamp>> for Left {
    fn from(expires_at: Option<Timestamp>) -> Self {
        expires_at.map_or(Self::Ever, Self::Until)
    }
}
