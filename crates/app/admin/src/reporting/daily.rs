//! The report of one day: what was spent and how it went, for each provider and of its models.

use std::collections::BTreeMap;

use serde::Serialize;
use store::{Count, Figures, Report, ReportRow};

use super::amount::Amount;
use crate::reporting::figures::{average_ms, percent, percentile_ms, share};

/// What calls of a daily report are parted by, in this order.
pub(crate) const DAILY_BY: [store::Dimension; 4] =
    [store::Dimension::Provider, store::Dimension::Model, store::Dimension::Status, store::Dimension::Error];
/// Kinds of failures that are told of a provider.
const TOP_ERRORS: usize = 3;
/// From what average latency on something is to be looked at, in milliseconds.
const ALERT_LATENCY_MS: f64 = 1000.0;
/// From what share of calls on that another had failed before.
const ALERT_FAILOVER_RATE: f64 = 0.10;
/// Below what share of successes.
const ALERT_SUCCESS_RATE: f64 = 0.95;

/// A day.
#[derive(Debug, Serialize)]
pub(crate) struct Daily {
    date: String,
    tz: String,
    total_cost: Amount,
    /// Null where nothing cost anything.
    currency: Option<String>,
    /// What was spent in each currency, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    costs: Vec<CostIn>,
    request_count: u64,
    avg_latency_ms: Option<f64>,
    p95_latency_ms: Option<f64>,
    total_tokens: u64,
    providers: BTreeMap<String, OfProvider>,
    /// Calls that no provider answered: refused, or failed before one was asked.
    unserved: u64,
    /// Answers that were told again, with no provider asked: of the cache, and of repeats.
    told_again: u64,
    /// What an account paid for calls of which nothing else is known, as they were running in a crash. It is in the total.
    #[serde(skip_serializing_if = "Option::is_none")]
    unrecorded: Option<UnrecordedCost>,
    /// What the report is without, where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CostIn {
    cost: Amount,
    currency: String,
}

#[derive(Debug, Serialize)]
struct UnrecordedCost {
    requests: i64,
    cost: Amount,
}

#[derive(Debug, Serialize)]
struct OfProvider {
    total_requests: u64,
    success_rate: Option<f64>,
    avg_latency_ms: Option<f64>,
    p95_latency_ms: Option<f64>,
    /// Of its calls, those that another had failed before.
    failover_rate: Option<f64>,
    total_tokens: u64,
    cost: Amount,
    model_breakdown: BTreeMap<String, OfModel>,
    top_errors: Vec<TopError>,
    /// Why somebody should look, or null.
    alert: Option<String>,
}

#[derive(Debug, Serialize)]
struct OfModel {
    requests: u64,
    success_rate: Option<f64>,
    avg_latency_ms: Option<f64>,
    tokens: u64,
    cost: Amount,
}

#[derive(Debug, Serialize)]
struct TopError {
    error: String,
    count: u64,
}

/// Sums that grow row by row.
#[derive(Default)]
struct Sums {
    all: Figures,
    by_currency: BTreeMap<String, i128>,
    models: BTreeMap<String, Figures>,
    errors: BTreeMap<String, u64>,
}

impl Daily {
    /// Of a report by [`DAILY_BY`]; `None` where there were no calls.
    pub(crate) fn of((date, tz): (String, String), report: &Report, is_text: bool) -> Option<Self> {
        if report.rows.is_empty() && report.unrecorded.is_empty() {
            return None;
        }
        let amount = |nano: i128| Amount { nano, is_text };
        let (mut all, mut providers) = (Sums::default(), BTreeMap::<String, Sums>::new());
        let (mut unserved, mut told_again) = (0, 0);
        for row in &report.rows {
            let [provider, model, status, error] = [0, 1, 2, 3].map(|at| row.names[at].as_str());
            all.add(row, model, "");
            if provider.is_empty() {
                let answered = row.figures.count(Count::Successes);
                told_again += answered;
                unserved += row.figures.count(Count::Calls) - answered;
            } else {
                let label = if error.is_empty() { format!("status_{status}") } else { error.to_owned() };
                let label = if row.figures.count(Count::Successes) > 0 { "" } else { &label };
                providers.entry(provider.to_owned()).or_default().add(row, model, label);
            }
        }
        let (mut lost_calls, mut lost_cost) = (0, 0);
        for lost in &report.unrecorded {
            *all.by_currency.entry(lost.currency.clone()).or_default() += lost.charged;
            (lost_calls, lost_cost) = (lost_calls + lost.calls, lost_cost + lost.charged);
        }
        all.by_currency.remove("");
        let costs = || {
            all.by_currency.iter().map(|(code, nano)| CostIn { cost: amount(*nano), currency: code.clone() })
        };
        let most = all.by_currency.iter().max_by_key(|(_, nano)| **nano);
        let lost = UnrecordedCost { requests: lost_calls, cost: amount(lost_cost) };
        Some(Self {
            date,
            tz,
            total_cost: amount(most.map_or(0, |(_, nano)| *nano)),
            currency: most.map(|(code, _)| code.clone()),
            costs: if all.by_currency.len() > 1 { costs().collect() } else { Vec::new() },
            request_count: all.all.count(Count::Calls).saturating_add_signed(lost_calls),
            avg_latency_ms: average_ms(&all.all),
            p95_latency_ms: percentile_ms(&all.all),
            total_tokens: all.all.tokens(),
            providers: providers.into_iter().map(|(id, sums)| (id, sums.of_provider(is_text))).collect(),
            unserved,
            told_again,
            unrecorded: Some(lost).filter(|_| lost_cost != 0 || lost_calls != 0),
            notes: Vec::new(),
        })
    }

