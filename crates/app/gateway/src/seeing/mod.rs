//! What is known of everybody, for people and for dashboards: targets, lines and regions, each with a state, the reason for it
//! and the figures behind it. It is only looked at here; nothing is decided by it.

mod facts;
mod gateway;
mod gauges;
mod lines;
mod rows;
mod stats;
mod targets;

pub(crate) use gauges::gauges;
pub use targets::Choice;
