//! Why the journal cannot be opened, or has stopped.

use std::path::PathBuf;
use std::sync::Arc;

use ledger::Lsn;

/// Why a journal cannot be read or opened. Nothing of it was changed.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system refused.
    #[error("cannot {doing} {path}: {source}", path = path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another process writes it.
    #[error("the journal {path} is in use by another process; stop it first", path = path.display())]
    InUse {
        /// Its folder.
        path: PathBuf,
    },
    /// What was written is no longer what it was.
    #[error(
        "the journal is damaged: {what} in {path} at byte {offset}, where record {lsn} should be, and it is \
         not its end; restore {path} from a copy, or restore database and journal from one backup; \
         nothing was changed",
        path = path.display(), lsn = lsn.0
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What should be there.
        lsn: Lsn,
        /// What is wrong.
        what: &'static str,
    },
    /// There is no journal.
    #[error(
        "the database has record {applied} of a journal of money, and there is no journal in {path}: put it back where it was; \
         or, where it is gone and what the database had not taken in of it may be lost, say `bellwether ledger begin-anew`",
        applied = applied.0, path = path.display()
    )]
    Missing {
        /// What the database has.
        applied: Lsn,
        /// Where it should be.
        path: PathBuf,
    },
    /// The database is newer.
    #[error(
        "the database has record {applied} of the journal, and the journal ends with {last}; \
         it is older than the database: put the newer journal back, or restore both from one backup",
        applied = applied.0, last = last.0
    )]
    Behind {
        /// What the database has.
        applied: Lsn,
        /// The last of the journal.
        last: Lsn,
    },
    /// The database is older than anything that is left of the journal.
    #[error(
        "the database has the journal up to record {applied}, and the journal begins with {first}; \
         what is between is missing: restore a newer backup of the database, or put the older files of the journal back",
        applied = applied.0, first = first.0
    )]
    Gap {
        /// What the database has.
        applied: Lsn,
        /// The first of the journal.
        first: Lsn,
    },
    /// The file of its id holds none.
    #[error(
        "{path} is no id of a journal, which is 32 hexadecimal digits; restore it from a copy, or remove it where no gateway was \
         cut off since it was in order",
        path = path.display()
    )]
    NoId {
        /// The file.
        path: PathBuf,
    },
    /// They tell different stories.
    #[error(
        "record {applied} of the journal is not the one that the database knows; \
         database and journal are not of one gateway: restore both from one backup",
        applied = applied.0
    )]
    Foreign {
        /// The record they differ in.
        applied: Lsn,
    },
}

/// Why the journal stopped for good: the process must end, for nothing that is decided now would last.
#[derive(Debug, thiserror::Error)]
#[error(
    "the journal of money failed to {doing}: {source}; nothing that happens now would last, so this process must end"
)]
pub struct JournalFailure {
    /// What was tried.
    pub doing: &'static str,
    /// What the system said.
    pub source: std::io::Error,
}

/// Why something was not taken into the journal.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk has no room for what would follow.
    #[error("there is no room on the disk for the journal of money; no new call is paid for until there is")]
    NoRoom,
    /// More is waiting to be written than may.
    #[error("the disk is behind with the journal of money; try again")]
    Behind,
    /// It was closed.
    #[error("the journal of money is closed")]
    Closed,
    /// It has failed.
    #[error(transparent)]
    Failed(Arc<JournalFailure>),
}

/// Why a level will not be reached.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WaitError {
    /// Only the database knows.
    #[error("the level `remote` is the database's, and the journal cannot tell")]
    NoRemote,
    /// The journal was closed before.
    #[error("the journal of money was closed before the record was written")]
    Closed,
    /// It has failed.
    #[error(transparent)]
    Failed(Arc<JournalFailure>),
}

impl JournalError {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
