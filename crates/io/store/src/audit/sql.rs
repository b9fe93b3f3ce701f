//! The audit in a database. That rows are never changed or deleted is the database's own rule.

use domain::Timestamp;

use super::chain::{Head, hash};
use super::contract::{AUDIT_PER_PAGE_MAX, AuditEntry, AuditFilter, AuditRecords, NewAuditEntry};
use super::hash::{Hash, is_same};
use super::rows::{entry, head};
use super::verdict::{AuditVerdict, KnownRow};
use super::{mask, verify};
use crate::database::{Database, Transaction};
use crate::error::StoreError;
use crate::keys::Answer;
use crate::tenancy::Reach;

impl AuditRecords for Database {
    fn search<'a>(
        &'a self,
        reach: &'a Reach,
        filter: &'a AuditFilter,
        before: Option<i64>,
        count: u32,
    ) -> Answer<'a, Vec<AuditEntry>> {
        Box::pin(async move {
            list(self, reach, filter, before, count).await.map_err(StoreError::database("list the audit"))
        })
    }

    fn note<'a>(&'a self, entry: &'a NewAuditEntry) -> Answer<'a, i64> {
        let noted = async move {
            let mut transaction = self.begin().await?;
            let number = write(&mut transaction, entry).await?;
            transaction.commit().await?;
            Ok(number)
        };
        Box::pin(async move { noted.await.map_err(StoreError::database("add to the audit")) })
    }

    fn verify<'a>(&'a self, known: Option<&'a KnownRow>) -> Answer<'a, AuditVerdict> {
        Box::pin(
            async move { verify::verify(self, known).await.map_err(StoreError::database("check the audit")) },
        )
    }
}

/// Adds an entry to whatever else a transaction does.
pub(crate) async fn write(transaction: &mut Transaction, entry: &NewAuditEntry) -> Result<i64, sqlx::Error> {
    let found = sqlx::query("SELECT number, hash, older_until, mark FROM audit_head")
        .fetch_optional(&mut **transaction)
        .await?;
    let head = found.as_ref().map(head).transpose()?;
    // Going on from an end that somebody made up would make it true.
    let Some((head, _)) = head.filter(|(head, mark)| is_same(mark, &transaction.chain().of_head(head)))
    else {
        let message =
            "where the audit ends was tampered with, so nothing is changed; see `bellwether audit verify`";
        return Err(sqlx::Error::Protocol(message.to_owned()));
    };
    let entry = AuditEntry {
        number: head.number + 1,
        at: entry.at,
        actor: entry.actor.to_owned(),
        by: entry.by.as_deref().map(mask::words),
        action: entry.action.to_owned(),
        subject: mask::words(&entry.subject),
        organisation: entry.organisation.as_ref().map(ToString::to_string),
        before: mask::state(&entry.before),
        after: mask::state(&entry.after),
        reason: mask::words(&entry.reason),
        request_id: entry.request_id.clone(),
        hash: String::new(),
    };
    let hash = insert(transaction, &entry, &head.hash).await?;
    put_head(transaction, &Head { number: entry.number, hash, older_until: head.older_until }).await?;
    Ok(entry.number)
}

/// Adds a row behind one with the hash `before`, and gives its hash.
pub(super) async fn insert(
    transaction: &mut Transaction,
    entry: &AuditEntry,
    before: &Hash,
) -> Result<Hash, sqlx::Error> {
    let hash = hash(entry, before);
    let mark = transaction.chain().of_row(entry.number, &hash);
    sqlx::query(
        "INSERT INTO audit (number, at_ms, actor, by_whom, action, subject, organisation, before_state, after_state, reason,
                            request_id, hash, mark)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(entry.number)
    .bind(entry.at.unix_ms())
    .bind(&entry.actor)
    .bind(&entry.by)
    .bind(&entry.action)
    .bind(&entry.subject)
    .bind(&entry.organisation)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(&entry.reason)
    .bind(&entry.request_id)
    .bind(hash.as_slice())
    .bind(mark.as_slice())
    .execute(&mut **transaction)
    .await?;
    Ok(hash)
}

/// Says where the chain ends from now on.
pub(super) async fn put_head(transaction: &mut Transaction, head: &Head) -> Result<(), sqlx::Error> {
    let mark = transaction.chain().of_head(head);
    sqlx::query(
        "INSERT INTO audit_head (only_row, number, hash, older_until, mark) VALUES (1, $1, $2, $3, $4)
         ON CONFLICT (only_row) DO UPDATE SET number = excluded.number, hash = excluded.hash,
             older_until = excluded.older_until, mark = excluded.mark",
    )
    .bind(head.number)
    .bind(head.hash.as_slice())
    .bind(head.older_until)
    .bind(mark.as_slice())
    .execute(&mut **transaction)
    .await
    .map(|_| ())
}

async fn list(
    store: &Database,
    reach: &Reach,
    filter: &AuditFilter,
    before: Option<i64>,
    count: u32,
) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let action = filter.action.as_deref().unwrap_or_default();
    let (action, beginning) = match action.strip_suffix('*') {
        Some(beginning) => ("", beginning),
        None => (action, ""),
    };
    let rows = sqlx::query(
        "SELECT * FROM audit WHERE number < $1 AND at_ms >= $2 AND at_ms < $3
             AND ($4 = '' OR action = $4) AND ($5 = '' OR substr(action, 1, length($5)) = $5)
             AND ($6 = '' OR subject = $6) AND ($7 = '' OR actor = $7 OR by_whom = $7)
             AND ($8 = '' OR organisation = $8)
             AND ($9 = '' OR replace($9, ',' || organisation || ',', '') <> $9)
         ORDER BY number DESC LIMIT $10",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(filter.from.map_or(i64::MIN, Timestamp::unix_ms))
    .bind(filter.to.map_or(i64::MAX, Timestamp::unix_ms))
    .bind(action)
    .bind(beginning)
    .bind(filter.subject.as_deref().unwrap_or_default())
    .bind(filter.actor.as_deref().unwrap_or_default())
    .bind(filter.organisation.as_ref().map_or("", |id| id.as_str()))
    .bind(reach.listed())
    .bind(i64::from(count.min(AUDIT_PER_PAGE_MAX)))
    .fetch_all(&store.pool)
    .await?;
    rows.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite:
        pages_go_back_to_the_first nobody_changes_or_shortens_it what_is_looked_for_is_found
        nobody_is_told_what_is_out_of_his_reach secrets_stay_out
        an_untouched_chain_holds every_way_of_tampering_is_found a_made_up_end_is_not_gone_on_from
        what_was_written_down_is_compared);
}
