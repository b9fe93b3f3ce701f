//! The routing core on a virtual clock: a made-up fleet, faults that come and go, many callers whose steps interleave, and
//! all of it from one seed. `SIMULATION_SEEDS` says how many seeds (`make prove-routing` for many); seeds that once failed are
//! in `seeds.txt`, and are played each time. A failure names its seed: `SIMULATION_SEED=17` plays it alone, and tells more.
#![cfg(test)]

mod caller;
mod fleet;
mod promises;
mod spells;
mod world;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use world::World;

const SEEDS_DEFAULT: u64 = 1000;
/// So many failures are told.
const TOLD_MAX: usize = 5;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn kept() -> impl Iterator<Item = u64> {
    let lines = include_str!("seeds.txt").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let seed = line.split_whitespace().next().unwrap_or_default();
        seed.parse().expect("a line of seeds.txt begins with a number")
    })
}

/// Plays all seeds on all cores; gives what was broken, the lowest seed first.
fn play(seeds: &[u64]) -> Vec<(u64, String)> {
    let (next, broken) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if let Err(what) = World::of(*seed).play() {
                        broken.lock().unwrap_or_else(PoisonError::into_inner).push((*seed, what));
                    }
                }
            });
        }
    });
    let mut broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.sort_unstable();
    broken
}

#[test]
fn all_promises_are_kept_for_every_seed() {
    let seeds: Vec<u64> = match number("SIMULATION_SEED") {
        Some(seed) => vec![seed],
        None => kept().chain(0..number("SIMULATION_SEEDS").unwrap_or(SEEDS_DEFAULT)).collect(),
    };
    let broken = play(&seeds);
    let told: Vec<String> =
        broken.iter().take(TOLD_MAX).map(|(seed, what)| format!("seed {seed}: {what}")).collect();
    assert!(broken.is_empty(), "{} of {} seeds:\n{}", broken.len(), seeds.len(), told.join("\n"));
}

#[test]
fn a_seed_is_the_same_each_time() {
    for seed in 0..10 {
        let [mut left, mut right] = [World::of(seed), World::of(seed)];
        assert_eq!(left.play(), right.play());
        assert_eq!(left.figures(), right.figures(), "seed {seed}");
    }
}
