//! One SQLite file: opening it quickly, bringing its layout up to date, counting starts. The areas' queries are theirs.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr};

use crate::error::StoreError;
use crate::keys::KeyHasher;

/// The database in the data directory.
pub const DATABASE_FILE: &str = "bellwether.db";

/// The data directory's lock keeps other gateways out; this is for an operator's own tools.
const BUSY_WAIT: Duration = Duration::from_secs(5);
const STATEMENTS_CACHED_MAX: usize = 32;

/// Digested once per database: a key text has no spaces, so no caller's key has this digest.
const KEY_CHECK_TEXT: &str = "bellwether key check v1";

/// Every layout this version knows, oldest first. The list only grows.
const LAYOUTS: &[(i64, &str, &str)] = &[
    (1, "keys", include_str!("../migrations/sqlite/0001_keys.sql")),
    (2, "config versions", include_str!("../migrations/sqlite/0002_config_versions.sql")),
    (3, "strict keys", include_str!("../migrations/sqlite/0003_strict_keys.sql")),
    (4, "provider switches", include_str!("../migrations/sqlite/0004_provider_switches.sql")),
    (5, "models of keys", include_str!("../migrations/sqlite/0005_key_models.sql")),
];

/// Takes the write lock at once, so that what a transaction reads cannot change before it writes.
pub(crate) const BEGIN: &str = "BEGIN IMMEDIATE";

/// The default store: one file, one connection, one writer.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    // A pool of one: it queues the control plane's few queries and opens the connection again should it break.
    pub(crate) pool: SqlitePool,
}

impl SqliteStore {
    /// Opens the database, making it if missing. `hasher` must be of the master key that it was made with.
    pub async fn open(path: &Path, hasher: &KeyHasher) -> Result<Self, StoreError> {
        // Made here for its mode; SQLite gives the same to the files beside it.
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| StoreError::File { path: path.to_owned(), source })?;
        let options = SqliteConnectOptions::new().filename(path).journal_mode(SqliteJournalMode::Wal);
        Self::connect(options, hasher).await
    }

    /// A database that lives and dies with this value, for tests and demonstrations.
    pub async fn in_memory(hasher: &KeyHasher) -> Result<Self, StoreError> {
        Self::connect(SqliteConnectOptions::new().in_memory(true), hasher).await
    }

    async fn connect(options: SqliteConnectOptions, hasher: &KeyHasher) -> Result<Self, StoreError> {
        let options = options
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_WAIT)
            .statement_cache_capacity(STATEMENTS_CACHED_MAX)
            .thread_name(|_| "store-sqlite".to_owned())
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .map_err(StoreError::database("open"))?;
        let store = Self { pool };
        store.without_waiting_for_the_disk(store.prepare(hasher)).await?;
        Ok(store)
    }

    /// Begins a new start of this gateway and returns its number, which call ids carry.
    pub async fn begin_epoch(&self) -> Result<u16, StoreError> {
        let epoch: i64 = self.without_waiting_for_the_disk(self.next_epoch()).await?;
        u16::try_from(epoch).map_err(|_| StoreError::Damaged { what: "epoch", found: epoch.to_string() })
    }

    /// Writes everything to the one file and lets go of it.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    async fn prepare(&self, hasher: &KeyHasher) -> Result<(), StoreError> {
        layouts().run(&self.pool).await.map_err(|error| match error {
            MigrateError::VersionMissing(found) => StoreError::Newer { found, known: newest_layout() },
            other => StoreError::Layout(other),
        })?;
        let check = hasher.digest(KEY_CHECK_TEXT);
        let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT key_check FROM meta")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::database("read its key check"))?;
        match found {
            Some(found) if found == check.0 => Ok(()),
            Some(_) => Err(StoreError::OtherMasterKey),
            None => sqlx::query("UPDATE meta SET key_check = $1")
                .bind(check.0.as_slice())
                .execute(&self.pool)
                .await
                .map(|_| ())
                .map_err(StoreError::database("write its key check")),
        }
    }

    async fn next_epoch(&self) -> Result<i64, StoreError> {
        sqlx::query_scalar("UPDATE meta SET epoch = (epoch + 1) % 65536 RETURNING epoch")
            .fetch_one(&self.pool)
            .await
            .map_err(StoreError::database("count this start"))
    }

    /// For writes at start-up that a power cut may undo (never tear): the log need not reach the disk at once,
    /// and the next change that must last takes it along.
    async fn without_waiting_for_the_disk<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        self.run("PRAGMA synchronous = NORMAL").await?;
        let result = work.await;
        self.run("PRAGMA synchronous = FULL").await?;
        result
    }

    async fn run(&self, statement: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(statement).execute(&self.pool).await;
        done.map(|_| ()).map_err(StoreError::database("change its settings"))
    }
}

fn layouts() -> Migrator {
    layouts_until(newest_layout())
}

