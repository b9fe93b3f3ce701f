//! The table of running calls: what each has come to, written where it outlives the process.

mod layout;
mod table;

pub use table::{SLOTS_DEFAULT, Slot, SlotError, Slots};
