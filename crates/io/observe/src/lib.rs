//! What operators see: counters for Prometheus and one log line per request.
//!
//! Both are written on the hot path, so each worker writes to memory of its own and waits for nobody: counters are
//! added up when somebody reads them, log lines leave in batches over a bounded queue. Neither can hold a secret or a
//! prompt, because no call here takes one. Nothing here decides anything.

mod log;
mod metrics;

pub use log::{
    CostLine, Format, Level, Log, LogBuffer, LogCounts, LogOptions, LogThread, RequestLine, SegmentLine, Sink,
};
pub use metrics::{Gauge, LimitOutcome, Metrics, PROVIDERS_MAX, Rescued, RowCounts, Shard, Shed};
