//! What a keeper of counters must do: one question for a call, about all limits that it counts for, answered at once or in a
//! moment. Those in this process's memory answer at once; a store that several nodes share would not.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::cell::Cell;
use super::marks::{Marks, NEEDS_MAX};
use super::measure::Of;
use super::terms::OnLimit;
use crate::tick::Tick;

/// What a call needs of one limit.
#[derive(Clone, Debug)]
pub struct Need {
    /// Which.
    pub cell: Arc<Cell>,
    /// How much.
    pub cost: u64,
}

/// What a call took of one limit, and what it came to.
#[derive(Clone, Copy, Debug)]
pub struct Settled<'c> {
    /// Which.
    pub cell: &'c Cell,
    /// How much was taken.
    pub taken: u64,
    /// How much it was in the end.
    pub actual: u64,
    /// How long it ran since it took that; nothing where nobody knows.
    pub ran: Duration,
}

/// The answer, or the promise of one.
pub enum Taking {
    /// The answer.
    Ready(Verdict),
    /// There will be one.
    Later(Pin<Box<dyn Future<Output = Verdict> + Send>>),
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All was taken, but of those that only warn and are reached.
    Taken {
        /// A mark for each need whose limit warns.
        warned: Marks,
    },
    /// Nothing was taken.
    Refused(Refusal),
}

/// Which limit is the tightest, and when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its place among the needs.
    pub need: usize,
    /// After how long so much could be taken; never, if it cannot be at all.
    pub wait: Option<Duration>,
}

/// Keeps counters.
pub trait Counters: Send + Sync {
    /// Takes all that is needed, or nothing.
    fn take(&self, needs: &[Need], now: Tick) -> Taking;

