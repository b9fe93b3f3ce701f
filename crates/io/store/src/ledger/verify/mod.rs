//! Proving the ledger: everything that is left of the journal and everything that the database has, held against each other
//! and against what must always hold. Changes nothing; needs no server.

mod balances;
mod image;
mod look;
mod payments;
mod rating;
mod report;
mod walk;

pub use look::verify;
pub use report::{HOLD_AGE_MAX_MS, VIOLATIONS_TOLD_MAX, VerifyError, VerifyReport};
