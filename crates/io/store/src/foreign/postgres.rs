//! Reading another gateway's PostgreSQL database: the server itself writes rows as JSON.

use std::str::FromStr;
use std::time::Duration;

use domain::Secret;
use serde_json::{Map, Value};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::error::ForeignError;
use super::tables::{ForeignTables, ROWS_ASKED, counted, present};

const CONNECT_WAIT: Duration = Duration::from_secs(10);
/// Longest that one question may take, in milliseconds.
const STATEMENT_MS_MAX: &str = "120000";

/// Reads the tables of one moment.
pub(super) async fn read(url: &Secret) -> Result<ForeignTables, ForeignError> {
    let options = PgConnectOptions::from_str(url.expose())
        .map_err(ForeignError::database("understand its URL"))?
        .application_name("bellwether import")
        .options([("statement_timeout", STATEMENT_MS_MAX)])
        .disable_statement_logging();
    let mut connection = tokio::time::timeout(CONNECT_WAIT, options.connect())
        .await
        .map_err(|_| ForeignError::Silent { seconds: CONNECT_WAIT.as_secs() })?
        .map_err(ForeignError::database("let us in"))?;
    let mut moment = connection
        .begin_with("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await
        .map_err(ForeignError::database("begin to read"))?;
    read_all(&mut moment).await
}

async fn read_all(moment: &mut PgConnection) -> Result<ForeignTables, ForeignError> {
    let names = "SELECT table_name::text FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1";
    let names: Vec<String> = sqlx::query_scalar(names)
        .fetch_all(&mut *moment)
        .await
        .map_err(ForeignError::database("list its tables"))?;
    let mut tables = ForeignTables::default();
    for (table, query) in present(&names)? {
        let query = AssertSqlSafe(format!("SELECT row_to_json(r)::text FROM ({query}) r"));
        let rows: Vec<String> = sqlx::query_scalar(query)
            .bind(ROWS_ASKED)
            .fetch_all(&mut *moment)
            .await
            .map_err(ForeignError::database("read a table"))?;
        tables.put(table, rows.iter().map(|text| row(text, table)).collect::<Result<_, _>>()?)?;
    }
    for (table, query) in counted(&names) {
        let count = sqlx::query_scalar(query).fetch_one(&mut *moment).await;
        tables.put_count(table, count.map_err(ForeignError::database("count a table"))?);
    }
    Ok(tables)
}

fn row(text: &str, table: &'static str) -> Result<Map<String, Value>, ForeignError> {
    serde_json::from_str(text).map_err(|error| ForeignError::Row { table, why: error.to_string() })
}

#[cfg(test)]
mod tests {
    use domain::Secret;

    use super::super::{ForeignDatabase, read_new_api};

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_without_the_password() {
        for url in ["postgres://me:pass-word@127.0.0.1:1/db", "postgres://me:pass-word@127.0.0.1:x/db"] {
            let database = ForeignDatabase::Postgres(Secret::new(url.to_owned()));
            let error = read_new_api(&database).await.unwrap_err();
            let shown = format!("{error} {error:?} {database:?}");
            assert!(!shown.contains("pass-word"), "{shown}");
        }
    }
}
