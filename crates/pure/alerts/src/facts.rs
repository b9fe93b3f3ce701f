//! What one look sees, before anything is concluded from it.

use domain::{Currency, Money, Timestamp};
use serde_json::Value;

use crate::spend::SpendSeries;

/// Latencies of one provider that are looked at.
pub const LATENCIES_MAX: usize = 1_000;

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Attempts.
    pub asked: u64,
    /// Those that failed.
    pub failed: u64,
    /// Calls that went on elsewhere.
    pub moved_on: u64,
}

impl Counts {
    pub(crate) const fn less(self, other: Self) -> Self {
        Self {
            asked: self.asked.saturating_sub(other.asked),
            failed: self.failed.saturating_sub(other.failed),
            moved_on: self.moved_on.saturating_sub(other.moved_on),
        }
    }
}

/// A provider or a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Whether all of it is left alone.
    pub is_down: bool,
    /// Whether nobody knows yet.
    pub is_unknown: bool,
    /// Whether an operator has taken all of it out: then nothing is said of it.
    pub is_switched_off: bool,
    /// Why it is not well, if it is not.
    pub reason: Option<&'static str>,
    /// Since the start.
    pub counts: Counts,
    /// Until answers began, of the last window, in milliseconds.
    pub latencies_ms: Vec<u64>,
}

/// An account whose balance is low.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountFact {
    /// What it is known by: `account 7`.
    pub subject: String,
    /// Whose it is.
    pub organisation: String,
    /// What is left.
    pub balance: Money,
    /// Below this it is low.
    pub threshold: Money,
    /// In this currency.
    pub currency: String,
    /// As the admin API shows it.
    pub details: Value,
}

/// A budget of which so much is spent that it warns.
#[derive(Clone, Debug, PartialEq)]
pub struct BudgetFact {
    /// What it is known by: `budget 7`.
    pub subject: String,
    /// Whose it is, as in `project proj_1`.
    pub owner: String,
    /// `day` or `month`.
    pub period: &'static str,
    /// What was spent.
    pub used: Money,
    /// Of this.
    pub limit: Money,
    /// In this currency.
    pub currency: Currency,
    /// Whether calls are refused once it is used up.
    pub is_hard: bool,
}

/// A caller's key that ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFact {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A model that is served and has no price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpricedFact {
    /// Who serves it.
    pub provider: String,
    /// By his name for it.
    pub model: String,
}

/// What is left on an account at a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceFact {
    /// Whose it is: a provider, and with several keys which.
    pub subject: String,
    /// What is left; `None` if it could not be learnt.
    pub amount: Option<Money>,
    /// In this currency, if that is known.
    pub currency: Option<Currency>,
}

/// What is spent.
#[derive(Clone, Copy, Debug)]
pub struct SpendFact<'a> {
    /// By time.
    pub series: &'a SpendSeries,
    /// In this currency.
    pub currency: Currency,
}

/// What one look sees; `None` where it did not look.
#[derive(Debug, Default)]
pub struct Facts<'a> {
    /// All providers.
    pub providers: Vec<Part>,
    /// All regions that have a name.
    pub regions: Vec<Part>,
    /// Accounts whose balance is low.
    pub accounts: Vec<AccountFact>,
    /// Budgets that warn.
    pub budgets: Vec<BudgetFact>,
    /// Keys that end soon.
    pub keys: Option<Vec<KeyFact>>,
    /// There may be more of them: of those that are not named nothing is known.
    pub has_more_keys: bool,
    /// Models without a price.
    pub unpriced: Vec<UnpricedFact>,
    /// Accounts at providers.
    pub balances: Option<Vec<BalanceFact>>,
    /// What is spent.
    pub spend: Option<SpendFact<'a>>,
}
