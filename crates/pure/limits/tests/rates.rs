//! Any interleaving of calls: no rate lets in more than it has earned and what may come at once, nothing that was given back is
//! lost, and as many run as have not left.

use std::sync::Arc;
use std::time::Duration;

use domain::ProjectId;
use limits::Tick;
use limits::rate::{
    Cell, Counters, InMemory, Measure, Need, Settled, Taking, Terms, Verdict, WhenReached, Whose,
};
use proptest::prelude::{Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

#[derive(Clone, Copy, Debug)]
enum Step {
    Take(u64),
    End(usize, u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3_000_u64).prop_map(Step::Take),
        3 => (any::<usize>(), 0..6_000_u64).prop_map(|(call, actual)| Step::End(call, actual)),
        2 => (0..4_000_u64).prop_map(Step::Wait),
    ]
}

fn cells(per_minute: u64, tokens: u64, running: u64) -> Vec<Arc<Cell>> {
    let amounts = [
        (Measure::RequestsPerMinute, per_minute),
        (Measure::TokensPerMinute, tokens),
        (Measure::ConcurrentRequests, running),
    ];
    let terms = Terms::of(amounts, None, (WhenReached::Refuse, None)).expect("they can be");
    Cell::all(&Arc::new(Whose::Project(ProjectId::implicit())), (&terms, "operator"), &[])
}

proptest! {
    #[test]
    fn no_interleaving_passes_a_limit_or_loses_anything(
        steps in prop::collection::vec(step(), 1..300),
        per_minute in 1..5_000_u64,
        tokens in 1..100_000_u64,
        running_max in 1..6_u64,
    ) {
        let cells = cells(per_minute, tokens, running_max);
        let (mut now, mut running, mut let_in) = (0_u64, Vec::<u64>::new(), 0_u64);
        for step in steps {
            match step {
                Step::Wait(ms) => now += ms * 1_000_000,
                Step::Take(cost) => {
                    let costs = [1, cost, 1];
                    let needs: Vec<_> =
                        cells.iter().zip(costs).map(|(cell, cost)| Need { cell: cell.clone(), cost }).collect();
                    let before: Vec<_> = cells.iter().map(|cell| cell.room(Tick(now))).collect();
                    let Taking::Ready(verdict) = InMemory.take(&needs, Tick(now)) else {
                        panic!("memory answers at once")
                    };
                    match verdict {
                        Verdict::Taken { .. } => {
                            running.push(cost);
                            let_in += 1;
                        }
                        Verdict::Refused(refusal) => {
                            let after: Vec<_> = cells.iter().map(|cell| cell.room(Tick(now))).collect();
                            prop_assert_eq!(before, after, "who is refused has taken nothing");
                            // Whoever comes back then finds that one open.
                            if let Some(wait) = refusal.wait {
                                let cell = &cells[refusal.need];
                                let then = Tick(now).plus(wait);
                                prop_assert!(cell.measure == Measure::ConcurrentRequests
                                    || cell.wait(costs[refusal.need], then).is_none());
                            }
                        }
                    }
                }
                Step::End(call, actual) if !running.is_empty() => {
                    let taken = running.swap_remove(call % running.len());
                    let parts = [(1, 1), (taken, actual), (1, 0)];
                    let settled: Vec<_> = cells.iter().zip(parts)
                        .map(|(cell, (taken, actual))| Settled { cell, taken, actual, ran: Duration::ZERO }).collect();
                    InMemory.settle(&settled, Tick(now));
                }
                Step::End(..) => {}
            }
            prop_assert_eq!(cells[2].running().expect("it counts them").0 as usize, running.len());
            prop_assert!(running.len() as u64 <= running_max);
            // What was earned since the beginning, half a second's worth and three, each part of one rounded up.
            let earned = (u128::from(now) + 500_000_000) * u128::from(per_minute) / 60_000_000_000;
            prop_assert!(u128::from(let_in) <= earned + 4, "{} let in, {} earned", let_in, earned);
        }
        // All that was ever owed is earned again at last.
        let rest = Tick(now).plus(Duration::from_secs(86_400 * 365));
        for taken in running {
            let parts = [(1, 1), (taken, 0), (1, 0)];
            let settled: Vec<_> = cells.iter().zip(parts)
                .map(|(cell, (taken, actual))| Settled { cell, taken, actual, ran: Duration::ZERO }).collect();
            InMemory.settle(&settled, rest);
        }
        prop_assert!(cells.iter().all(|cell| cell.is_idle(rest)));
    }
}
