//! The numbers one worker keeps about one provider. Rare ones take memory only once they are needed.

use std::sync::OnceLock;

use domain::Usage;

use super::counter::{Counter, UpDown};
use super::histogram::{ADDED_EDGES, Histogram, REQUEST_EDGES};

/// Kinds of failures, of losses or of hedges, counted apart; there are fewer.
const CODES_MAX: usize = 64;
const STATUSES_PER_CLASS: usize = 100;
const STATUS_MIN: u16 = 100;
const STATUS_MAX: u16 = 999;

/// Everything counted per provider. Aligned so that two workers never write to one cache line (or its pair).
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct ProviderSeries {
    pub(crate) statuses: StatusCounts,
    pub(crate) duration: Histogram<{ REQUEST_EDGES.len() }>,
    pub(crate) added: Histogram<{ ADDED_EDGES.len() }>,
    pub(crate) first_token: Histogram<{ REQUEST_EDGES.len() }>,
    /// By the parts of `domain::Usage`, in their order.
    pub(crate) tokens: [Counter; Usage::PARTS],
    /// By the units of `domain::Usage`, in their order.
    pub(crate) units: [Counter; Usage::UNITS],
    pub(crate) estimates: Counter,
    /// Nano-units by currency.
    pub(crate) cost: CodeCounts,
    pub(crate) losses: CodeCounts,
    pub(crate) failures: CodeCounts,
    pub(crate) breaks: CodeCounts,
    /// By what came of asking another beside it.
    pub(crate) hedges: CodeCounts,
    pub(crate) connections_opened: Counter,
    pub(crate) connections_reused: Counter,
    pub(crate) connections_warmed: Counter,
    pub(crate) connections_closed: Counter,
    pub(crate) requests_unheard: Counter,
    pub(crate) dead_paths: Counter,
    pub(crate) connections_idle: UpDown,
}

/// Requests by exact status. A hundred statuses share one allocation, made when the first of them is seen.
#[derive(Debug, Default)]
pub(crate) struct StatusCounts {
    classes: [OnceLock<Box<StatusClass>>; 9],
}

#[derive(Debug)]
#[repr(align(128))]
struct StatusClass([Counter; STATUSES_PER_CLASS]);

impl Default for StatusClass {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Counter::default()))
    }
}

impl StatusCounts {
    #[inline]
    pub(crate) fn add(&self, status: u16) {
        let place = usize::from(status.clamp(STATUS_MIN, STATUS_MAX) - STATUS_MIN);
        let class = self.classes[place / STATUSES_PER_CLASS].get_or_init(Box::default);
        class.0[place % STATUSES_PER_CLASS].add(1);
    }

    /// The statuses that were seen, in rising order.
    pub(crate) fn read(&self) -> impl Iterator<Item = (u16, u64)> {
        let classes = (STATUS_MIN..).step_by(STATUSES_PER_CLASS).zip(&self.classes);
        let seen = classes.filter_map(|(first, class)| Some((first, class.get()?)));
        seen.flat_map(|(first, class)| (first..).zip(class.0.iter().map(Counter::read)))
            .filter(|(_, count)| *count > 0)
    }
}

/// Failed attempts by code. Few codes ever occur and seldom, so a search beats a table of all.
#[derive(Debug, Default)]
pub(crate) struct CodeCounts {
    codes: OnceLock<Box<[CodeCount; CODES_MAX]>>,
}

#[derive(Debug, Default)]
struct CodeCount {
    code: OnceLock<&'static str>,
    count: Counter,
}

impl CodeCounts {
    pub(crate) fn add(&self, code: &'static str) {
        self.add_many(code, 1);
    }

    pub(crate) fn add_many(&self, code: &'static str, count: u64) {
        let codes = self.codes.get_or_init(|| Box::new(std::array::from_fn(|_| CodeCount::default())));
        let place = codes.iter().find(|place| *place.code.get_or_init(|| code) == code);
        debug_assert!(place.is_some(), "more than {CODES_MAX} codes");
        if let Some(place) = place {
            place.count.add(count);
        }
    }

    /// The codes that were seen.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let codes = self.codes.get().into_iter().flat_map(|codes| codes.iter());
        codes.filter_map(|place| Some((*place.code.get()?, place.count.read())))
    }
}

#[cfg(test)]
mod tests {
    use super::{CodeCounts, StatusCounts};

    #[test]
    fn statuses_are_counted_apart_and_nonsense_is_not_lost() {
        let counts = StatusCounts::default();
        for status in [200, 200, 429, 599, 100, 999, 0, 65535] {
            counts.add(status);
        }
        assert_eq!(counts.read().collect::<Vec<_>>(), [(100, 2), (200, 2), (429, 1), (599, 1), (999, 2)]);
    }

    #[test]
    fn failures_are_counted_by_code() {
        let counts = CodeCounts::default();
        assert_eq!(counts.read().count(), 0);
        for code in ["timeout", "no_target", "timeout"] {
            counts.add(code);
        }
        assert_eq!(counts.read().collect::<Vec<_>>(), [("timeout", 2), ("no_target", 1)]);
    }
}
