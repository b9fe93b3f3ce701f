//! How often a path is doubted for nothing, and how soon a dead one is found: many thousand calls on a clock of their own,
//! against hosts that put their acknowledgements off as real ones do.

#![cfg(test)]

use std::time::Duration;

use routing::health::{PathFinding, PathHealth, PathLook, PathWatch};
use routing::{Moment, Rng};

const CALLS: usize = 60_000;
const SEEDS: u64 = 5;
/// Kernels tell their times in steps of four milliseconds, most of them.
const STEP: Duration = Duration::from_millis(4);

/// A host, and the network before it.
struct Host {
    round_trip: Duration,
    /// How long this acknowledgement is put off.
    puts_off: fn(&mut Rng) -> Duration,
    /// Part of the requests that are lost and sent again.
    loss: f64,
}

fn ms(count: f64) -> Duration {
    Duration::from_secs_f64(count / 1000.0)
}

/// Somewhere between these, any of them as likely.
fn between(rng: &mut Rng, least: f64, most: f64) -> Duration {
    ms(least + (most - least) * rng.fraction())
}

/// One of so many.
fn one_of(rng: &mut Rng, count: f64) -> bool {
    rng.fraction() < 1.0 / count
}

/// At once, as a server's own reading makes it; where that is late, the kernel's clock does it after 40 ms.
fn linux(rng: &mut Rng) -> Duration {
    if one_of(rng, 20.0) { between(rng, 40.0, 44.0) } else { between(rng, 0.0, 2.0) }
}

/// As Linux, on a machine that is overloaded one second in ten: there it may be any time up to the longest.
fn overloaded(rng: &mut Rng) -> Duration {
    if one_of(rng, 10.0) { between(rng, 40.0, 200.0) } else { linux(rng) }
}

/// By a clock that strikes every 200 ms, whenever something arrived.
fn slow_clock(rng: &mut Rng) -> Duration {
    between(rng, 0.0, 200.0)
}

/// Mostly soon, seldom late, very seldom very late: the tail of a network that is crowded.
fn long_tail(rng: &mut Rng) -> Duration {
    let normal: f64 = (0..12).map(|_| rng.fraction()).sum::<f64>() - 6.0;
    ms(5.0 * (0.8 * normal).exp())
}

/// A call: how long until it was late, if it was.
fn call(path: &PathHealth, host: &Host, now: Moment, rng: &mut Rng, is_dead: bool) -> Option<Duration> {
    let thinks = between(rng, 0.0, 30_000.0);
    let mut acknowledged = host.round_trip + (host.puts_off)(rng);
    if rng.fraction() < host.loss {
        acknowledged += Duration::from_millis(200) + host.round_trip;
    }
    // An answer acknowledges what it answers.
    let answered = host.round_trip + thinks;
    let acknowledged = acknowledged.min(answered);
    let (mut watch, mut waited, mut late) = (PathWatch::default(), path.first_look(), None);
    while is_dead || waited < answered {
        let has_arrived = !is_dead && acknowledged <= waited;
        let unheard = if has_arrived { waited - acknowledged } else { waited + ms(7000.0) };
        let look = PathLook {
            waited,
            is_unacknowledged: !has_arrived,
            unheard: STEP * (unheard.as_millis() / STEP.as_millis()) as u32,
            round_trip: host.round_trip,
        };
        match watch.look(path, look, now) {
            PathFinding::Arrived => break,
            PathFinding::Wait(again) => waited += again,
            // The other wins, and this one is given up.
            PathFinding::Late(_) | PathFinding::Dead(_) => {
                late = Some(waited);
                break;
            }
        }
    }
    if path.is_doubted() && late.is_none() {
        path.carried();
    }
    late
}

/// The part of calls in a thousand for which another was asked in vain, and the limit at the end.
fn calm(host: &Host, seed: u64) -> (f64, PathHealth) {
    let (path, mut rng) = (PathHealth::default(), Rng::new(seed));
    let mut late = 0;
    for count in 0..CALLS {
        let now = Moment::after_start(Duration::from_secs(count as u64));
        late += usize::from(call(&path, host, now, &mut rng, false).is_some());
    }
    (late as f64 * 1000.0 / CALLS as f64, path)
}

fn check_calm(name: &str, host: &Host, limit_max: Duration) {
    for seed in 0..SEEDS {
        let (per_thousand, path) = calm(host, seed);
        println!("{name}, seed {seed}: {per_thousand:.3} in a thousand in vain, limit {:?}", path.limit());
        assert!(per_thousand <= 1.0, "{name}, seed {seed}: {per_thousand} in a thousand");
        assert!(path.limit() <= limit_max, "{name}, seed {seed}: {:?}", path.limit());
    }
}

#[test]
fn a_calm_path_is_hardly_ever_doubted() {
    let near = |puts_off| Host { round_trip: ms(1.0), puts_off, loss: 0.0 };
    check_calm("Linux", &near(linux), ms(80.0));
    check_calm("overloaded", &near(overloaded), ms(260.0));
    check_calm("slow clock", &near(slow_clock), ms(260.0));
    check_calm("long tail", &near(long_tail), ms(150.0));
    check_calm("far", &Host { round_trip: ms(180.0), puts_off: linux, loss: 0.0 }, ms(650.0));
}

#[test]
fn a_path_that_loses_packets_is_learnt_too() {
    for loss in [0.0005, 0.005, 0.02] {
        let host = Host { round_trip: ms(20.0), puts_off: linux, loss };
        check_calm(&format!("loses {loss}"), &host, ms(420.0));
    }
}

#[test]
fn a_dead_path_to_a_linux_host_is_found_within_a_tenth_of_a_second() {
    for seed in 0..SEEDS {
        let host = Host { round_trip: ms(1.0), puts_off: linux, loss: 0.0 };
        let (path, now) = (calm(&host, seed).1, Moment::after_start(Duration::from_secs(100_000)));
        let mut rng = Rng::new(seed);
        for number in 1..=2 {
            let late = call(&path, &host, now, &mut rng, true).unwrap();
            assert!(late <= ms(100.0), "seed {seed}: {late:?}");
            assert_eq!(path.is_dead(now), number == 2, "one may have lost a packet");
        }
        path.carried();
        assert!(!path.is_dead(now), "an answer brings it back");
    }
}
