//! Request rows in a database: making the tables of days, writing, dropping. Looking is done in `look.rs`.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use sqlx::{AnyPool, AssertSqlSafe, Row};

use super::batch::RowBatch;
use super::columns::{COLUMNS, Cell, cells, definition, names};
use super::contract::{RequestPage, RequestQuery, RequestRecords, RequestState};
use super::days::{day_of, day_of_table, table_of};
use super::look;
use super::row::RequestRow;
use crate::database::{Database, Kind, open_rows};
use crate::error::StoreError;
use crate::keys::Answer;

/// The rows' own database in the data directory.
pub const REQUESTS_FILE: &str = "requests.db";

/// So many rows go with one statement. Few numbers, so that each statement is prepared once.
const ROWS_PER_STATEMENT: [usize; 3] = [64, 8, 1];
/// In PostgreSQL the days are parts of this.
const WHOLE: &str = "requests";

/// Where request rows are kept: in SQLite in a file of their own, in PostgreSQL beside everything else.
#[derive(Clone, Debug)]
pub struct RequestStore {
    pool: AnyPool,
    kind: Kind,
    /// Days whose tables are known to be there.
    made: Arc<Mutex<HashSet<i64>>>,
}

impl RequestStore {
    /// Opens it beside a database: SQLite has a file of its own at this path, made if missing.
    pub async fn open(database: &Database, path: &Path) -> Result<Self, StoreError> {
        let pool = match database.kind {
            Kind::Sqlite => open_rows(Some(path)).await?,
            Kind::Postgres => database.pool.clone(),
        };
        Self::with(pool, database.kind).await
    }

    /// One that lives and dies with this value, for tests and demonstrations.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::with(open_rows(None).await?, Kind::Sqlite).await
    }

    async fn with(pool: AnyPool, kind: Kind) -> Result<Self, StoreError> {
        let store = Self { pool, kind, made: Arc::default() };
        if kind == Kind::Postgres {
            let columns = definition("TEXT COLLATE \"C\"");
            let whole = format!(
                "CREATE TABLE IF NOT EXISTS {WHOLE} (day BIGINT NOT NULL, {columns}, PRIMARY KEY (day, call_id)) PARTITION BY RANGE (day)"
            );
            store.run(whole).await.map_err(StoreError::database("make the table of requests"))?;
        }
        Ok(store)
    }

    /// Writes everything down and lets go of a file of its own.
    pub async fn close(&self) {
        if self.kind == Kind::Sqlite {
            self.pool.close().await;
        }
    }

    /// The days that have a table, the newest first.
    async fn days(&self) -> Result<Vec<i64>, sqlx::Error> {
        let tables = match self.kind {
            Kind::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table'",
            Kind::Postgres => {
                "SELECT tablename::TEXT AS name FROM pg_tables WHERE schemaname = current_schema()"
            }
        };
        let rows = sqlx::query(tables).fetch_all(&self.pool).await?;
        let names: Vec<String> = rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?;
        let mut days: Vec<i64> = names.iter().filter_map(|name| day_of_table(name)).collect();
        days.sort_unstable_by(|left, right| right.cmp(left));
        Ok(days)
    }

    async fn page(&self, query: &RequestQuery) -> Result<RequestPage, sqlx::Error> {
        look::page(&self.pool, self.days().await?, query).await
    }

    async fn make(&self, day: i64) -> Result<(), sqlx::Error> {
        if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(&day) {
            return Ok(());
        }
        let table = table_of(day);
        match self.kind {
            // Without a rowid the rows themselves lie in the order of their ids, which is that of time.
            Kind::Sqlite => {
                let columns = definition("TEXT");
                self.run(format!(
                    "CREATE TABLE IF NOT EXISTS {table} ({columns}, PRIMARY KEY (call_id)) WITHOUT ROWID"
                ))
                .await?;
            }
            Kind::Postgres => {
                let to = day + 1;
                self.run(format!(
                    "CREATE TABLE IF NOT EXISTS {table} PARTITION OF {WHOLE} FOR VALUES FROM ({day}) TO ({to})"
                ))
                .await?;
            }
        }
        for (name, columns, which) in [
            // Most callers have no id of their own: theirs is ours.
            ("request", "request_id", " WHERE request_id <> call_id"),
            ("key", "key_id, call_id", ""),
            ("organisation", "organisation_id, call_id", ""),
        ] {
            self.run(format!("CREATE INDEX IF NOT EXISTS {table}_{name} ON {table} ({columns}){which}"))
                .await?;
        }
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
        Ok(())
    }

    async fn put(&self, batch: &RowBatch) -> Result<(), sqlx::Error> {
        let mut rows: Vec<RequestRow<'_>> = batch.iter().collect();
        rows.sort_unstable_by_key(|row| row.call_id);
        let days = || rows.chunk_by(|left, right| day(left) == day(right));
        for of_day in days() {
            self.make(day(&of_day[0])).await?;
        }
        let mut transaction = self.pool.begin().await?;
        for of_day in days() {
            let mut rest = of_day;
            while let Some(count) = ROWS_PER_STATEMENT.into_iter().find(|count| *count <= rest.len()) {
                let (now, later) = rest.split_at(count);
                self.insert(&mut transaction, day(&now[0]), now).await?;
                rest = later;
            }
        }
        transaction.commit().await
    }

    async fn insert(
        &self,
        transaction: &mut sqlx::Transaction<'_, sqlx::Any>,
        day: i64,
        rows: &[RequestRow<'_>],
    ) -> Result<(), sqlx::Error> {
        let ids: Vec<String> = rows.iter().map(|row| row.call_id.to_string()).collect();
        let mut query = sqlx::query(AssertSqlSafe(self.insertion(day, rows.len())));
        for (row, id) in rows.iter().zip(&ids) {
            if self.kind == Kind::Postgres {
                query = query.bind(day);
            }
            for cell in cells(row, id) {
                query = match cell {
                    Cell::Text(text) => query.bind(text.to_owned()),
                    Cell::Number(number) => query.bind(number),
                    Cell::Nothing => query.bind(None::<i64>),
                };
            }
        }
        query.execute(&mut **transaction).await.map(|_| ())
    }

    /// A statement that adds so many rows to a day.
    fn insertion(&self, day: i64, rows: usize) -> String {
        let (own, begin) = match self.kind {
            Kind::Sqlite => (0, ""),
            Kind::Postgres => (1, "day, "),
        };
        let width = COLUMNS + own;
        let row = |row: usize| {
            let places = (1..=width).map(|place| format!("${}", row * width + place));
            format!("({})", places.collect::<Vec<_>>().join(", "))
        };
        let values = (0..rows).map(row).collect::<Vec<_>>().join(", ");
        let (table, names) = (table_of(day), names());
        format!("INSERT INTO {table} ({begin}{names}) VALUES {values} ON CONFLICT DO NOTHING")
    }

    async fn drop_until(&self, first_kept: i64) -> Result<u32, sqlx::Error> {
        let mut dropped = 0;
        for day in self.days().await?.into_iter().filter(|day| *day < first_kept) {
            self.made.lock().unwrap_or_else(PoisonError::into_inner).remove(&day);
            self.run(format!("DROP TABLE IF EXISTS {}", table_of(day))).await?;
            dropped += 1;
        }
        Ok(dropped)
    }

    async fn run(&self, statement: String) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&self.pool).await.map(|_| ())
    }
}

