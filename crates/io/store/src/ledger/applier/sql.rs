//! Writing the projection: everything that a batch changes, and how far it goes, in one transaction.

use ledger::{EntryKey, Lsn};
use sqlx::{AssertSqlSafe, Row};

use super::bulk::{remove, texts};
use super::hours::HOURS;
use super::received::RECEIVED;
use super::rows::{ACCOUNTS, CALLS, ENTRIES, GRANTS, HOLDS, PURSES, Rows};
use crate::database::Database;
use crate::error::StoreError;
use crate::hex::{hex, thirty_two_from_hex};
use crate::ledger::journal::{AppliedTo, ChainHash, fail_point};

/// What came of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is in the database.
    Yes,
    /// Another process has taken the journal over.
    Fenced,
}

/// Takes a node's journal for this start: nobody who had it before can write any more. Gives the start's epoch and how
/// far the database has come.
pub(crate) async fn take_fence(database: &Database, node: u32) -> Result<(u32, AppliedTo), StoreError> {
    let row = sqlx::query(
        "INSERT INTO ledger_journals (node, epoch, applied_lsn, applied_hash) VALUES ($1, 1, 0, $2)
         ON CONFLICT (node) DO UPDATE SET epoch = ledger_journals.epoch + 1
         RETURNING epoch, applied_lsn, applied_hash",
    )
    .bind(i64::from(node))
    .bind(hex(&ChainHash::default()))
    .fetch_one(&database.pool)
    .await
    .map_err(StoreError::database("take the journal of money"))?;
    let read = StoreError::database;
    let epoch: i64 = row.try_get("epoch").map_err(read("read the journal's epoch"))?;
    let damaged = |what| move |found: String| StoreError::Damaged { what, found };
    let epoch = u32::try_from(epoch).map_err(|_| damaged("epoch of the journal")(epoch.to_string()))?;
    Ok((epoch, applied_of(&row)?))
}

/// How far a database has come with a node's journal.
pub(crate) async fn applied(database: &Database, node: u32) -> Result<AppliedTo, StoreError> {
    let row = sqlx::query("SELECT applied_lsn, applied_hash FROM ledger_journals WHERE node = $1")
        .bind(i64::from(node))
        .fetch_optional(&database.pool)
        .await
        .map_err(StoreError::database("read how far the journal is applied"))?;
    row.as_ref().map_or(Ok(AppliedTo { lsn: Lsn(0), hash: ChainHash::default() }), applied_of)
}

fn applied_of(row: &sqlx::any::AnyRow) -> Result<AppliedTo, StoreError> {
    let read = StoreError::database("read how far the journal is applied");
    let read_hash = StoreError::database("read the journal's hash");
    let lsn: i64 = row.try_get("applied_lsn").map_err(read)?;
    let text: String = row.try_get("applied_hash").map_err(read_hash)?;
    let hash =
        thirty_two_from_hex(&text).ok_or(StoreError::Damaged { what: "hash of the journal", found: text })?;
    Ok(AppliedTo { lsn: Lsn(lsn.cast_unsigned()), hash })
}

/// Whether an entry with this key is in the database.
pub(crate) async fn key_is_used(database: &Database, key: &EntryKey) -> Result<bool, StoreError> {
    let found = sqlx::query("SELECT part FROM ledger_entries WHERE entry_key = $1 LIMIT 1")
        .bind(key.as_str())
        .fetch_optional(&database.pool)
        .await
        .map_err(StoreError::database("look up an entry"))?;
    Ok(found.is_some())
}

/// Which of these keys are used.
pub(crate) async fn used_keys(database: &Database, keys: &[&str]) -> Result<Vec<EntryKey>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let list = serde_json::to_string(keys).expect("keys are texts");
    let within = texts(database.kind);
    let statement = format!("SELECT DISTINCT entry_key FROM ledger_entries WHERE entry_key IN ({within})");
    let rows = sqlx::query(AssertSqlSafe(statement))
        .bind(list)
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("look up entries"))?;
    rows.iter()
        .map(|row| {
            let text: String =
                row.try_get("entry_key").map_err(StoreError::database("read an entry's key"))?;
            EntryKey::parse(&text).map_err(|_| StoreError::Damaged { what: "key of an entry", found: text })
        })
        .collect()
}

/// Writes a batch, if the database is where this process left it.
pub(crate) async fn write(
    database: &Database,
    node: u32,
    epoch: u32,
    before: Lsn,
    after: &AppliedTo,
    rows: Rows,
) -> Result<Written, sqlx::Error> {
    let mut transaction = database.begin().await?;
    let moved = sqlx::query(
        "UPDATE ledger_journals SET applied_lsn = $1, applied_hash = $2
         WHERE node = $3 AND epoch = $4 AND applied_lsn = $5",
    )
    .bind(after.lsn.0.cast_signed())
    .bind(hex(&after.hash))
    .bind(i64::from(node))
    .bind(i64::from(epoch))
    .bind(before.0.cast_signed())
    .execute(&mut *transaction)
    .await?;
    if moved.rows_affected() == 0 {
        // Perhaps it was written, and only the answer was lost.
        let row = sqlx::query("SELECT applied_lsn FROM ledger_journals WHERE node = $1 AND epoch = $2")
            .bind(i64::from(node))
            .bind(i64::from(epoch))
            .fetch_optional(&mut *transaction)
            .await?;
        let is_there = row.map(|row| row.try_get::<i64, _>("applied_lsn")).transpose()?;
        if is_there != Some(after.lsn.0.cast_signed()) {
            return Ok(Written::Fenced);
        }
        // Whatever a server waits for before it answers to a commit, as its standbys, it waits for now.
        sqlx::query("UPDATE ledger_journals SET applied_lsn = $1 WHERE node = $2 AND epoch = $3")
            .bind(after.lsn.0.cast_signed())
            .bind(i64::from(node))
            .bind(i64::from(epoch))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        return Ok(Written::Yes);
    }
    let kind = database.kind;
    for (target, values) in [
        (ENTRIES, rows.entries),
        (CALLS, rows.calls),
        (HOURS, rows.hours),
        (RECEIVED, rows.received),
        (ACCOUNTS, rows.accounts),
        (PURSES, rows.purses),
        (GRANTS, rows.grants),
        (HOLDS, rows.holds),
    ] {
        target.put(&mut transaction, kind, values).await?;
    }
    remove(&mut transaction, kind, ("ledger_holds", "call_id"), rows.ended).await?;
    fail_point::reached("apply").map_err(sqlx::Error::Io)?;
    transaction.commit().await?;
    fail_point::reached("applied").map_err(sqlx::Error::Io)?;
    Ok(Written::Yes)
}
