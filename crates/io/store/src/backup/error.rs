//! Why there is no backup, or nothing restored. Nothing has been changed then.

use crate::error::StoreError;

/// A backup that cannot be made or taken.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to be backed up.
    #[error("there is no database {0}")]
    NoDatabase(String),
    /// An earlier version has been here last.
    #[error(
        "the database has layout {found}, and this version backs up layout {known}: start this version on it once"
    )]
    OtherLayout {
        /// The layout found.
        found: i64,
        /// The newest layout known here.
        known: i64,
    },
    /// The file is something else.
    #[error("this is no backup of a Bellwether database")]
    NoBackup,
    /// A later version made it.
    #[error(
        "the backup was made by a newer version ({version}, layout {found}; this version knows {known}): restore it with that one"
    )]
    Newer {
        /// The version that made it.
        version: String,
        /// Its layout.
        found: i64,
        /// The newest layout known here.
        known: i64,
    },
    /// A line is not as it was written.
    #[error("line {line} of the backup is damaged: {why}")]
    Damaged {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The end is missing.
    #[error("the backup is cut off after line {0}: its end is missing")]
    CutOff(u64),
    /// It is whole and yet another.
    #[error("the backup was changed after it was made: its checksum is of something else")]
    Changed,
    /// Made under another master key.
    #[error(
        "the master key is not the one the backup was made under, so no key in it would be recognised; \
         give that one by BELLWETHER_MASTER_KEY or put it into master.key of the data directory"
    )]
    OtherMasterKey,
    /// Something would be written over.
    #[error(
        "{0} is not empty: a backup is only restored into an empty database; name another, or move that one away"
    )]
    NotEmpty(String),
    /// A file could not be read or written.
    #[error("cannot {doing}: {source}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl BackupError {
    pub(super) fn file(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::File { doing, source }
    }

    pub(super) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Store(StoreError::Database { doing, source })
    }
}
