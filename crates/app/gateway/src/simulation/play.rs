//! One run: troubles come and go, callers call, and when all is well again they are answered again.

use std::fs;
use std::path::Path;
use std::time::Duration;

use futures_util::future::{join, join_all};
use routing::Rng;
use serde_json::Value;
use simulator::{Fault, Record};
use tokio::time::{Instant, sleep, sleep_until};

use super::calendar::Calendar;
use super::caller::{Got, call};
use super::calls::CallPlan;
use super::desk::Desk;
use super::digest::Digest;
use super::fleet::Fleet;
use super::spells::{Spell, Trouble};
use super::world::World;
use crate::workers::tick;

/// So long after the last call nothing may be left of it: longer than a connection may take to come about.
const SETTLED: Duration = Duration::from_secs(2);
/// So long after the last trouble everybody is well again, whatever befell him.
const RECOVERED: Duration = Duration::from_secs(35);
/// So many calls must then succeed.
const AFTERWARDS: usize = 3;

/// All that is known of a run.
pub(super) struct Run {
    pub(super) fleet: Fleet,
    /// The calls of the troubled time, then those afterwards.
    pub(super) got: Vec<Got>,
    pub(super) after: Vec<Got>,
    /// The lines of the log about calls.
    pub(super) lines: Vec<Value>,
    /// What each node received, by the node's name.
    pub(super) records: Vec<(String, Record)>,
    /// What was under way when nothing should be.
    pub(super) left: Vec<String>,
    pub(super) digest: Digest,
}

/// Plays a seed.
pub(super) fn play(seed: u64, desk: &Desk, folder: &Path) -> Run {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let builder = builder.enable_time().start_paused(true);
    let runtime = builder.build_local(tokio::runtime::LocalOptions::default()).unwrap();
    runtime.block_on(run(seed, desk, folder))
}

async fn run(seed: u64, desk: &Desk, folder: &Path) -> Run {
    let (_calendar, began) = (Calendar::begin(), Instant::now());
    let mut rng = Rng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    // Seeds that are neighbours begin alike.
    for _ in 0..8 {
        rng.next();
    }
    let fleet = Fleet::any(&mut rng);
    let plans = CallPlan::many(&mut rng);
    let world = World::of(&fleet, desk, seed, folder, &mut rng);
    let worker = world.worker.clone();
    drop(worker.spawn({
        let worker = worker.clone();
        async move { tick(&worker).await }
    }));
    let calls = plans.into_iter().map(|plan| {
        let worker = worker.clone();
        async move {
            sleep_until(began + Duration::from_millis(plan.at_ms)).await;
            call(worker, plan, began).await
        }
    });
    let spells = fleet.spells.iter().map(|spell| befall(&world, spell, began));
    let (got, _) = join(join_all(calls), join_all(spells)).await;
    sleep(SETTLED).await;
    let mut left = world.left();
    sleep(RECOVERED).await;
    let mut after = Vec::with_capacity(AFTERWARDS);
    for number in 0..AFTERWARDS {
        after.push(call(worker.clone(), CallPlan::afterwards(number), began).await);
    }
    sleep(SETTLED).await;
    left.extend(world.left());
    worker.hand_over();
    drop(worker);
    let records = world.simulator.nodes().iter().flat_map(|node| {
        let name = node.name().to_owned();
        node.records().into_iter().map(move |record| (name.clone(), record))
    });
    let records: Vec<(String, Record)> = records.collect();
    world.log_thread.stop();
    let log = fs::read_to_string(&world.log_path).unwrap();
    let _ = fs::remove_file(&world.log_path);
    let digest = digest(&got, &after, &records, &log);
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let lines = lines.filter(|line| line["message"] == "request").collect();
    Run { fleet, got, after, lines, records, left, digest }
}

/// Lets a spell come over its node, and go.
async fn befall(world: &World, spell: &Spell, began: Instant) {
    sleep_until(began + Duration::from_millis(spell.from_ms)).await;
    let node = &world.simulator.nodes()[spell.node];
    match &spell.trouble {
        Trouble::NoWay => world.network.set_no_way(spell.node, true),
        Trouble::Fault { text, rate } => {
            let fault: Fault = text.parse().unwrap();
            let fault = match rate {
                Some(rate) => fault.rate(*rate).unwrap(),
                None => fault,
            };
            node.add_fault(fault).await.unwrap();
        }
    }
    sleep_until(began + Duration::from_millis(spell.until_ms)).await;
    world.network.set_no_way(spell.node, false);
    node.clear_faults().await;
}

fn digest(got: &[Got], after: &[Got], records: &[(String, Record)], log: &str) -> Digest {
    let mut digest = Digest::default();
    for got in got.iter().chain(after) {
        digest.add(format!("{} {} {:?}\n", got.called_ms, got.ended_ms, got.end).as_bytes());
        // The one header that tells the day of this machine.
        for line in got.raw.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(b"date:"))
        {
            digest.add(line);
        }
    }
    for (node, record) in records {
        digest.add(
            format!("{node} {:?} {:?} {:?}", record.at_ms, record.ended_at_ms, record.outcome).as_bytes(),
        );
        digest.add(&record.body);
    }
    // Events go past the queue of the lines, so their order is the disk's.
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_unstable();
    lines.iter().for_each(|line| digest.add(line.as_bytes()));
    digest
}
