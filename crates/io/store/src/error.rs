//! Why the store could not answer. What a caller or an operator did wrong is said by the contracts' own answers.

use std::path::PathBuf;

/// A database that failed, or that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refused or failed.
    #[error("the database failed to {doing}: {source}")]
    Database {
        /// What was asked of it.
        doing: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// The file could not be made.
    #[error("cannot create the database {path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The server could not be reached, or let nobody in.
    #[error("cannot use the database of BELLWETHER_DATABASE_URL: {0}")]
    Server(sqlx::Error),
    /// Another process has it.
    #[error("the database is in use by {holder}; one gateway at a time may use it: stop that one first")]
    InUse {
        /// The other process, as far as the server knows it.
        holder: String,
    },
    /// A newer version has been here.
    #[error(
        "the database was changed by a newer version (layout {found}, this version knows {known}); \
         run that version or restore a backup"
    )]
    Newer {
        /// The layout found.
        found: i64,
        /// The newest layout known here.
        known: i64,
    },
    /// The layout cannot be brought up to date.
    #[error("the database cannot be brought to this version's layout: {0}")]
    Layout(sqlx::migrate::MigrateError),
    /// The keys were hashed under another master key.
    #[error(
        "the master key is not the one this database was made with, so no key in it would be recognised; \
         give the former one by BELLWETHER_MASTER_KEY or master.key"
    )]
    OtherMasterKey,
    /// A row that this version never writes.
    #[error("the database holds a damaged {what}: {found:?}")]
    Damaged {
        /// Which value.
        what: &'static str,
        /// What stands there.
        found: String,
    },
}

impl StoreError {
    pub(crate) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}
