//! Request rows in a database: making the tables of days, writing, dropping. Looking is done in `look.rs`.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use sqlx::{AssertSqlSafe, Row};

use super::batch::RowBatch;
use super::contract::{RequestPage, RequestQuery, RequestRecords, RequestState, RowsKept};
use super::days::{day_of, day_of_table, table_of};
use super::look;
use super::pack::{Pack, packs};
use crate::database::{AnyConnection, AnyPool, Database, Kind, open_rows};
use crate::error::StoreError;
use crate::keys::Answer;
use crate::reports::{Sums, by_minute};

/// The rows' own database in the data directory.
pub const REQUESTS_FILE: &str = "requests.db";

/// In PostgreSQL the days are parts of this.
const WHOLE: &str = "requests";

/// Where request rows are kept: in SQLite in a file of their own, in PostgreSQL beside everything else.
#[derive(Clone, Debug)]
pub struct RequestStore {
    pool: AnyPool,
    kind: Kind,
    /// What rows come to.
    sums: Sums,
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

    /// What is there, for reading beside whoever writes; none if nothing is. `database` is for reading, too.
    pub(crate) async fn beside(database: &Database, path: &Path) -> Result<Option<Self>, StoreError> {
        let pool = match database.kind {
            Kind::Sqlite if !path.exists() => return Ok(None),
            Kind::Sqlite => open_rows(Some(path)).await?,
            Kind::Postgres => database.pool.clone(),
        };
        let sums = Sums::beside(pool.clone(), database.kind);
        Ok(Some(Self { pool, kind: database.kind, sums, made: Arc::default() }))
    }

    /// One that lives and dies with this value, for tests and demonstrations.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::with(open_rows(None).await?, Kind::Sqlite).await
    }

    async fn with(pool: AnyPool, kind: Kind) -> Result<Self, StoreError> {
        let sums = Sums::open(pool.clone(), kind);
        let sums = sums.await.map_err(StoreError::database("make the table of sums of calls"))?;
        let store = Self { pool, kind, sums, made: Arc::default() };
        if kind == Kind::Postgres {
            let columns = columns("TEXT COLLATE \"C\"", "BYTEA");
            let whole = format!(
                "CREATE TABLE IF NOT EXISTS {WHOLE} (day BIGINT NOT NULL, {columns}, PRIMARY KEY (day, last_id, first_id)) PARTITION BY RANGE (day)"
            );
            store.run(whole).await.map_err(StoreError::database("make the table of requests"))?;
        }
        Ok(store)
    }

    /// What rows come to.
    pub(crate) const fn sums(&self) -> &Sums {
        &self.sums
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
            // A rowid apart from the key: packs are long, and looking goes by their ids alone.
            Kind::Sqlite => {
                let columns = columns("TEXT", "BLOB");
                self.run(format!(
                    "CREATE TABLE IF NOT EXISTS {table} ({columns}, PRIMARY KEY (last_id, first_id))"
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
        self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(day);
        Ok(())
    }

    async fn put(&self, batch: &RowBatch, kept: RowsKept) -> Result<(), sqlx::Error> {
        let packs = if kept.rows { packs(batch) } else { Vec::new() };
        for pack in &packs {
            self.make(day(pack)).await?;
        }
        let sums = if kept.sums { by_minute(batch) } else { BTreeMap::new() };
        let mut transaction = self.pool.begin().await?;
        if !self.put_packs(&mut transaction, packs).await? {
            return Ok(());
        }
        Sums::put(&mut transaction, sums).await?;
        transaction.commit().await
    }

    /// `false` where one of them is there already: the batch has been written before.
    async fn put_packs(&self, connection: &mut AnyConnection, packs: Vec<Pack>) -> Result<bool, sqlx::Error> {
        for pack in packs {
            let (table, day) = (table_of(day(&pack)), day(&pack));
            let (name, place) = match self.kind {
                Kind::Sqlite => ("", ""),
                Kind::Postgres => ("day, ", "$6, "),
            };
            let statement = format!(
                "INSERT INTO {table} ({name}first_id, last_id, rows, marks, packed) VALUES ({place}$1, $2, $3, $4, $5)
                 ON CONFLICT DO NOTHING"
            );
            let query = sqlx::query(AssertSqlSafe(statement))
                .bind(pack.first.to_string())
                .bind(pack.last.to_string())
                .bind(pack.rows)
                .bind(pack.marks)
                .bind(pack.bytes);
            let query = if self.kind == Kind::Postgres { query.bind(day) } else { query };
            if query.execute(&mut *connection).await?.rows_affected() == 0 {
                return Ok(false);
            }
        }
        Ok(true)
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

/// A pack, as a table has it.
fn columns(text: &str, bytes: &str) -> String {
    format!(
        "first_id {text} NOT NULL, last_id {text} NOT NULL, rows BIGINT NOT NULL, marks {bytes} NOT NULL, packed {bytes} NOT NULL"
    )
}

fn day(pack: &Pack) -> i64 {
    day_of(pack.last.received_at())
}

impl RequestRecords for RequestStore {
    fn write<'a>(&'a self, batch: &'a RowBatch, kept: RowsKept) -> Answer<'a, ()> {
        Box::pin(async move {
            self.put(batch, kept).await.map_err(StoreError::database("write rows of requests"))
        })
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

    fn sum_up(&self, now: Timestamp) -> Answer<'_, usize> {
        Box::pin(async move {
            let mut damaged = 0;
            loop {
                let folded = self.sums.fold().await?;
                if folded.parts == 0 {
                    break;
                }
                damaged += folded.damaged;
            }
            self.sums.join(now).await.map(|joined| damaged + joined.damaged)
        })
    }

    fn drop_sums(&self, now: Timestamp, quarters_kept_days: u32) -> Answer<'_, ()> {
        Box::pin(self.sums.drop_old(now, quarters_kept_days))
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
