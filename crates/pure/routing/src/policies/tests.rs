//! What each policy chooses, over many rounds.

use std::time::Duration;

use super::Policy;
use crate::ask::Ask;
use crate::health::{Fault, Outcome, Reach};
use crate::moment::Moment;
use crate::overload::Bounds;
use crate::target::Target;
use crate::world::{MODEL, World};

fn at(seconds: f64) -> Moment {
    Moment::after_start(Duration::from_secs_f64(seconds))
}

/// How often each of three targets comes first in so many plans.
fn firsts(world: &mut World, rounds: usize, now: Moment) -> [usize; 3] {
    let mut firsts = [0; 3];
    (0..rounds).for_each(|_| firsts[world.order(now)[0]] += 1);
    firsts
}

fn weighted() -> World {
    let weigh = |target: Target| Target { weight: [60, 20, 20][usize::from(target.provider)], ..target };
    World::with(&[(3, Policy::Weighted)], weigh)
}

#[test]
fn the_list_is_in_the_order_of_the_enum() {
    for (place, policy) in Policy::all().enumerate() {
        assert_eq!(policy as usize, place, "{}", policy.name());
    }
}

#[test]
fn weights_are_kept_exactly_and_evenly() {
    let mut world = weighted();
    let order: Vec<usize> = (0..1000).map(|_| world.order(at(1.0))[0]).collect();
    for cycle in order.chunks(100) {
        let count = |place| cycle.iter().filter(|first| **first == place).count();
        assert_eq!([count(0), count(1), count(2)], [60, 20, 20]);
    }
    for ten in order.windows(10) {
        let first = ten.iter().filter(|first| **first == 0).count();
        assert!((5..=7).contains(&first), "never in a lump: {ten:?}");
    }
}

#[test]
fn weights_shift_to_the_others_after_a_failure_and_come_back_by_themselves() {
    let mut world = weighted();
    world.asked(0, Outcome::Fault(Fault::Failed), 5, at(1.0));
    assert_eq!(firsts(&mut world, 100, at(2.0)), [20, 40, 40]);
    assert_eq!(firsts(&mut world, 100, at(12.0)), [60, 20, 20]);
}

#[test]
fn who_says_to_probes_that_he_has_failed_keeps_a_sixth_of_his_part_and_comes_back_with_a_good_answer() {
    let mut world = weighted();
    world.health.providers[0].ways[0].probed(Reach::Doubtful, at(1.0));
    assert_eq!(firsts(&mut world, 100, at(2.0)), [20, 40, 40]);
    world.asked(0, Outcome::Fault(Fault::Failed), 5, at(2.0));
    assert_eq!(firsts(&mut world, 100, at(3.0)), [20, 40, 40], "that his calls fail, too, takes no more");
    world.health.providers[0].ways[0].probed(Reach::Answering, at(12.0));
    assert_eq!(firsts(&mut world, 100, at(13.0)), [60, 20, 20]);
}

#[test]
fn who_comes_back_gets_his_part_slowly() {
    let mut world = weighted();
    for _ in 0..5 {
        world.asked(0, Outcome::Fault(Fault::Failed), 5, at(1.0));
    }
    assert_eq!(firsts(&mut world, 100, at(1.5)), [0, 50, 50]);
    for second in [3.0, 3.1, 3.2] {
        world.asked(0, Outcome::Answered, 5, at(second));
    }
    let part = |world: &mut World, second| firsts(world, 1000, at(second))[0];
    let parts =
        [part(&mut world, 4.0), part(&mut world, 7.0), part(&mut world, 11.0), part(&mut world, 14.0)];
    assert!(parts.is_sorted() && parts[0] < 200 && parts[3] == 600, "{parts:?}");
}

#[test]
fn the_balanced_policy_leaves_who_is_slow_or_busy_alone() {
    let mut world = World::of(&[(3, Policy::Balanced)]);
    for _ in 0..3 {
        world.asked(0, Outcome::Answered, 10, at(1.0));
        world.asked(1, Outcome::Answered, 10, at(1.0));
        world.asked(2, Outcome::Answered, 500, at(1.0));
    }
    let counts = firsts(&mut world, 3000, at(1.1));
    assert!(counts[2] == 0 && counts[0] > 1200 && counts[1] > 1200, "{counts:?}");
    let mut running = Vec::new();
    for provider in &world.health.providers[..2] {
        let health = provider.ways[0].model(provider.models.of("up")).clone();
        running.extend(
            (0..60).map(|_| health.begin(&world.health.rules, &Bounds::NONE, false, at(1.1)).unwrap()),
        );
    }
    assert_eq!(firsts(&mut world, 300, at(1.1))[2], 300, "sixty before us take longer than the slow one");
}

