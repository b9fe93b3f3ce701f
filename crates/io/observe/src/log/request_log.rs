//! The log as all threads see it: where buffers come from, and where events go.

use std::fmt::Display;
use std::io;
use std::sync::Arc;

use domain::Timestamp;

use super::buffer::LogBuffer;
use super::counts::LogCounts;
use super::event::{Event, Level};
use super::layout::{Format, Layout};
use super::queue::Queue;
use super::sink::{Output, Sink};
use super::writer::LogThread;

/// How to log.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// How lines look.
    pub format: Format,
    /// Where they go.
    pub sink: Sink,
    /// Batches (of 64 KiB) that may wait for the sink before lines are dropped.
    pub queue_batches_max: usize,
    /// The clock of events; request lines bring their own time.
    pub now: fn() -> Timestamp,
}

/// The log, from any thread. Clones are the same log.
#[derive(Clone, Debug)]
pub struct Log {
    queue: Queue,
    layout: Layout,
    now: fn() -> Timestamp,
}

impl Log {
    /// Opens the sink and starts the one thread that writes to it.
    pub fn start(options: &LogOptions) -> io::Result<(Self, LogThread)> {
        Self::start_on(Output::open(&options.sink)?, options)
    }

    pub(crate) fn start_on(output: Output, options: &LogOptions) -> io::Result<(Self, LogThread)> {
        let layout = Layout { format: options.format, has_colour: output.has_colour() };
        let (queue, received, aside) = Queue::new(options.queue_batches_max);
        let thread = LogThread::start(output, queue.clone(), received, aside)?;
        Ok((Self { queue, layout, now: options.now }, thread))
    }

    /// A buffer for one worker.
    pub fn buffer(&self) -> LogBuffer {
        LogBuffer::new(self.queue.clone(), self.layout)
    }

    /// Writes an event. It does not pass through the queue, so that request lines are lost before it is.
    pub fn event(&self, level: Level, message: &str, fields: &[(&str, &dyn Display)]) {
        let event = Event { at: (self.now)(), level, message, fields };
        let mut bytes = Vec::new();
        self.layout.push_event(&mut bytes, &event);
        self.queue.leave(&bytes, 1);
    }

    /// Lines lost so far.
    pub fn dropped(&self) -> u64 {
        self.queue.counts().dropped()
    }

    /// The counts themselves, to be shown among the metrics.
    pub fn counts(&self) -> &Arc<LogCounts> {
        self.queue.counts()
    }

    /// Opens the sink's file anew before the next line, as after a rotation. Other sinks stay.
    pub fn reopen(&self) {
        self.queue.ask_reopen();
    }
}
