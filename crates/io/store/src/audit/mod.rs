//! Who changed what, when and why. Entries are written together with what they tell of, in one transaction, and each holds
//! on to the one before it.

pub(crate) mod chain;
mod contract;
mod hash;
mod mask;
mod rows;
mod sql;
#[cfg(test)]
mod suite;
mod upgrade;
mod verdict;
mod verify;

pub use contract::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditFilter, AuditRecords, NewAuditEntry};
pub(crate) use sql::write;
pub(crate) use upgrade::chain_older;
pub use verdict::{AuditFault, AuditVerdict, KnownRow};
