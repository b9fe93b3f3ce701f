//! From nobody knows to well, to left alone, and back.

use std::sync::Arc;
use std::time::Duration;

use crate::health::{BreakerRules, Fault, How, KeyRest, Outcome, Reach, State, TargetHealth, WayHealth, Why};
use crate::moment::Moment;
use crate::overload::Bounds;

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

fn ask(target: &Arc<TargetHealth>, outcome: Outcome, second: f64) {
    let rules = Arc::new(BreakerRules::default());
    let how = How { took: Duration::from_millis(20), is_streaming: false, now: at(second) };
    target.begin(&rules, &Bounds::NONE, false, how.now).unwrap().ended(outcome, how);
}

/// The word, the reason, and seconds until it is better.
fn told(target: &TargetHealth, second: f64) -> (State, Option<Why>, Option<f64>) {
    let verdict = target.report(&BreakerRules::default(), at(second)).verdict;
    (verdict.state, verdict.why, verdict.recovers_in.map(|span| span.as_secs_f64()))
}

#[test]
fn a_target_goes_through_all_states_with_reasons_and_comes_back() {
    let target = Arc::new(TargetHealth::default());
    assert_eq!(told(&target, 1.0), (State::Unknown, None, None));
    (0..20).for_each(|_| ask(&target, Outcome::Answered, 1.0));
    assert_eq!(told(&target, 1.0), (State::Healthy, None, None));
    let failed = Outcome::Fault(Fault::Failed);
    (0..3).for_each(|_| ask(&target, failed, 2.0));
    assert_eq!(told(&target, 3.0), (State::Degraded, Some(Why::InTrouble), Some(9.0)));
    (0..2).for_each(|_| ask(&target, failed, 4.0));
    assert_eq!(told(&target, 4.25), (State::Ejected, Some(Why::FailuresInARow), Some(0.75)));
    assert_eq!(told(&target, 5.0), (State::Degraded, Some(Why::OnTrial), Some(0.0)));
    ask(&target, failed, 5.0);
    assert_eq!(told(&target, 5.0), (State::Ejected, Some(Why::TrialFailed), Some(2.0)));
    (0..3).for_each(|_| ask(&target, Outcome::Answered, 7.0));
    assert_eq!(told(&target, 9.0), (State::Degraded, Some(Why::SlowStart), Some(8.0)));
    assert_eq!(told(&target, 17.0), (State::Healthy, None, None));
    let report = target.report(&BreakerRules::default(), at(17.0));
    assert_eq!((report.asked, report.failed, report.faults.as_slice()), (29, 6, &[("failed", 6)][..]));
    assert_eq!(report.samples.iter().filter(|sample| sample.is_good).count(), 23);
}

#[test]
fn who_asks_for_patience_and_whose_answers_break_off_say_so() {
    let target = Arc::new(TargetHealth::default());
    ask(&target, Outcome::Fault(Fault::Busy { wait: Some(Duration::from_secs(7)) }), 1.0);
    assert_eq!(told(&target, 2.0), (State::Ejected, Some(Why::Busy), Some(6.0)));

    let target = Arc::new(TargetHealth::default());
    let rules = Arc::new(BreakerRules::default());
    for _ in 0..5 {
        let how = How { took: Duration::from_millis(20), is_streaming: true, now: at(1.0) };
        let mut trying = target.begin(&rules, &Bounds::NONE, false, how.now).unwrap();
        trying.ended(Outcome::Answered, how);
        trying.broke_off(how.now);
    }
    assert_eq!(told(&target, 1.5), (State::Ejected, Some(Why::AnswersBrokeOff), Some(0.5)));
    let report = target.report(&rules, at(1.5));
    assert!(report.samples.iter().all(|sample| !sample.is_good), "an answer that broke off was none");
    assert_eq!((report.samples.len(), report.faults.as_slice()), (5, &[("broke_off", 5)][..]));
}

#[test]
fn who_was_not_asked_after_all_is_not_counted_and_who_was_left_is() {
    let target = Arc::new(TargetHealth::default());
    let begin = || target.begin(&Arc::default(), &Bounds::NONE, false, at(1.0)).unwrap();
    begin().was_not_asked();
    begin().moved_on();
    let report = target.report(&BreakerRules::default(), at(1.0));
    assert_eq!((report.asked, report.moved_on), (1, 1));
}

