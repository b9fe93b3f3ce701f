//! What people see of the ledger: entries, open holds and statements, out of the database.

mod entries;
mod query;
mod statements;
#[cfg(test)]
mod suite;
mod wish;

pub use entries::{ENTRIES_PER_PAGE_MAX, EntryPage, FoundEntry, HOLDS_TOLD_MAX, find_entries, open_holds};
pub use query::{EntryCursor, EntryQuery};
pub use statements::{StatementError, statement};