    /// Puts right what calls took that are over.
    fn settle(&self, settled: &[Settled<'_>], now: Tick);
}

/// The counters are the cells themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct InMemory;

impl Counters for InMemory {
    fn take(&self, needs: &[Need], now: Tick) -> Taking {
        let needs = &needs[..needs.len().min(NEEDS_MAX)];
        let mut warned = Marks::default();
        for (place, Need { cell, cost }) in needs.iter().enumerate() {
            match cell.take(*cost, now) {
                Ok(()) => {}
                Err(_) if matches!(cell.on_limit, OnLimit::Warn) => warned.mark(place),
                Err(wait) => {
                    give_back(&needs[..place], &warned, now);
                    return Taking::Ready(Verdict::Refused(tightest(needs, (place, wait), now)));
                }
            }
        }
        Taking::Ready(Verdict::Taken { warned })
    }

    fn settle(&self, settled: &[Settled<'_>], now: Tick) {
        for Settled { cell, taken, actual, ran } in settled {
            cell.settle((*taken, *actual), *ran, now);
        }
    }
}

fn give_back(taken: &[Need], warned: &Marks, now: Tick) {
    for (place, Need { cell, cost }) in taken.iter().enumerate() {
        // Of a rate that warns nothing was taken; those that run are counted however many they are.
        if !warned.has(place) || cell.measure.of() == Of::Running {
            cell.settle((*cost, 0), Duration::ZERO, now);
        }
    }
}

/// Of all that refuse, the one that does so for the longest.
fn tightest(needs: &[Need], (place, wait): (usize, Duration), now: Tick) -> Refusal {
    let (mut need, mut longest) = (place, wait);
    for (place, Need { cell, cost }) in needs.iter().enumerate().skip(place + 1) {
        if matches!(cell.on_limit, OnLimit::Warn) {
            continue;
        }
        if let Some(wait) = cell.wait(*cost, now).filter(|wait| *wait > longest) {
            (need, longest) = (place, wait);
        }
    }
    Refusal { need, wait: (longest != Duration::MAX).then_some(longest) }
}

impl std::fmt::Debug for Taking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ready(verdict) => verdict.fmt(f),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use domain::{KeyId, ProjectId};

    use super::{Counters, InMemory, Need, Refusal, Settled, Taking, Verdict};
    use crate::rate::{Cell, Marks, Measure, NEEDS_MAX, Terms, WhenReached, Whose};
    use crate::tick::Tick;

    const NOW: Tick = Tick(5_000_000_000);
    const TAKEN: Verdict = Verdict::Taken { warned: Marks::NONE };

    fn cells(amounts: &[(Measure, u64)], when: WhenReached) -> Vec<Arc<Cell>> {
        let terms = Terms::of(amounts.iter().copied(), None, (when, None)).unwrap();
        Cell::all(&Arc::new(Whose::Project(ProjectId::implicit())), (&terms, "operator"), &[])
    }

    fn needs(cells: &[Arc<Cell>], cost: u64) -> Vec<Need> {
        let cost_of = |cell: &Cell| if cell.measure.name().contains("tokens") { cost } else { 1 };
        cells.iter().map(|cell| Need { cell: cell.clone(), cost: cost_of(cell) }).collect()
    }

    fn over(cell: &Cell, (taken, actual): (u64, u64), ran: Duration) -> Settled<'_> {
        Settled { cell, taken, actual, ran }
    }

    fn take(needs: &[Need]) -> Verdict {
        match InMemory.take(needs, NOW) {
            Taking::Ready(verdict) => verdict,
            Taking::Later(_) => panic!("memory answers at once"),
        }
    }

    #[test]
    fn all_or_nothing_is_taken_and_the_longest_wait_is_named() {
        let measures = [
            (Measure::RequestsPerMinute, 600),
            (Measure::TokensPerMinute, 60_000),
            (Measure::ConcurrentRequests, 2),
        ];
        let all = cells(&measures, WhenReached::Refuse);
        let first = needs(&all, 20_000);
        assert_eq!(take(&first), TAKEN);
        let before: Vec<_> = all.iter().map(|cell| cell.room(NOW)).collect();
        let refused = take(&first);
        let wait = Some(Duration::from_secs(20));
        assert_eq!(refused, Verdict::Refused(Refusal { need: 1, wait }));
        assert_eq!(before, all.iter().map(|cell| cell.room(NOW)).collect::<Vec<_>>(), "nothing was taken");
        let settled: Vec<_> = first
            .iter()
            .map(|need| over(&need.cell, (need.cost, need.cost.min(100)), Duration::ZERO))
            .collect();
        InMemory.settle(&settled, NOW);
        assert_eq!(all[2].running(), Some((0, 1)));
        assert_eq!(take(&needs(&all, 100)), TAKEN);
        assert_eq!(all[2].running(), Some((1, 1)));
    }

    #[test]
    fn what_only_warns_refuses_nobody_and_is_not_owed() {
        let all =
            cells(&[(Measure::RequestsPerMinute, 3), (Measure::ConcurrentRequests, 1)], WhenReached::Warn);
        let verdicts: Vec<_> = (0..5).map(|_| take(&needs(&all, 0))).collect();
        let expected: [&[usize]; 5] = [&[], &[1], &[1], &[0, 1], &[0, 1]];
        let expected = expected.map(|warned| Verdict::Taken { warned: warned.iter().copied().collect() });
        assert_eq!(verdicts, expected);
        assert_eq!(all[1].running(), Some((5, 5)));
    }

    #[test]
    fn a_size_is_refused_for_good() {
        let all = cells(&[(Measure::PromptTokens, 10), (Measure::RequestsPerMinute, 1)], WhenReached::Refuse);
        let refused = take(&needs(&all, 11));
        assert_eq!(refused, Verdict::Refused(Refusal { need: 1, wait: None }));
        assert_eq!(all[0].room(NOW).remaining, 1, "nothing was taken of the rate");
    }

    #[test]
    fn every_limit_up_to_the_most_that_there_may_be_counts() {
        let warns = cells(&[(Measure::RequestsPerMinute, 1)], WhenReached::Warn);
        let many = |last: &Arc<Cell>| {
            let cell = |place| if place + 1 == NEEDS_MAX { last } else { &warns[0] };
            (0..NEEDS_MAX).map(|place| Need { cell: cell(place).clone(), cost: 1 }).collect::<Vec<_>>()
        };
        let last = cells(&[(Measure::RequestsPerMinute, 1)], WhenReached::Refuse);
        let Verdict::Taken { warned } = take(&many(&last[0])) else { panic!("there was room") };
        assert!(!warned.has(0) && (1..NEEDS_MAX - 1).all(|place| warned.has(place)));
        let Verdict::Refused(refusal) = take(&many(&last[0])) else { panic!("the last has no more") };
        assert_eq!(refusal.need, NEEDS_MAX - 1);
    }

    #[test]
    fn who_is_refused_a_place_is_told_to_come_back_as_calls_have_run_lately() {
        let all = cells(&[(Measure::ConcurrentRequests, 2)], WhenReached::Refuse);
        let both = [needs(&all, 0), needs(&all, 0)];
        let refused_for = || match take(&both[0]) {
            Verdict::Refused(refusal) => refusal.wait,
            taken @ Verdict::Taken { .. } => panic!("{taken:?}"),
        };
        both.iter().for_each(|needs| assert_eq!(take(needs), TAKEN));
        assert_eq!(refused_for(), Some(Duration::from_secs(1)), "nothing is known yet");
        for seconds in [30, 30] {
            InMemory.settle(&[over(&all[0], (1, 1), Duration::from_secs(seconds))], NOW);
            assert_eq!(take(&both[0]), TAKEN);
        }
        // Half a minute each, and two of them.
        assert_eq!(refused_for(), Some(Duration::from_secs(15)));
        assert_eq!(all[0].come_back(1, 1, NOW), Duration::from_secs(30), "behind one who waits");
        assert_eq!(all[0].outlook(1, 1, NOW), Duration::from_secs(15));
        assert_eq!(all[0].outlook(0, 1, NOW), Duration::ZERO, "the next who leaves may do so at once");
        for _ in 0..100 {
            InMemory.settle(&[over(&all[0], (1, 1), Duration::from_millis(20))], NOW);
            assert_eq!(take(&both[0]), TAKEN);
        }
        assert_eq!(refused_for(), Some(Duration::from_secs(1)), "what was long ago does not count");
    }

    #[test]
    fn other_terms_keep_what_was_taken() {
        let before = cells(&[(Measure::RequestsPerMinute, 6)], WhenReached::Refuse);
        for _ in 0..3 {
            assert_eq!(take(&needs(&before, 0)), TAKEN);
        }
        let terms = Terms::of([(Measure::RequestsPerMinute, 60)], None, (WhenReached::Refuse, None)).unwrap();
        let project = Arc::new(Whose::Project(ProjectId::implicit()));
        let after = Cell::all(&project, (&terms, "operator"), &before);
        assert!(after[0].is_same(&before[0]));
        assert!(matches!(take(&needs(&after, 0)), Verdict::Refused(_)));
    }

    #[test]
    fn what_is_taken_of_another_is_not_gone_on_with() {
        let key = |id: &str| Arc::new(Whose::Key(KeyId::parse(id).unwrap()));
        let terms = Terms::of([(Measure::ConcurrentRequests, 1)], None, (WhenReached::Refuse, None)).unwrap();
        let former = Cell::all(&key("key_a"), (&terms, "operator"), &[]);
        // A successor counts for both: its own limit is one of its own, and both have room for one.
        let mut both = Cell::all(&key("key_b"), (&terms, "operator"), &former);
        both.extend(former);
        assert_eq!(take(&needs(&both, 0)), TAKEN);
        assert_eq!([0, 1].map(|place: usize| both[place].running()), [Some((1, 1)); 2]);
    }

    #[test]
    fn many_threads_take_no_more_than_there_is_and_lose_nothing() {
        let all = cells(
            &[(Measure::TokensPerMinute, 6_000_000), (Measure::ConcurrentRequests, 5)],
            WhenReached::Refuse,
        );
        let terms = [(Measure::RequestsPerMinute, 60_000)];
        let wide = cells(&terms, WhenReached::Refuse);
        let both: Vec<_> = all.iter().chain(&wide).cloned().collect();
        let ended: u64 = std::thread::scope(|scope| {
            let calls = || {
                let mut ended = 0;
                for _ in 0..2_000 {
                    let needs = needs(&both, 100);
                    if let Verdict::Taken { .. } = take(&needs) {
                        assert!(both.iter().filter_map(|cell| cell.running()).all(|(active, _)| active <= 5));
                        let settle = |need: &'_ Need| {
                            (need.cell.clone(), need.cost, if need.cost == 100 { 40 } else { 1 })
                        };
                        for (cell, taken, actual) in needs.iter().map(settle) {
                            InMemory.settle(&[over(&cell, (taken, actual), Duration::ZERO)], NOW);
                        }
                        ended += 1;
                    }
                }
                ended
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(calls)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        // Five hundred requests come at once, and each owes forty tokens' time in the end: 100,000 tokens a second.
        assert!(ended > 0 && ended <= 500, "{ended}");
        assert_eq!(all[1].running().unwrap().0, 0);
        assert_eq!(all[0].room(NOW).reset, Duration::from_micros(400 * ended));
        assert_eq!(wide[0].room(NOW).reset, Duration::from_millis(ended));
    }
}
