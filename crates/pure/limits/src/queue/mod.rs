//! Waiting for a limit: fair between keys, interactive calls before batches, and nobody for ever.

mod bell;
mod class;
mod entry;
mod line;
mod order;
mod waiter;

pub use class::AGEING;
pub use entry::Entry;
pub use line::Line;
pub use order::Order;
pub use waiter::Waiter;
