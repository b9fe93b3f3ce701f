//! Counters, one shard per worker, and the Prometheus text made of them.
//!
//! A worker writes its own [`Shard`] without locked instructions; [`Metrics::render`] adds all shards up.

mod counter;
mod exposition;
mod histogram;
mod limited;
mod process;
mod queue;
mod registry;
mod render;
mod rows;
mod series;
mod shard;
mod totals;

pub use limited::LimitOutcome;
pub use queue::Shed;
pub use registry::Metrics;
pub use render::Gauge;
pub use rows::RowCounts;
pub use shard::{PROVIDERS_MAX, Rescued, Shard};
