//! How often the cache helped, and what it saved.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{Currency, Money};

use super::part::CacheState;

/// Counts since the start.
#[derive(Debug)]
pub(crate) struct Tally {
    states: [AtomicU64; CacheState::ALL.len()],
    /// Of the hits: those that waited for another's answer.
    waited: AtomicU64,
    stored: AtomicU64,
    saved_us: AtomicU64,
    /// Billionths, for each currency that is known.
    saved: Vec<AtomicU64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            states: Default::default(),
            waited: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            saved_us: AtomicU64::new(0),
            saved: Currency::KNOWN.iter().map(|_| AtomicU64::new(0)).collect(),
        }
    }
}

impl Tally {
    pub(crate) fn count(&self, state: CacheState) {
        self.states[state as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_waited(&self) {
        self.waited.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_stored(&self) {
        self.stored.fetch_add(1, Ordering::Relaxed);
    }

    /// What a hit saved: the time that its answer had taken, and what its provider would have been paid.
    pub(crate) fn save(&self, time: Duration, money: Option<(Money, Currency)>) {
        self.saved_us.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
        let Some((amount, currency)) = money else { return };
        if let Some(place) = Currency::KNOWN.iter().position(|known| *known == currency) {
            self.saved[place].fetch_add(amount.nano().max(0).unsigned_abs(), Ordering::Relaxed);
        }
    }

    pub(super) fn of(&self, state: CacheState) -> u64 {
        self.states[state as usize].load(Ordering::Relaxed)
    }

    pub(super) fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }

    pub(super) fn stored(&self) -> u64 {
        self.stored.load(Ordering::Relaxed)
    }

    pub(super) fn saved_time(&self) -> Duration {
        Duration::from_micros(self.saved_us.load(Ordering::Relaxed))
    }

    /// What was saved in each currency in which anything was.
    pub(super) fn saved_money(&self) -> impl Iterator<Item = (Currency, Money)> {
        let saved = self.saved.iter().map(|saved| saved.load(Ordering::Relaxed));
        Currency::KNOWN
            .iter()
            .zip(saved)
            .filter(|(_, nano)| *nano > 0)
            .map(|(currency, nano)| (*currency, Money::from_nano(i64::try_from(nano).unwrap_or(i64::MAX))))
    }
}
