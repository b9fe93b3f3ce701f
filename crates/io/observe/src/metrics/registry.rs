//! All shards and the names that go with their places. Making text of them is done in `render`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::exposition::escape_label;
use super::process;
use super::rows::RowCounts;
use super::shard::{GATEWAY_SLOT, PROVIDERS_MAX, SLOTS, Shard, place_of};
use super::totals::Totals;
use crate::log::LogCounts;

const LABEL_GATEWAY: &str = "gateway";
const LABEL_OTHER: &str = "other";

/// The counters of a process: one [`Shard`] per worker, and the providers' names.
#[derive(Debug)]
pub struct Metrics {
    /// Escaped already, as it stands in every line.
    pub(crate) service: String,
    pub(crate) started_at_seconds: Option<f64>,
    shards: Box<[Arc<Shard>]>,
    names: Mutex<[Option<String>; PROVIDERS_MAX]>,
    log: OnceLock<Arc<LogCounts>>,
    rows: Arc<RowCounts>,
}

impl Metrics {
    /// Counters for so many workers; `service` becomes a label of every series.
    #[expect(clippy::needless_pass_by_value, reason = "symmetric with `name_provider`; called once")]
    pub fn new(service: String, workers: usize) -> Arc<Self> {
        Arc::new(Self {
            service: escape_label(&service),
            started_at_seconds: process::started_at_seconds(),
            shards: (0..workers).map(|_| Arc::new(Shard::new())).collect(),
            names: Mutex::new([const { None }; PROVIDERS_MAX]),
            log: OnceLock::new(),
            rows: Arc::default(),
        })
    }

    /// The counters of one worker. Panics where `worker` is not below the number given to [`Metrics::new`].
    pub fn shard(&self, worker: usize) -> Arc<Shard> {
        Arc::clone(&self.shards[worker])
    }

    /// Names the provider counted at `slot`. Its series exist from now on; what was counted there keeps counting
    /// under the new name. Slots with equal labels become one series.
    pub fn name_provider(&self, slot: u16, label: String) {
        let place = place_of(slot);
        let label = if place == PROVIDERS_MAX - 1 { LABEL_OTHER.to_owned() } else { label };
        self.names()[place] = Some(label);
    }

    /// Shows how many log lines were written and dropped. The first log stays.
    pub fn watch_log(&self, counts: Arc<LogCounts>) {
        // A second log in one process is a test's business; its counts would only confuse.
        let _ = self.log.set(counts);
    }

    /// Rows of requests that were written and lost.
    pub const fn rows(&self) -> &Arc<RowCounts> {
        &self.rows
    }

    pub(crate) fn log_counts(&self) -> Option<&LogCounts> {
        self.log.get().map(|counts| &**counts)
    }

    pub(crate) fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    /// Everything counted, by the label it is shown under, in the order of the labels.
    pub(crate) fn totals(&self) -> BTreeMap<String, Totals> {
        let mut by_label = BTreeMap::<String, Totals>::new();
        let names = self.names();
        for place in 0..SLOTS {
            let used: Vec<_> = self.shards.iter().filter_map(|shard| shard.at(place)).collect();
            let label = match names.get(place) {
                None => LABEL_GATEWAY,
                Some(Some(name)) => name,
                // Counted before it was named: shown, for a wrong name is better than a lost count.
                Some(None) if !used.is_empty() => LABEL_OTHER,
                Some(None) => continue,
            };
            let totals = by_label.entry(label.to_owned()).or_default();
            totals.is_provider |= place != GATEWAY_SLOT;
            used.into_iter().for_each(|series| totals.add(series));
        }
        by_label
    }

    /// What all callers were charged in one currency, in nano-units.
    pub fn cost_nano(&self, currency: &str) -> u64 {
        let totals = self.totals();
        totals
            .values()
            .filter_map(|totals| totals.cost.get(currency))
            .fold(0, |sum, cost| sum.saturating_add(*cost))
    }

    fn names(&self) -> MutexGuard<'_, [Option<String>; PROVIDERS_MAX]> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