    /// The same, with what it is without.
    pub(crate) fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }
}

impl Sums {
    fn add(&mut self, row: &ReportRow, model: &str, error: &str) {
        self.all.add_all(&row.figures);
        *self.by_currency.entry(row.currency.clone()).or_default() += row.figures.price;
        self.models.entry(model.to_owned()).or_default().add_all(&row.figures);
        if !error.is_empty() {
            *self.errors.entry(error.to_owned()).or_default() += row.figures.count(Count::Calls);
        }
    }

    fn of_provider(self, is_text: bool) -> OfProvider {
        let amount = |nano: i128| Amount { nano, is_text };
        let calls = self.all.count(Count::Calls);
        let model = |(name, figures): (String, Figures)| {
            let of = OfModel {
                requests: figures.count(Count::Calls),
                success_rate: share(figures.count(Count::Successes), figures.count(Count::Calls)),
                avg_latency_ms: average_ms(&figures),
                tokens: figures.tokens(),
                cost: amount(figures.price),
            };
            (name, of)
        };
        let mut errors: Vec<TopError> =
            self.errors.into_iter().map(|(error, count)| TopError { error, count }).collect();
        errors.sort_by_key(|error| std::cmp::Reverse(error.count));
        errors.truncate(TOP_ERRORS);
        let success_rate = share(self.all.count(Count::Successes), calls);
        let failover_rate = share(self.all.count(Count::Failovers), calls);
        let avg_latency_ms = average_ms(&self.all);
        OfProvider {
            total_requests: calls,
            success_rate,
            avg_latency_ms,
            p95_latency_ms: percentile_ms(&self.all),
            failover_rate,
            total_tokens: self.all.tokens(),
            cost: amount(self.all.price),
            model_breakdown: self.models.into_iter().map(model).collect(),
            top_errors: errors,
            alert: alert(avg_latency_ms, failover_rate, success_rate),
        }
    }
}

/// What is beyond its bound, in words.
fn alert(latency_ms: Option<f64>, failover_rate: Option<f64>, success_rate: Option<f64>) -> Option<String> {
    let mut words = Vec::new();
    if let Some(ms) = latency_ms.filter(|ms| *ms > ALERT_LATENCY_MS) {
        words.push(format!("average latency {ms:.0} ms is above {ALERT_LATENCY_MS:.0} ms"));
    }
    if let Some(rate) = failover_rate.filter(|rate| *rate > ALERT_FAILOVER_RATE) {
        let bound = percent(ALERT_FAILOVER_RATE);
        words.push(format!("failover rate {} is above {bound}", percent(rate)));
    }
    if let Some(rate) = success_rate.filter(|rate| *rate < ALERT_SUCCESS_RATE) {
        let bound = percent(ALERT_SUCCESS_RATE);
        words.push(format!("success rate {} is below {bound}", percent(rate)));
    }
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::alert;

    #[test]
    fn what_is_beyond_its_bound_is_said() {
        assert_eq!(alert(Some(1000.0), Some(0.1), Some(0.95)), None);
        assert_eq!(alert(None, None, None), None);
        assert_eq!(
            alert(Some(1234.4), Some(0.125), Some(0.5)).unwrap(),
            "average latency 1234 ms is above 1000 ms; failover rate 12.5 % is above 10 %; success rate 50 % is below 95 %"
        );
    }
}
