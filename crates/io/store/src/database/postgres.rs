//! Connecting to PostgreSQL, and holding the database for this process.
//!
//! Whoever has the advisory lock is the one gateway of the database. It hangs on the connection: one that breaks gives it
//! back, and a new connection that does not get it is none. Where a connection was given up and the server has not noticed, the
//! new one ends it: nobody shuts himself out.

use std::time::Duration;

use domain::Secret;
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Executor, Row};
use tokio::time::timeout;

use super::answered::{self, Patience};
use super::backend::Held;
use super::pool::{AnyPool, CONNECT_WAIT, Opening};
use super::server_url::ServerUrl;
use crate::error::StoreError;

/// Longest wait of a start until the database is known to be this process's.
const TAKE_WAIT: Duration = Duration::from_secs(30);
/// How often a start tries to get a database that another holds.
const TAKES_MAX: usize = 5;
const TAKE_REST: Duration = Duration::from_millis(200);

/// "bellweth", as a number: advisory locks have no names.
const TAKE: &str =
    "SELECT CASE WHEN pg_try_advisory_lock(7090192401480119400) THEN 1::BIGINT ELSE 0::BIGINT END AS taken";
/// The server is told who we are, so that it can tell others; and that what it has answered to must last, as its standbys have it,
/// where it waits for some. It looks whether we are still there, so that the lock of one that is gone is free a minute later.
const INTRODUCE: &str = "SET application_name = 'bellwether'; SET client_min_messages = warning; SET synchronous_commit = on; \
     SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3";
/// What the server knows of who has the lock: the two halves of its number are two columns.
const HOLDER: &str = "SELECT a.application_name || ', process ' || a.pid || ' of the server, connected from '
        || COALESCE(host(a.client_addr), 'the same machine') || ' since ' || to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"')
        AS holder
    FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.classid::BIGINT << 32) + l.objid::BIGINT = 7090192401480119400";

/// The connection, once it has the database.
pub(super) async fn open(url: &Secret) -> Result<AnyPool, StoreError> {
    let url = ServerUrl::parse(url).map_err(StoreError::Server)?;
    let introduce = format!("{INTRODUCE}; SET statement_timeout = {}", url.statement_timeout_ms());
    let opened = async {
        let options: AnyConnectOptions = url.rest().parse()?;
        let options = options.disable_statement_logging();
        // Asked apart from the pool, which would try again and again and then say only that it waited.
        if let Some(holder) = timeout(TAKE_WAIT, held_by(&options, &introduce))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??
        {
            return Ok(Err(holder));
        }
        let held = Held::default();
        let opening = Opening::new(Patience::of(url.answer_wait()), move || {
            let (options, introduce, held) = (options.clone(), introduce.clone(), held.clone());
            async move {
                let mut connection = AnyConnection::connect_with(&options).await?;
                hold(&mut connection, introduce, &held).await?;
                Ok(connection)
            }
        });
        let pool = AnyPool::new(opening.asked_first());
        // Whoever had it a moment ago is waited for.
        drop(pool.acquire().await?);
        Ok(Ok(pool))
    };
    match opened.await {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(holder)) => Err(StoreError::InUse { holder }),
        Err(source) => Err(StoreError::Server(source)),
    }
}

/// Who has the database; nobody if it is to be had.
async fn held_by(options: &AnyConnectOptions, introduce: &str) -> Result<Option<String>, sqlx::Error> {
    let mut first = timeout(CONNECT_WAIT, AnyConnection::connect_with(options))
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    first.execute(AssertSqlSafe(introduce.to_owned())).await?;
    if !take_soon(&mut first).await? {
        return holder(&mut first).await.map(Some);
    }
    give_back(&mut first).await?;
    first.close().await?;
    Ok(None)
}

/// A connection that has no lock and only reads: for a backup, which may take long.
pub(super) async fn read_beside(url: &Secret) -> Result<answered::AnyConnection, StoreError> {
    let opened = async {
        let url = ServerUrl::parse(url)?;
        let options: AnyConnectOptions = url.rest().parse()?;
        let options = options.disable_statement_logging();
        let connection = timeout(CONNECT_WAIT, AnyConnection::connect_with(&options))
            .await
            .map_err(|_| sqlx::Error::PoolTimedOut)??;
        let patience = Patience::of(url.reading_wait());
        let mut connection = answered::AnyConnection::new(connection, patience);
        (&mut connection).execute("SET application_name = 'bellwether backup'").await?;
        Ok(connection)
    };
    opened.await.map_err(StoreError::Server)
}

async fn hold(connection: &mut AnyConnection, introduce: String, held: &Held) -> Result<(), sqlx::Error> {
    connection.execute(AssertSqlSafe(introduce)).await?;
    if take(connection).await? || (held.end(connection).await? && take_soon(connection).await?) {
        return held.is(connection).await;
    }
    let holder = holder(connection).await?;
    Err(sqlx::Error::Configuration(format!("the database is in use by {holder}").into()))
}

/// The server learns of a holder's end a moment after it.
async fn take_soon(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    for _ in 0..TAKES_MAX {
        if take(connection).await? {
            return Ok(true);
        }
        tokio::time::sleep(TAKE_REST).await;
    }
    Ok(false)
}

/// Lets the next process in at once: the server would learn of the end of a connection a moment later.
pub(super) async fn give_back<'c, C>(connection: C) -> Result<(), sqlx::Error>
where
    C: Executor<'c, Database = sqlx::Any>,
{
    connection.execute("SELECT pg_advisory_unlock_all()").await.map(|_| ())
}

async fn take(connection: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let taken: i64 = sqlx::query(TAKE).fetch_one(connection).await?.try_get("taken")?;
    Ok(taken == 1)
}

async fn holder(connection: &mut AnyConnection) -> Result<String, sqlx::Error> {
    let row = sqlx::query(HOLDER).fetch_optional(connection).await?;
    row.map_or_else(|| Ok("another process".to_owned()), |row| row.try_get("holder"))
}
