//! What a call has taken of the limits that it counts for, until it is over.

use domain::Usage;
use limits::Tick;
use limits::rate::{Cell, Need, Of, OnLimit, Settled};

use super::costs::Costs;
use super::keeper::LimitKeeper;

/// How the short codes of limits that warn begin; no other warning does.
pub(crate) const LIMIT_WARNING: &str = "limit_";

/// The limits of one call.
#[derive(Debug)]
pub(crate) struct Limited {
    pub(super) needs: Vec<Need>,
    pub(super) expected: Costs,
    /// Nothing before it was let in; then a bit for each need whose limit warns.
    pub(super) taken: Option<u64>,
    /// Which limit refused it.
    pub(super) refused_by: Option<Box<str>>,
}

impl Limited {
    /// Which limit refused it, for the log.
    pub(crate) fn refused_by(&self) -> &str {
        self.refused_by.as_deref().unwrap_or_default()
    }

    /// The limits that warn, as short codes.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.warned().map(|cell| format!("{LIMIT_WARNING}{}_{}", cell.whose.kind(), cell.measure.name()))
    }

    pub(super) fn warned(&self) -> impl Iterator<Item = &Cell> {
        let warned = self.taken.unwrap_or_default();
        let places = self.needs.iter().enumerate();
        places.filter(move |(place, _)| has(warned, *place)).map(|(_, need)| &*need.cell)
    }

    /// Puts right what was estimated: the call is over.
    pub(crate) fn end(&self, keeper: &LimitKeeper, usage: Option<&Usage>, now: Tick) {
        let Some(warned) = self.taken else { return };
        let actual = self.expected.actual(usage);
        let settled: Vec<_> = self
            .needs
            .iter()
            .enumerate()
            .filter(|(place, need)| !has(warned, *place) || need.cell.measure.of() == Of::Running)
            .map(|(_, Need { cell, cost })| Settled { cell, taken: *cost, actual: actual.of(cell.measure) })
            .collect();
        keeper.counters.settle(&settled, now);
    }

    /// Whether all of these only warn.
    pub(super) fn only_warns(&self) -> bool {
        self.needs.iter().all(|need| matches!(need.cell.on_limit, OnLimit::Warn))
    }
}

const fn has(bits: u64, place: usize) -> bool {
    place < 64 && bits & (1 << place) != 0
}
