//! More connections to a database that this process has, for what reads for long: it must not have the only one meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::any::AnyConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};

use super::answered::Patience;
use super::kind::Kind;
use super::opened::Database;
use super::place::DatabasePlace;
use super::pool::{AnyPool, Opening};
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
        let (options, was_begun) = (options.disable_statement_logging(), Arc::new(AtomicBool::new(false)));
        let opening = Opening::new(patience, move || {
            let (options, was_begun) = (options.clone(), Arc::clone(&was_begun));
            async move {
                let mut connection = AnyConnection::connect_with(&options).await?;
                connection.execute(settings).await?;
                let Some(begin) = begin else { return Ok(connection) };
                if was_begun.swap(true, Ordering::Relaxed) {
                    let why = "the connection to the moment that is read was lost";
                    return Err(sqlx::Error::Configuration(why.into()));
                }
                connection.execute(begin).await?;
                Ok(connection)
            }
        });
        AnyPool::open(opening).await
    }
}
