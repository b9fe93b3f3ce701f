//! The course of calls where targets have as many requests as they may have.

use std::sync::Arc;
use std::time::Duration;

use crate::ask::Ask;
use crate::course::{Course, Turn};
use crate::health::{Fault, How, Outcome};
use crate::moment::Moment;
use crate::overload::{Gate, Limited, Waiter};
use crate::policies::Policy;
use crate::target::Target;
use crate::world::{MODEL, World};

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

/// Two steps of one target each, which takes one request at a time.
fn narrow() -> World {
    World::with(&[(1, Policy::Balanced); 2], |target| Target { concurrent_max: Some(1), ..target })
}

fn course(world: &mut World, now: Moment) -> Course {
    Course::of(world.plan(&Ask::of(MODEL, true), now).unwrap(), &world.rules)
}

fn turn(world: &mut World, now: Moment) -> Option<Turn> {
    course(world, now).next(&world.health, MODEL, now)
}

#[test]
fn who_is_full_is_passed_over_and_where_all_are_one_waits() {
    let mut world = narrow();
    let first = turn(&mut world, at(1.0)).expect("nobody is there yet");
    let plan = world.plan(&Ask::of(MODEL, true), at(1.0)).unwrap();
    assert_eq!(plan.order.iter().map(|attempt| attempt.place).collect::<Vec<_>>(), [1, 0]);
    assert!(plan.order[1].is_last_resort);
    let second = turn(&mut world, at(1.0)).expect("the other one has room");
    assert_eq!((first.place, second.place), (0, 1));

    let mut late = course(&mut world, at(1.0));
    assert!(late.next(&world.health, MODEL, at(1.0)).is_none() && late.is_held_up());
    let gates = late.full_gates(&world.health, MODEL, at(1.0));
    assert_eq!(gates.len(), 2);
    let mut waiter = Waiter::enter(&Arc::default(), 5, at(1.0)).unwrap();
    waiter.stand_at(gates, at(1.0));
    drop(second);
    assert!(turn(&mut world, at(1.0)).is_none(), "nobody passes those who wait");
    let late = late.next_after_wait(&world.health, MODEL, at(1.1)).expect("a place became free");
    assert_eq!(late.place, 1);
}

#[test]
fn one_rather_waits_for_who_is_well_than_asks_who_is_not() {
    let mut world = narrow();
    for _ in 0..5 {
        world.asked(1, Outcome::Fault(Fault::Failed), 1, at(1.0));
    }
    let _first = turn(&mut world, at(1.1)).expect("the first is well");
    let mut late = course(&mut world, at(1.1));
    assert!(late.next(&world.health, MODEL, at(1.1)).is_none() && late.is_held_up());
    assert_eq!(late.full_gates(&world.health, MODEL, at(1.1)).len(), 1);
}

#[test]
fn what_is_shared_bounds_all_who_share_it_and_is_given_back() {
    let mut world = World::of(&[(1, Policy::Balanced); 2]);
    let limited = Limited { gate: Arc::new(Gate::default()), max: 1 };
    world.health.providers[0].limit = Some(limited.clone());
    world.health.providers[1].line_limits = vec![Some(limited.clone())];
    let first = turn(&mut world, at(1.0)).unwrap();
    assert!(turn(&mut world, at(1.0)).is_none());
    drop(first);
    assert_eq!(limited.gate.active(), 0);
    assert!(turn(&mut world, at(1.0)).is_some());
    assert_eq!(limited.gate.peak(), 1);
}

#[test]
fn refusals_bound_how_many_are_under_way_and_where_all_are_busy_there_is_nothing_to_wait_for() {
    let mut world = World::of(&[(1, Policy::Balanced)]);
    let mut turns: Vec<Turn> = (0..40).map(|_| turn(&mut world, at(1.0)).unwrap()).collect();
    let how = How { took: Duration::from_millis(1), is_streaming: true, now: at(1.1) };
    let mut late = course(&mut world, at(1.0));
    turns.pop().unwrap().trying.ended(Outcome::Fault(Fault::Busy { wait: None }), how);
    assert!(late.next(&world.health, MODEL, at(1.2)).is_none() && late.is_held_up(), "39 are with him");
    // He answers another one: he has as many as he takes.
    turns[0].trying.ended(Outcome::Answered, How { now: at(1.3), ..how });
    assert!(late.next(&world.health, MODEL, at(1.3)).is_none() && late.is_held_up(), "39 are more than 25");
    turns.truncate(10);
    assert!(late.next(&world.health, MODEL, at(1.4)).is_some());

    let mut late = course(&mut world, at(1.4));
    turns[1].trying.ended(Outcome::Fault(Fault::Busy { wait: None }), How { now: at(1.5), ..how });
    turns.clear();
    assert!(late.next(&world.health, MODEL, at(1.6)).is_none() && !late.is_held_up(), "nobody is with him");
    assert_eq!(late.busy_for(&world.health, MODEL, at(1.6)), Some(Duration::from_millis(300)));
}
