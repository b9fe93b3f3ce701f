//! The course of calls, failure by failure.

use std::time::Duration;

use crate::ask::Ask;
use crate::course::{Circumstances, Course, Onward, Stopped};
use crate::entry::Reason;
use crate::health::{Fault, Health, How, Outcome, Switch};
use crate::moment::Moment;
use crate::policies::Policy;
use crate::rng::Rng;
use crate::target::Target;
use crate::world::{MODEL, World};

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

const FAILED: Fault = Fault::Failed;
const BUSY: Fault = Fault::Busy { wait: Some(Duration::from_secs(2)) };

fn circumstances(world: &World, now: Moment) -> Circumstances<'_> {
    let (health, rules, budget) = (&world.health, &world.rules, &world.budget);
    Circumstances { health, rules, budget, asked: MODEL, deadline: at(61.0), now }
}

/// Asks until somebody answers or nobody is left. What each one says is given by place; `None` answers. Gives the places
/// asked, the waits between, and why it stopped.
fn run(
    world: &mut World,
    says: impl Fn(usize, usize) -> Option<Fault>,
) -> (Vec<usize>, Duration, Option<Stopped>) {
    let mut now = at(1.0);
    let mut course = Course::of(world.plan(&Ask::of(MODEL, true), now).unwrap(), &world.rules);
    let (mut asked, mut waited, mut rng) = (Vec::new(), Duration::ZERO, Rng::new(3));
    while let Some(mut turn) = course.next(&world.health, MODEL, now) {
        asked.push(turn.place);
        let fault = says(turn.place, asked.iter().filter(|place| **place == turn.place).count());
        let how = How { took: Duration::from_millis(1), is_streaming: true, now };
        let Some(fault) = fault else {
            turn.trying.ended(Outcome::Answered, how);
            return (asked, waited, None);
        };
        turn.trying.ended(Outcome::Fault(fault), how);
        match course.failed(turn.place, fault, &circumstances(world, now), &mut rng) {
            Onward::Next => {}
            Onward::Wait(wait, _waiting) => {
                now = now + wait;
                waited += wait;
            }
            Onward::Stop(why) => return (asked, waited, Some(why)),
        }
    }
    (asked, waited, Some(Stopped::NobodyLeft))
}

fn priority(steps: &[u16]) -> World {
    World::of(&steps.iter().map(|count| (*count, Policy::Priority)).collect::<Vec<_>>())
}

#[test]
fn the_next_one_is_asked_at_once() {
    let (asked, waited, stopped) = run(&mut priority(&[3]), |place, _| (place < 2).then_some(FAILED));
    assert_eq!((asked, waited, stopped), (vec![0, 1, 2], Duration::ZERO, None));
}

#[test]
fn nobody_is_asked_once_patience_has_ended() {
    for fault in [FAILED, Fault::Unreachable, Fault::Refused, Fault::TooLong, BUSY] {
        let mut world = priority(&[3]);
        let mut course = Course::of(world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap(), &world.rules);
        let turn = course.next(&world.health, MODEL, at(1.0)).unwrap();
        let onward = course.failed(turn.place, fault, &circumstances(&world, at(61.0)), &mut Rng::new(3));
        assert!(matches!(onward, Onward::Stop(Stopped::Deadline)), "{fault:?}: {onward:?}");
    }
}

#[test]
fn three_attempts_and_no_more() {
    let (asked, _, stopped) = run(&mut priority(&[5]), |_, _| Some(FAILED));
    assert_eq!((asked, stopped), (vec![0, 1, 2], Some(Stopped::AttemptsUsed)));
}

