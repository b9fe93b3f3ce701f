//! Reading the database of a new-api or one-api, wherever it is.

use std::path::PathBuf;

use domain::Secret;

use super::error::ForeignError;
use super::tables::ForeignTables;
use super::{postgres, sqlite};

/// Where the database is.
#[derive(Clone, Debug)]
pub enum ForeignDatabase {
    /// A file.
    Sqlite(PathBuf),
    /// The URL of a server; it may hold a password.
    Postgres(Secret),
}

/// Reads the tables without changing anything.
pub async fn read_new_api(database: &ForeignDatabase) -> Result<ForeignTables, ForeignError> {
    match database {
        ForeignDatabase::Sqlite(path) => sqlite::read(path).await,
        ForeignDatabase::Postgres(url) => postgres::read(url).await,
    }
}
