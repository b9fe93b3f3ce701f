//! Steps of a chain that nobody comes to, or that help nobody.

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "no_second_attempt",
        Weight::Error,
        "several targets, and limits.attempts_max lets only one be asked",
        no_second_attempt,
    ),
    Rule::new(
        "step_beyond_attempts",
        Weight::Error,
        "steps of a chain behind the last attempt of limits.attempts_max",
        step_beyond_attempts,
    ),
    Rule::new(
        "repeated_target",
        Weight::Warning,
        "a chain that comes to the same model of the same provider twice",
        repeated_target,
    ),
];

fn no_second_attempt(house: &House<'_>) -> Vec<Trace> {
    if house.snapshot.limits.attempts_max > 1 {
        return Vec::new();
    }
    let several = house.roads.iter().filter(|road| road.route.targets.len() > 1);
    several
        .map(|road| {
            Trace::of_model(
                &road.name,
                "limits.attempts_max",
                "one attempt is all there is: who answers with an error or not at all is followed by nobody",
                format!("raise limits.attempts_max to {} or leave it out", road.steps().clamp(2, 10)),
            )
        })
        .collect()
}

fn step_beyond_attempts(house: &House<'_>) -> Vec<Trace> {
    let attempts = house.snapshot.limits.attempts_max;
    let mut found = Vec::new();
    for road in house.roads.iter().filter(|road| attempts > 1 && road.steps() > attempts) {
        let mut beyond: Vec<String> = Vec::new();
        for server in road.servers().iter().filter(|server| usize::from(server.step) >= attempts) {
            beyond.push(house.label(road, server.first));
        }
        found.push(Trace::of_model(
            &road.name,
            beyond.join(", "),
            format!(
                "{} steps and {attempts} attempts: these are asked only in the place of somebody who cannot be reached",
                road.steps()
            ),
            format!("raise limits.attempts_max to {}, or shorten the chain", road.steps().min(10)),
        ));
    }
    found
}

fn repeated_target(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let servers = road.servers();
        for (place, server) in servers.iter().enumerate() {
            let is_same = |other: &&super::super::house::Server<'_>| {
                let (one, other) = (server.first, other.first);
                let ways = (one.provider, one.line, &one.model, &one.condition);
                ways == (other.provider, other.line, &other.model, &other.condition)
            };
            if servers[..place].iter().any(|other| is_same(&other)) {
                let label = house.label(road, server.first);
                found.push(Trace::of_model(
                    &road.name,
                    label.clone(),
                    format!(
                        "{label} stands in the chain twice: the second time takes an attempt and cannot help"
                    ),
                    "leave one of them out; for second tries there are retries.repeats_max",
                ));
            }
        }
    }
    found
}