fn day(row: &RequestRow<'_>) -> i64 {
    day_of(row.call_id.received_at())
}

impl RequestRecords for RequestStore {
    fn write<'a>(&'a self, batch: &'a RowBatch) -> Answer<'a, ()> {
        Box::pin(async move { self.put(batch).await.map_err(StoreError::database("write rows of requests")) })
    }

    fn look<'a>(&'a self, query: &'a RequestQuery) -> Answer<'a, RequestPage> {
        Box::pin(
            async move { self.page(query).await.map_err(StoreError::database("look through the requests")) },
        )
    }

    fn drop_before(&self, moment: Timestamp) -> Answer<'_, u32> {
        Box::pin(async move {
            let dropped = self.drop_until(day_of(moment)).await;
            dropped.map_err(StoreError::database("drop old rows of requests"))
        })
    }

    fn state(&self) -> Answer<'_, RequestState> {
        Box::pin(async move {
            let days = self.days().await.map_err(StoreError::database("look through the requests"))?;
            Ok(RequestState { days: days.len() as u32 })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::{REQUESTS_FILE, RequestStore};
    use crate::database::throwaway::{Throwaway, hasher};
    use crate::{DATABASE_FILE, Database, DatabasePlace};

    #[tokio::test]
    async fn rows_in_memory() {
        for (name, test) in suite::all() {
            println!("{name}");
            test(RequestStore::in_memory().await.unwrap()).await;
        }
    }

    #[tokio::test]
    async fn rows_on_file() {
        for (name, test) in suite::all() {
            println!("{name}");
            let dir = tempfile::tempdir().unwrap();
            let place = DatabasePlace::File(dir.path().join(DATABASE_FILE));
            let database = Database::open(&place, &hasher()).await.unwrap();
            let path = dir.path().join(REQUESTS_FILE);
            test(RequestStore::open(&database, &path).await.unwrap()).await;
            assert!(path.exists());
        }
    }

    #[tokio::test]
    async fn rows_on_postgres() {
        let server = Throwaway::start().await;
        for (name, test) in suite::all() {
            println!("{name}");
            let database = server.database(name).await;
            test(RequestStore::open(&database, "nowhere".as_ref()).await.unwrap()).await;
            database.close().await;
        }
    }
}
