//! Second tries that do not happen.

use std::time::Duration;

use routing::{Backoff, BackoffForm};

use super::rule::Rule;
use super::times::ms;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "no_retry_budget",
        Weight::Error,
        "retries.budget_percent and budget_per_second that are both 0: nobody is asked after a failure",
        no_retry_budget,
    ),
    Rule::new(
        "small_retry_budget",
        Weight::Warning,
        "a retry budget below 5 percent and 2 a second: in an outage most calls are not sent elsewhere",
        small_retry_budget,
    ),
    Rule::new(
        "retry_storm",
        Weight::Warning,
        "a retry budget above 50 percent: in an outage what is left is asked twice as often",
        retry_storm,
    ),
    Rule::new(
        "no_repeats",
        Weight::Warning,
        "a name with one target and retries.repeats_max 0: one slip is an error",
        no_repeats,
    ),
    Rule::new(
        "backoff_outlasts_call",
        Weight::Warning,
        "retries.base_ms that is not below what a call may take",
        backoff_outlasts_call,
    ),
    Rule::new(
        "repeats_do_not_fit",
        Weight::Warning,
        "a name with one target, and waits between its tries that take longer than the call",
        repeats_do_not_fit,
    ),
    Rule::new(
        "wait_outlasts_call",
        Weight::Hint,
        "retries.wait_ms_max above what a call may take",
        wait_outlasts_call,
    ),
];

fn shortest_call(house: &House<'_>) -> Duration {
    house.patience(true).min(house.patience(false))
}

fn no_retry_budget(house: &House<'_>) -> Vec<Trace> {
    let retries = &house.snapshot.retries;
    let is_none = retries.budget_percent == 0 && retries.budget_per_second == 0;
    let what = "there is no budget for second attempts: after a failure nobody else is asked";
    let remedy = "leave both out: 20 percent of all calls and 10 a second are usual";
    is_none.then(|| Trace::of("retries.budget_percent", what, remedy)).into_iter().collect()
}

fn small_retry_budget(house: &House<'_>) -> Vec<Trace> {
    let (percent, floor) = (house.snapshot.retries.budget_percent, house.snapshot.retries.budget_per_second);
    let is_small = percent < 5 && floor < 2 && percent + floor > 0;
    let what =
        format!("{percent} percent and {floor} a second: until breakers open, other calls fail at once");
    is_small
        .then(|| Trace::of("retries.budget_percent", what, "20 percent and 10 a second are usual"))
        .into_iter()
        .collect()
}

fn retry_storm(house: &House<'_>) -> Vec<Trace> {
    let percent = house.snapshot.retries.budget_percent;
    let what =
        format!("{percent} percent of all calls may be second attempts: an outage makes itself larger");
    (percent > 50).then(|| Trace::of("retries.budget_percent", what, "20 is usual")).into_iter().collect()
}

/// Names that one line of one target serves.
fn alone<'h>(house: &'h House<'_>) -> impl Iterator<Item = &'h str> {
    house.roads.iter().filter(|road| road.route.targets.len() == 1).map(|road| road.name.as_str())
}

fn no_repeats(house: &House<'_>) -> Vec<Trace> {
    if house.snapshot.retries.rules.repeats_max > 0 {
        return Vec::new();
    }
    let what = "it has one target, which is never asked again: a connection that breaks once is an error";
    let of = |name| Trace::of_model(name, "retries.repeats_max", what, "allow at least one");
    alone(house).map(of).collect()
}

fn backoff_outlasts_call(house: &House<'_>) -> Vec<Trace> {
    let (base, call) = (house.snapshot.retries.rules.backoff.base, shortest_call(house));
    let what =
        format!("the first wait may take {}, the whole call {}: it is never tried again", ms(base), ms(call));
    (base >= call)
        .then(|| Trace::of("retries.base_ms", what, "let it be a small part of a call; 100 is usual"))
        .into_iter()
        .collect()
}

/// The longest that all waits between tries take together.
fn waits(backoff: &Backoff, repeats: u32) -> Duration {
    let (mut last, mut next) = (0_u32, 1_u32);
    let mut sum = Duration::ZERO;
    for number in 1..=repeats {
        (last, next) = (next, last.saturating_add(next));
        let times = match backoff.form {
            BackoffForm::Exponential => 1_u32.checked_shl(number - 1).unwrap_or(u32::MAX),
            BackoffForm::Linear => number,
            BackoffForm::Fibonacci => last,
        };
        sum = sum.saturating_add(backoff.base.saturating_mul(times).min(backoff.max));
    }
    sum
}

fn repeats_do_not_fit(house: &House<'_>) -> Vec<Trace> {
    let (rules, call) = (&house.snapshot.retries.rules, shortest_call(house));
    let sum = waits(&rules.backoff, rules.repeats_max);
    if sum < call || rules.backoff.base >= call {
        return Vec::new();
    }
    let what =
        format!("{} tries wait up to {} in all, a call takes {}", rules.repeats_max, ms(sum), ms(call));
    let remedy = "shorten retries.base_ms and max_ms, or allow fewer";
    alone(house).map(|name| Trace::of_model(name, "retries.max_ms", what.clone(), remedy)).collect()
}

fn wait_outlasts_call(house: &House<'_>) -> Vec<Trace> {
    let (wait, call) = (house.snapshot.retries.rules.wait_max, shortest_call(house));
    let what =
        format!("a target that asks for {} is waited for, though a call ends after {}", ms(wait), ms(call));
    (wait > call).then(|| Trace::of("retries.wait_ms_max", what, "shorten it")).into_iter().collect()
}
