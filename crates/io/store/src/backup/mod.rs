//! The whole database as one file, which either database is filled from again: for a loss, and for moving from one to the other.
//! Sums of calls are in it, their rows are not, and neither is the master key.

mod beside;
mod cells;
mod dump;
mod error;
mod format;
mod reader;
mod restore;
mod sums;
mod tables;
#[cfg(test)]
mod tests;

pub use dump::back_up;
pub use error::BackupError;
pub use format::{BACKUP_LINE_BYTES_MAX, BackupReport, Progress};
pub use restore::{Restored, Source, restore};
