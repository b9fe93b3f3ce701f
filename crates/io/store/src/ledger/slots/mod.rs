//! The table of running calls: what each has come to, written where it outlives the process.

mod error;
mod head;
mod layout;
mod table;

pub use error::SlotError;
pub use table::{SLOTS_DEFAULT, Slot, Slots};
