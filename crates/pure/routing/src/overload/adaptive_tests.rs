//! How a limit is learnt from refusals and answers.

use std::time::Duration;

use super::adaptive::{Adaptive, AdaptiveMode, AdaptiveRules, Refusal};
use super::gate::UNLIMITED;
use crate::moment::Moment;

const LEARNT: AdaptiveRules =
    AdaptiveRules { mode: AdaptiveMode::AfterRefusal, start: 50, floor: 5, ceiling: 100 };
const ALWAYS: AdaptiveRules = AdaptiveRules { mode: AdaptiveMode::Always, ..LEARNT };

fn at(ms: u64) -> Moment {
    Moment::after_start(Duration::from_millis(ms))
}

fn refused(adaptive: &Adaptive, rules: AdaptiveRules, active: u32, ms: u64) {
    let refusal = Refusal { active, began: at(ms - 1), wait: None, now: at(ms) };
    adaptive.refused(rules, refusal);
}

/// Rounds of answers with as many under way as there may be, each of so many milliseconds.
fn rounds(adaptive: &Adaptive, rules: AdaptiveRules, from_ms: u64, count: u64, round_ms: u64) {
    for round in 0..count {
        for _ in 0..adaptive.max(rules).min(1000) {
            adaptive.answered(rules, adaptive.max(rules), at(from_ms + round * round_ms));
        }
    }
}

#[test]
fn nobody_is_limited_before_a_refusal() {
    let adaptive = Adaptive::default();
    rounds(&adaptive, LEARNT, 0, 10, 10);
    assert_eq!(adaptive.max(LEARNT), UNLIMITED);
    assert_eq!(adaptive.max(ALWAYS), 50);
    refused(&adaptive, LEARNT, 10, 1000);
    assert_eq!(adaptive.max(LEARNT), 25, "half of fifty");
    assert_eq!(adaptive.max(AdaptiveRules::NEVER), UNLIMITED);
}

#[test]
fn a_large_one_is_halved_from_where_it_was() {
    let adaptive = Adaptive::default();
    refused(&adaptive, LEARNT, 2000, 1000);
    assert_eq!(adaptive.max(LEARNT), 1000);
}

#[test]
fn it_is_halved_once_for_those_asked_together_and_never_below_the_floor() {
    let adaptive = Adaptive::default();
    refused(&adaptive, LEARNT, 40, 1000);
    adaptive.refused(LEARNT, Refusal { active: 39, began: at(1000), wait: None, now: at(1003) });
    assert_eq!(adaptive.max(LEARNT), 25);
    for ms in [1010, 1020, 1030, 1040] {
        refused(&adaptive, LEARNT, 30, ms);
    }
    assert_eq!(adaptive.max(LEARNT), 5);
}

#[test]
fn it_grows_by_a_twentieth_fast_at_first_then_by_rounds_then_once_in_a_while() {
    let adaptive = Adaptive::default();
    refused(&adaptive, LEARNT, 60, 1000);
    assert_eq!(adaptive.max(LEARNT), 30);
    adaptive.answered(LEARNT, 30, at(1001));
    assert_eq!(adaptive.max(LEARNT), 31, "31.5: five percent with one answer");
    rounds(&adaptive, LEARNT, 1010, 2, 1);
    let by_rounds = adaptive.max(LEARNT);
    assert!((45..50).contains(&by_rounds), "{by_rounds}: three quarters of sixty, and a round or two");
    rounds(&adaptive, LEARNT, 1020, 20, 1);
    let near = adaptive.max(LEARNT);
    assert!((57..60).contains(&near), "{near}: it rests near what was too many");
    rounds(&adaptive, LEARNT, 4100, 1, 1);
    assert!(adaptive.max(LEARNT) > near, "and tries more after three seconds");
}

#[test]
fn what_an_attempt_costs_is_not_paid_too_often() {
    let adaptive = Adaptive::default();
    let wait = Some(Duration::from_secs(5));
    adaptive.refused(LEARNT, Refusal { active: 60, began: at(900), wait, now: at(1000) });
    rounds(&adaptive, LEARNT, 7000, 30, 1);
    let near = adaptive.max(LEARNT);
    rounds(&adaptive, LEARNT, 40_000, 3, 1000);
    assert_eq!(adaptive.max(LEARNT), near, "ten times the five seconds");
    rounds(&adaptive, LEARNT, 57_100, 1, 1);
    assert!(adaptive.max(LEARNT) > near);
}

#[test]
fn at_the_ceiling_it_ends_or_stays() {
    let adaptive = Adaptive::default();
    refused(&adaptive, LEARNT, 60, 1000);
    rounds(&adaptive, LEARNT, 2000, 60, 1000);
    assert_eq!(adaptive.max(LEARNT), UNLIMITED);
    let adaptive = Adaptive::default();
    rounds(&adaptive, ALWAYS, 2000, 60, 1000);
    assert_eq!(adaptive.max(ALWAYS), 100);
}

#[test]
fn answers_far_from_the_limit_say_nothing_and_an_old_limit_is_forgotten() {
    let adaptive = Adaptive::default();
    refused(&adaptive, LEARNT, 60, 1000);
    for ms in 0..1000 {
        adaptive.answered(LEARNT, 10, at(2000 + ms));
    }
    assert_eq!(adaptive.max(LEARNT), 30);
    adaptive.reached(LEARNT, at(50_000));
    assert_eq!(adaptive.max(LEARNT), 30);
    adaptive.reached(LEARNT, at(120_000));
    assert_eq!(adaptive.max(LEARNT), UNLIMITED);
}

/// What part of what a node can do is done where there is always more to do: it takes `capacity` at once, each for
/// `answer_ms`, and refuses the rest. Whoever asks it leaves it alone from a refusal to the next answer, as the breaker does.
fn part_used(capacity: usize, answer_ms: u64, seconds: u64) -> (f64, f64) {
    let adaptive = Adaptive::default();
    let mut under_way: Vec<u64> = Vec::new();
    let (mut answers, mut refusals, mut is_left_alone) = (0_u64, 0_u64, false);
    for ms in 0..seconds * 1000 {
        let before = under_way.len();
        under_way.retain(|ends| *ends > ms);
        for _ in under_way.len()..before {
            answers += 1;
            is_left_alone = false;
            adaptive.answered(LEARNT, before as u32, at(ms));
        }
        while !is_left_alone && under_way.len() < adaptive.max(LEARNT).min(400) as usize {
            if under_way.len() < capacity {
                under_way.push(ms + answer_ms);
                continue;
            }
            refusals += 1;
            is_left_alone = true;
            let refusal =
                Refusal { active: under_way.len() as u32 + 1, began: at(ms), wait: None, now: at(ms) };
            adaptive.refused(LEARNT, refusal);
        }
    }
    let possible = (seconds * 1000 / answer_ms) as f64 * capacity as f64;
    (answers as f64 / possible, refusals as f64 / answers as f64)
}

#[test]
fn a_node_that_takes_so_many_is_kept_busy_and_seldom_asked_in_vain() {
    for (capacity, answer_ms, seconds) in
        [(8, 10, 60), (16, 20, 60), (40, 100, 120), (80, 500, 300), (300, 50, 60)]
    {
        let (used, refused) = part_used(capacity, answer_ms, seconds);
        assert!(used > 0.93, "{capacity} at once, {answer_ms} ms each: {used:.3} of what it can do");
        assert!(refused < 0.02, "{capacity} at once, {answer_ms} ms each: {refused:.3} asked in vain");
    }
}
