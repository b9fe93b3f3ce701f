//! Fallbacks that cannot do what the first can.

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road, Server};

/// A fallback that holds less than one of so many parts of the first is much smaller.
const SMALLER_PART: u64 = 2;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "no_able_fallback",
        Weight::Warning,
        "the first target can do something that none behind it can: tools, images, audio, documents, schemas",
        no_able_fallback,
    ),
    Rule::new(
        "less_able_fallback",
        Weight::Hint,
        "some of those behind the first cannot do all that it can",
        less_able_fallback,
    ),
    Rule::new(
        "smaller_context",
        Weight::Warning,
        "all those behind the first hold less than half of what it holds",
        smaller_context,
    ),
    Rule::new(
        "smaller_output",
        Weight::Warning,
        "all those behind the first write less than half of what it writes at most",
        smaller_output,
    ),
];

/// Those of the first step, and those behind.
fn parts<'r, 's>(servers: &'s [Server<'r>]) -> (&'s [Server<'r>], &'s [Server<'r>]) {
    let end = servers.iter().position(|server| server.step > 0).unwrap_or(servers.len());
    servers.split_at(end)
}

fn no_able_fallback(house: &House<'_>) -> Vec<Trace> {
    lacking(house, true)
}

fn less_able_fallback(house: &House<'_>) -> Vec<Trace> {
    lacking(house, false)
}

/// Abilities of the first that all behind it lack, or some of them but not all.
fn lacking(house: &House<'_>, by_all: bool) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let (first, behind) = parts(&servers);
        let Some(first) = first.first().filter(|_| !behind.is_empty()) else { continue };
        let (mut lacked, mut unable) = (Vec::new(), Vec::new());
        for capability in routing::Capability::all().filter(|one| !first.first.lacks.has(*one)) {
            let without = behind.iter().filter(|server| server.first.lacks.has(capability));
            let without: Vec<String> = without.map(|server| house.label(road, server.first)).collect();
            if !without.is_empty() && (without.len() == behind.len()) == by_all {
                lacked.push(capability.name());
                unable
                    .extend(without.into_iter().filter(|label| !unable.contains(label)).collect::<Vec<_>>());
            }
        }
        if lacked.is_empty() {
            continue;
        }
        let (lacked, able) = (lacked.join(", "), house.label(road, first.first));
        let what = if by_all {
            format!("{able} takes {lacked}, and nobody behind it does: such calls have no fallback")
        } else {
            format!("{able} takes {lacked}, and these do not take all of it: such calls pass them over")
        };
        found.push(Trace::of_model(
            &road.name,
            unable.join(", "),
            what,
            format!("add a fallback that takes {lacked}, or correct providers.*.catalog"),
        ));
    }
    found
}

fn smaller_context(house: &House<'_>) -> Vec<Trace> {
    smaller(house, "context", |_, _, server| server.first.context_tokens)
}

fn smaller_output(house: &House<'_>) -> Vec<Trace> {
    smaller(house, "output", |house, road, server| house.row(road, server.first)?.facts.output_tokens_max)
}

/// Names where the size is known of all, and that of everybody behind is much smaller.
fn smaller(
    house: &House<'_>,
    what: &str,
    size: impl Fn(&House<'_>, &Road, &Server<'_>) -> Option<u64>,
) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        let (first, behind) = parts(&servers);
        let Some(own) = first.first().and_then(|first| size(house, road, first)) else { continue };
        let sizes: Option<Vec<u64>> = behind.iter().map(|server| size(house, road, server)).collect();
        let Some(largest) = sizes.and_then(|sizes| sizes.into_iter().max()) else { continue };
        if largest.saturating_mul(SMALLER_PART) >= own {
            continue;
        }
        let of: Vec<String> = behind.iter().map(|server| house.label(road, server.first)).collect();
        found.push(Trace::of_model(
            &road.name,
            of.join(", "),
            format!("{what}: the first has {own} tokens, the largest behind it {largest}: longer calls have no fallback"),
            "add a fallback of that size",
        ));
    }
    found
}
