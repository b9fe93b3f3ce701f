//! An account as it is kept: whose calls it pays for, and in what.

use domain::{Currency, Money, NANO, OrganisationId, ProjectId, Timestamp};
use ledger::{Customer, Purse};

/// Below what balance its owner is warned, unless he says otherwise.
pub const WARN_BELOW_DEFAULT: Money = Money::from_nano(10 * NANO);

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number in the books.
    pub number: Customer,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The one project whose calls it pays for; all that have no account of their own where nothing is said.
    pub project: Option<ProjectId>,
    /// In what.
    pub currency: Currency,
    /// Below what balance its owner is warned.
    pub warn_below: Money,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An account that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAccount {
    /// Whose it is to be.
    pub organisation: OrganisationId,
    /// The one project whose calls it is to pay for.
    pub project: Option<ProjectId>,
    /// In what.
    pub currency: Currency,
    /// How much it may owe: nothing where calls are paid ahead.
    pub credit: Money,
    /// Below what balance its owner is warned.
    pub warn_below: Money,
}

/// Other terms of an account: what is not said stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// How much it may owe from now on. Less than it owes is no mistake: it pays nothing more until it owes less.
    pub credit: Option<Money>,
    /// Below what balance its owner is warned.
    pub warn_below: Option<Money>,
}

impl Account {
    /// What it is in the books.
    pub const fn purse(&self) -> Purse {
        Purse { customer: self.number, currency: self.currency }
    }
}
