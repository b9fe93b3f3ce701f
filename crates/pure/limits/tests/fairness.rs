//! Who waits for whom, over minutes of a virtual clock: a tenant that floods a shared limit waits behind itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::OrganisationId;
use limits::Tick;
use limits::queue::{Entry, Order};
use limits::rate::{Cell, Measure, Terms, WhenReached, Whose};

const TENANTS: u64 = 10;
/// Of all together.
const PER_SECOND: u64 = 100;
const SECONDS: u64 = 120;
const WAITING_MAX: usize = 1_024;
const LOUD: u64 = 0;

/// Numbers that look random and are the same in every run.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// The time to the next arrival of so many a second, on average, in nanoseconds.
    fn gap_ns(&mut self, per_second: f64) -> u64 {
        let part = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        (-(1.0 - part).ln() / per_second * 1e9) as u64
    }
}

/// All arrivals: when and whose, in the order of time.
fn arrivals(loud_per_second: f64, load_percent: u32) -> Vec<(u64, u64)> {
    let own = PER_SECOND as f64 / TENANTS as f64;
    let mut all = Vec::new();
    for tenant in 0..TENANTS {
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ ((tenant + 1) * 7_919));
        let rate = if tenant == LOUD { loud_per_second } else { own * f64::from(load_percent) / 100.0 };
        let mut at = 0;
        loop {
            at += chance.gap_ns(rate);
            if at > SECONDS * 1_000_000_000 {
                break;
            }
            all.push((at, tenant));
        }
    }
    all.sort_unstable();
    all
}

/// How long those waited who are not loud and send so much of their shares, sorted, and how many of theirs were sent away.
fn waits_of_others(loud_per_second: f64, load_percent: u32) -> (Vec<u64>, usize) {
    let whose = Arc::new(Whose::Organisation(OrganisationId::implicit()));
    let terms = Terms::of([(Measure::RequestsPerSecond, PER_SECOND)], None, (WhenReached::Queue, None));
    let terms = terms.expect("they can be");
    let cell = &Cell::all(&whose, (&terms, "operator"), &[])[0];
    let (mut order, mut waiting) = (Order::default(), HashMap::new());
    let (mut waits, mut sent_away) = (Vec::new(), 0);
    let mut coming = arrivals(loud_per_second, load_percent).into_iter().peekable();
    let mut now = 0;
    loop {
        while let Some((at, tenant)) = coming.next_if(|(at, _)| *at <= now) {
            let entry = Entry { key: tenant, tokens: 1_000, cost: 1, is_batch: false };
            match order.enter(entry, WAITING_MAX, Tick(at)) {
                Some((ticket, evicted)) => {
                    waiting.insert(ticket, (at, entry));
                    if let Some((_, gone)) = evicted.and_then(|evicted| waiting.remove(&evicted)) {
                        sent_away += usize::from(gone.key != LOUD);
                    }
                }
                None => sent_away += usize::from(tenant != LOUD),
            }
        }
        let first = order.first(Tick(now));
        match (first, coming.peek()) {
            (Some(ticket), _) => match take(cell, &order, &waiting[&ticket].1, Tick(now)) {
                Ok(()) => {
                    let (at, entry) = waiting.remove(&ticket).expect("whoever is first waits");
                    order.leave(ticket, entry, true, Tick(now));
                    if entry.key != LOUD {
                        waits.push(now - at);
                    }
                }
                Err(wait) => {
                    let earned = now + wait.max(Duration::from_nanos(1)).as_nanos() as u64;
                    now = coming.peek().map_or(earned, |(at, _)| earned.min((*at).max(now + 1)));
                }
            },
            (None, Some((at, _))) => now = *at,
            (None, None) => break,
        }
    }
    waits.sort_unstable();
    (waits, sent_away)
}

/// As the gateway does it for whoever is first.
fn take(cell: &Cell, order: &Order, entry: &Entry, now: Tick) -> Result<(), Duration> {
    match cell.wait_sparing(1, now).filter(|_| order.spares(entry)) {
        Some(wait) => Err(wait),
        None => cell.take(1, now),
    }
}

fn p99_ms(waits: &[u64]) -> f64 {
    waits[waits.len() * 99 / 100] as f64 / 1e6
}

/// What the others wait (p99) who send so much of their shares, beside one who sends so much; nobody of them is sent away.
fn p99_of_others_ms(loud_per_second: f64, load_percent: u32) -> f64 {
    let (waits, sent_away) = waits_of_others(loud_per_second, load_percent);
    assert_eq!(sent_away, 0, "only the loud one is sent away");
    p99_ms(&waits)
}

/// What others wait at so much of their shares beside one at his share, beside one who sends what they leave, and beside one at ten
/// and at a hundred times his share.
fn p99s_ms(load_percent: u32) -> [f64; 4] {
    let own = PER_SECOND as f64 / TENANTS as f64;
    let left = PER_SECOND as f64 - (TENANTS - 1) as f64 * own * f64::from(load_percent) / 100.0;
    [own, left, 10.0 * own, 100.0 * own].map(|loud| p99_of_others_ms(loud, load_percent))
}

#[test]
fn who_asks_for_four_fifths_of_his_share_waits_for_nobody_also_beside_a_flood() {
    for load_percent in [50, 80] {
        let waits = p99s_ms(load_percent);
        println!("others at {load_percent} % of their shares: {waits:.1?} ms");
        assert!(waits.iter().all(|wait| *wait < 0.001), "{waits:?}");
    }
}

/// There is next to nothing to spare: calls wait for those of their own key, and for what comes at once of others.
#[test]
fn who_asks_for_nearly_all_of_his_share_waits_hardly_longer_the_more_another_asks_for() {
    let near = p99s_ms(90);
    let whole = p99s_ms(100);
    println!("others at 90 % of their shares: {near:.1?} ms; at all of them: {whole:.1?} ms");
    let [_, full, busy, flooded] = near;
    assert!(flooded < full * 1.1 && flooded < busy * 1.1, "{near:?}");
    let [_, _, busy, flooded] = whole;
    assert!(flooded < busy * 1.1, "{whole:?}");
}

/// A call that finds its own key's line empty waits for a turn of each other key at most.
#[test]
fn who_asks_for_half_his_share_waits_a_few_turns_at_most_whatever_others_do() {
    let own = PER_SECOND as f64 / TENANTS as f64;
    let (waits, _) = waits_of_others(100.0 * own, 50);
    let turn_ms = 1_000.0 / PER_SECOND as f64;
    assert!(p99_ms(&waits) < 3.0 * TENANTS as f64 * turn_ms, "{} ms", p99_ms(&waits));
}
