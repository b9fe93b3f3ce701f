//! Why the table of running calls cannot be used.

use std::io;
use std::path::PathBuf;

/// Why the table cannot be used. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
pub enum SlotError {
    /// The file system refused.
    #[error("cannot {doing} the table of running calls: {source}")]
    Io {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Another process writes it.
    #[error(
        "the table of running calls {path} is in use by another process; stop that one, or give this gateway a table of its own \
         by `ledger.slots_file`",
        path = path.display()
    )]
    InUse {
        /// The table.
        path: PathBuf,
    },
    /// It has calls of another journal.
    #[error(
        "the table of running calls {path} says what {calls} calls have come to that are not of the journal of money in {journal}, \
         but of {other}: start the gateway whose calls they are, which settles them, or give this one a table of its own by \
         `ledger.slots_file`; only where that journal is gone for good remove {path}, and what they came to is never charged; \
         nothing was changed",
        path = path.display(), journal = journal.display()
    )]
    Foreign {
        /// The table.
        path: PathBuf,
        /// How many calls.
        calls: u64,
        /// The folder of the journal that was to be opened.
        journal: PathBuf,
        /// Whose they are, as far as it says.
        other: String,
    },
}

impl SlotError {
    pub(crate) const fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}
