//! Waiting for a limit: fair between keys, interactive calls before batches, nobody for ever, and not more than there is room for.

mod bell;
mod class;
mod entry;
mod line;
mod order;
mod room;
mod waiter;

pub use class::AGEING;
pub use entry::Entry;
pub use line::Line;
pub use order::Order;
pub use room::{Room, RoomFull, RoomSize, Seat};
pub use waiter::Waiter;
