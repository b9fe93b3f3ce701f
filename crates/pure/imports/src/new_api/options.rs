//! The console's settings: those about prices are carried with the accounts, one about attempts with the configuration.

use serde_json::Value;

use super::row::text;
use super::tables::Row;
use crate::draft::Draft;
use crate::report::{About, Report};

/// Settings about what a call costs, and what money is there.
const PRICES: &[&str] = &[
    "ModelRatio",
    "ModelPrice",
    "CompletionRatio",
    "CacheRatio",
    "CreateCacheRatio",
    "ImageRatio",
    "AudioRatio",
    "AudioCompletionRatio",
    "GroupRatio",
    "GroupGroupRatio",
    "TopupGroupRatio",
    "UserUsableGroups",
    "QuotaPerUnit",
    "Price",
    "USDExchangeRate",
    "QuotaForNewUser",
    "QuotaForInviter",
    "QuotaForInvitee",
    "PreConsumedQuota",
];
const ATTEMPTS: &str = "RetryTimes";
/// How much quota a dollar is, unless it is set.
const QUOTA_PER_UNIT_DEFAULT: &str = "500000";

/// Settings as they are carried.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// Those about prices, by name; a value that is JSON is kept as JSON.
    pub(super) prices: Vec<(String, Value)>,
    /// How much quota a dollar is, as written.
    pub(super) quota_per_unit: String,
}

/// Reads the settings; those that go nowhere are told by name.
pub(super) fn read(rows: &[Row], draft: &mut Draft, report: &mut Report) -> Options {
    let mut options = Options { quota_per_unit: QUOTA_PER_UNIT_DEFAULT.to_owned(), prices: Vec::new() };
    let mut others: Vec<&str> = Vec::new();
    for row in rows {
        let (name, value) = (text(row, "key"), text(row, "value"));
        if name == ATTEMPTS {
            attempts(value, draft, report);
        } else if PRICES.contains(&name) {
            if name == "QuotaPerUnit" && value.parse::<f64>().is_ok_and(|number| number > 0.0) {
                value.clone_into(&mut options.quota_per_unit);
            }
            let kept = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
            options.prices.push((name.to_owned(), kept));
        } else if !matches!(value, "" | "false" | "0" | "{}" | "[]") {
            others.push(name);
        }
    }
    if !options.prices.is_empty() {
        let names: Vec<&str> = options.prices.iter().map(|(name, _)| name.as_str()).collect();
        let said = "they are in the file of accounts, as written, for the price book that is to come";
        report.carried(&About::named(format!("options {}", names.join(", "))), said);
    }
    if !others.is_empty() {
        others.sort_unstable();
        let about = About::named(format!("options {}", others.join(", ")));
        report.lost(&about, "the console's other settings have no place here", None);
    }
    options
}

fn attempts(value: &str, draft: &mut Draft, report: &mut Report) {
    let about = About::named(format!("options {ATTEMPTS}"));
    match value.parse::<usize>() {
        Ok(retries) => {
            draft.attempts = retries.saturating_add(1);
            report.changed(
                &about,
                "at least as many targets are asked for a call: limits.attempts_max",
                None,
            );
        }
        Err(_) => report.lost(&about, "it is no number", None),
    }
}
