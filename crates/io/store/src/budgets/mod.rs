//! Budgets: what may be spent in each day or month, what was, and who may say so.

mod cell;
mod desk;
mod entry;
mod error;
mod holds;
mod keeping;
mod sql;
#[cfg(test)]
mod suite;
mod table;
mod taking_in;

pub use cell::BudgetCell;
pub use desk::{BudgetChange, BudgetDesk};
pub use entry::{BUDGETS_MAX, BUDGETS_PER_PAGE_MAX, BudgetEntry, NewBudget};
pub use error::BudgetError;
pub use holds::{BudgetHolds, BudgetRefusal};
pub use table::Budgets;
pub use taking_in::KeyBudget;
pub(crate) use taking_in::{TakingIn, store_new};
