//! Switches in a database.

use domain::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::contract::{ProviderSwitch, SwitchPosition, SwitchRecords, SwitchScope};
use crate::audit::{self, NewAuditEntry};
use crate::database::Database;
use crate::error::StoreError;
use crate::keys::Answer;

impl SwitchRecords for Database {
    fn replace<'a>(&'a self, all: &'a [ProviderSwitch], entry: &'a NewAuditEntry) -> Answer<'a, i64> {
        Box::pin(
            async move { replace(self, all, entry).await.map_err(StoreError::database("keep the switches")) },
        )
    }

    fn switches(&self) -> Answer<'_, Vec<ProviderSwitch>> {
        Box::pin(async move {
            let rows = sqlx::query("SELECT * FROM provider_switches ORDER BY provider, region, model")
                .fetch_all(&self.pool)
                .await
                .map_err(StoreError::database("read the switches"))?;
            rows.iter().map(switch).collect()
        })
    }
}

async fn replace(
    store: &Database,
    all: &[ProviderSwitch],
    entry: &NewAuditEntry,
) -> Result<i64, sqlx::Error> {
    let mut transaction = store.begin().await?;
    sqlx::query("DELETE FROM provider_switches").execute(&mut *transaction).await?;
    for kept in all {
        sqlx::query(
            "INSERT INTO provider_switches (provider, region, model, position, since_ms, by_whom, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&kept.scope.provider)
        .bind(kept.scope.region.as_deref().unwrap_or_default())
        .bind(kept.scope.model.as_deref().unwrap_or_default())
        .bind(kept.position.name())
        .bind(kept.since.unix_ms())
        .bind(&kept.by)
        .bind(&kept.reason)
        .execute(&mut *transaction)
        .await?;
    }
    let number = audit::write(&mut transaction, entry).await?;
    transaction.commit().await?;
    Ok(number)
}

fn switch(row: &AnyRow) -> Result<ProviderSwitch, StoreError> {
    let text = |column| row.try_get::<String, _>(column).map_err(StoreError::database("read a switch"));
    let some = |column| text(column).map(|text| Some(text).filter(|text| !text.is_empty()));
    let position = text("position")?;
    Ok(ProviderSwitch {
        scope: SwitchScope { provider: text("provider")?, region: some("region")?, model: some("model")? },
        position: SwitchPosition::of(&position)
            .ok_or(StoreError::Damaged { what: "position of a switch", found: position })?,
        since: Timestamp(row.try_get("since_ms").map_err(StoreError::database("read a switch"))?),
        by: row.try_get("by_whom").map_err(StoreError::database("read a switch"))?,
        reason: text("reason")?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite: all_switches_are_replaced);
}
