//! Lines as the admin API shows them.

use routing::Moment;
use routing::health::{Reach, Why};
use serde_json::{Value, json};

use super::rows::{Row, Way, ways};
use super::targets::ms;
use crate::serving::Serving;

/// Every line with each of its credentials, and what its targets come to.
pub(super) fn lines(serving: &Serving, rows: &[Row<'_>], now: Moment) -> Vec<Value> {
    ways(serving).iter().map(|way| line(serving, way, rows, now)).collect()
}

fn line(serving: &Serving, way: &Way<'_>, rows: &[Row<'_>], now: Moment) -> Value {
    let verdict = way.verdict(serving, now);
    let own = || rows.iter().filter(|row| std::ptr::eq(row.way.health, way.health));
    json!({
        "provider": way.provider.id(),
        "region": way.region,
        "line": way.line,
        "key": way.key,
        "state": verdict.state.name(),
        "reason": verdict.why.map(Why::name),
        "recovery_ms": verdict.recovers_in.map(ms),
        "reach": match way.health.reach(now) {
            Reach::Unknown => "unknown",
            Reach::Answering => "answering",
            Reach::Doubtful => "doubtful",
            Reach::Unreachable => "unreachable",
        },
        "path_limit_ms": ms(way.health.path.limit()),
        "switch": way.health.switch_of_all().name(),
        "requests": own().map(|row| row.report.asked).sum::<u64>(),
        "failed": own().map(|row| row.report.failed).sum::<u64>(),
        "failovers": own().map(|row| row.report.moved_on).sum::<u64>(),
        "in_flight": own().map(|row| row.crowd.active).sum::<u32>(),
        "waiting": own().map(|row| row.crowd.waiting).sum::<u32>(),
        "limit": way.line_limit(),
        "provider_limit": way.provider_limit(),
    })
}
