//! Limits of time that end every call, or nothing.

use std::time::Duration;

use super::rule::Rule;
use crate::drill::finding::{Trace, Weight};
use crate::drill::house::House;

/// Models that think take longer than this for their first word, now and then.
const FIRST_TOKEN_MIN: Duration = Duration::from_secs(2);
/// Few whole answers of any length are there sooner.
const ANSWER_MIN: Duration = Duration::from_secs(5);
/// The official SDKs give up after so long.
const PATIENCE_MAX: Duration = Duration::from_secs(600);
/// Three round trips around half of the world.
const CONNECT_MIN: Duration = Duration::from_millis(200);
/// Whoever is silent for so long within an answer will hardly go on.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// Models that think pause for so long between two pieces.
const IDLE_MIN: Duration = Duration::from_secs(2);

pub(super) const RULES: &[Rule] = &[
    Rule::new(
        "limit_too_short",
        Weight::Warning,
        "a limit that many good answers need longer than: 2 s for a first token, 5 s for a whole answer",
        limit_too_short,
    ),
    Rule::new(
        "limit_too_long",
        Weight::Warning,
        "timeouts.first_byte_ms or answer_ms above ten minutes: callers have given up by then",
        limit_too_long,
    ),
    Rule::new(
        "connect_too_short",
        Weight::Warning,
        "timeouts.connect_ms below 200: a handshake across an ocean takes longer",
        connect_too_short,
    ),
    Rule::new(
        "target_limit_without_effect",
        Weight::Warning,
        "a limit of a target that is not below what the whole call may take",
        target_limit_without_effect,
    ),
    Rule::new(
        "connect_above_target_limit",
        Weight::Warning,
        "timeouts.connect_ms above the limit of a target: nobody learns that it could not be reached",
        connect_above_target_limit,
    ),
    Rule::new(
        "idle_too_long",
        Weight::Warning,
        "timeouts.idle_ms above two minutes: a stalled stream hangs for so long",
        idle_too_long,
    ),
    Rule::new(
        "idle_too_short",
        Weight::Warning,
        "an idle limit below 2 s: streams break off when a model thinks",
        idle_too_short,
    ),
    Rule::new(
        "idle_above_total",
        Weight::Warning,
        "a target whose answer ends by total_ms before timeouts.idle_ms could notice silence",
        idle_above_total,
    ),
    Rule::new(
        "queue_outlasts_call",
        Weight::Warning,
        "limits.queue_wait_ms that is not below what a call may take",
        queue_outlasts_call,
    ),
    Rule::new(
        "drain_below_answer",
        Weight::Hint,
        "timeouts.drain_ms below what an answer may take: a restart cuts answers off",
        drain_below_answer,
    ),
];

pub(super) fn ms(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

fn limit_too_short(house: &House<'_>) -> Vec<Trace> {
    let timeouts = &house.snapshot.timeouts;
    let longer = "give it longer; what is too slow is found by health.silence_ms_min and by what is usual";
    let usual = [
        ("timeouts.first_byte_ms", timeouts.first_byte, FIRST_TOKEN_MIN),
        ("timeouts.answer_ms", timeouts.answer, ANSWER_MIN),
    ];
    let mut found: Vec<Trace> = usual
        .into_iter()
        .filter(|(_, limit, least)| limit < least)
        .map(|(key, limit, _)| {
            let what = format!("{} is shorter than many good answers need: they end with 504", ms(limit));
            Trace::of(key, what, longer)
        })
        .collect();
    for road in &house.roads {
        for server in road.servers() {
            let limits = [(true, FIRST_TOKEN_MIN), (false, ANSWER_MIN)];
            let short = limits.into_iter().find_map(|(is_streaming, least)| {
                server.first.attempt_limit(is_streaming).filter(|limit| *limit < least)
            });
            let Some(limit) = short else { continue };
            let label = house.label(road, server.first);
            let what = format!("{label} is given up after {}, before many good answers begin", ms(limit));
            found.push(Trace::of_model(&road.name, label, what, longer));
        }
    }
    found
}

fn limit_too_long(house: &House<'_>) -> Vec<Trace> {
    let timeouts = &house.snapshot.timeouts;
    let limits = [("timeouts.first_byte_ms", timeouts.first_byte), ("timeouts.answer_ms", timeouts.answer)];
    let long = limits.into_iter().filter(|(_, limit)| *limit > PATIENCE_MAX);
    long.map(|(key, limit)| {
        let what = format!("a call may hang for {}: callers give up before and ask again", ms(limit));
        Trace::of(key, what, "60000 and 30000 are usual; longer answers have answer_ms_large and _xlarge")
    })
    .collect()
}

fn connect_too_short(house: &House<'_>) -> Vec<Trace> {
    let connect = house.snapshot.timeouts.connect;
    let what = format!("{} are too few for a name, a connection and TLS to a far region", ms(connect));
    (connect < CONNECT_MIN)
        .then(|| Trace::of("timeouts.connect_ms", what, "leave it out: 1000 is usual"))
        .into_iter()
        .collect()
}

fn target_limit_without_effect(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        for server in road.servers() {
            let is_beyond = |is_streaming: bool| {
                let own = server.first.attempt_limit(is_streaming);
                own.map(|own| own >= house.patience(is_streaming))
            };
            if let (Some(true), Some(true)) = (is_beyond(true), is_beyond(false)) {
                let label = house.label(road, server.first);
                let what = format!(
                    "the limit of {label} is not below timeouts.first_byte_ms ({}) and answer_ms ({}): it ends nothing",
                    house.patience(true).as_millis(),
                    house.patience(false).as_millis()
                );
                found.push(Trace::of_model(
                    &road.name,
                    label,
                    what,
                    "shorten it, so that those behind get their time, or lengthen timeouts",
                ));
            }
        }
    }
    found
}

