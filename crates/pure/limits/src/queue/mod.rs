//! Waiting for a limit: fair between keys, interactive calls before batches, nobody for ever, and not more than there is room for.

mod bell;
mod line;
mod order;
mod room;
mod waiter;

pub use line::Line;
pub use order::{AGEING, Entry, Order, QUANTUM_TOKENS};
pub use room::{Room, RoomFull, RoomSize, Seat};
pub use waiter::Waiter;
