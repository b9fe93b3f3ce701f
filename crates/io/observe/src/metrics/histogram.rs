//! Durations sorted into buckets. Kept in whole nanoseconds; seconds appear only in the text.

use std::time::Duration;

use super::counter::Counter;

const MS: u64 = 1_000_000;
const S: u64 = 1000 * MS;

/// Upper bounds, in nanoseconds, for whole requests and for the wait for a first token.
pub(crate) const REQUEST_EDGES: [u64; 25] = [
    5 * MS,
    10 * MS,
    25 * MS,
    40 * MS,
    50 * MS,
    80 * MS,
    100 * MS,
    120 * MS,
    150 * MS,
    200 * MS,
    300 * MS,
    500 * MS,
    750 * MS,
    S,
    2 * S,
    3 * S,
    5 * S,
    10 * S,
    15 * S,
    20 * S,
    30 * S,
    60 * S,
    90 * S,
    120 * S,
    180 * S,
];

/// Upper bounds, in nanoseconds, for the share of a request that is ours.
pub(crate) const ADDED_EDGES: [u64; 16] = [
    25_000,
    50_000,
    100_000,
    150_000,
    200_000,
    300_000,
    500_000,
    750_000,
    MS,
    2 * MS,
    3 * MS,
    5 * MS,
    10 * MS,
    25 * MS,
    50 * MS,
    100 * MS,
];

/// Counts of durations between `N` edges, which the caller names each time so that they stay constants.
#[derive(Debug)]
pub(crate) struct Histogram<const N: usize> {
    buckets: [Counter; N],
    beyond: Counter,
    /// Wraps after 584 years of summed time, which a reader takes for a restart.
    sum_ns: Counter,
}

impl<const N: usize> Default for Histogram<N> {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| Counter::default()),
            beyond: Counter::default(),
            sum_ns: Counter::default(),
        }
    }
}

impl<const N: usize> Histogram<N> {
    #[inline]
    pub(crate) fn record(&self, edges: &[u64; N], took: Duration) {
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        // Edges are inclusive (`le`): the first edge that is not below the value.
        let place = edges.partition_point(|edge| *edge < ns);
        self.buckets.get(place).unwrap_or(&self.beyond).add(1);
        self.sum_ns.add(ns);
    }
}

/// Several histograms of the same edges, added up.
#[derive(Debug)]
pub(crate) struct HistogramTotals<const N: usize> {
    buckets: [u64; N],
    beyond: u64,
    sum_ns: u128,
}

impl<const N: usize> Default for HistogramTotals<N> {
    fn default() -> Self {
        Self { buckets: [0; N], beyond: 0, sum_ns: 0 }
    }
}

impl<const N: usize> HistogramTotals<N> {
    pub(crate) fn add(&mut self, histogram: &Histogram<N>) {
        for (total, bucket) in self.buckets.iter_mut().zip(&histogram.buckets) {
            *total += bucket.read();
        }
        self.beyond += histogram.beyond.read();
        self.sum_ns += u128::from(histogram.sum_ns.read());
    }

    /// How many durations were at or below each edge.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().scan(0, |running, count| {
            *running += count;
            Some(*running)
        })
    }

    /// All of them. Taken from the buckets and not counted apart, so that the two always agree.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum::<u64>() + self.beyond
    }

    pub(crate) const fn sum_ns(&self) -> u128 {
        self.sum_ns
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{ADDED_EDGES, Histogram, HistogramTotals, REQUEST_EDGES};

    #[test]
    fn edges_rise() {
        assert!(REQUEST_EDGES.is_sorted_by(|a, b| a < b));
        assert!(ADDED_EDGES.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn an_edge_belongs_to_its_bucket_and_the_longest_time_to_the_last() {
        let histogram = Histogram::default();
        for ns in [0, 10, 11, 20, 21] {
            histogram.record(&[10, 20], Duration::from_nanos(ns));
        }
        let mut totals = HistogramTotals::default();
        totals.add(&histogram);
        totals.add(&histogram);
        assert_eq!(totals.cumulative().collect::<Vec<_>>(), [4, 8]);
        assert_eq!((totals.count(), totals.sum_ns()), (10, 124));

        let histogram = Histogram::default();
        histogram.record(&[10, 20], Duration::MAX);
        let mut totals = HistogramTotals::default();
        totals.add(&histogram);
        assert_eq!((totals.cumulative().last(), totals.count()), (Some(0), 1));
    }
}
