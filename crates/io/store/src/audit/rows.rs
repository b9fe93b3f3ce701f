//! Rows of the audit as values.

use domain::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::chain::Head;
use super::contract::AuditEntry;
use super::hash::{BEGINNING, Hash};
use crate::hex::hex;

pub(super) fn entry(row: &AnyRow) -> Result<AuditEntry, sqlx::Error> {
    Ok(AuditEntry {
        number: row.try_get("number")?,
        at: Timestamp(row.try_get("at_ms")?),
        actor: row.try_get("actor")?,
        by: row.try_get("by_whom")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        organisation: row.try_get("organisation")?,
        before: row.try_get("before_state")?,
        after: row.try_get("after_state")?,
        reason: row.try_get("reason")?,
        request_id: row.try_get("request_id")?,
        hash: hex(&thirty_two(row, "hash")?),
    })
}

/// The end of the chain as it is kept, and its mark.
pub(super) fn head(row: &AnyRow) -> Result<(Head, Hash), sqlx::Error> {
    let head = Head {
        number: row.try_get("number")?,
        hash: thirty_two(row, "hash")?,
        older_until: row.try_get("older_until")?,
    };
    Ok((head, thirty_two(row, "mark")?))
}

/// A hash or mark as it is kept; one of another length, which is none, is no bytes of ours.
pub(super) fn thirty_two(row: &AnyRow, column: &str) -> Result<Hash, sqlx::Error> {
    let bytes: Vec<u8> = row.try_get(column)?;
    Ok(bytes.try_into().unwrap_or(BEGINNING))
}
