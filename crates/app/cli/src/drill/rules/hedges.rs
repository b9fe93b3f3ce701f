//! Seconds beside a late first who are never asked, or asked too often; and streams that nobody else goes on with.

use routing::{Resume, span_of};

use super::rule::Rule;
use super::times::ms;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road};

/// More than so many calls of a hundred are no longer the slowest few.
const PERCENT_MAX: u32 = 20;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "hedge_too_late",
        Weight::Warning,
        "hedge.after_ms, or retries.hedge_ms_min, that is not below what the first target is waited for",
        hedge_too_late,
    ),
    Rule::new(
        "hedge_without_budget",
        Weight::Warning,
        "hedge, and retries.hedge_percent 0: nobody is ever asked beside a late first",
        hedge_without_budget,
    ),
    Rule::new(
        "hedge_storm",
        Weight::Warning,
        "hedge, and retries.hedge_percent above 20: a slow day is paid twice, and asked twice",
        hedge_storm,
    ),
    Rule::new(
        "nobody_goes_on",
        Weight::Warning,
        "resume: continue, and nobody behind the first who takes the beginning of an answer",
        nobody_goes_on,
    ),
];

fn hedged<'h>(house: &'h House<'_>) -> impl Iterator<Item = &'h Road> {
    house.roads.iter().filter(|road| road.route.manner.hedge.is_some())
}

fn hedge_too_late(house: &House<'_>) -> Vec<Trace> {
    let snapshot = house.snapshot;
    let mut found = Vec::new();
    for road in hedged(house) {
        let after = road.route.manner.hedge.and_then(|hedge| hedge.after);
        let (key, after) = match after {
            Some(after) => (format!("models.{}.hedge.after_ms", road.name), after),
            None => ("retries.hedge_ms_min".to_owned(), snapshot.retries.hedges.after_min),
        };
        let first = &road.route.targets[0];
        let behind = road.route.targets.len().min(snapshot.limits.attempts_max).saturating_sub(1);
        let behind = u32::try_from(behind).unwrap_or(u32::MAX);
        let waited_for = |is_streaming: bool| {
            span_of(house.patience(is_streaming), behind, first.attempt_limit(is_streaming), None).limit
        };
        let kinds = [("streams", waited_for(true)), ("whole answers", waited_for(false))];
        let never: Vec<_> = kinds.into_iter().filter(|(_, limit)| after >= *limit).collect();
        let Some((_, limit)) = never.first() else { continue };
        let names: Vec<&str> = never.iter().map(|(name, _)| *name).collect();
        let label = house.label(road, first);
        let what = format!(
            "{}: {label} is given up after {}, so nobody is asked beside it after {}",
            names.join(" and "),
            ms(*limit),
            ms(after)
        );
        found.push(Trace::of_model(
            &road.name,
            key,
            what,
            "let it be a small part of what the first is waited for",
        ));
    }
    found
}

fn hedge_without_budget(house: &House<'_>) -> Vec<Trace> {
    if house.snapshot.retries.hedge_percent > 0 {
        return Vec::new();
    }
    let what = "it is to have a second asked beside a late first, and none may be";
    let of = |road: &Road| {
        Trace::of_model(
            &road.name,
            "retries.hedge_percent",
            what,
            "leave it out: 3 is usual; or leave hedge out",
        )
    };
    hedged(house).map(of).collect()
}

fn hedge_storm(house: &House<'_>) -> Vec<Trace> {
    let percent = house.snapshot.retries.hedge_percent;
    let what =
        format!("{percent} percent of the calls may have a second bill: a slow day doubles the load, too");
    let is_storm = percent > PERCENT_MAX && hedged(house).next().is_some();
    is_storm
        .then(|| Trace::of("retries.hedge_percent", what, "3 is usual: the slowest few"))
        .into_iter()
        .collect()
}

fn nobody_goes_on(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in house.roads.iter().filter(|road| road.route.manner.resume == Resume::Continue) {
        let servers = road.servers();
        // Another line of the first takes what the first takes.
        let others = &servers[1..];
        let takes = |server: &crate::drill::house::Server<'_>| {
            let model = server.first.model.as_deref().unwrap_or(&road.name);
            house.provider(server.first).takes_beginnings(Some(model))
        };
        if others.is_empty() || others.iter().any(takes) {
            continue;
        }
        let of: Vec<String> = others.iter().map(|server| house.label(road, server.first)).collect();
        found.push(Trace::of_model(
            &road.name,
            of.join(", "),
            "a stream that breaks off is asked for anew, and what comes must begin with what the caller has: it hardly ever does",
            "write resume: ask, name one that goes on from a beginning, or tell how it does: quirks.continues",
        ));
    }
    found
}
