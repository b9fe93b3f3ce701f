//! Who pays for whose calls: accounts of organisations and of projects, and what each has left in memory.

mod account;
mod anew;
mod books;
mod change;
mod correction;
mod desk;
mod error;
mod grants;
mod payers;
mod shared_map;
mod sql;
#[cfg(test)]
pub(crate) mod suite;
mod used;

pub(crate) use grants::lapse;

pub use account::{Account, AccountChange, NewAccount, WARN_BELOW_DEFAULT};
pub use anew::begin_journal_anew;
pub use correction::Correction;
pub use desk::AccountDesk;
pub use error::AccountError;
pub use payers::{Payer, Payers};
