//! Breakers, moment by moment.

use std::time::Duration;

use super::breaker::{Breaker, BreakerRules, Standing};
use super::role::{Change, Role};
use crate::moment::Moment;

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

fn seconds(count: f64) -> Duration {
    Duration::from_secs_f64(count)
}

fn rules() -> BreakerRules {
    BreakerRules::default()
}

fn is_open(breaker: &Breaker, now: f64) -> bool {
    matches!(breaker.standing(&rules(), at(now)), Standing::Open { .. })
}

/// Opened at the given second by a run.
fn opened_at(second: f64) -> Breaker {
    let breaker = Breaker::default();
    for _ in 0..4 {
        assert_eq!(breaker.failed(&rules(), Role::Usual, at(second)), Change::None);
    }
    assert_eq!(breaker.failed(&rules(), Role::Usual, at(second)), Change::Opened);
    breaker
}

#[test]
fn five_failures_in_a_row_open_it_and_three_good_trials_close_it() {
    let breaker = opened_at(100.0);
    assert!(is_open(&breaker, 100.5) && !breaker.claim_trial(at(100.5)));
    for trial in 0..3 {
        let now = at(101.0 + f64::from(trial));
        assert_eq!(breaker.standing(&rules(), now), Standing::Trial);
        assert!(breaker.claim_trial(now));
        assert!(!breaker.claim_trial(now), "one at a time");
        assert_eq!(breaker.standing(&rules(), now), Standing::OnTrial { is_busy: false });
        let change = breaker.succeeded(&rules(), Role::Trial, now);
        assert_eq!(change, if trial < 2 { Change::None } else { Change::Closed });
    }
    let share = |now| match breaker.standing(&rules(), at(now)) {
        Standing::Closed { share } => share,
        other => panic!("{other:?}"),
    };
    assert!((share(103.0) - 0.1).abs() < 0.01 && (share(108.0) - 0.5).abs() < 0.01, "it comes back slowly");
    assert!((share(113.0) - 1.0).abs() < f32::EPSILON);
}

#[test]
fn failures_that_lie_too_far_apart_or_have_a_success_between_do_not_open_it() {
    let breaker = Breaker::default();
    for count in 0..20 {
        breaker.failed(&rules(), Role::Usual, at(100.0 + 15.1 * f64::from(count)));
    }
    assert!(!is_open(&breaker, 400.0), "five of them take more than sixty seconds");
    let breaker = Breaker::default();
    for count in 0..40 {
        let now = at(100.0 + 3.0 * f64::from(count));
        if count % 5 == 4 {
            breaker.succeeded(&rules(), Role::Usual, now)
        } else {
            breaker.failed(&rules(), Role::Usual, now)
        };
    }
    assert!(!is_open(&breaker, 220.0), "never five in a row, and too few in ten seconds");
}

#[test]
fn a_rate_opens_it_too_and_a_lower_one_is_trouble() {
    let breaker = Breaker::default();
    for count in 0..60 {
        let now = at(100.0 + 0.01 * f64::from(count));
        if count % 3 == 0 {
            breaker.failed(&rules(), Role::Usual, now)
        } else {
            breaker.succeeded(&rules(), Role::Usual, now)
        };
    }
    assert_eq!(breaker.standing(&rules(), at(101.0)), Standing::Troubled);
    assert_eq!(breaker.standing(&rules(), at(111.0)), Standing::Closed { share: 1.0 }, "and it passes");
    let breaker = Breaker::default();
    for count in 0..20 {
        let now = at(100.0 + 0.01 * f64::from(count));
        if count % 2 == 0 {
            breaker.succeeded(&rules(), Role::Usual, now)
        } else {
            breaker.failed(&rules(), Role::Usual, now)
        };
    }
    assert!(is_open(&breaker, 100.5));
}

#[test]
fn each_time_it_stays_open_longer_up_to_a_limit() {
    let breaker = opened_at(100.0);
    let mut now = 100.0;
    for open in [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
        assert!(is_open(&breaker, now + open - 0.01), "{open}");
        now += open;
        assert!(breaker.claim_trial(at(now)), "{open}");
        assert_eq!(breaker.failed(&rules(), Role::Trial, at(now)), Change::Opened);
    }
}

#[test]
fn what_was_asked_before_it_opened_changes_nothing() {
    let breaker = opened_at(100.0);
    for _ in 0..10 {
        assert_eq!(breaker.failed(&rules(), Role::Usual, at(100.9)), Change::None);
        assert_eq!(breaker.succeeded(&rules(), Role::Usual, at(100.9)), Change::None);
    }
    assert_eq!(breaker.standing(&rules(), at(101.0)), Standing::Trial);
}

#[test]
fn a_trial_that_nobody_ended_is_free_again() {
    let breaker = opened_at(100.0);
    assert!(breaker.claim_trial(at(102.0)));
    breaker.release_trial(at(102.1));
    assert!(breaker.claim_trial(at(102.1)));
    assert!(!breaker.claim_trial(at(400.0)));
    assert!(breaker.claim_trial(at(402.2)), "given up after its time");
}

