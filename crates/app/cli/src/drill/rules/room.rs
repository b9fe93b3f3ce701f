//! Too little room for what comes.

use std::collections::BTreeSet;

use limits::rate::Measure;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// A fallback with less than one of so many parts of the first's room cannot carry its calls.
const ROOM_PART: u32 = 4;

/// An answer with pictures, or a request with some pages, needs as much.
const ANSWER_BYTES_MIN: usize = 1 << 20;
const BODY_BYTES_MIN: usize = 256 << 10;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "bottleneck",
        Weight::Warning,
        "a concurrent_max of 1: calls go through one by one",
        bottleneck,
    ),
    Rule::new(
        "fallback_too_small",
        Weight::Warning,
        "those behind the first have room for less than a quarter of what it takes",
        fallback_too_small,
    ),
    Rule::new(
        "fallback_rate_too_low",
        Weight::Warning,
        "those behind the first may be asked, by limits.providers, for less than a quarter of what the first may",
        fallback_rate_too_low,
    ),
    Rule::new(
        "adaptive_ceiling_low",
        Weight::Warning,
        "an adaptive ceiling of 1: after one refusal calls go through one by one for good",
        adaptive_ceiling_low,
    ),
    Rule::new(
        "answers_cut",
        Weight::Warning,
        "limits.answer_bytes_max below 1 MiB, or body_bytes_max below 256 KiB: long calls fail at each target",
        answers_cut,
    ),
    Rule::new(
        "nobody_may_wait",
        Weight::Warning,
        "limits.queue_max or queue_wait_ms 0 beside a concurrent_max: whoever finds no room is refused at once",
        nobody_may_wait,
    ),
];

/// Every bound, by where it stands.
fn bounds(house: &House<'_>) -> Vec<(String, u32)> {
    let snapshot = house.snapshot;
    let mut found = vec![("limits.concurrent_max".to_owned(), snapshot.limits.concurrent_max)];
    for provider in snapshot.providers.iter() {
        let path = format!("providers.{}", provider.id);
        found.push((format!("{path}.concurrent_max"), provider.concurrent_max));
        for (place, line) in provider.lines.iter().enumerate() {
            found.push((format!("{path}.lines[{place}].concurrent_max"), line.concurrent_max));
        }
    }
    for model in &snapshot.models {
        for (place, target) in model.targets.iter().enumerate() {
            let path = format!("models.{}.targets[{place}].concurrent_max", model.name);
            found.push((path, target.concurrent_max));
        }
    }
    found.into_iter().filter_map(|(path, bound)| Some((path, bound?))).collect()
}

fn bottleneck(house: &House<'_>) -> Vec<Trace> {
    let found = bounds(house).into_iter().filter(|(_, bound)| *bound == 1);
    found
        .map(|(path, _)| {
            let what = "one call at a time: under any load the others wait, and are refused";
            Trace::of(path, what, "raise it, or leave it out")
        })
        .collect()
}

fn fallback_too_small(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let room = |server: &crate::drill::house::Server<'_>| {
            let provider = house.provider(server.first).concurrent_max;
            let ways = u32::try_from(server.targets.len()).unwrap_or(u32::MAX);
            let own = server.first.concurrent_max.map(|own| own.saturating_mul(ways));
            provider.into_iter().chain(own).min()
        };
        let first_step = servers.iter().filter(|server| server.step == 0);
        let first: Option<u32> = first_step.map(room).sum();
        let behind: Vec<_> = servers.iter().filter(|server| server.step > 0).collect();
        let all: Option<u32> = behind.iter().map(|server| room(server)).sum();
        // Who takes as many as come has room for a thousand, say.
        let first = first.unwrap_or(1000);
        let Some(all) = all.filter(|all| !behind.is_empty() && all.saturating_mul(ROOM_PART) < first) else {
            continue;
        };
        let of: Vec<String> = behind.iter().map(|server| house.label(road, server.first)).collect();
        found.push(Trace::of_model(
            &road.name,
            of.join(", "),
            format!("together they take {all} calls at once: when the first fails, the rest is refused"),
            "raise their concurrent_max, or add a fallback",
        ));
    }
    found
}

fn fallback_rate_too_low(house: &House<'_>) -> Vec<Trace> {
    let rates = &house.snapshot.limits.rates.credentials;
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        // All keys of a provider together; a provider that serves several steps has its rate once.
        let together = |is_behind: bool, measure: Measure| {
            let ids: BTreeSet<&str> = servers
                .iter()
                .filter(|server| (server.step > 0) == is_behind)
                .map(|server| house.provider(server.first).id.as_str())
                .collect();
            let of = |id: &str| {
                let provider = house.snapshot.providers.iter().find(|provider| provider.id == id)?;
                let keys = u64::try_from(provider.credentials.len().max(1)).unwrap_or(u64::MAX);
                let (_, terms) = rates.iter().find(|(limited, _)| limited == id)?;
                terms.amount(measure).map(|amount| amount.saturating_mul(keys))
            };
            ids.into_iter().map(of).sum::<Option<u64>>().filter(|sum| *sum > 0)
        };
        for measure in [Measure::RequestsPerMinute, Measure::TokensPerMinute] {
            let Some(behind) = together(true, measure) else { continue };
            let Some(first) = together(false, measure) else { continue };
            if behind.saturating_mul(ROOM_PART.into()) < first {
                let of: BTreeSet<&str> = servers
                    .iter()
                    .filter(|server| server.step > 0)
                    .map(|server| house.provider(server.first).id.as_str())
                    .collect();
                let what = format!(
                    "together they may be asked for {behind} ({}), the first for {first}: when it fails, the rest is refused",
                    measure.name()
                );
                found.push(Trace::of_model(
                    &road.name,
                    format!("limits.providers.{}", of.into_iter().collect::<Vec<_>>().join(", ")),
                    what,
                    "raise their limits, or add a fallback",
                ));
                break;
            }
        }
    }
    found
}

fn adaptive_ceiling_low(house: &House<'_>) -> Vec<Trace> {
    let low = house.snapshot.providers.iter().filter(|provider| provider.adaptive.ceiling <= 1);
    low.map(|provider| {
        Trace::of(
            format!("providers.{}.adaptive.ceiling", provider.id),
            "once it has refused a call, one at a time is all it ever gets",
            "raise it, or leave it out",
        )
    })
    .collect()
}

fn answers_cut(house: &House<'_>) -> Vec<Trace> {
    let limits = &house.snapshot.limits;
    let sizes = [
        ("limits.answer_bytes_max", limits.answer_bytes_max, ANSWER_BYTES_MIN, "answers"),
        ("limits.body_bytes_max", limits.body_bytes_max, BODY_BYTES_MIN, "requests"),
    ];
    let small = sizes.into_iter().filter(|(_, size, least, _)| size < least);
    small
        .map(|(key, size, _, what)| {
            let what = format!("{what} of more than {size} bytes fail, and no other target helps");
            Trace::of(key, what, "raise it, or leave it out")
        })
        .collect()
}

fn nobody_may_wait(house: &House<'_>) -> Vec<Trace> {
    let limits = &house.snapshot.limits;
    let is_none = (limits.queue_max == 0 || limits.queue_wait.is_zero()) && !bounds(house).is_empty();
    let what = "room is bounded and nobody may wait for it: the shortest burst is answered with 503";
    is_none.then(|| Trace::of("limits.queue_max", what, "leave it out: 1024 is usual")).into_iter().collect()
}
