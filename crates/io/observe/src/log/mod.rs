//! One line per request, and the few events an operator should read.
//!
//! A worker writes its lines into a [`LogBuffer`] of its own; full batches go over a bounded queue to one thread that
//! does the writing. When the disk is slower than the traffic, lines of successes go first, and what is lost is counted.

mod batch;
mod buffer;
mod counts;
mod event;
mod json;
mod layout;
mod line;
mod pretty;
mod queue;
mod request_log;
mod sink;
mod stamp;
mod text;
mod writer;

#[cfg(test)]
mod tests;

pub use buffer::LogBuffer;
pub use counts::LogCounts;
pub use event::Level;
pub use layout::Format;
pub use line::{CostLine, RequestLine, SegmentLine};
pub use request_log::{Log, LogOptions};
pub use sink::Sink;
pub use writer::LogThread;
