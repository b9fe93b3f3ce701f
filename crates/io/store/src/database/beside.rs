//! Connections for a backup and for a restore: one that reads beside a running gateway, and one to a database without a layout.

use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor};

use super::answered::{AnyConnection, Patience};
use super::kind::Kind;
use super::place::DatabasePlace;
use super::pool::AnyPool;
use super::{layouts, postgres, sqlite, steps};
use crate::error::StoreError;

/// What a connection is told that only reads. A gateway that closes its database holds it for a moment.
const READING: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";

/// A connection that only reads, whoever has the database.
pub(crate) async fn open_beside(place: &DatabasePlace) -> Result<(AnyConnection, Kind), StoreError> {
    sqlx::any::install_default_drivers();
    match place {
        DatabasePlace::File(path) => {
            let url = SqliteConnectOptions::new().filename(path).to_url_lossy();
            let opened = async {
                let options = AnyConnectOptions::from_url(&url)?.disable_statement_logging();
                let mut connection = sqlx::AnyConnection::connect_with(&options).await?;
                connection.execute(READING).await?;
                Ok(connection)
            };
            let connection = opened.await.map_err(StoreError::database("open"))?;
            Ok((AnyConnection::new(connection, Patience::endless()), Kind::Sqlite))
        }
        DatabasePlace::Memory => {
            let connection = sqlx::AnyConnection::connect("sqlite::memory:").await;
            let connection = connection.map_err(StoreError::database("open"))?;
            Ok((AnyConnection::new(connection, Patience::endless()), Kind::Sqlite))
        }
        DatabasePlace::Server(url) => Ok((postgres::read_beside(url).await?, Kind::Postgres)),
    }
}

/// A database that has no layout yet, held by this process.
pub(crate) async fn open_empty(place: &DatabasePlace) -> Result<(AnyPool, Kind), StoreError> {
    sqlx::any::install_default_drivers();
    match place {
        DatabasePlace::File(path) => Ok((sqlite::open(path).await?, Kind::Sqlite)),
        DatabasePlace::Memory => Ok((sqlite::in_memory().await?, Kind::Sqlite)),
        DatabasePlace::Server(url) => Ok((postgres::open(url).await?, Kind::Postgres)),
    }
}

/// Lets others in where [`open_empty`] holds a server.
pub(crate) async fn close_empty(pool: &AnyPool, kind: Kind) {
    if kind == Kind::Postgres
        && let Ok(mut connection) = pool.acquire().await
    {
        // Where this fails, the end of the connection does the same.
        let _ = postgres::give_back(&mut *connection).await;
    }
    pool.close().await;
}

/// The numbers of all layouts.
pub(crate) fn known_layouts() -> Vec<i64> {
    layouts::numbers()
}

/// Takes the steps up to one that are missing.
pub(crate) async fn take_layouts(
    newest: i64,
    pool: &AnyPool,
    kind: Kind,
    place: &DatabasePlace,
) -> Result<(), StoreError> {
    steps::take(&layouts::layouts_until(newest, kind), pool, place.url()).await
}
