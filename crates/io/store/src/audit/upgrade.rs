//! Rows from before there was a chain: put into it once, when the database is brought to this layout.

use domain::Timestamp;
use sqlx::Row;

use super::chain::Head;
use super::contract::AuditEntry;
use super::hash::BEGINNING;
use super::sql::{insert, put_head};
use crate::database::Transaction;

/// Rows read at once.
const ROWS_AT_ONCE: i64 = 1000;

/// Chains what the layout moved aside, and begins the chain; nothing where it has begun.
pub(crate) async fn chain_older(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    // What is there without its head was tampered with: it is no older audit, and stays as it is for the check to tell.
    let has_begun = sqlx::query("SELECT number FROM audit_head UNION ALL SELECT number FROM audit LIMIT 1")
        .fetch_optional(&mut **transaction)
        .await?;
    if has_begun.is_some() {
        return Ok(());
    }
    let mut head = Head { number: 0, hash: BEGINNING, older_until: 0 };
    loop {
        let rows = sqlx::query("SELECT * FROM audit_unchained WHERE number > $1 ORDER BY number LIMIT $2")
            .bind(head.number)
            .bind(ROWS_AT_ONCE)
            .fetch_all(&mut **transaction)
            .await?;
        for row in &rows {
            let entry = AuditEntry {
                number: row.try_get("number")?,
                at: Timestamp(row.try_get("at_ms")?),
                actor: row.try_get("actor")?,
                by: row.try_get("by_whom")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
                organisation: None,
                before: row.try_get("before_state")?,
                after: row.try_get("after_state")?,
                reason: row.try_get("reason")?,
                request_id: row.try_get("request_id")?,
                hash: String::new(),
            };
            head.hash = insert(transaction, &entry, &head.hash).await?;
            head.number = entry.number;
        }
        if rows.is_empty() {
            break;
        }
    }
    head.older_until = head.number;
    put_head(transaction, &head).await?;
    sqlx::query("DROP TABLE audit_unchained").execute(&mut **transaction).await.map(|_| ())
}