#[test]
fn a_slow_third_of_all_is_hardly_chosen() {
    let mut world = World::of(&[(6, Policy::Balanced)]);
    for place in 0..6 {
        world.asked(place, Outcome::Answered, if place < 2 { 500 } else { 10 }, at(1.0));
    }
    let mut chosen = [0; 6];
    (0..6000).for_each(|_| chosen[world.order(at(1.1))[0]] += 1);
    assert_eq!(chosen[..2], [0, 0]);
    assert!(chosen[2..].iter().all(|count| (1200..1800).contains(count)), "{chosen:?}");
}

#[test]
fn who_gets_less_than_his_part_sits_out_but_is_not_forgotten() {
    for policy in [Policy::Balanced, Policy::Fastest, Policy::Cheapest, Policy::Priority] {
        let mut world = World::of(&[(3, policy)]);
        for place in 0..3 {
            world.asked(place, Outcome::Answered, 10, at(1.0));
        }
        world.asked(0, Outcome::Fault(Fault::Failed), 10, at(1.0));
        let first = firsts(&mut world, 3000, at(1.1))[0];
        let usual = if policy == Policy::Priority { 3000 } else { 1000 };
        let part = usual / 12..usual / 3;
        assert!(part.contains(&first), "{}: {first} of {usual}", policy.name());
        assert_eq!(world.order(at(1.1)).len(), 3, "he stands behind the others");
    }
}

#[test]
fn who_is_to_be_tried_is_tried_however_slow_he_was() {
    for policy in [Policy::Balanced, Policy::Fastest] {
        let mut world = World::of(&[(3, policy)]);
        for place in 0..3 {
            world.asked(place, Outcome::Answered, [9000, 10, 10][place], at(1.0));
        }
        (0..5).for_each(|_| world.asked(0, Outcome::Fault(Fault::Failed), 10, at(1.0)));
        assert_eq!(firsts(&mut world, 300, at(1.5))[0], 0);
        assert!(firsts(&mut world, 300, at(2.5))[0] > 100, "{}", policy.name());
        (0..3).for_each(|_| world.asked(0, Outcome::Answered, 10, at(2.5)));
        (1..3).for_each(|place| world.asked(place, Outcome::Answered, 10, at(2.5)));
        assert!(firsts(&mut world, 3000, at(13.0))[0] > 500, "{}: and has his part again", policy.name());
    }
}

#[test]
fn the_fastest_and_the_cheapest_come_first() {
    let mut world = World::of(&[(3, Policy::Fastest)]);
    for (place, ms) in [(0, 30), (1, 10), (2, 20)] {
        world.asked(place, Outcome::Answered, ms, at(1.0));
    }
    assert_eq!(world.order(at(1.0)), [1, 2, 0]);
    let price =
        |target: Target| Target { price: [None, Some(7), Some(5)][usize::from(target.provider)], ..target };
    let mut world = World::with(&[(3, Policy::Cheapest)], price);
    assert_eq!(world.order(at(1.0)), [2, 1, 0]);
}

#[test]
fn a_bond_keeps_its_target_and_only_those_of_a_lost_one_move() {
    let mut world = World::of(&[(3, Policy::Sticky)]);
    let first = |world: &mut World, bond| {
        let bond = || Some(bond);
        let ask = Ask { bond: &bond, ..Ask::of(MODEL, true) };
        world.plan(&ask, at(9.0)).unwrap().order[0].place
    };
    let before: Vec<usize> = (0..300).map(|bond| first(&mut world, bond)).collect();
    assert_eq!((0..300).map(|bond| first(&mut world, bond)).collect::<Vec<_>>(), before);
    assert!((0..3).all(|place| before.iter().filter(|first| **first == place).count() > 60));
    for _ in 0..5 {
        world.asked(1, Outcome::Fault(Fault::Failed), 5, at(8.9));
    }
    for (bond, before) in (0..300).zip(before) {
        let after = first(&mut world, bond);
        assert!(after != 1 && (before == 1 || after == before), "{bond}");
    }
}