#[test]
fn who_says_when_to_come_back_is_believed_up_to_a_limit() {
    let breaker = Breaker::default();
    assert_eq!(breaker.busy(&rules(), Role::Usual, Some(seconds(2.0)), at(100.0)), Change::Opened);
    let open = Standing::Open { until: at(102.0), is_busy: true };
    assert_eq!(breaker.standing(&rules(), at(101.9)), open);
    assert_eq!(
        breaker.busy(&rules(), Role::Usual, Some(seconds(1.0)), at(100.5)),
        Change::None,
        "no sooner than was said"
    );
    assert!(breaker.claim_trial(at(102.0)));
    assert_eq!(
        breaker.succeeded(&rules(), Role::Trial, at(102.1)),
        Change::Closed,
        "one good answer is enough"
    );
    assert_eq!(breaker.standing(&rules(), at(102.1)), Standing::Closed { share: 1.0 }, "he was never ill");
    breaker.busy(&rules(), Role::Usual, Some(seconds(3600.0)), at(200.0));
    assert_eq!(breaker.standing(&rules(), at(260.0)), Standing::Trial);
}

#[test]
fn who_answers_as_a_last_resort_closes_it_too() {
    let breaker = opened_at(100.0);
    for second in [100.1, 100.2] {
        assert_eq!(breaker.succeeded(&rules(), Role::LastResort, at(second)), Change::None);
    }
    assert_eq!(breaker.succeeded(&rules(), Role::LastResort, at(100.3)), Change::Closed);
}

#[test]
fn a_wait_that_is_ended_early_leads_to_a_trial_and_to_nothing_more() {
    let breaker = opened_at(100.0);
    breaker.end_wait(at(100.2));
    assert_eq!(breaker.standing(&rules(), at(100.2)), Standing::Trial);
    assert!(breaker.claim_trial(at(100.2)));
    breaker.end_wait(at(100.3));
    assert_eq!(breaker.standing(&rules(), at(100.3)), Standing::OnTrial { is_busy: false });
    breaker.failed(&rules(), Role::Trial, at(100.4));
    assert!(is_open(&breaker, 102.3), "the next time is twice as long all the same");
    let busy = Breaker::default();
    busy.busy(&rules(), Role::Usual, Some(seconds(9.0)), at(100.0));
    busy.end_wait(at(101.0));
    assert!(is_open(&busy, 108.9), "he said when to come back");
}

#[test]
fn who_is_answered_meanwhile_makes_no_room_for_a_second_trial() {
    let breaker = opened_at(100.0);
    assert!(breaker.claim_trial(at(101.0)));
    assert_eq!(breaker.succeeded(&rules(), Role::LastResort, at(101.1)), Change::None);
    assert!(!breaker.claim_trial(at(101.2)), "one at a time");
    assert_eq!(breaker.succeeded(&rules(), Role::Trial, at(101.3)), Change::None);
    assert!(breaker.claim_trial(at(101.3)));
}

#[test]
fn who_is_ill_and_asks_for_patience_is_believed() {
    let breaker = opened_at(100.0);
    assert_eq!(breaker.busy(&rules(), Role::LastResort, Some(seconds(5.0)), at(100.5)), Change::Opened);
    assert_eq!(
        breaker.standing(&rules(), at(105.4)),
        Standing::Open { until: at(105.5), is_busy: true },
        "also as a last resort he is not asked"
    );
}

#[test]
fn answers_that_break_off_make_a_run_though_each_began_well() {
    let breaker = Breaker::default();
    let breaks = |count: usize| {
        (0..count).map(|_| {
            breaker.succeeded(&rules(), Role::Usual, at(100.0));
            breaker.broke_off(&rules(), at(100.1))
        })
    };
    assert!(breaks(4).all(|change| change == Change::None));
    breaker.held();
    assert!(breaks(4).all(|change| change == Change::None), "one that held ends the run");
    assert_eq!(breaks(1).last(), Some(Change::Opened));
}

#[test]
fn a_probe_is_a_trial() {
    let breaker = opened_at(100.0);
    for second in [100.5, 101.0, 101.5] {
        breaker.probed(&rules(), true, at(second));
    }
    assert!(!is_open(&breaker, 101.5), "two good probes after its time, none before");
    assert_eq!(breaker.probed(&rules(), true, at(102.0)), Change::Closed);
}

#[test]
fn who_answers_others_while_he_refuses_some_goes_on_unless_he_says_for_how_long_not() {
    let breaker = Breaker::default();
    breaker.busy(&rules(), Role::Usual, None, at(100.0));
    assert!(matches!(breaker.standing(&rules(), at(100.1)), Standing::Open { is_busy: true, .. }));
    assert_eq!(breaker.succeeded(&rules(), Role::Usual, at(100.15)), Change::Closed);
    assert_eq!(breaker.standing(&rules(), at(100.15)), Standing::Closed { share: 1.0 });
    breaker.busy(&rules(), Role::Usual, None, at(101.0));
    breaker.busy(&rules(), Role::Usual, Some(seconds(5.0)), at(101.0));
    assert_eq!(breaker.succeeded(&rules(), Role::Usual, at(101.1)), Change::None);
    assert!(matches!(breaker.standing(&rules(), at(105.9)), Standing::Open { is_busy: true, .. }));
}

#[test]
fn who_does_not_say_for_how_long_is_tried_soon_and_then_less_often() {
    let breaker = Breaker::default();
    let mut now = 100.0;
    for wait in [0.4, 0.8, 1.0, 1.0] {
        breaker.busy(&rules(), if now > 100.0 { Role::Trial } else { Role::Usual }, None, at(now));
        assert!(!breaker.claim_trial(at(now + wait - 0.01)));
        now += wait;
        assert!(breaker.claim_trial(at(now)), "{wait}");
        assert_eq!(breaker.standing(&rules(), at(now)), Standing::OnTrial { is_busy: true });
    }
    breaker.succeeded(&rules(), Role::Trial, at(now));
    breaker.busy(&rules(), Role::Usual, None, at(now));
    assert!(breaker.claim_trial(at(now + 0.4)), "it begins anew");
}
