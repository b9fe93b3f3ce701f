//! Connecting to SQLite, quickly: one file of the data directory, or memory.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Executor};

use crate::error::StoreError;

/// What every connection is told first. The data directory's lock keeps other gateways out; waiting when busy is for an
/// operator's own tools.
const SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; \
                        PRAGMA busy_timeout = 5000";

/// Opens a file, made if missing, that only its owner can read.
pub(super) async fn open(path: &Path) -> Result<AnyPool, StoreError> {
    // Made here for its mode; SQLite gives the same to the files beside it.
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let options = AnyConnectOptions::from_url(&SqliteConnectOptions::new().filename(path).to_url_lossy());
    let options = options.map_err(StoreError::database("open"))?.disable_statement_logging();
    // Asked apart from the pool, which would try again and again and then say only that it waited.
    let asked = async {
        let mut first = AnyConnection::connect_with(&options).await?;
        first.execute(SETTINGS).await?;
        first.close().await
    };
    asked.await.map_err(StoreError::database("open"))?;
    connect(options).await
}

pub(super) async fn in_memory() -> Result<AnyPool, StoreError> {
    let options: AnyConnectOptions = "sqlite::memory:".parse().map_err(StoreError::database("open"))?;
    connect(options.disable_statement_logging()).await
}

async fn connect(options: AnyConnectOptions) -> Result<AnyPool, StoreError> {
    let opened = async {
        AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(SETTINGS).await.map(|_| ()) })
            })
            .connect_with(options)
            .await
    };
    opened.await.map_err(StoreError::database("open"))
}
