//! One worker's end of the log. Never waits: what the queue does not take is kept for a while, then dropped and counted.

use super::batch::Batch;
use super::layout::Layout;
use super::line::RequestLine;
use super::queue::Queue;
use super::stamp::Stamp;

/// A batch this large is handed over at once.
pub(crate) const BATCH_BYTES: usize = 64 * 1024;
/// Lines of failures kept while the queue is full.
pub(crate) const FAILURE_BYTES_MAX: usize = 256 * 1024;
/// Room for one more line behind a full batch, so that the last line of most batches does not make it grow.
const LINE_BYTES: usize = 1024;

/// Collects the lines of one worker.
#[derive(Debug)]
pub struct LogBuffer {
    queue: Queue,
    layout: Layout,
    stamp: Stamp,
    batch: Batch,
}

impl LogBuffer {
    pub(crate) fn new(queue: Queue, layout: Layout) -> Self {
        Self { queue, layout, stamp: Stamp::new(), batch: Batch::default() }
    }

    /// Writes one line, and hands all over when there are 64 KiB of them.
    pub fn line(&mut self, line: &RequestLine<'_>) {
        let (layout, stamp) = (self.layout, &mut self.stamp);
        self.batch.push(line.is_failure(), |out| layout.push_request(out, stamp, line));
        if self.batch.bytes().len() >= BATCH_BYTES {
            self.flush();
        }
    }

    /// Hands over what is there. The worker calls this every 50 ms, so that lines of a quiet hour are seen.
    pub fn flush(&mut self) {
        if self.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.batch);
        // The next batch will probably be as large: a quiet worker keeps little memory, a busy one grows nothing.
        let bytes = batch.bytes().len().min(BATCH_BYTES) + LINE_BYTES;
        self.batch = match self.queue.send(batch) {
            Ok(()) => Batch::with_capacity(bytes),
            Err(batch) => batch,
        };
        if self.batch.bytes().len() >= BATCH_BYTES {
            let dropped = self.batch.shrink_to_failures(FAILURE_BYTES_MAX);
            self.queue.counts().add_dropped(dropped);
        }
    }

    /// Whether there is nothing to hand over.
    pub fn is_empty(&self) -> bool {
        self.batch.bytes().is_empty()
    }
}

impl Drop for LogBuffer {
    /// A worker ends with the process or after a drain: its last lines must not be lost to a queue that is just full.
    fn drop(&mut self) {
        self.flush();
        if !self.is_empty() {
            self.queue.leave(self.batch.bytes(), self.batch.lines());
        }
    }
}
