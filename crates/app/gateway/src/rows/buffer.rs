//! One worker's rows. Never waits: what the queue does not take is kept for a while, then dropped and counted.

use std::sync::Arc;

use observe::RowCounts;
use store::{RequestRow, RowBatch};

use super::queue::RowInlet;

/// A batch this large is handed over at once.
const BATCH_BYTES: usize = 64 * 1024;
/// Rows of failures kept while the queue is full.
const FAILURE_BYTES_MAX: usize = 256 * 1024;

/// Collects the rows of one worker.
#[derive(Debug)]
pub(crate) struct RowBuffer {
    inlet: RowInlet,
    batch: RowBatch,
    counts: Arc<RowCounts>,
}

impl RowBuffer {
    pub(crate) fn new(inlet: RowInlet, counts: Arc<RowCounts>) -> Self {
        Self { inlet, batch: RowBatch::default(), counts }
    }

    /// Whether rows are wanted.
    pub(crate) fn is_on(&self) -> bool {
        self.inlet.is_on()
    }

    /// Adds a row, and hands all over when there are 64 KiB of them.
    pub(crate) fn push(&mut self, row: &RequestRow<'_>) {
        self.batch.push(row);
        if self.batch.bytes() >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Hands over what is there. The worker calls this with its log lines, every 50 ms.
    pub(crate) fn flush(&mut self) {
        if self.batch.rows() == 0 {
            return;
        }
        let next = RowBatch::like(&self.batch, BATCH_BYTES);
        match self.inlet.send(std::mem::replace(&mut self.batch, next)) {
            Ok(()) => {}
            Err(batch) => self.batch = batch,
        }
        if self.batch.bytes() >= BATCH_BYTES {
            self.counts.add_dropped(self.batch.shrink_to_failures(FAILURE_BYTES_MAX));
        }
    }
}

impl Drop for RowBuffer {
    /// A worker ends with the process or after a drain. What the queue does not take then, nobody will.
    fn drop(&mut self) {
        self.flush();
        self.counts.add_dropped(self.batch.rows());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::CallId;
    use observe::RowCounts;
    use store::RequestRow;

    use super::super::queue::row_queue;
    use super::{FAILURE_BYTES_MAX, RowBuffer};

    fn row(number: u128, status: u16) -> RequestRow<'static> {
        RequestRow {
            call_id: CallId(number),
            request_id: format!("{number:0>200}").into(),
            key: "".into(),
            organisation: "".into(),
            project: "".into(),
            path: "".into(),
            dialect: "".into(),
            model: "".into(),
            provider: "".into(),
            upstream_model: "".into(),
            region: "".into(),
            kind: "".into(),
            hedged: "".into(),
            flags: "".into(),
            segments: "".into(),
            status,
            took_us: 0,
            first_byte_us: None,
            added_us: 0,
            attempts: 0,
            fallback_attempts: 0,
            is_streaming: false,
            bytes_in: 0,
            bytes_out: 0,
            usage: None,
            cost: None,
            account: None,
        }
    }

    #[test]
    fn what_nobody_takes_is_dropped_successes_first_and_counted() {
        let (inlet, mut outlet) = row_queue();
        let counts = Arc::new(RowCounts::default());
        let mut buffer = RowBuffer::new(inlet, counts.clone());
        let rows = 60_000;
        for number in 0..rows {
            // One in a hundred fails: they fit into what is kept.
            buffer.push(&row(number, if number % 100 == 0 { 502 } else { 200 }));
        }
        drop(buffer);
        let (mut taken, mut failures) = (0, 0);
        while let Ok(batch) = outlet.batches.try_recv() {
            taken += batch.rows();
            failures += batch.iter().filter(|row| row.status == 502).count() as u64;
        }
        assert!(taken > 0 && counts.dropped() > 0);
        assert_eq!(taken + counts.dropped(), rows as u64);
        let kept_back = rows as u64 / 100 - failures;
        assert!(kept_back * 250 < FAILURE_BYTES_MAX as u64, "{failures} failures came through");
    }
}
