//! Answers that are kept for repeats, for all workers, and how often what was made of them.

use std::sync::atomic::{AtomicU64, Ordering};

use config::Idempotency;
use observe::Gauge;
use store::{AnswerShelf, ShelfSizes};

/// What became of a request with a key, as metrics name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Anew,
    Replayed,
    Reused,
    InUse,
    TooLarge,
    Unknown,
}

impl Outcome {
    const NAMES: [&str; 6] = ["anew", "replayed", "reused", "in_use", "too_large", "unknown"];
}

/// The shelf, where there is one, and counts.
#[derive(Debug)]
pub(crate) struct Repeats {
    pub(crate) shelf: Option<AnswerShelf>,
    counts: [AtomicU64; Outcome::NAMES.len()],
}

impl Repeats {
    pub(crate) fn new(shelf: Option<AnswerShelf>) -> Self {
        Self { shelf, counts: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Heeds the configuration from now on.
    pub(crate) fn heed(&self, configured: &Idempotency) {
        if let Some(shelf) = &self.shelf {
            shelf.heed(shelf_sizes(configured));
        }
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        self.counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// For the metrics.
    pub(crate) fn gauges(&self) -> Vec<Gauge> {
        let Some(shelf) = &self.shelf else { return Vec::new() };
        let gauge = |name, help, value: u64| Gauge { name, help, labels: Vec::new(), value: value as f64 };
        let outcomes = Outcome::NAMES.into_iter().zip(&self.counts).map(|(outcome, count)| Gauge {
            labels: vec![("outcome", outcome.to_owned())],
            ..gauge(
                "ai_gateway_idempotency_requests_total",
                "Requests with an idempotency key, by what became of them.",
                count.load(Ordering::Relaxed),
            )
        });
        let mut gauges: Vec<Gauge> = outcomes.collect();
        gauges.extend([
            gauge("ai_gateway_idempotency_keys", "Idempotency keys that are known.", shelf.keys()),
            gauge(
                "ai_gateway_idempotency_disk_bytes",
                "Disk taken by answers that are kept for repeats.",
                shelf.bytes(),
            ),
            gauge(
                "ai_gateway_idempotency_failures_total",
                "Records of idempotency keys that could not be written.",
                shelf.failures(),
            ),
            gauge(
                "ai_gateway_idempotency_files_dropped_total",
                "Files of kept answers that had to go before their time, to make room.",
                shelf.files_dropped_for_room(),
            ),
        ]);
        gauges
    }
}

/// How much may be kept, as configured.
pub fn shelf_sizes(configured: &Idempotency) -> ShelfSizes {
    let Idempotency { hours, bytes_max, keys_max } = *configured;
    ShelfSizes { hours, bytes_max, keys_max: keys_max.into() }
}
