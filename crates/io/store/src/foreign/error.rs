//! Why another gateway's database could not be read.

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The database refused or failed.
    #[error("the database failed to {doing}: {source}")]
    Database {
        /// What was asked of it.
        doing: &'static str,
        /// What it said.
        source: sqlx::Error,
    },
    /// Nobody answers there.
    #[error("the database did not answer within {seconds} s")]
    Silent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// It is another database.
    #[error("there is no table {table} in it: is it the database of a new-api or one-api?")]
    NoTable {
        /// The table that every such database has.
        table: &'static str,
    },
    /// More than is ever read.
    #[error("the table {table} has more than {count_max} rows")]
    TooManyRows {
        /// Which table.
        table: &'static str,
        /// Most rows that are read.
        count_max: usize,
    },
    /// A row that is no row.
    #[error("a row of {table} cannot be read: {why}")]
    Row {
        /// Which table.
        table: &'static str,
        /// What is wrong with it, without its values.
        why: String,
    },
}

impl ForeignError {
    pub(super) fn database(doing: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| Self::Database { doing, source }
    }
}