#[test]
fn each_step_of_a_chain_has_an_attempt_as_far_as_they_go_and_a_slip_takes_the_last() {
    let asked = |steps: &[u16], repeats_max| {
        let mut world = priority(steps);
        world.rules.repeats_max = repeats_max;
        run(&mut world, |_, _| Some(FAILED)).0
    };
    assert_eq!(asked(&[3, 1], 0), [0, 1, 3], "the first step has what the others leave");
    assert_eq!(asked(&[3, 3, 3], 0), [0, 3, 6]);
    assert_eq!(asked(&[1, 1, 1, 1], 0), [0, 1, 2], "three attempts, whatever stands behind");
    assert_eq!(asked(&[1, 1, 1], 2), [0, 0, 1], "who is asked again takes the attempt of the last");
}

#[test]
fn who_cannot_be_reached_is_replaced_without_costing_an_attempt() {
    for fault in [Fault::Unreachable, Fault::Unheard] {
        let mut world = priority(&[6]);
        world.budget = crate::retry::RetryBudget::new(0, 0);
        let (asked, _, stopped) = run(&mut world, |place, _| (place < 5).then_some(fault));
        assert_eq!((asked, stopped), (vec![0, 1, 2, 3, 4, 5], None), "not even a budget is needed");
    }
}

#[test]
fn a_slip_is_forgiven_before_another_model_answers() {
    let once = |place: usize, time: usize| (place == 0 && time == 1).then_some(FAILED);
    let (asked, ..) = run(&mut priority(&[1, 1]), once);
    assert_eq!(asked, [0, 0]);
    let (asked, ..) = run(&mut priority(&[1, 1]), |place, _| (place == 0).then_some(FAILED));
    assert_eq!(asked, [0, 0, 1]);
    let (asked, ..) = run(&mut priority(&[2, 1]), once);
    assert_eq!(asked, [0, 1], "the same model elsewhere is better");
    let (asked, ..) = run(&mut priority(&[1, 1]), |place, _| (place == 0).then_some(BUSY));
    assert_eq!(asked, [0, 1], "who asks for patience has it");
}

#[test]
fn the_only_one_is_asked_again_after_a_wait() {
    let (asked, waited, stopped) = run(&mut priority(&[1]), |_, time| (time < 3).then_some(FAILED));
    assert_eq!((asked.len(), stopped), (3, None));
    assert!(waited > Duration::ZERO && waited < Duration::from_millis(300), "{waited:?}");
    let (asked, waited, stopped) = run(&mut priority(&[1]), |_, time| (time < 2).then_some(BUSY));
    assert_eq!((asked.len(), stopped), (2, None));
    assert!(waited >= Duration::from_secs(2), "as he said");
    let (asked, waited, stopped) = run(&mut priority(&[2]), |_, _| Some(BUSY));
    assert_eq!(
        (asked, waited, stopped),
        (vec![0, 1], Duration::ZERO, Some(Stopped::NobodyLeft)),
        "told at once"
    );
}

#[test]
fn a_silent_one_is_not_asked_again() {
    let (asked, _, stopped) = run(&mut priority(&[1]), |_, _| Some(Fault::Silent));
    assert_eq!((asked, stopped), (vec![0], Some(Stopped::NobodyLeft)));
    let (asked, ..) = run(&mut priority(&[1, 1]), |place, _| (place == 0).then_some(Fault::Silent));
    assert_eq!(asked, [0, 1]);
}

#[test]
fn too_long_for_one_goes_to_a_larger_one_only() {
    let sizes = [Some(8_000), Some(4_000), Some(100_000), None];
    let size = |target: Target| Target {
        context_tokens: sizes[usize::from(target.provider)],
        model: Some(format!("m{}", target.provider).into()),
        ..target
    };
    let mut world = World::with(&[(4, Policy::Priority)], size);
    let (asked, ..) = run(&mut world, |place, _| (place < 2).then_some(Fault::TooLong));
    assert_eq!(asked, [0, 2]);
    let mut same = World::with(&[(3, Policy::Priority)], |target| Target { provider: 0, line: 0, ..target });
    let (asked, _, stopped) = run(&mut same, |_, _| Some(Fault::TooLong));
    assert_eq!((asked, stopped), (vec![0], Some(Stopped::NobodyLeft)), "the same model is asked once");
}

