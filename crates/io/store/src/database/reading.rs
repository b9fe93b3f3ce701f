//! More connections to a database that this process has, for what reads for long: it must not have the only one meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Executor};

use super::answered::{AnyPool, CONNECT_WAIT, Patience};
use super::kind::Kind;
use super::opened::{Database, DatabasePlace};
use super::server_url::ServerUrl;
use crate::error::StoreError;

/// What a connection to a file is told that only reads.
const READING_FILE: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON";
/// The server is told who we are. Reading has no limit of time, only the next piece of an answer has.
const READING_SERVER: &str = "SET application_name = 'bellwether reading'";

impl Database {
    /// The database as it is at one moment, whatever happens to it meanwhile. A connection that is lost is not made anew: the
    /// moment would be another.
    pub(crate) async fn at_a_moment(&self, place: &DatabasePlace) -> Result<Self, StoreError> {
        let begin = match self.kind {
            Kind::Sqlite => "BEGIN",
            Kind::Postgres => "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        self.read_beside(place, Some(begin)).await
    }

    /// The database as it goes on, for what only reads.
    pub(crate) async fn beside(&self, place: &DatabasePlace) -> Result<Self, StoreError> {
        self.read_beside(place, None).await
    }

    async fn read_beside(
        &self,
        place: &DatabasePlace,
        begin: Option<&'static str>,
    ) -> Result<Self, StoreError> {
        let opened = self.connect_beside(place, begin).await;
        opened.map(|pool| self.with_pool(pool)).map_err(StoreError::database("open for reading beside"))
    }

    async fn connect_beside(
        &self,
        place: &DatabasePlace,
        begin: Option<&'static str>,
    ) -> Result<AnyPool, sqlx::Error> {
        let (options, settings, patience): (AnyConnectOptions, _, _) = match place {
            DatabasePlace::File(path) => {
                let url = SqliteConnectOptions::new().filename(path).to_url_lossy();
                (AnyConnectOptions::from_url(&url)?, READING_FILE, Patience::endless())
            }
            DatabasePlace::Server(url) => {
                let url = ServerUrl::parse(url)?;
                (url.rest().parse()?, READING_SERVER, Patience::of(url.reading_wait()))
            }
            DatabasePlace::Memory => {
                let why = "a database in memory has one connection only";
                return Err(sqlx::Error::Configuration(why.into()));
            }
        };
        let (was_begun, looking) = (Arc::new(AtomicBool::new(false)), patience.clone());
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .acquire_timeout(CONNECT_WAIT)
            .after_connect(move |connection, _| {
                let was_begun = Arc::clone(&was_begun);
                Box::pin(async move {
                    connection.execute(settings).await?;
                    let Some(begin) = begin else { return Ok(()) };
                    if was_begun.swap(true, Ordering::Relaxed) {
                        let why = "the connection to the moment that is read was lost";
                        return Err(sqlx::Error::Configuration(why.into()));
                    }
                    connection.execute(begin).await.map(|_| ())
                })
            })
            .after_release(move |connection, _| {
                let looking = looking.clone();
                Box::pin(async move { looking.look(connection).await })
            })
            .connect_with(options.disable_statement_logging())
            .await?;
        Ok(AnyPool::new(pool, patience))
    }
}
