//! The tests: many seeds, each kept promise by promise, and the same seed twice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::desk::Desk;
use super::play::{Run, play};
use super::promises::check;

const SEEDS_DEFAULT: u64 = 100;
/// So many failures are told.
const TOLD_MAX: usize = 40;

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
fn play_all(seeds: &[u64]) -> Vec<(u64, String)> {
    let (next, broken) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let folder = tempfile::tempdir().unwrap();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                let desk = Desk::open();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                    if let Err(what) = check(&play(*seed, &desk, folder.path())) {
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

/// All that happened, for who looks for a mistake.
fn tell(run: &Run) {
    println!("{}\n{:#?}", run.fleet.config, run.fleet.spells);
    for (node, record) in &run.records {
        let id = record.header("x-request-id").unwrap_or_default();
        let ended = (record.ended_at_ms, record.outcome, record.sent_bytes);
        println!("{} {id} {node} {:?} {:?} {ended:?}", record.at_ms, record.status, record.fault);
    }
    run.lines.iter().for_each(|line| println!("{line}"));
}

#[test]
fn all_promises_are_kept_for_every_seed() {
    if let Some(seed) = number("SIMULATION_SEED") {
        let folder = tempfile::tempdir().unwrap();
        let run = play(seed, &Desk::open(), folder.path());
        tell(&run);
        check(&run).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
        return;
    }
    let seeds: Vec<u64> = kept().chain(0..number("SIMULATION_SEEDS").unwrap_or(SEEDS_DEFAULT)).collect();
    let broken = play_all(&seeds);
    let told: Vec<String> =
        broken.iter().take(TOLD_MAX).map(|(seed, what)| format!("seed {seed}: {what}")).collect();
    assert!(broken.is_empty(), "{} of {} seeds:\n{}", broken.len(), seeds.len(), told.join("\n"));
}

#[test]
fn a_seed_is_the_same_run_each_time() {
    let (desk, folder) = (Desk::open(), tempfile::tempdir().unwrap());
    for seed in 0..10 {
        let [left, right] = [(), ()].map(|()| play(seed, &desk, folder.path()).digest);
        assert_eq!(left, right, "seed {seed}");
    }
}
