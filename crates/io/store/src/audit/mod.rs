//! Who changed what, when and why. Entries are written together with what they tell of, in one transaction.

mod contract;
mod sql;
#[cfg(test)]
mod suite;

pub use contract::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditRecords, NewAuditEntry};
pub(crate) use sql::write;
