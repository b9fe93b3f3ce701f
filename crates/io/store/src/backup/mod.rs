//! The whole database as one file, which either database is filled from again: for a loss, and for moving from one to the other.
//! The master key is not in it, and neither are the rows of calls.

mod cells;
mod dump;
mod error;
mod format;
mod reader;
mod restore;
mod tables;
#[cfg(test)]
mod tests;

pub use dump::back_up;
pub use error::BackupError;
pub use format::{BACKUP_LINE_BYTES_MAX, BackupReport, Progress};
pub use restore::{Restored, Source, restore};
