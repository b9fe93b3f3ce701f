//! Prices in a database. That versions are never changed or deleted is the database's own rule.

use domain::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::contract::{NewPrices, PRICE_VERSIONS_PER_PAGE_MAX, PriceDraft, PriceRecords, PriceVersion};
use crate::audit::{self, NewAuditEntry};
use crate::database::Database;
use crate::error::StoreError;
use crate::keys::Answer;

impl PriceRecords for Database {
    fn add<'a>(
        &'a self,
        prices: &'a NewPrices,
        after: u32,
        draft: Option<i64>,
        entry: &'a NewAuditEntry,
    ) -> Answer<'a, Option<u32>> {
        Box::pin(async move {
            add(self, prices, after, draft, entry).await.map_err(StoreError::database("keep the prices"))
        })
    }

    fn versions(&self, before: Option<u32>, count: u32) -> Answer<'_, Vec<PriceVersion>> {
        Box::pin(async move {
            let rows = sqlx::query(
                "SELECT number, taken_at_ms, by_whom, reason, rows_count FROM price_versions
                 WHERE number < $1 ORDER BY number DESC LIMIT $2",
            )
            .bind(before.map_or(i64::MAX, i64::from))
            .bind(i64::from(count.min(PRICE_VERSIONS_PER_PAGE_MAX)))
            .fetch_all(&self.pool)
            .await
            .map_err(StoreError::database("list the versions of the prices"))?;
            rows.iter().map(version).collect()
        })
    }

    fn text(&self, number: u32) -> Answer<'_, Option<String>> {
        Box::pin(async move {
            sqlx::query_scalar("SELECT text FROM price_versions WHERE number = $1")
                .bind(i64::from(number))
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::database("read a version of the prices"))
        })
    }

    fn draft_again<'a>(
        &'a self,
        prices: Option<&'a NewPrices>,
        entry: &'a NewAuditEntry,
    ) -> Answer<'a, Option<i64>> {
        Box::pin(async move {
            draft_again(self, prices, entry)
                .await
                .map_err(StoreError::database("keep the draft of the prices"))
        })
    }

    fn draft(&self) -> Answer<'_, Option<PriceDraft>> {
        Box::pin(async move {
            let row = sqlx::query("SELECT * FROM price_drafts ORDER BY number DESC LIMIT 1")
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::database("read the draft of the prices"))?;
            row.as_ref().map(draft).transpose()
        })
    }
}

async fn add(
    store: &Database,
    prices: &NewPrices,
    after: u32,
    draft: Option<i64>,
    entry: &NewAuditEntry,
) -> Result<Option<u32>, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let newest: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) FROM price_versions")
        .fetch_one(&mut *transaction)
        .await?;
    if newest != i64::from(after) {
        return Ok(None);
    }
    let Some(number) = after.checked_add(1) else { return Ok(None) };
    sqlx::query(
        "INSERT INTO price_versions (number, taken_at_ms, by_whom, reason, rows_count, text)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(i64::from(number))
    .bind(prices.at.unix_ms())
    .bind(&prices.by)
    .bind(&prices.reason)
    .bind(i64::from(prices.rows))
    .bind(&prices.text)
    .execute(&mut *transaction)
    .await?;
    if let Some(draft) = draft {
        sqlx::query("DELETE FROM price_drafts WHERE number = $1")
            .bind(draft)
            .execute(&mut *transaction)
            .await?;
    }
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await?;
    Ok(Some(number))
}

async fn draft_again(
    store: &Database,
    prices: Option<&NewPrices>,
    entry: &NewAuditEntry,
) -> Result<Option<i64>, sqlx::Error> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM price_drafts").execute(&mut *transaction).await?;
    let number = match prices {
        None => None,
        Some(prices) => Some(
            sqlx::query_scalar(
                "INSERT INTO price_drafts (made_at_ms, by_whom, source, rows_count, text)
                 VALUES ($1, $2, $3, $4, $5) RETURNING number",
            )
            .bind(prices.at.unix_ms())
            .bind(&prices.by)
            .bind(&prices.reason)
            .bind(i64::from(prices.rows))
            .bind(&prices.text)
            .fetch_one(&mut *transaction)
            .await?,
        ),
    };
    audit::write(&mut transaction, entry).await?;
    transaction.commit().await?;
    Ok(number)
}

fn version(row: &AnyRow) -> Result<PriceVersion, StoreError> {
    const READ: &str = "read a version of the prices";
    Ok(PriceVersion {
        number: small(row, "number")?,
        taken_at: Timestamp(row.try_get("taken_at_ms").map_err(StoreError::database(READ))?),
        by: row.try_get("by_whom").map_err(StoreError::database(READ))?,
        reason: row.try_get("reason").map_err(StoreError::database(READ))?,
        rows: small(row, "rows_count")?,
    })
}

fn draft(row: &AnyRow) -> Result<PriceDraft, StoreError> {
    const READ: &str = "read the draft of the prices";
    Ok(PriceDraft {
        number: row.try_get("number").map_err(StoreError::database(READ))?,
        made_at: Timestamp(row.try_get("made_at_ms").map_err(StoreError::database(READ))?),
        by: row.try_get("by_whom").map_err(StoreError::database(READ))?,
        source: row.try_get("source").map_err(StoreError::database(READ))?,
        rows: small(row, "rows_count")?,
        text: row.try_get("text").map_err(StoreError::database(READ))?,
    })
}

fn small(row: &AnyRow, column: &'static str) -> Result<u32, StoreError> {
    let found: i64 = row.try_get(column).map_err(StoreError::database("read the prices"))?;
    u32::try_from(found).map_err(|_| StoreError::Damaged { what: column, found: found.to_string() })
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite:
        versions_are_counted_from_one
        one_that_is_not_the_next_is_not_added
        nobody_changes_or_drops_a_version
        there_is_one_draft
    );
}
