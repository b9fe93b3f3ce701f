//! Waiting for a limit: fair between keys, interactive calls before batches, and nobody for ever.

mod bell;
mod line;
mod order;
mod waiter;

pub use line::Line;
pub use order::{AGEING, Entry, Order, QUANTUM_TOKENS};
pub use waiter::Waiter;
