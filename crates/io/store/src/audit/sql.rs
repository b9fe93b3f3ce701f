//! The audit in a database. That rows are never changed or deleted is the database's own rule.

use domain::Timestamp;
use sqlx::any::Any;
use sqlx::{Row, Transaction};

use super::contract::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditRecords, NewAuditEntry};
use crate::database::Database;
use crate::error::StoreError;
use crate::keys::Answer;

impl AuditRecords for Database {
    fn audit(&self, before: Option<i64>, count: u32) -> Answer<'_, Vec<AuditEntry>> {
        Box::pin(
            async move { list(self, before, count).await.map_err(StoreError::database("list the audit")) },
        )
    }
}

/// Adds an entry to whatever else a transaction does.
pub(crate) async fn write(
    transaction: &mut Transaction<'_, Any>,
    entry: &NewAuditEntry,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "INSERT INTO audit (at_ms, actor, by_whom, action, subject, before_state, after_state, reason, request_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number",
    )
    .bind(entry.at.unix_ms())
    .bind(entry.actor)
    .bind(&entry.by)
    .bind(entry.action)
    .bind(&entry.subject)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(&entry.reason)
    .bind(&entry.request_id)
    .fetch_one(&mut **transaction)
    .await
}

async fn list(store: &Database, before: Option<i64>, count: u32) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM audit WHERE number < $1 ORDER BY number DESC LIMIT $2")
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(count.min(AUDIT_PER_PAGE_MAX)))
        .fetch_all(&store.pool)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(AuditEntry {
                number: row.try_get("number")?,
                at: Timestamp(row.try_get("at_ms")?),
                actor: row.try_get("actor")?,
                by: row.try_get("by_whom")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
                before: row.try_get("before_state")?,
                after: row.try_get("after_state")?,
                reason: row.try_get("reason")?,
                request_id: row.try_get("request_id")?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite: pages_go_back_to_the_first nobody_changes_or_shortens_it);
}
