//! The one thread that writes. It alone may wait for the disk.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::queue::{Aside, Message, Pending, Queue};
use super::sink::Output;

/// How long a stop waits for a sink that takes nothing.
const STOP_WAIT_MAX: Duration = Duration::from_secs(5);

/// The running thread. Dropping it stops it like [`LogThread::stop`].
#[must_use = "dropping it stops the log"]
#[derive(Debug)]
pub struct LogThread {
    queue: Queue,
    /// Closed by the thread when it ends.
    end: Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl LogThread {
    pub(crate) fn start(
        output: Output,
        queue: Queue,
        received: Receiver<Message>,
        aside: Arc<Aside>,
    ) -> io::Result<Self> {
        let (on_end, end) = channel();
        let writer = Writer { output, received, aside, is_failing: false, _on_end: on_end };
        let thread = thread::Builder::new().name("log".to_owned()).spawn(|| writer.run())?;
        Ok(Self { queue, end, thread: Some(thread) })
    }

    /// Writes all that was handed over, then ends the thread. To be called after the workers' buffers are gone: lines
    /// that come later are lost. Waits at most five seconds for a sink that takes nothing.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for LogThread {
    fn drop(&mut self) {
        self.queue.ask_stop();
        let has_ended = self.end.recv_timeout(STOP_WAIT_MAX) != Err(RecvTimeoutError::Timeout);
        if let Some(thread) = self.thread.take().filter(|_| has_ended) {
            // A panic in there was reported by its own hook; stopping has nothing to add.
            let _ = thread.join();
        }
    }
}

struct Writer {
    output: Output,
    received: Receiver<Message>,
    aside: Arc<Aside>,
    is_failing: bool,
    _on_end: Sender<()>,
}

impl Writer {
    fn run(mut self) {
        while let Ok(message) = self.received.recv() {
            self.take(message);
            if self.aside.is_stopping() {
                break;
            }
        }
        while let Ok(message) = self.received.try_recv() {
            self.take(message);
        }
        let last = self.aside.close_pending();
        self.write_pending(&last);
    }

    fn take(&mut self, message: Message) {
        if self.aside.take_reopen() {
            let outcome = self.output.reopen();
            self.report(outcome.err().as_ref());
        }
        let pending = self.aside.take_pending();
        self.write_pending(&pending);
        let batch = message.into_lines();
        self.write(batch.bytes(), batch.lines());
    }

    fn write_pending(&mut self, pending: &Pending) {
        self.write(&pending.bytes, pending.lines);
    }

    fn write(&mut self, bytes: &[u8], lines: u64) {
        if bytes.is_empty() {
            return;
        }
        let outcome = self.output.write(bytes);
        let lost = outcome.as_ref().map_or_else(|lost| lost.lines, |()| 0);
        self.aside.counts.add_written(lines - lost);
        self.aside.counts.add_dropped(lost);
        self.report(outcome.err().map(|lost| lost.error).as_ref());
    }

    /// Says once that the log fails, where nobody has to open the log to read it.
    fn report(&mut self, error: Option<&io::Error>) {
        if let Some(error) = error.filter(|_| !self.is_failing) {
            // If standard error fails too, only the counts are left to tell.
            let _ = writeln!(io::stderr(), "log lines are being lost: cannot write the log: {error}");
        }
        self.is_failing = error.is_some();
    }
}
