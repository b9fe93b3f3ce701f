//! The one task that writes rows and sums them up, and drops the days that are old enough. It runs on the control plane.

use std::sync::Arc;
use std::time::Duration;

use domain::Timestamp;
use observe::{Level, Log, RowCounts};
use store::{RequestRecords, RowBatch, RowsKept};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::queue::RowOutlet;
use crate::clock::wall_clock;
use crate::gateway::Gateway;

/// How often it is looked for old days.
const LOOK_FOR_OLD_EVERY: Duration = Duration::from_hours(1);
/// How often what was written is taken into the sums that reports read.
const SUM_UP_EVERY: Duration = Duration::from_secs(15);
const DAY_MS: i64 = 86_400_000;

/// Writes rows until `stop`, then those that were handed over before, and ends. Workers have to end before it is told to.
pub async fn write_rows(
    gateway: Arc<Gateway>,
    records: Arc<dyn RequestRecords>,
    mut outlet: RowOutlet,
    stop: CancellationToken,
) {
    let counts = gateway.metrics.rows().clone();
    let mut writer = Writer { records, counts, log: gateway.log.clone(), is_failing: false };
    drop(gateway);
    let (mut look_at, mut sum_up_at) = (Instant::now(), Instant::now() + SUM_UP_EVERY);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !is_stopping => {
                is_stopping = true;
                // What was handed over still comes; then there is no more.
                outlet.batches.close();
            }
            // Before what may never end.
            () = sleep_until(sum_up_at), if !is_stopping => {
                writer.sum_up().await;
                sum_up_at = Instant::now() + SUM_UP_EVERY;
            }
            batch = outlet.batches.recv() => match batch {
                Some(batch) => writer.write(&batch, outlet.rules.kept()).await,
                None => return,
            },
            () = sleep_until(look_at), if !is_stopping => {
                look_at = Instant::now() + LOOK_FOR_OLD_EVERY;
                writer.drop_old(outlet.rules.keep_days()).await;
                writer.drop_old_sums(outlet.rules.keep_hours_days()).await;
            }
        }
    }
}

struct Writer {
    records: Arc<dyn RequestRecords>,
    counts: Arc<RowCounts>,
    log: Log,
    is_failing: bool,
}

impl Writer {
    async fn write(&mut self, batch: &RowBatch, kept: RowsKept) {
        match self.records.write(batch, kept).await {
            Ok(()) => {
                self.counts.add_written(batch.rows());
                self.is_failing = false;
            }
            Err(error) => {
                self.counts.add_dropped(batch.rows());
                // Said once: it may fail twenty times a second.
                if !std::mem::replace(&mut self.is_failing, true) {
                    self.log.event(Level::Error, "rows of requests are being lost", &[("reason", &error)]);
                }
            }
        }
    }

    /// What fails is tried again the next time.
    async fn sum_up(&self) {
        match self.records.sum_up(wall_clock()).await {
            Ok(0) => {}
            Ok(parts) => {
                self.counts.add_damaged_sums(parts as u64);
                self.log.event(
                    Level::Error,
                    "damaged sums of calls are set aside; reports are without them",
                    &[("parts", &parts)],
                );
            }
            Err(error) => {
                self.log.event(Level::Warn, "sums of calls could not be folded", &[("reason", &error)]);
            }
        }
    }

    async fn drop_old_sums(&self, keep_hours_days: u32) {
        if let Err(error) = self.records.drop_sums(wall_clock(), keep_hours_days).await {
            self.log.event(Level::Warn, "old sums of calls could not be dropped", &[("reason", &error)]);
        }
    }

    async fn drop_old(&self, keep_days: u32) {
        let before = Timestamp(wall_clock().unix_ms() - i64::from(keep_days) * DAY_MS);
        match self.records.drop_before(before).await {
            Ok(0) => {}
            Ok(days) => {
                self.log.event(Level::Info, "old rows of requests are dropped", &[("days", &days)]);
            }
            Err(error) => {
                self.log.event(
                    Level::Warn,
                    "old rows of requests could not be dropped",
                    &[("reason", &error)],
                );
            }
        }
    }
}
