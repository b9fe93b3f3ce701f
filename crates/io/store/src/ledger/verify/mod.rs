//! Proving the ledger: everything that is left of the journal and everything that the database has, held against each other
//! and against what must always hold. Changes nothing. Done without a server, or beside one that runs.

mod balances;
mod beside;
mod image;
mod look;
mod payments;
mod rating;
mod received;
mod report;
mod walk;

pub use beside::{LedgerVerifier, VerifyRuns, VerifyState};
pub use look::verify;
pub use report::{HOLD_AGE_MAX_MS, VIOLATIONS_TOLD_MAX, VerifyError, VerifyReport};
