//! Steps of a chain that get too little time, where those before them are silent.

use std::time::Duration;

use routing::{ORDER_MAX, span_of};

use super::rule::Rule;
use super::times::ms;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::{House, Road};

/// Whoever has less can hardly begin.
const TIME_MIN: Duration = Duration::from_secs(1);

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "no_time_left",
        Weight::Error,
        "a step for which less than a second is left where all before it are silent",
        no_time_left,
    ),
    Rule::new(
        "time_cut_short",
        Weight::Warning,
        "the limits of a chain together exceed what a call may take: a step gets less than half of its own",
        time_cut_short,
    ),
    Rule::new(
        "lines_use_up_time",
        Weight::Warning,
        "the limit of a first target, on each of its lines in turn, leaves the next step less than half of its own",
        lines_use_up_time,
    ),
];

/// A step, and its time where all before it stay silent to the end of theirs.
struct Stage {
    label: String,
    own: Option<Duration>,
    given: Duration,
}

/// Each step that is asked, as attempts share the time of a call.
fn stages(house: &House<'_>, road: &Road, is_streaming: bool) -> Vec<Stage> {
    let mut left = house.patience(is_streaming);
    let steps = road.steps().min(house.snapshot.limits.attempts_max);
    let servers = road.servers();
    let mut stages = Vec::with_capacity(steps);
    for step in 0..steps {
        let Some(server) = servers.iter().find(|server| usize::from(server.step) == step) else { continue };
        let own = server.first.attempt_limit(is_streaming);
        let behind = u32::try_from(steps - 1 - step).unwrap_or(u32::MAX);
        let given = span_of(left, behind, own, None).limit;
        stages.push(Stage { label: house.label(road, server.first), own, given });
        left = left.saturating_sub(given);
    }
    stages
}

/// The first step of each name that is as described; one finding where streams and whole answers have it alike.
fn each(house: &House<'_>, is_it: impl Fn(&Stage) -> bool, what: impl Fn(&Stage) -> String) -> Vec<Trace> {
    const KINDS: [(bool, &str, &str); 2] =
        [(true, "streams", "timeouts.first_byte_ms"), (false, "whole answers", "timeouts.answer_ms")];
    let mut found: Vec<Trace> = Vec::new();
    for road in &house.roads {
        let (mut kinds, mut keys, mut stage) = (Vec::new(), Vec::new(), None);
        for (is_streaming, kind, key) in KINDS {
            let stages = stages(house, road, is_streaming);
            if let Some(short) = stages.into_iter().skip(1).find(|stage| is_it(stage)) {
                kinds.push(kind);
                keys.push(key);
                stage.get_or_insert(short);
            }
        }
        if let Some(stage) = stage {
            found.push(Trace::of_model(
                &road.name,
                stage.label.clone(),
                format!("{}: {}", kinds.join(" and "), what(&stage)),
                format!("shorten the limits of those before it, or lengthen {}", keys.join(" and ")),
            ));
        }
    }
    found
}

fn no_time_left(house: &House<'_>) -> Vec<Trace> {
    each(
        house,
        |stage| stage.given < TIME_MIN,
        |stage| {
            format!("where all before it are silent, {} is left for it: it cannot answer", ms(stage.given))
        },
    )
}

fn time_cut_short(house: &House<'_>) -> Vec<Trace> {
    each(
        house,
        |stage| stage.given >= TIME_MIN && stage.own.is_some_and(|own| stage.given * 2 < own),
        |stage| {
            let own = stage.own.unwrap_or_default();
            format!("where all before it are silent, {} is left of its {}", ms(stage.given), ms(own))
        },
    )
}

/// Where every line of the first step is silent, as when its provider is: what is left for the step behind it.
fn behind_all_lines(house: &House<'_>, road: &Road, is_streaming: bool) -> Option<Stage> {
    let attempts = house.snapshot.limits.attempts_max;
    let servers = road.servers();
    let first_step = || servers.iter().filter(|server| server.step == 0);
    let next = servers.iter().find(|server| server.step == 1)?;
    // Without a limit of its own, what is usual for it decides, which nobody knows here.
    let own = first_step().map(|server| server.first.attempt_limit(is_streaming)).max()??;
    let ways: usize = first_step().map(|server| server.targets.len()).sum();
    // Each step behind has its attempt before any has a second one but the first.
    let tries = ways.min(attempts.saturating_sub(road.steps() - 1).max(1));
    let in_order = road.route.targets.len().min(ORDER_MAX).min(attempts);
    let behind = |place: usize| u32::try_from(in_order.saturating_sub(place + 1)).unwrap_or(u32::MAX);
    let mut left = house.patience(is_streaming);
    for place in 0..tries {
        left = left.saturating_sub(span_of(left, behind(place), Some(own), None).limit);
    }
    let own = next.first.attempt_limit(is_streaming);
    let given = span_of(left, behind(tries), own, None).limit;
    (tries > 1).then(|| Stage { label: house.label(road, next.first), own, given })
}

fn lines_use_up_time(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        let is_short =
            |stage: &Stage| stage.given < TIME_MIN * 3 || stage.own.is_some_and(|own| stage.given * 2 < own);
        let stages = [true, false].into_iter().filter_map(|kind| behind_all_lines(house, road, kind));
        if let Some(stage) = stages.into_iter().find(is_short) {
            let what = format!(
                "where all lines before it are silent, as when a provider is, {} is left for it",
                ms(stage.given)
            );
            let remedy = "shorten the limit of the first target: it holds for each line in turn";
            found.push(Trace::of_model(&road.name, stage.label, what, remedy));
        }
    }
    found
}
