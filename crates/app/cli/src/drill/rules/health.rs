//! Breakers and probes that come too late, or never.

use std::time::Duration;

use super::rule::Rule;
use super::times::ms;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// A run of failures within less hardly ever comes about.
const WITHIN_MIN: Duration = Duration::from_secs(5);
/// So many in a row, or more, hardly ever come about where there are few calls.
const FAILURES_MAX: usize = 15;
/// So small a part of failures is always there.
const RATE_MIN: f64 = 0.1;
/// So many good trials, or so slow a return, and who is well again is missed.
const SUCCESSES_MAX: u32 = 20;
const SLOW_START_MAX: Duration = Duration::from_secs(300);
/// Who is left alone for less is asked all the time.
const OPEN_MAX_MIN: Duration = Duration::from_millis(500);
/// A dead line that is found so late was found by callers.
const PROBES_FAILED_MAX: Duration = Duration::from_secs(120);
/// Who is left alone for longer is missed when he is well again.
const OPEN_MAX: Duration = Duration::from_secs(60);
const OPEN_MAX_MAX: Duration = Duration::from_secs(600);
/// A dead line that is tried again more rarely is missed when it is back.
const PROBE_FAILING_MAX: Duration = Duration::from_secs(60);

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "breaker_never_opens",
        Weight::Warning,
        "health.failures and within_ms by which a failing target is hardly ever left alone",
        breaker_never_opens,
    ),
    Rule::new(
        "breaker_opens_at_once",
        Weight::Warning,
        "health.failures 1, or failure_percent below 10: one slip takes a target out",
        breaker_opens_at_once,
    ),
    Rule::new(
        "breaker_open_long",
        Weight::Warning,
        "health.open_ms above a minute, or open_ms_max above ten",
        breaker_open_long,
    ),
    Rule::new(
        "breaker_open_short",
        Weight::Warning,
        "health.open_ms_max below half a second: who is down is asked all the time",
        breaker_open_short,
    ),
    Rule::new(
        "slow_return",
        Weight::Warning,
        "health.successes above 20, or slow_start_ms above five minutes",
        slow_return,
    ),
    Rule::new("probes_off", Weight::Warning, "health.probes.every_ms 0, where there is a choice", probes_off),
    Rule::new(
        "probes_too_slow",
        Weight::Warning,
        "health.probes.every_ms_failing above a minute, or timeout_ms that is not below it",
        probes_too_slow,
    ),
    Rule::new(
        "silence_too_late",
        Weight::Warning,
        "health.silence_ms_min above half of timeouts.first_byte_ms, where there is a choice",
        silence_too_late,
    ),
    Rule::new(
        "waits_not_believed",
        Weight::Warning,
        "health.wait_ms_max below a second: a provider's Retry-After counts for nothing",
        waits_not_believed,
    ),
];

fn breaker_never_opens(house: &House<'_>) -> Vec<Trace> {
    let rules = &house.snapshot.health.breaker;
    let is_rare = rules.failures >= FAILURES_MAX || rules.within < WITHIN_MIN;
    let what = format!(
        "{} failures in a row within {}: where calls are few, each finds out anew that a target fails",
        rules.failures,
        ms(rules.within)
    );
    is_rare
        .then(|| Trace::of("health.failures", what, "5 within 60000 ms, and 50 percent, are usual"))
        .into_iter()
        .collect()
}

fn breaker_opens_at_once(house: &House<'_>) -> Vec<Trace> {
    let rules = &house.snapshot.health.breaker;
    let is_at_once = rules.failures == 1 || rules.rate < RATE_MIN;
    let what = "a slip or two leave a target alone: all its calls go elsewhere";
    is_at_once
        .then(|| Trace::of("health.failures", what, "5, and 50 for failure_percent, are usual"))
        .into_iter()
        .collect()
}

fn breaker_open_long(house: &House<'_>) -> Vec<Trace> {
    let rules = &house.snapshot.health.breaker;
    let what = format!(
        "a target is left alone for {}, later for {}: it is missed long after it is well again",
        ms(rules.open),
        ms(rules.open_max)
    );
    (rules.open > OPEN_MAX || rules.open_max > OPEN_MAX_MAX)
        .then(|| {
            Trace::of("health.open_ms", what, "1000 and 30000 are usual; trials cost one call at a time")
        })
        .into_iter()
        .collect()
}

fn breaker_open_short(house: &House<'_>) -> Vec<Trace> {
    let open_max = house.snapshot.health.breaker.open_max;
    let what = format!("who is down is asked again every {}: callers wait for it", ms(open_max));
    (open_max < OPEN_MAX_MIN)
        .then(|| Trace::of("health.open_ms_max", what, "leave it out: 30000 is usual"))
        .into_iter()
        .collect()
}

fn slow_return(house: &House<'_>) -> Vec<Trace> {
    let rules = &house.snapshot.health.breaker;
    let what = format!(
        "{} good trials, one at a time, and {} until it has its part again: an outage lasts longer here than there",
        rules.successes,
        ms(rules.slow_start)
    );
    (rules.successes > SUCCESSES_MAX || rules.slow_start > SLOW_START_MAX)
        .then(|| Trace::of("health.successes", what, "3 and 10000 are usual"))
        .into_iter()
        .collect()
}

fn probes_off(house: &House<'_>) -> Vec<Trace> {
    let is_off = house.snapshot.health.probes.every.is_none() && house.has_choice();
    let what =
        "nobody looks at lines that are not asked: a dead fallback is found by the callers who need it";
    is_off
        .then(|| Trace::of("health.probes.every_ms", what, "leave it out: 30000 is usual, and costs nothing"))
        .into_iter()
        .collect()
}

fn probes_too_slow(house: &House<'_>) -> Vec<Trace> {
    let probes = &house.snapshot.health.probes;
    if probes.every.is_none() {
        return Vec::new();
    }
    let remedy = "2000 for every_ms_failing and 5000 for timeout_ms are usual";
    let mut found = Vec::new();
    if probes.every_failing > PROBE_FAILING_MAX {
        let what = format!("a line that was down is tried again after {} only", ms(probes.every_failing));
        found.push(Trace::of("health.probes.every_ms_failing", what, remedy));
    }
    let found_after = probes.every_failing * probes.failures;
    if found_after > PROBES_FAILED_MAX && probes.every_failing <= PROBE_FAILING_MAX {
        let what =
            format!("a dead line is known to be dead after {} probes, {}", probes.failures, ms(found_after));
        found.push(Trace::of("health.probes.failures", what, "2 is usual"));
    }
    if probes.every.is_some_and(|every| probes.timeout >= every) {
        let what = format!("a probe may take {}, longer than the time between two", ms(probes.timeout));
        found.push(Trace::of("health.probes.timeout_ms", what, remedy));
    }
    found
}

fn silence_too_late(house: &House<'_>) -> Vec<Trace> {
    let (silence, call) = (house.snapshot.health.silence_min, house.snapshot.timeouts.first_byte);
    let what = format!("a silent target is given up after {} of {} at the soonest", ms(silence), ms(call));
    (silence * 2 > call && house.has_choice())
        .then(|| Trace::of("health.silence_ms_min", what, "leave it out: 1000 is usual"))
        .into_iter()
        .collect()
}

fn waits_not_believed(house: &House<'_>) -> Vec<Trace> {
    let wait = house.snapshot.health.breaker.wait_max;
    let what = format!("who asks for patience is asked again after {}, and is refused again", ms(wait));
    (wait < Duration::from_secs(1))
        .then(|| Trace::of("health.wait_ms_max", what, "leave it out: 60000 is usual"))
        .into_iter()
        .collect()
}
