//! One limit as it stands: what it says, and what is taken of it. Shared by all who count for it.

use std::sync::Arc;
use std::time::Duration;

use super::bucket::{Bucket, Pace};
use super::measure::{Measure, Of};
use super::places::Places;
use super::terms::{OnLimit, Terms};
use super::whose::Whose;
use crate::queue::Line;
use crate::tick::Tick;

/// When to come back for a place at the earliest: nobody knows when one becomes free, and who asks at once finds none.
const SOON: Duration = Duration::from_secs(1);

/// One measure of somebody's use. What changes what it says makes another with the same state.
#[derive(Debug)]
pub struct Cell {
    /// Whose.
    pub whose: Arc<Whose>,
    /// Of what.
    pub measure: Measure,
    /// How much.
    pub amount: u64,
    /// What happens where it is reached.
    pub on_limit: OnLimit,
    /// Who has said so: limits of several stand beside each other.
    pub set_by: &'static str,
    pace: Pace,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    bucket: Bucket,
    places: Places,
    line: Arc<Line>,
}

/// What there is at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// How much could be taken at once.
    pub remaining: u64,
    /// After how long all could be.
    pub reset: Duration,
}

impl Cell {
    /// Every cell of a bundle; those that were there before keep what was taken of them.
    pub fn all(
        whose: &Arc<Whose>,
        (terms, set_by): (&Terms, &'static str),
        before: &[Arc<Self>],
    ) -> Vec<Arc<Self>> {
        let when = terms.on_limit();
        let cells = terms.iter().map(|(measure, amount)| {
            let is_same = |cell: &&Arc<Self>| {
                // A key counts for those that it follows as well: theirs are not its own.
                cell.whose == *whose
                    && cell.measure == measure
                    && cell.set_by == set_by
                    && cell.on_limit.when_reached() == when.when_reached()
            };
            let state = before.iter().find(is_same).map(|cell| Arc::clone(&cell.state));
            Arc::new(Self {
                whose: Arc::clone(whose),
                measure,
                amount,
                on_limit: when,
                set_by,
                pace: Pace::new(amount, measure.window_ns(), terms.burst_seconds()),
                state: state.unwrap_or_default(),
            })
        });
        cells.collect()
    }

    /// Those who wait here.
    pub fn line(&self) -> &Arc<Line> {
        &self.state.line
    }

    /// Whether it is the same limit, whatever it says by now.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// Takes so much, or nothing: then it says when to come back.
    pub fn take(&self, cost: u64, now: Tick) -> Result<(), Duration> {
        match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                self.state.bucket.take(cost, self.pace, now)
            }
            Of::Running if matches!(self.on_limit, OnLimit::Warn) => {
                if self.state.places.enter_anyway(self.amount) { Ok(()) } else { Err(Duration::ZERO) }
            }
            Of::Running => {
                if self.state.places.enter(self.amount) {
                    Ok(())
                } else {
                    Err(self.place_free_in(1))
                }
            }
            Of::Size => {
                if cost <= self.amount {
                    Ok(())
                } else {
                    Err(Duration::MAX)
                }
            }
        }
    }

    /// How long until so much could be taken; nothing, if now.
    pub fn wait(&self, cost: u64, now: Tick) -> Option<Duration> {
        let wait = match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                self.state.bucket.wait(cost, self.pace, now)
            }
            Of::Running => {
                if u64::from(self.state.places.active()) < self.amount {
                    Duration::ZERO
                } else {
                    self.place_free_in(1)
                }
            }
            Of::Size => {
                if cost <= self.amount {
                    Duration::ZERO
                } else {
                    Duration::MAX
                }
            }
        };
        (!wait.is_zero()).then_some(wait)
    }

    /// How long until one may take so much who is to leave something over for others; nothing, if now.
    pub fn wait_sparing(&self, cost: u64, now: Tick) -> Option<Duration> {
        match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                let wait = self.state.bucket.wait_sparing(cost, self.pace, now);
                (!wait.is_zero()).then_some(wait)
            }
            // Nobody knows when a place that is left free would be wanted.
            Of::Running | Of::Size => None,
        }
    }

    /// How long one waits at least who has so much before him, as far as can be told.
    pub fn outlook(&self, ahead: u64, cost: u64, now: Tick) -> Duration {
        match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                let bucket = &self.state.bucket;
                bucket.outlook(ahead.saturating_add(1), self.pace, now).max(bucket.wait(cost, self.pace, now))
            }
            Of::Running => self.state.places.time_for(ahead, self.amount),
            Of::Size => Duration::ZERO,
        }
    }

    /// After how long one should come back who is sent away with so much before him.
    pub fn come_back(&self, ahead: u64, cost: u64, now: Tick) -> Duration {
        match self.measure.of() {
            Of::Running => self.place_free_in(ahead.saturating_add(1)),
            _ => self.outlook(ahead, cost, now),
        }
    }

    /// When so many places will have become free, as far as can be told.
    fn place_free_in(&self, count: u64) -> Duration {
        self.state.places.time_for(count, self.amount).max(SOON)
    }

    /// Puts the cost of a call right that took so much, and ran for so long: it is over.
    pub fn settle(&self, (taken, actual): (u64, u64), ran: Duration, now: Tick) {
        match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                if actual > taken {
                    self.state.bucket.owe(actual - taken, self.pace, now);
                } else if taken > actual {
                    self.state.bucket.give_back(taken - actual, self.pace);
                }
            }
            Of::Running => {
                self.state.places.leave();
                self.state.places.note_ran(ran);
            }
            Of::Size => {}
        }
        self.state.line.call_first(now);
    }

    /// What there is at present.
    pub fn room(&self, now: Tick) -> Room {
        match self.measure.of() {
            Of::Requests | Of::Tokens | Of::InputTokens | Of::OutputTokens => {
                let (remaining, reset) = self.state.bucket.room(self.pace, now);
                Room { remaining, reset }
            }
            Of::Running => {
                let active = u64::from(self.state.places.active());
                Room { remaining: self.amount.saturating_sub(active), reset: Duration::ZERO }
            }
            Of::Size => Room { remaining: self.amount, reset: Duration::ZERO },
        }
    }

    /// How many run, and the most that ever did, where that is counted.
    pub fn running(&self) -> Option<(u32, u32)> {
        let places = &self.state.places;
        (self.measure.of() == Of::Running).then(|| (places.active(), places.peak()))
    }

    /// Whether nothing is taken of it: then it may be forgotten.
    pub fn is_idle(&self, now: Tick) -> bool {
        self.state.places.active() == 0
            && self.state.line.waiting() == 0
            && self.state.bucket.room(self.pace, now).1.is_zero()
    }
}
