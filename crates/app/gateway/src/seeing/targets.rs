//! Targets as the admin API shows them: state, reason, evidence, and how full they are.

use std::time::Duration;

use routing::Moment;
use routing::health::{Digest, Report, Sample, Why};
use serde_json::{Map, Value, json};

use super::rows::Row;

/// Samples of more targets at once would be too long an answer: a hundred of them are several times as long as all the rest that
/// is said of a target, which is also why they are told on request only.
const SAMPLED_TARGETS_MAX: usize = 100;
/// What is recent, as the breakers see it.
const RECENT_SECONDS: u64 = 10;

/// Which targets are wanted; all where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Of this provider.
    pub provider: Option<String>,
    /// Of this region.
    pub region: Option<String>,
    /// Of this model, by its provider's name for it.
    pub model: Option<String>,
    /// With the samples of each.
    pub has_samples: bool,
}

impl Choice {
    fn takes(&self, row: &Row<'_>) -> bool {
        let is =
            |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        is(&self.provider, row.way.provider.id())
            && is(&self.region, row.way.region)
            && is(&self.model, row.model)
    }
}

/// Those that are wanted; `Err` says what to ask instead.
pub(super) fn targets(
    rows: &[Row<'_>],
    choice: &Choice,
    uptime: Duration,
    now: Moment,
) -> Result<Vec<Value>, String> {
    let wanted: Vec<&Row<'_>> = rows.iter().filter(|row| choice.takes(row)).collect();
    if choice.has_samples && wanted.len() > SAMPLED_TARGETS_MAX {
        return Err(format!(
            "samples of {} targets are too many, at most {SAMPLED_TARGETS_MAX} at a time: say which with provider, region or model",
            wanted.len()
        ));
    }
    let told = |row: &Row<'_>| {
        let mut told = target(row, uptime, now);
        if choice.has_samples {
            told["samples"] = row.report.samples.iter().map(|known| sample(*known, now)).collect();
        }
        told
    };
    Ok(wanted.into_iter().map(told).collect())
}

fn target(row: &Row<'_>, uptime: Duration, now: Moment) -> Value {
    let Row { way, report, verdict, .. } = row;
    let digest = Digest::of(report.samples.clone());
    let faults: Map<String, Value> =
        report.faults.iter().map(|(name, count)| ((*name).to_owned(), (*count).into())).collect();
    json!({
        "provider": way.provider.id(),
        "region": way.region,
        "line": way.line,
        "key": way.key,
        "model": row.model,
        "state": verdict.state.name(),
        "reason": verdict.why.map(Why::name),
        "recovery_ms": verdict.recovers_in.map(ms),
        "evidence": evidence(report, now),
        "switch": row.switch.name(),
        "requests": report.asked,
        "failed": report.failed,
        "failures": faults,
        "failovers": report.moved_on,
        "per_second": per_second([report], uptime),
        "sampled": digest.sampled(),
        "success_rate": rate(&digest),
        "latency_ms": latency(&digest),
        "in_flight": row.crowd.active,
        "in_flight_peak": row.crowd.peak,
        "waiting": row.crowd.waiting,
        "limit": row.limit(),
        "limit_learnt": row.crowd.learnt,
    })
}

/// What its state was concluded from.
fn evidence(report: &Report, now: Moment) -> Value {
    let (answered, failed) = report.recent;
    json!({
        "failures_in_a_row": report.run,
        "recent": { "seconds": RECENT_SECONDS, "answered": answered, "failed": failed },
        "last_failure": report.last_fault.map(|(fault, at)| json!({
            "kind": fault.name(),
            "ago_ms": ms(now.since(at)),
        })),
    })
}

fn sample(sample: Sample, now: Moment) -> Value {
    json!({ "ago_ms": ms(now.since(sample.at)), "took_ms": exact_ms(sample.took), "is_good": sample.is_good })
}

/// Answers and failures a second, over the last ten seconds or since the start.
pub(super) fn per_second<'r>(reports: impl IntoIterator<Item = &'r Report>, uptime: Duration) -> f64 {
    let seconds = uptime.as_secs_f64().clamp(1.0, RECENT_SECONDS as f64);
    let recent: u64 = reports.into_iter().map(|report| report.recent.0 + report.recent.1).sum();
    ((recent as f64 / seconds) * 10.0).round() / 10.0
}

/// Until answers began, of the last hundred.
pub(super) fn latency(digest: &Digest) -> Value {
    let quantile = |part| digest.quantile(part).map(exact_ms);
    json!({
        "avg": digest.average().map(exact_ms),
        "min": digest.min().map(exact_ms),
        "max": digest.max().map(exact_ms),
        "p50": quantile(0.5),
        "p95": quantile(0.95),
        "p99": quantile(0.99),
    })
}

/// What part were answers, to four digits.
pub(super) fn rate(digest: &Digest) -> Option<f64> {
    digest.success_rate().map(|rate| (rate * 10_000.0).round() / 10_000.0)
}

/// Whole milliseconds, rounded up: what is said to be over is over.
pub(super) const fn ms(span: Duration) -> u64 {
    span.as_micros().div_ceil(1000) as u64
}

/// Milliseconds with three digits behind the point.
pub(super) fn exact_ms(span: Duration) -> f64 {
    span.as_micros() as f64 / 1000.0
}
