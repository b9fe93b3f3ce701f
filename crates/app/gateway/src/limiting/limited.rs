//! What a call has taken of the limits that it counts for, until it is over.

use limits::Tick;
use limits::rate::{Cell, Marks, Need, Of, Settled};

use super::costs::{Costs, Used};
use super::keeper::LimitKeeper;

/// How the short codes of limits that warn begin; no other warning does.
pub(crate) const LIMIT_WARNING: &str = "limit_";

/// The limits of one call.
#[derive(Debug)]
pub(crate) struct Limited {
    pub(super) needs: Vec<Need>,
    pub(super) expected: Costs,
    /// Nothing before it was let in; then since when, and a mark for each need whose limit warns.
    pub(super) taken: Option<(Tick, Marks)>,
    /// Which limit refused it.
    pub(super) refused_by: Option<Box<str>>,
}

impl Limited {
    pub(super) const fn of(needs: Vec<Need>, expected: Costs) -> Self {
        Self { needs, expected, taken: None, refused_by: None }
    }

    /// Which limit refused it, for the log.
    pub(crate) fn refused_by(&self) -> &str {
        self.refused_by.as_deref().unwrap_or_default()
    }

    /// The limits that warn, as short codes.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = String> {
        self.warned().map(|cell| format!("{LIMIT_WARNING}{}_{}", cell.whose.kind(), cell.measure.name()))
    }

    pub(super) fn warned(&self) -> impl Iterator<Item = &Cell> {
        let warned = self.taken.map_or(Marks::NONE, |(_, warned)| warned);
        let places = self.needs.iter().enumerate();
        places.filter(move |(place, _)| warned.has(*place)).map(|(_, need)| &*need.cell)
    }

    /// Puts right what was estimated: the call is over.
    pub(crate) fn end(&self, keeper: &LimitKeeper, used: Used<'_>, now: Tick) {
        let Some((since, warned)) = self.taken else { return };
        let (actual, ran) = (self.expected.actual(used), now.since(since));
        let is_counted = |place: usize, cell: &Cell| !warned.has(place) || cell.measure.of() == Of::Running;
        let counted = self.needs.iter().enumerate().filter(|(place, need)| is_counted(*place, &need.cell));
        let settled = counted.map(|(_, Need { cell, cost })| {
            let actual = actual.of(cell.measure);
            Settled { cell, taken: *cost, actual, ran }
        });
        keeper.counters.settle(&settled.collect::<Vec<_>>(), now);
    }
}