fn connect_above_target_limit(house: &House<'_>) -> Vec<Trace> {
    let connect = house.snapshot.timeouts.connect;
    let mut found = Vec::new();
    for road in &house.roads {
        for server in road.servers() {
            let limits = [true, false].into_iter().filter_map(|kind| server.first.attempt_limit(kind));
            let Some(limit) = limits.min().filter(|limit| *limit <= connect) else { continue };
            let label = house.label(road, server.first);
            let what = format!(
                "{label} has {} in all, and connecting alone may take {}: who cannot be reached looks slow, and costs an attempt",
                ms(limit),
                ms(connect)
            );
            found.push(Trace::of_model(&road.name, label, what, "shorten timeouts.connect_ms"));
        }
    }
    found
}

fn idle_too_long(house: &House<'_>) -> Vec<Trace> {
    let idle = house.snapshot.timeouts.idle;
    let what = format!("a stream that stalls is ended after {} only", ms(idle));
    let is_long = idle > IDLE_MAX;
    is_long.then(|| Trace::of("timeouts.idle_ms", what, "30000 is usual")).into_iter().collect()
}

fn idle_too_short(house: &House<'_>) -> Vec<Trace> {
    let remedy = "give it longer; 30000 is usual";
    let idle = house.snapshot.timeouts.idle;
    let what = |idle: Duration| format!("a pause of {} within an answer breaks it off", ms(idle));
    let mut found = Vec::new();
    if idle < IDLE_MIN {
        found.push(Trace::of("timeouts.idle_ms", what(idle), remedy));
    }
    for road in &house.roads {
        for server in road.servers() {
            if let Some(idle) = server.first.idle_limit().filter(|idle| *idle < IDLE_MIN) {
                found.push(Trace::of_model(&road.name, house.label(road, server.first), what(idle), remedy));
            }
        }
    }
    found
}

fn idle_above_total(house: &House<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for road in &house.roads {
        for server in road.servers() {
            let idle = server.first.idle_limit().unwrap_or(house.snapshot.timeouts.idle);
            let Some(total) = server.first.total_limit().filter(|total| *total <= idle) else { continue };
            let label = house.label(road, server.first);
            let what = format!(
                "{label} ends after {} in all, and silence is noticed after {}: a stalled stream is never told from a long one",
                ms(total),
                ms(idle)
            );
            found.push(Trace::of_model(
                &road.name,
                label,
                what,
                "give the target an idle_ms below its total_ms",
            ));
        }
    }
    found
}

fn queue_outlasts_call(house: &House<'_>) -> Vec<Trace> {
    let wait = house.snapshot.limits.queue_wait;
    let call = house.patience(true).min(house.patience(false));
    let what = format!("who waits for room for {} has nothing left of a call's {}", ms(wait), ms(call));
    let is_long = wait >= call && house.snapshot.limits.queue_max > 0;
    is_long
        .then(|| Trace::of("limits.queue_wait_ms", what, "let it be a small part of what a call may take"))
        .into_iter()
        .collect()
}

fn drain_below_answer(house: &House<'_>) -> Vec<Trace> {
    let (drain, answer) = (house.snapshot.timeouts.drain, house.snapshot.timeouts.answer);
    let what = format!("a stop waits {}, an answer may take {}: the rest is cut", ms(drain), ms(answer));
    (drain < answer)
        .then(|| Trace::of("timeouts.drain_ms", what, "let it be no less than timeouts.answer_ms"))
        .into_iter()
        .collect()
}