#[test]
fn a_way_stands_as_its_probes_its_key_and_its_models_do() {
    let way = WayHealth::new(Arc::new(KeyRest::default()));
    let rules = BreakerRules::default();
    let told = |has_other_keys, second| {
        let verdict = way.verdict(&rules, has_other_keys, at(second));
        (verdict.state, verdict.why, verdict.recovers_in.map(|span| span.as_secs_f64()))
    };
    assert_eq!(told(false, 1.0), (State::Unknown, None, None));
    way.probed(Reach::Answering, at(1.0));
    assert_eq!(told(false, 1.0), (State::Unknown, None, None), "somebody is there, and has answered no call");
    way.probed(Reach::Unreachable, at(2.0));
    assert_eq!(told(false, 2.0), (State::Ejected, Some(Why::Unreachable), None));
    way.probed(Reach::Doubtful, at(3.0));
    assert_eq!(told(false, 3.0), (State::Degraded, Some(Why::ProbesFail), None));
    way.probed(Reach::Answering, at(3.0));
    way.path.died(at(3.0));
    assert_eq!(told(false, 3.0), (State::Ejected, Some(Why::PathDead), None));
    way.probed(Reach::Unknown, at(3.0));
    assert!(
        way.is_unreachable(at(32.9)),
        "a probe that was not answered says nothing of a path that was dead"
    );
    assert!(!way.is_unreachable(at(33.0)), "without a probe callers try it");
    way.probed(Reach::Answering, at(3.0));
    assert!(!way.is_unreachable(at(3.0)) && !way.path.is_doubted(), "somebody has answered over it");
    (0..5).for_each(|_| ask(way.model(0), Outcome::Fault(Fault::Silent), 3.0));
    let worse = (State::Ejected, Some(Why::FailuresInARow), Some(1.0));
    assert_eq!(told(false, 3.0), worse, "that probes are answered does not hide that calls are not");
    way.probed(Reach::Answering, at(3.0));
    assert_eq!(told(false, 3.0), worse);
    ask(way.model(1), Outcome::Answered, 3.0);
    assert_eq!(told(false, 3.5), (State::Degraded, Some(Why::FailuresInARow), Some(0.5)), "one model of two");
    way.key.used_up(1, Duration::from_secs(20), at(3.0));
    let trouble = |model| way.trouble_with(model, false, at(4.0)).map(|verdict| (verdict.state, verdict.why));
    assert_eq!(trouble(0), None, "limits are those of a model");
    assert_eq!(trouble(1), Some((State::Ejected, Some(Why::LimitUsedUp))));
    way.key.begin(Duration::from_secs(300), at(3.0));
    assert_eq!(told(true, 4.0), (State::Ejected, Some(Why::KeyRests), Some(299.0)));
    assert_eq!(told(false, 4.0), (State::Degraded, Some(Why::KeyRests), Some(299.0)), "there is no other");
}

#[test]
fn a_name_that_is_not_known_here_is_said_of_the_target_and_not_of_the_way() {
    let (rules, way) = (BreakerRules::default(), WayHealth::new(Arc::new(KeyRest::default())));
    ask(way.model(3), Outcome::Answered, 1.0);
    ask(way.model(5), Outcome::Fault(Fault::UnknownModel), 1.0);
    assert_eq!(told(way.model(5), 11.0), (State::Ejected, Some(Why::UnknownModel), Some(50.0)));
    assert_eq!(way.model(5).report(&rules, at(11.0)).failed, 0, "no fault of his");
    assert_eq!(way.verdict(&rules, false, at(11.0)).state, State::Healthy);
}

#[test]
fn who_was_sent_away_is_not_at_fault_and_does_not_seem_faster_than_he_is() {
    let (target, rules) = (Arc::new(TargetHealth::default()), Arc::new(BreakerRules::default()));
    let how = |ms| How { took: Duration::from_millis(ms), is_streaming: true, now: at(1.0) };
    let begin = || target.begin(&rules, &Bounds::NONE, false, at(1.0)).unwrap();
    assert_eq!(target.late_after(true), None, "nobody knows");
    for number in 0..100 {
        begin().ended(Outcome::Answered, how(if number < 90 { 100 } else { 400 }));
    }
    let late_after = target.late_after(true).unwrap();
    assert!(late_after >= Duration::from_millis(400), "{late_after:?}");
    (0..200).for_each(|_| begin().was_outrun(how(5)));
    assert_eq!(target.late_after(true), Some(late_after), "who was sent away at once says nothing");
    (0..20).for_each(|_| begin().was_outrun(how(900)));
    assert!(target.late_after(true).unwrap() >= Duration::from_millis(900));
    assert!(target.pace_micros(true, at(1.0)).unwrap() >= 900_000.0);
    let report = target.report(&rules, at(1.0));
    assert_eq!((report.failed, report.run, target.in_flight()), (0, 0, 0));
    assert_eq!((report.asked, report.recent), (320, (100, 0)));
}
