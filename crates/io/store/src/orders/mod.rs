//! Orders that are paid by a transfer and confirmed by hand: each once, and no transfer pays two.

mod desk;
mod error;
mod order;
mod sql;
#[cfg(test)]
mod suite;

pub use desk::{ORDERS_PER_PAGE_MAX, OrderDesk};
pub use error::OrderError;
pub use order::{NewOrder, ORDER_REFERENCE_CHARS_MAX, Order, OrderState};
