//! Opening a database, bringing its layout up to date, counting starts. The areas' queries are theirs.
//!
//! Both databases are spoken to by the same SQL text, through sqlx's `Any` driver (docs/decisions/0024). There is one
//! connection, so what a transaction reads cannot change before it writes.

use domain::Secret;
use sqlx::Row;
use tokio::time::timeout;

use super::beside::open_empty;
use super::kind::Kind;
use super::place::DatabasePlace;
use super::pool::{AnyPool, CLOSE_WAIT};
use super::transaction::Transaction;
use super::{layouts, postgres};
use crate::audit;
use crate::audit::chain::ChainKey;
use crate::error::StoreError;
use crate::keys::KeyHasher;
use crate::master_key::MasterKey;
use crate::seal::{Generation, Seal};

/// The database in the data directory.
pub const DATABASE_FILE: &str = "bellwether.db";

/// An opened database.
#[derive(Clone, Debug)]
pub struct Database {
    // It queues the control plane's few queries and opens the connection again should it break.
    pub(crate) pool: AnyPool,
    pub(crate) kind: Kind,
    chain: ChainKey,
    /// Shared by everything that seals for this database.
    pub(crate) generation: Generation,
}

impl Database {
    /// Opens a database, making its tables if missing. `hasher` must be of the master key that it was made with.
    pub async fn open(place: &DatabasePlace, hasher: &KeyHasher) -> Result<Self, StoreError> {
        let (pool, kind) = open_empty(place).await?;
        let database = Self { pool, kind, chain: ChainKey::new(hasher), generation: Generation::new(1) };
        database.without_waiting_for_the_disk(database.prepare(hasher, place.url())).await?;
        database
            .learn_generation()
            .await
            .map_err(StoreError::database("read the generation of its seals"))?;
        Ok(database)
    }

    /// A database that lives and dies with this value, for tests and demonstrations.
    pub async fn in_memory(hasher: &KeyHasher) -> Result<Self, StoreError> {
        Self::open(&DatabasePlace::Memory, hasher).await
    }

    /// What seals secrets for this database, under the master key that it was opened with.
    pub fn seal(&self, master: &MasterKey) -> Seal {
        master.seal(self.generation.clone())
    }

    /// Begins a new start of this gateway and returns its number, which call ids carry.
    pub async fn begin_epoch(&self) -> Result<u16, StoreError> {
        let epoch: i64 = self.without_waiting_for_the_disk(self.next_epoch()).await?;
        u16::try_from(epoch).map_err(|_| StoreError::Damaged { what: "epoch", found: epoch.to_string() })
    }

    /// Writes everything down and lets go of the database.
    pub async fn close(&self) {
        let giving_back = async {
            if self.kind == Kind::Postgres
                && let Ok(mut connection) = self.pool.acquire().await
            {
                // Where this fails, the end of the connection does the same.
                let _ = postgres::give_back(&mut *connection).await;
            }
        };
        // Where the server is silent the end of this process does the same.
        let _ = timeout(CLOSE_WAIT, giving_back).await;
        self.pool.close().await;
    }

    /// Begins a transaction that may write. Dropped without a commit, it has done nothing.
    pub(crate) async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        let begun = match self.kind {
            // Takes the write lock at once, also against an operator's own tools.
            Kind::Sqlite => self.pool.begin_with("BEGIN IMMEDIATE").await?,
            Kind::Postgres => self.pool.begin().await?,
        };
        Ok(Transaction::new(begun, self.chain.clone()))
    }

    /// The same by other connections.
    pub(super) fn with_pool(&self, pool: AnyPool) -> Self {
        Self { pool, kind: self.kind, chain: self.chain.clone(), generation: self.generation.clone() }
    }

    /// What marks the rows of the audit.
    pub(crate) const fn chain(&self) -> &ChainKey {
        &self.chain
    }

    async fn prepare(&self, hasher: &KeyHasher, server: Option<&Secret>) -> Result<(), StoreError> {
        layouts::bring_up_to_date(&self.pool, self.kind, server).await?;
        let check = hasher.key_check();
        let found = sqlx::query("SELECT key_check FROM meta")
            .fetch_one(&self.pool)
            .await
            .and_then(|row| row.try_get::<Option<Vec<u8>>, _>("key_check"))
            .map_err(StoreError::database("read its key check"))?;
        match found {
            Some(found) if found == check.0 => {}
            Some(_) => return Err(StoreError::OtherMasterKey),
            None => sqlx::query("UPDATE meta SET key_check = $1")
                .bind(check.0.as_slice())
                .execute(&self.pool)
                .await
                .map(|_| ())
                .map_err(StoreError::database("write its key check"))?,
        }
        self.chain_audit().await.map_err(StoreError::database("begin the chain of the audit"))
    }

    async fn learn_generation(&self) -> Result<(), sqlx::Error> {
        let number: i64 = sqlx::query_scalar("SELECT generation FROM envelope").fetch_one(&self.pool).await?;
        let number = u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))?;
        self.generation.turn_to(number);
        Ok(())
    }

    async fn chain_audit(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.begin().await?;
        audit::chain_older(&mut transaction).await?;
        transaction.commit().await
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
        let (before, after) = match self.kind {
            Kind::Sqlite => ("PRAGMA synchronous = NORMAL", "PRAGMA synchronous = FULL"),
            Kind::Postgres => ("SET synchronous_commit = off", "SET synchronous_commit = on"),
        };
        self.run(before).await?;
        // Where it fails so does the start, and nobody writes here any more.
        let done = work.await?;
        self.run(after).await?;
        Ok(done)
    }

    async fn run(&self, statement: &'static str) -> Result<(), StoreError> {
        let done = sqlx::query(statement).execute(&self.pool).await;
        done.map(|_| ()).map_err(StoreError::database("change its settings"))
    }
}
