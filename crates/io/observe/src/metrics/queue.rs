//! What one worker counts of callers that found no room: how long they waited, and why some were refused.

use std::time::Duration;

use super::counter::Counter;
use super::exposition::Exposition;
use super::histogram::{Histogram, HistogramTotals, REQUEST_EDGES};

/// Why a caller was refused for want of room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shed {
    /// As many wait as may.
    QueueFull,
    /// He would have waited longer than he may.
    WouldWaitInVain,
    /// He has waited as long as he may.
    WaitedInVain,
}

const REASONS: [(Shed, &str); 3] = [
    (Shed::QueueFull, "queue_full"),
    (Shed::WouldWaitInVain, "would_wait_in_vain"),
    (Shed::WaitedInVain, "waited_in_vain"),
];

/// The numbers of one worker.
#[derive(Debug, Default)]
pub(crate) struct QueueSeries {
    waits: Histogram<{ REQUEST_EDGES.len() }>,
    shed: [Counter; REASONS.len()],
}

impl QueueSeries {
    pub(crate) fn queued(&self, waited: Duration) {
        self.waits.record(&REQUEST_EDGES, waited);
    }

    pub(crate) fn shed(&self, why: Shed) {
        self.shed[why as usize].add(1);
    }
}

/// The families of all workers together.
pub(super) fn render<'a>(
    out: &mut Exposition,
    workers: impl Iterator<Item = &'a QueueSeries>,
    service: &str,
) {
    let mut waits = HistogramTotals::default();
    let mut shed = [0; REASONS.len()];
    for worker in workers {
        waits.add(&worker.waits);
        shed.iter_mut().zip(&worker.shed).for_each(|(total, count)| *total += count.read());
    }
    let name = "ai_gateway_queue_wait_seconds";
    out.family(name, "histogram", "How long callers waited for room, and then found it.");
    out.histogram(name, service, &REQUEST_EDGES, &waits);
    let name = "ai_gateway_shed_total";
    out.family(name, "counter", "Callers that were refused for want of room, by reason.");
    for ((_, reason), count) in REASONS.iter().zip(shed) {
        out.sample(name, &format!("{service},reason=\"{reason}\""), count);
    }
}