/// One provider with two lines, then another with one.
fn two_lines_and_another() -> World {
    let name = |target: Target| {
        let model = if target.provider < 2 { "same" } else { "other" };
        Target {
            provider: target.provider / 2,
            line: target.provider % 2,
            model: Some(model.into()),
            ..target
        }
    };
    let mut world = World::with(&[(3, Policy::Priority)], name);
    world.health = Health::unknown([2, 1]);
    world
}

#[test]
fn declined_by_one_goes_to_another_model_only() {
    let (asked, ..) = run(&mut two_lines_and_another(), |place, _| (place == 0).then_some(Fault::Declined));
    assert_eq!(asked, [0, 2]);
}

#[test]
fn another_line_of_who_does_not_know_the_model_is_asked_last() {
    let unknown = |known: Option<usize>| {
        let says = move |place: usize, _: usize| (Some(place) != known).then_some(Fault::UnknownModel);
        let (asked, _, stopped) = run(&mut two_lines_and_another(), says);
        (asked, stopped)
    };
    assert_eq!(unknown(Some(2)), (vec![0, 2], None));
    assert_eq!(unknown(Some(1)), (vec![0, 2, 1], None));
    assert_eq!(unknown(None), (vec![0, 2, 1], Some(Stopped::NobodyLeft)));
}

#[test]
fn without_budget_there_is_no_second_attempt() {
    let mut world = priority(&[3]);
    world.budget = crate::retry::RetryBudget::new(0, 0);
    let (asked, _, stopped) = run(&mut world, |_, _| Some(FAILED));
    assert_eq!((asked, stopped), (vec![0], Some(Stopped::BudgetUsed)));
}

#[test]
fn one_waits_for_who_is_busy_and_the_others_are_told() {
    let mut world = priority(&[1]);
    // All four were asked before the first was told to be patient.
    let mut courses: Vec<Course> = (0..4)
        .map(|_| Course::of(world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap(), &world.rules))
        .collect();
    let mut turns: Vec<_> =
        courses.iter_mut().map(|course| course.next(&world.health, MODEL, at(1.0)).unwrap()).collect();
    let (mut kept, mut rng) = (Vec::new(), Rng::new(1));
    for (course, turn) in courses.iter_mut().zip(&mut turns) {
        let how = How { took: Duration::from_millis(1), is_streaming: true, now: at(1.0) };
        turn.trying.ended(Outcome::Fault(BUSY), how);
        kept.push(course.failed(turn.place, BUSY, &circumstances(&world, at(1.0)), &mut rng));
    }
    assert!(matches!(kept[0], Onward::Wait(..)));
    assert!(kept[1..].iter().all(|onward| matches!(onward, Onward::Stop(_))));
}

#[test]
fn who_is_switched_off_meanwhile_is_not_asked_any_more_and_who_drains_is() {
    let switched = |switch| {
        let mut world = priority(&[1, 1]);
        world.rules.repeats_max = 0;
        let mut course = Course::of(world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap(), &world.rules);
        let first = course.next(&world.health, MODEL, at(1.0)).unwrap();
        world.health.providers[1].ways[0].set_switches(switch, Vec::new());
        course.failed(first.place, FAILED, &circumstances(&world, at(1.0)), &mut Rng::new(3));
        course.next(&world.health, MODEL, at(1.0)).map(|turn| turn.place)
    };
    assert_eq!(switched(Switch::Draining), Some(1), "the call had begun");
    assert_eq!(switched(Switch::Off), None);
}

