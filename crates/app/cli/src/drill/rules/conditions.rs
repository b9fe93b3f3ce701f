//! Targets that are for some requests only, where ordinary ones are left without.

use routing::Target;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road, takes_ordinary};

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "nobody_for_ordinary_calls",
        Weight::Warning,
        "a name whose targets all have a `when`",
        nobody_for_ordinary_calls,
    ),
    Rule::new(
        "fallback_for_some_only",
        Weight::Warning,
        "a name with one target for everybody, all others having a `when`",
        fallback_for_some_only,
    ),
    Rule::new(
        "no_fallback_for_streams",
        Weight::Warning,
        "a name whose streams, or whole answers, have one target and the other kind several",
        no_fallback_for_streams,
    ),
    Rule::new(
        "nobody_for_long_prompts",
        Weight::Warning,
        "a name whose targets all have a `when` with tokens_max",
        nobody_for_long_prompts,
    ),
];

/// How many targets take requests like this.
fn takers(road: &Road, takes: impl Fn(&Target) -> bool) -> usize {
    road.servers().iter().filter(|server| takes(server.first)).count()
}

fn nobody_for_ordinary_calls(house: &House<'_>) -> Vec<Trace> {
    let found = house.roads.iter().filter(|road| takers(road, |target| takes_ordinary(target, None)) == 0);
    found
        .map(|road| {
            Trace::of_model(
                &road.name,
                "when",
                "every target is for some requests only: one with nothing special about it is refused",
                "let the last target be without `when`",
            )
        })
        .collect()
}

fn fallback_for_some_only(house: &House<'_>) -> Vec<Trace> {
    let found = house
        .roads
        .iter()
        .filter(|road| road.servers().len() > 1 && takers(road, |target| takes_ordinary(target, None)) == 1);
    found
        .map(|road| {
            Trace::of_model(
                &road.name,
                "when",
                "for ordinary requests one target is left, as the `when` of all others does not hold for them",
                "give one more target no `when`",
            )
        })
        .collect()
}

fn no_fallback_for_streams(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let count = |is_streaming| takers(road, |target| takes_ordinary(target, Some(is_streaming)));
        let (streams, whole) = (count(true), count(false));
        let what = match (streams, whole) {
            (..=1, 2..) => "streams",
            (2.., ..=1) => "whole answers",
            _ => continue,
        };
        found.push(Trace::of_model(
            &road.name,
            "when.stream",
            format!("for {what} there is no second target, for the others there is"),
            format!("let one more target take {what}"),
        ));
    }
    found
}

fn nobody_for_long_prompts(house: &House<'_>) -> Vec<Trace> {
    let bound = |target: &Target| target.condition.as_ref().and_then(|condition| condition.tokens_max);
    let mut found = Vec::new();
    for road in &house.roads {
        let bounds: Option<Vec<u64>> = road.route.targets.iter().map(bound).collect();
        let Some(most) = bounds.and_then(|bounds| bounds.into_iter().max()) else { continue };
        let what = format!("every target is for requests of {most} tokens at most: longer ones are refused");
        found.push(Trace::of_model(
            &road.name,
            "when.tokens_max",
            what,
            "let one target be without tokens_max",
        ));
    }
    found
}
