//! What the configuration says of reports.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::prices::ExchangeRate;

/// What reports are made by, as it is configured now.
#[derive(Clone, Debug, Default)]
pub struct ReportRules {
    /// For how many days reports by the hour, and by days of other time zones than UTC, can be made.
    pub keep_hours_days: u32,
    /// What one unit of a currency is worth at the market, in the currency of the price book.
    pub market_rates: BTreeMap<Currency, ExchangeRate>,
    /// Of which kind each configured provider is.
    pub kinds: BTreeMap<String, String>,
}