#[test]
fn a_stand_in_is_of_the_same_step_and_whoever_was_not_asked_is_the_next() {
    let mut world = priority(&[2, 1]);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap();
    let mut course = Course::of(plan, &world.rules);
    let first = course.next(&world.health, MODEL, at(1.0)).unwrap();
    let beside = course.beside(Some(first.step), &world.health, MODEL, at(1.0)).unwrap();
    assert_eq!((first.place, beside.place), (0, 1));
    assert!(
        course.beside(Some(first.step), &world.health, MODEL, at(1.0)).is_none(),
        "the third is another model"
    );
    let other = course.beside(None, &world.health, MODEL, at(1.0)).unwrap();
    assert_eq!((other.place, other.step), (2, 1));
    course.give_back(other.place, other.step);
    course.give_back(first.place, first.step);
    drop((first, other));
    // The second was connected to first, and fails.
    let onward = course.failed(1, FAILED, &circumstances(&world, at(1.0)), &mut Rng::new(3));
    assert!(matches!(onward, Onward::Next));
    assert_eq!(course.next(&world.health, MODEL, at(1.0)).unwrap().place, 0);
}

#[test]
fn nobody_who_is_ill_is_a_stand_in() {
    let mut world = priority(&[2]);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap();
    for _ in 0..5 {
        world.asked(1, Outcome::Fault(FAILED), 1, at(1.0));
    }
    let mut course = Course::of(plan, &world.rules);
    let _first = course.next(&world.health, MODEL, at(1.0)).unwrap();
    assert!(course.beside(None, &world.health, MODEL, at(1.0)).is_none());
}

#[test]
fn a_second_is_another_who_is_well_beyond_doubt() {
    let mut world = priority(&[3]);
    let plan = world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap();
    (0..20).for_each(|_| world.asked(1, Outcome::Answered, 1, at(1.0)));
    (0..3).for_each(|_| world.asked(1, Outcome::Fault(FAILED), 1, at(1.0)));
    let mut course = Course::of(plan, &world.rules);
    let first = course.next(&world.health, MODEL, at(1.0)).unwrap();
    let second = course.second(&world.health, MODEL, at(1.0)).unwrap();
    assert_eq!((first.place, second.place), (0, 2), "not who is in trouble");
    assert!(course.second(&world.health, MODEL, at(1.0)).is_none());
    course.was_outrun(first.place);
    assert_eq!(course.left(), 2, "who was sent away may be asked, should the answer come to nothing");
}

#[test]
fn who_falls_beside_another_costs_an_attempt_and_no_money() {
    let mut world = priority(&[4]);
    world.attempts_max = 2;
    world.budget = crate::retry::RetryBudget::new(0, 0);
    let mut course = Course::of(world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap(), &world.rules);
    let first = course.next(&world.health, MODEL, at(1.0)).unwrap();
    let second = course.second(&world.health, MODEL, at(1.0)).unwrap();
    course.fell(first.place, FAILED);
    assert!(course.second(&world.health, MODEL, at(1.0)).is_none(), "the last attempt is under way");
    let onward = course.failed(second.place, FAILED, &circumstances(&world, at(1.0)), &mut Rng::new(3));
    assert!(matches!(onward, Onward::Stop(Stopped::AttemptsUsed)));
}

#[test]
fn who_does_not_know_the_model_is_followed_and_asked_last_for_a_minute() {
    let mut world = priority(&[2]);
    let (asked, ..) = run(&mut world, |place, _| (place == 0).then_some(Fault::UnknownModel));
    assert_eq!(asked, [0, 1]);
    assert_eq!(world.order(at(2.0)), [1, 0]);
    let plan = world.plan(&Ask::of(MODEL, true), at(2.0)).unwrap();
    let wait = Duration::from_secs(59);
    assert_eq!(plan.reason(0), Some(Reason::UnknownModel { wait }));
    assert_eq!(world.order(at(61.0)), [0, 1]);
    // A good answer ends it sooner.
    let _ = run(&mut world, |place, _| (place == 0).then_some(Fault::UnknownModel));
    world.asked(0, Outcome::Answered, 1, at(3.0));
    assert_eq!(world.order(at(3.0)), [0, 1]);
}
