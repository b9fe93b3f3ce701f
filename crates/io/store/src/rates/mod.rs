//! Limits of use: who may use how much, how fast and how much at once, who is on which plan, and who may say so. What is taken of
//! them is counted elsewhere.

mod desk;
mod entry;
mod error;
mod rows;
mod sql;
#[cfg(test)]
mod suite;
mod with_key;

pub use desk::LimitDesk;
pub use entry::{LIMITS_MAX, LIMITS_PER_PAGE_MAX, LimitEntry, NewLimit, Says};
pub use error::LimitError;
pub use rows::LimitRows;
pub(crate) use with_key::store as store_with_key;
