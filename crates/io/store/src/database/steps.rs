//! The steps of a layout, which may take as long as they need: whether the server is still at them is looked at by another
//! connection. A server that is silent there, too, or has long been waiting for us, is given up like any other silent one.

use domain::Secret;
use sqlx::any::AnyConnectOptions;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe, ConnectOptions, Connection, Error, Executor};
use tokio::time::{sleep, timeout};

use super::pool::{AnyPool, CONNECT_WAIT};
use super::server_url::ServerUrl;
use crate::error::StoreError;

/// The process of the server that is at the steps, by when it began: numbers are given again.
const OWN: &str = "SELECT pid::TEXT || ' ' || backend_start::TEXT AS process FROM pg_stat_activity WHERE pid = pg_backend_pid()";
/// Since when it has been waiting for what we say next; nothing where it is at work, or tells nobody.
const WAITING: &str =
    "SELECT CASE WHEN state LIKE 'idle%' THEN COALESCE(state_change::TEXT, '') ELSE '' END AS since
    FROM pg_stat_activity WHERE pid::TEXT || ' ' || backend_start::TEXT = $1";
/// No step is too long. It is undone where the connection is used on.
const UNHURRIED: &str = "SET statement_timeout = 0";

/// Takes those that are missing; `server` is the URL where the database is one.
pub(super) async fn take(
    steps: &Migrator,
    pool: &AnyPool,
    server: Option<&Secret>,
) -> Result<(), StoreError> {
    let Some(url) = server else {
        let mut connection =
            pool.acquire().await.map_err(StoreError::database("take steps of its layout"))?;
        return steps.run(connection.inner()).await.map_err(StoreError::Layout);
    };
    at_server(steps, pool, url).await.map_err(|error| match error {
        MigrateError::Execute(source) => StoreError::Server(source),
        other => StoreError::Layout(other),
    })
}

async fn at_server(steps: &Migrator, pool: &AnyPool, url: &Secret) -> Result<(), MigrateError> {
    let url = ServerUrl::parse(url)?;
    let mut connection = pool.acquire().await?;
    let process: String = sqlx::query_scalar(OWN).fetch_one(&mut *connection).await?;
    sqlx::query(UNHURRIED).execute(&mut *connection).await?;
    tokio::select! {
        taken = steps.run(connection.inner()) => taken?,
        () = silence(&url, &process) => return Err(connection.give_up(url.answer_wait()).into()),
    }
    let hurried = format!("SET statement_timeout = {}", url.statement_timeout_ms());
    sqlx::query(AssertSqlSafe(hurried)).execute(&mut *connection).await?;
    Ok(())
}

/// Comes to its end when nobody is at the steps any more.
async fn silence(url: &ServerUrl, process: &str) {
    let mut waiting = String::new();
    loop {
        sleep(url.answer_wait()).await;
        match timeout(CONNECT_WAIT + url.answer_wait(), look(url, process)).await {
            Ok(Ok(Some(since))) if since.is_empty() || since != waiting => waiting = since,
            // For us all that time, or it is gone.
            Ok(Ok(_)) => return,
            // It is not silent, so the connection that is at the steps hears of it, too.
            Ok(Err(_)) => waiting.clear(),
            Err(_) => return,
        }
    }
}

/// Since when the server's process has been waiting; `None` if it is gone.
async fn look(url: &ServerUrl, process: &str) -> Result<Option<String>, Error> {
    let options: AnyConnectOptions = url.rest().parse()?;
    let mut connection = AnyConnection::connect_with(&options.disable_statement_logging()).await?;
    connection.execute("SET application_name = 'bellwether looking'").await?;
    let asked = sqlx::query_scalar(WAITING).bind(process.to_owned());
    let since = asked.fetch_optional(&mut connection).await?;
    connection.close().await?;
    Ok(since)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sqlx::SqlSafeStr;
    use sqlx::migrate::{Migration, MigrationType, Migrator};
    use tokio::time::timeout;

    use super::super::postgres;
    use super::super::silent_way::{LastWords, SilentWay};
    use super::super::throwaway::{Throwaway, hasher};
    use super::take;
    use crate::database::{Database, DatabasePlace};

    /// Beyond that nobody has given it up.
    const FOR_EVER: Duration = Duration::from_secs(40);

    fn steps(text: &'static str) -> Migrator {
        let step = Migration::new(1, "one".into(), MigrationType::Simple, text.into_sql_str(), false);
        Migrator::with_migrations(vec![step])
    }

    async fn is_given_up_and_begun_again(words: &'static str, last: LastWords) {
        let server = Throwaway::start().await;
        let way = SilentWay::to(server.socket()).await;
        let beside = server.place("started").await;
        let place = DatabasePlace::server(way.url("started", 2)).unwrap();
        way.fall_silent_at(words, last);
        let opened = timeout(FOR_EVER, Database::open(&place, &hasher())).await;
        let error = opened.expect("nobody waits without end").unwrap_err().to_string();
        assert!(error.contains("silent for 2 seconds"), "{error}");
        server.break_connections().await;
        Database::open(&beside, &hasher()).await.unwrap().close().await;
    }

    #[tokio::test]
    async fn a_start_whose_first_step_is_lost_is_given_up_and_another_takes_it() {
        is_given_up_and_begun_again("CREATE TABLE caller_keys", LastWords::AreLost).await;
    }

    #[tokio::test]
    async fn a_start_that_is_not_told_of_a_step_is_given_up_and_another_goes_on() {
        is_given_up_and_begun_again("CREATE TABLE audit", LastWords::Arrive).await;
    }

    #[tokio::test]
    async fn a_connection_that_is_forgotten_on_the_way_is_given_up_though_the_server_answers_others() {
        let server = Throwaway::start().await;
        let way = SilentWay::to(server.socket()).await;
        server.place("forgotten").await;
        let url = way.url("forgotten", 1);
        sqlx::any::install_default_drivers();
        let pool = postgres::open(&url).await.unwrap();
        way.fall_silent_at("SELECT 'said'", LastWords::Arrive);
        let (steps, carrying) = (steps("SELECT 'said'"), async {
            way.silent().await;
            way.carry_again();
        });
        let (taken, ()) = tokio::join!(timeout(FOR_EVER, take(&steps, &pool, Some(&url))), carrying);
        let error = taken.expect("nobody waits without end").unwrap_err().to_string();
        assert!(error.contains("silent for 1 seconds"), "{error}");
    }

    #[tokio::test]
    async fn a_step_may_take_longer_than_any_answer() {
        let server = Throwaway::start().await;
        let way = SilentWay::to(server.socket()).await;
        server.place("long").await;
        let url = way.url("long", 1);
        sqlx::any::install_default_drivers();
        let pool = postgres::open(&url).await.unwrap();
        take(&steps("SELECT pg_sleep(3.5)"), &pool, Some(&url)).await.unwrap();
        let hurried = sqlx::query("SELECT pg_sleep(3.5)").execute(&pool).await.unwrap_err().to_string();
        assert!(hurried.contains("statement timeout"), "{hurried}");
    }
}
