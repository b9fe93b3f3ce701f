//! `GET /admin/v1/stats`: regions and providers in figures, over the last hundred answers of each. What nobody knows is null.

use std::collections::BTreeMap;
use std::time::Duration;

use routing::Moment;
use routing::health::{Digest, State, Switch};
use serde_json::{Map, Value, json};

use super::rows::{Row, ways};
use super::targets::{exact_ms, per_second, rate};
use crate::serving::Serving;

/// What belongs together.
#[derive(Default)]
struct Group<'r, 's> {
    rows: Vec<&'r Row<'s>>,
    states: Vec<State>,
    switches: Vec<Switch>,
}

/// Everything by region, and the same by provider.
pub(super) fn stats(serving: &Serving, rows: &[Row<'_>], uptime: Duration, now: Moment) -> Value {
    let (mut regions, mut providers) = (BTreeMap::new(), BTreeMap::new());
    for way in ways(serving) {
        let own = rows.iter().filter(|row| std::ptr::eq(row.way.health, way.health));
        let (state, switch) = (way.verdict(serving, now).state, way.health.switch_of_all());
        for group in [regions.entry(way.region).or_default(), providers.entry(way.provider.id()).or_default()]
        {
            let group: &mut Group<'_, '_> = group;
            group.rows.extend(own.clone());
            group.states.push(state);
            group.switches.push(switch);
        }
    }
    let told = |groups: BTreeMap<&str, Group<'_, '_>>| -> Map<String, Value> {
        groups.into_iter().map(|(name, group)| (name.to_owned(), group.told(uptime))).collect()
    };
    json!({ "uptime": uptime.as_secs(), "regions": told(regions), "providers": told(providers) })
}

impl Group<'_, '_> {
    fn told(&self, uptime: Duration) -> Value {
        let samples = self.rows.iter().flat_map(|row| row.report.samples.iter().copied());
        let digest = Digest::of(samples.collect());
        let quantile = |part| digest.quantile(part).map(exact_ms);
        let sum = |of: fn(&Row<'_>) -> u64| self.rows.iter().map(|row| of(row)).sum::<u64>();
        json!({
            "current_health": State::of_all(self.states.iter().copied()).name(),
            "avg_latency": digest.average().map(exact_ms),
            "min_latency": digest.min().map(exact_ms),
            "max_latency": digest.max().map(exact_ms),
            "total_requests": sum(|row| row.report.asked),
            "failover_count": sum(|row| row.report.moved_on),
            "success_rate": rate(&digest),
            "p50_latency": quantile(0.5),
            "p95_latency": quantile(0.95),
            "p99_latency": quantile(0.99),
            "samples": digest.sampled(),
            "failed_requests": sum(|row| row.report.failed),
            "requests_per_second": per_second(self.rows.iter().map(|row| &row.report), uptime),
            "in_flight": sum(|row| u64::from(row.crowd.active)),
            "switch": self.switch(),
        })
    }

    fn switch(&self) -> &'static str {
        match self.switches.first() {
            Some(first) if self.switches.iter().all(|switch| switch == first) => first.name(),
            Some(_) => "partly_off",
            None => Switch::On.name(),
        }
    }
}
