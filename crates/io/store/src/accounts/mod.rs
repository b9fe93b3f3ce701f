//! Who pays for whose calls: accounts of organisations and of projects, and what each has left in memory.

mod account;
mod change;
mod correction;
mod desk;
mod error;
mod payers;
mod sql;
#[cfg(test)]
mod suite;
mod used;

pub use account::{Account, AccountChange, NewAccount, WARN_BELOW_DEFAULT};
pub use correction::Correction;
pub use desk::AccountDesk;
pub use error::AccountError;
pub use payers::{Payer, Payers};
