//! Prices that are missing, or a surprise.

use routing::Policy;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// A fallback that costs more than so many times what the first costs is a surprise.
const DEARER_TIMES: u64 = 10;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "cheapest_of_unknown",
        Weight::Warning,
        "policy: cheapest among targets of which one has no price",
        cheapest_of_unknown,
    ),
    Rule::new("no_price", Weight::Hint, "a target of a vendor that charges, without a known price", no_price),
    Rule::new(
        "dear_fallback",
        Weight::Warning,
        "a fallback that costs more than ten times what the first costs",
        dear_fallback,
    ),
];

fn cheapest_of_unknown(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let is_cheapest = road.route.tiers.iter().any(|tier| tier.policy == Policy::Cheapest);
        let unknown = road.servers().into_iter().filter(|server| is_cheapest && server.first.price.is_none());
        for server in unknown {
            let label = house.label(road, server.first);
            let what = format!("nobody knows what {label} costs, so it is never taken for the cheapest");
            found.push(Trace::of_model(&road.name, label, what, "give it a price in your own catalog.toml"));
        }
    }
    found
}

fn no_price(house: &House<'_>) -> Vec<Trace> {
    let mut found: Vec<Trace> = Vec::new();
    for road in &house.roads {
        for server in road.servers() {
            let is_free = !house.provider(server.first).kind.needs_key || server.first.price.is_some();
            let label = house.label(road, server.first);
            if is_free || found.iter().any(|known| known.of == label) {
                continue;
            }
            let what = format!("nobody knows what {label} costs: costs of its calls cannot be told");
            found.push(Trace::of(label, what, "give it a price in your own catalog.toml"));
        }
    }
    found
}

fn dear_fallback(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let Some(own) = servers.first().and_then(|first| first.first.price) else { continue };
        for server in &servers[1..] {
            let Some(price) = server.first.price.filter(|price| *price / DEARER_TIMES > own) else {
                continue;
            };
            let label = house.label(road, server.first);
            let what = format!(
                "{label} costs {} times what the first costs: an outage is paid for",
                price / own.max(1)
            );
            found.push(Trace::of_model(&road.name, label, what, "put it last, or name a cheaper one"));
        }
    }
    found
}
