//! `reports`: what calls are summed up to, and what upstream prices are worth. Making reports is done elsewhere.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::prices::ExchangeRate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::key_path::KeyPath;
use crate::problem::Report;
use crate::shown;

/// How long reports by the hour can be made unless configured.
const KEEP_HOURS_DAYS_DEFAULT: u32 = 400;

/// What calls come to: sums that reports are made of.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportsSection {
    /// Whether calls are summed up, with or without rows; default `on`.
    sums: Option<ReportSums>,
    /// For how many days reports by the hour, and by days of other time zones than UTC, can be made; default 400. Days in UTC are
    /// kept for ever.
    #[schemars(range(min = 1, max = 3650))]
    keep_hours_days: Option<u32>,
    /// What one unit of a currency is worth at the market, in the currency of the price book: a decimal or a fraction, such as
    /// `USD: "7.1"`. The rates of the price book stand in where nothing is said.
    market_rates: Option<BTreeMap<String, String>>,
}

/// Whether calls are summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReportSums {
    /// Every call with a caller's key.
    #[default]
    On,
    /// None.
    Off,
}

/// What reports are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Whether calls are summed up.
    pub has_sums: bool,
    /// For how many days by the quarter of an hour.
    pub keep_hours_days: u32,
    /// What one unit of a currency is worth at the market, in the currency of the price book.
    pub market_rates: BTreeMap<Currency, ExchangeRate>,
}

pub(crate) fn check(section: Option<ReportsSection>, report: &mut Report) -> Reports {
    let ReportsSection { sums, keep_hours_days, market_rates } = section.unwrap_or_default();
    let path = KeyPath::default().key("reports").key("market_rates");
    let mut rates = BTreeMap::new();
    for (code, text) in market_rates.unwrap_or_default() {
        let place = path.key(&code);
        let Some(currency) = Currency::parse(&code) else {
            let hint = "write a code such as USD".to_owned();
            report.add(&place, shown::text(&code), "is no currency", hint);
            continue;
        };
        match ExchangeRate::parse(&text) {
            Some(rate) => {
                rates.insert(currency, rate);
            }
            None => {
                let hint = "write a decimal such as \"7.1\" or a fraction such as \"1/7\"".to_owned();
                report.add(&place, shown::text(&text), "must be a rate above 0", hint);
            }
        }
    }
    Reports {
        has_sums: sums.unwrap_or_default() == ReportSums::On,
        keep_hours_days: keep_hours_days.unwrap_or(KEEP_HOURS_DAYS_DEFAULT),
        market_rates: rates,
    }
}
