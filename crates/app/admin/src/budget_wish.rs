//! What a key that is taken over may spend, as this API takes it in JSON.

use domain::Money;
use limits::budget::{Period, Terms, WARN_PERCENT_DEFAULT, Zone};
use serde::Deserialize;
use store::KeyBudget;

/// A budget that comes with its key: no call may go beyond it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetWish {
    /// `day`, `month` or `total`, by the clocks of UTC.
    period: String,
    limit: String,
}

impl BudgetWish {
    /// As the store takes it; or what is wrong with it.
    pub(crate) fn budget(&self) -> Result<KeyBudget, String> {
        let period = Period::parse(&self.period).ok_or_else(|| {
            format!("budget: {:?} is no period; there are day, month and total", self.period)
        })?;
        let limit = Money::parse(&self.limit).ok_or_else(|| {
            format!(
                "budget: limit must be a decimal in a text, with at most nine places, such as \"12.5\", not {:?}",
                self.limit
            )
        })?;
        let terms = Terms { limit, warn_percent: WARN_PERCENT_DEFAULT, is_hard: true };
        Ok(KeyBudget { period, zone: Zone::utc(), terms })
    }
}
