//! Connecting to SQLite, quickly: one file of the data directory, or memory.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};

use super::answered::Patience;
use super::pool::{AnyPool, Opening};
use crate::error::StoreError;

/// What every connection is told first. The data directory's lock keeps other gateways out; waiting when busy is for an
/// operator's own tools.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                        PRAGMA busy_timeout = 5000";

/// Of rows that a power cut may undo, the last ones first, and never tear.
const SETTINGS_OF_ROWS: &str =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000";

/// Opens a file of its own for rows that come in great numbers; memory without a path.
pub(crate) async fn open_rows(path: Option<&Path>) -> Result<AnyPool, StoreError> {
    sqlx::any::install_default_drivers();
    let options = match path {
        Some(path) => file_options(path)?,
        None => memory_options()?,
    };
    connect(options, SETTINGS_OF_ROWS).await
}

/// Opens a file, made if missing, that only its owner can read.
pub(super) async fn open(path: &Path) -> Result<AnyPool, StoreError> {
    connect(file_options(path)?, SETTINGS).await
}

pub(super) async fn in_memory() -> Result<AnyPool, StoreError> {
    connect(memory_options()?, SETTINGS).await
}

fn file_options(path: &Path) -> Result<AnyConnectOptions, StoreError> {
    // Made here for its mode; SQLite gives the same to the files beside it.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let options = AnyConnectOptions::from_url(&SqliteConnectOptions::new().filename(path).to_url_lossy());
    Ok(options.map_err(StoreError::database("open"))?.disable_statement_logging())
}

fn memory_options() -> Result<AnyConnectOptions, StoreError> {
    let options: AnyConnectOptions = "sqlite::memory:".parse().map_err(StoreError::database("open"))?;
    Ok(options.disable_statement_logging())
}

async fn connect(options: AnyConnectOptions, settings: &'static str) -> Result<AnyPool, StoreError> {
    let opening = Opening::new(Patience::endless(), move || {
        let options = options.clone();
        async move {
            let mut connection = AnyConnection::connect_with(&options).await?;
            connection.execute(settings).await?;
            Ok(connection)
        }
    });
    AnyPool::open(opening).await.map_err(StoreError::database("open"))
}