/// The layouts up to one, as an earlier version knew them.
fn layouts_until(newest: i64) -> Migrator {
    let migration = |(version, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    let known = LAYOUTS.iter().filter(|(version, _, _)| *version <= newest);
    Migrator::with_migrations(known.map(migration).collect())
}

fn newest_layout() -> i64 {
    LAYOUTS.last().map_or(0, |(version, _, _)| *version)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::{Duration, Instant};

    use domain::Timestamp;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

    use super::{DATABASE_FILE, SqliteStore, layouts_until};
    use crate::error::StoreError;
    use crate::keys::{Changing, KeyChange, KeyHasher, KeyRecords};

    #[tokio::test]
    async fn every_start_has_its_own_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        let hasher = KeyHasher::new(&[1; 32]);
        for expected in 1..=3 {
            let store = SqliteStore::open(&path, &hasher).await.unwrap();
            assert_eq!(store.begin_epoch().await.unwrap(), expected);
            store.close().await;
        }
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let store = SqliteStore::open(&path, &hasher).await.unwrap();
        sqlx::query("UPDATE meta SET epoch = 65535").execute(&store.pool).await.unwrap();
        assert_eq!(store.begin_epoch().await.unwrap(), 0, "numbers wrap");
    }

    #[tokio::test]
    async fn a_newer_database_is_refused_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        let hasher = KeyHasher::new(&[1; 32]);
        let store = SqliteStore::open(&path, &hasher).await.unwrap();
        let newer = "INSERT INTO _sqlx_migrations VALUES (7, 'later', '2030-01-01', true, x'00', 0)";
        sqlx::query(newer).execute(&store.pool).await.unwrap();
        store.close().await;
        let error = SqliteStore::open(&path, &hasher).await.unwrap_err();
        assert!(matches!(error, StoreError::Newer { found: 7, known: 5 }), "{error}");
    }

    /// What the version before strict keys wrote, opened by this one.
    #[tokio::test]
    async fn a_database_of_an_earlier_layout_keeps_its_keys() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        let hasher = KeyHasher::new(&[1; 32]);
        let digest = hasher.digest("bw_made-by-an-earlier-version");
        let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let before = SqlitePool::connect_with(options).await.unwrap();
        layouts_until(2).run(&before).await.unwrap();
        sqlx::query(
            "INSERT INTO caller_keys (id, project_id, name, hint, digest, created_at_ms, expires_at_ms, revoked_at_ms)
             VALUES ('key_01kahg2xm0000000000000000a', 'proj_default', 'shop', 'bw_…sion', $1, 1, 2, NULL),
                    ('key_01kahg2xm0000000000000000b', 'proj_default', 'gone', 'bw_…gone', $2, 1, NULL, 3)",
        )
        .bind(digest.0.as_slice())
        .bind([7_u8; 32].as_slice())
        .execute(&before)
        .await
        .unwrap();
        before.close().await;

        let store = SqliteStore::open(&path, &hasher).await.unwrap();
        let keys = store.list(None, 10).await.unwrap();
        let [shop, gone] = keys.as_slice() else { panic!("{keys:?}") };
        assert_eq!((shop.name.as_str(), shop.digest, shop.is_strict), ("shop", digest, false));
        assert_eq!((shop.expires_at, shop.revoked_at), (Some(Timestamp(2)), None));
        assert_eq!(
            (gone.name.as_str(), gone.revoked_at, gone.is_strict),
            ("gone", Some(Timestamp(3)), false)
        );
        let change = KeyChange { is_strict: Some(true), ..KeyChange::default() };
        let changed = store.change(&shop.id, change).await.unwrap();
        assert!(matches!(changed, Changing::Changed(key) if key.is_strict));
        store.close().await;
        SqliteStore::open(&path, &hasher).await.expect("a layout is taken once");
    }

    #[tokio::test]
    async fn another_master_key_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        SqliteStore::open(&path, &KeyHasher::new(&[1; 32])).await.unwrap().close().await;
        let error = SqliteStore::open(&path, &KeyHasher::new(&[2; 32])).await.unwrap_err();
        assert!(matches!(error, StoreError::OtherMasterKey), "{error}");
        assert!(SqliteStore::open(&path, &KeyHasher::new(&[1; 32])).await.is_ok());
    }

    #[tokio::test]
    async fn what_is_no_database_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        std::fs::write(&path, "not a database, but long enough to be looked at by one").unwrap();
        let error = SqliteStore::open(&path, &KeyHasher::new(&[1; 32])).await.unwrap_err();
        assert!(error.to_string().contains("file is not a database"), "{error}");
        let error =
            SqliteStore::open(&dir.path().join("no/where"), &KeyHasher::new(&[1; 32])).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot create the database "), "{error}");
    }

    /// The whole process has 15 ms to its first answer; the bound is wide because test machines are busy.
    #[tokio::test]
    async fn opening_an_existing_database_is_quick() {
        const OPEN_MAX: Duration = Duration::from_millis(100);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(DATABASE_FILE);
        let hasher = KeyHasher::new(&[1; 32]);
        let first = Instant::now();
        SqliteStore::open(&path, &hasher).await.unwrap().close().await;
        println!("made and closed in {:?}", first.elapsed());
        let mut best = Duration::MAX;
        for _ in 0..5 {
            let before = Instant::now();
            let store = SqliteStore::open(&path, &hasher).await.unwrap();
            let opened = before.elapsed();
            store.begin_epoch().await.unwrap();
            println!("opened in {opened:?}, with its epoch in {:?}", before.elapsed());
            best = best.min(before.elapsed());
            store.close().await;
        }
        assert!(best < OPEN_MAX, "{best:?}");
    }
}
