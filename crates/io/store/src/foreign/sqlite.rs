//! Reading another gateway's SQLite file, which may be in use.

use std::path::Path;
use std::time::Duration;

use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{Column, ConnectOptions, Connection, Row, TypeInfo, ValueRef};

use super::error::ForeignError;
use super::tables::{ForeignTables, ROWS_ASKED, counted, present};

/// The other gateway may be writing.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Reads the tables of one moment.
pub(super) async fn read(path: &Path) -> Result<ForeignTables, ForeignError> {
    let mut connection = open(path).await?;
    let mut moment = connection.begin().await.map_err(ForeignError::database("begin to read"))?;
    let names =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let names: Vec<String> = sqlx::query_scalar(names)
        .fetch_all(&mut *moment)
        .await
        .map_err(ForeignError::database("list its tables"))?;
    let mut tables = ForeignTables::default();
    for (table, query) in present(&names)? {
        let rows = sqlx::query(query)
            .bind(ROWS_ASKED)
            .fetch_all(&mut *moment)
            .await
            .map_err(ForeignError::database("read a table"))?;
        let rows = rows.iter().map(|row| self::row(row, table)).collect::<Result<_, _>>()?;
        tables.put(table, rows)?;
    }
    for (table, query) in counted(&names) {
        let count = sqlx::query_scalar(query).fetch_one(&mut *moment).await;
        tables.put_count(table, count.map_err(ForeignError::database("count a table"))?);
    }
    Ok(tables)
}

/// A copy of a file in use may lie where nothing can be made beside it: then it is read as it stands.
async fn open(path: &Path) -> Result<SqliteConnection, ForeignError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_WAIT)
        .disable_statement_logging();
    let opened = match options.connect().await {
        Ok(mut connection) => {
            match sqlx::query("SELECT 1 FROM sqlite_master").fetch_optional(&mut connection).await {
                Ok(_) => return Ok(connection),
                Err(error) => Err(error),
            }
        }
        Err(error) => Err(error),
    };
    match options.immutable(true).connect().await {
        Ok(connection) => Ok(connection),
        Err(_) => opened.map_err(ForeignError::database("open")),
    }
}

/// Values as they are stored: a column's declared type binds nobody in SQLite.
fn row(row: &SqliteRow, table: &'static str) -> Result<Map<String, Value>, ForeignError> {
    let failed = |error: sqlx::Error| ForeignError::Row { table, why: error.to_string() };
    let mut values = Map::new();
    for (at, column) in row.columns().iter().enumerate() {
        let raw = row.try_get_raw(at).map_err(failed)?;
        let value = if raw.is_null() {
            Value::Null
        } else {
            match raw.type_info().name() {
                "INTEGER" | "BOOLEAN" => row.try_get_unchecked::<i64, _>(at).map_err(failed)?.into(),
                "REAL" => row.try_get_unchecked::<f64, _>(at).map_err(failed)?.into(),
                _ => {
                    let bytes: Vec<u8> = row.try_get_unchecked(at).map_err(failed)?;
                    String::from_utf8_lossy(&bytes).into_owned().into()
                }
            }
        };
        values.insert(column.name().to_owned(), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
    use sqlx::{ConnectOptions, Connection};

    use super::super::{ForeignDatabase, ForeignError, read_new_api};

    const LAYOUT: &str = "
        CREATE TABLE channels (id integer, type integer, `key` text, models text, weight numeric, channel_info json,
                               balance real, base_url text DEFAULT '', `group` varchar(64));
        CREATE TABLE users (id integer, username text, quota bigint, deleted_at datetime);
        CREATE TABLE tokens (id integer, `key` char(48), remain_quota bigint, unlimited_quota numeric);
        CREATE TABLE options (`key` text, value text);
        CREATE TABLE `log\"s` (id integer);
        INSERT INTO channels VALUES (1, 1, 'k', 'm,n', 3, CAST('{\"is_multi_key\":true}' AS BLOB), 1.5, NULL, 'default');
        INSERT INTO tokens VALUES (7, 'abc', 9007199254740993, true);
        INSERT INTO options VALUES ('RetryTimes', '3');
        INSERT INTO `log\"s` VALUES (1), (2);";

    async fn write(path: &Path, layout: &'static str) -> sqlx::sqlite::SqliteConnection {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut connection = options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap();
        sqlx::raw_sql(layout).execute(&mut connection).await.unwrap();
        connection
    }

    #[tokio::test]
    async fn whole_rows_are_read_while_the_other_gateway_runs() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("one-api.db");
        let writer = write(&path, LAYOUT).await;
        let tables = read_new_api(&ForeignDatabase::Sqlite(path.clone())).await.unwrap();
        let channel = serde_json::Value::Object(tables.channels[0].clone());
        let expected = serde_json::json!({
            "id": 1, "type": 1, "key": "k", "models": "m,n", "weight": 3, "channel_info": "{\"is_multi_key\":true}",
            "balance": 1.5, "base_url": null, "group": "default",
        });
        assert_eq!(channel, expected);
        assert_eq!(tables.tokens[0]["remain_quota"], 9_007_199_254_740_993_i64, "to the last digit");
        assert_eq!(tables.tokens[0]["unlimited_quota"], 1);
        assert_eq!(tables.options[0]["value"], "3");
        assert_eq!((tables.users.len(), tables.others), (0, vec![("log\"s".to_owned(), 2)]));
        writer.close().await.unwrap();
        assert!(read_new_api(&ForeignDatabase::Sqlite(path)).await.is_ok());
    }

    #[tokio::test]
    async fn nothing_is_made_and_what_is_no_such_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let none = dir.path().join("none.db");
        let error = read_new_api(&ForeignDatabase::Sqlite(none.clone())).await.unwrap_err();
        assert!(matches!(error, ForeignError::Database { .. }), "{error}");
        assert!(!none.exists());
        let other = dir.path().join("other.db");
        write(&other, "CREATE TABLE songs (id integer)").await.close().await.unwrap();
        let error = read_new_api(&ForeignDatabase::Sqlite(other)).await.unwrap_err();
        assert!(error.to_string().contains("no table channels"), "{error}");
        let text = dir.path().join("text.db");
        std::fs::write(&text, "not a database, but long enough to be looked at by one").unwrap();
        assert!(read_new_api(&ForeignDatabase::Sqlite(text)).await.is_err());
    }
}
