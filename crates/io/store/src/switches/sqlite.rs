//! Switches in SQLite.

use domain::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::contract::{ProviderSwitch, SwitchChange, SwitchPosition, SwitchRecords, SwitchScope};
use crate::audit;
use crate::error::StoreError;
use crate::keys::Answer;
use crate::sqlite::{BEGIN, SqliteStore};

impl SwitchRecords for SqliteStore {
    fn change<'a>(&'a self, wanted: &'a SwitchChange) -> Answer<'a, i64> {
        Box::pin(async move { change(self, wanted).await.map_err(StoreError::database("change a switch")) })
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

async fn change(store: &SqliteStore, change: &SwitchChange) -> Result<i64, sqlx::Error> {
    let mut transaction = store.pool.begin_with(BEGIN).await?;
    for scope in &change.removed {
        sqlx::query("DELETE FROM provider_switches WHERE provider = $1 AND region = $2 AND model = $3")
            .bind(&scope.provider)
            .bind(scope.region.as_deref().unwrap_or_default())
            .bind(scope.model.as_deref().unwrap_or_default())
            .execute(&mut *transaction)
            .await?;
    }
    if let Some(set) = &change.set {
        sqlx::query(
            "INSERT OR REPLACE INTO provider_switches (provider, region, model, position, since_ms, by_whom, reason)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&set.scope.provider)
        .bind(set.scope.region.as_deref().unwrap_or_default())
        .bind(set.scope.model.as_deref().unwrap_or_default())
        .bind(set.position.name())
        .bind(set.since.unix_ms())
        .bind(&set.by)
        .bind(&set.reason)
        .execute(&mut *transaction)
        .await?;
    }
    let number = audit::write(&mut transaction, &change.audit).await?;
    transaction.commit().await?;
    Ok(number)
}

fn switch(row: &SqliteRow) -> Result<ProviderSwitch, StoreError> {
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
    use crate::keys::KeyHasher;
    use crate::sqlite::SqliteStore;

    #[tokio::test]
    async fn switches_are_kept_replaced_and_removed() {
        let store = SqliteStore::in_memory(&KeyHasher::new(&[7; 32])).await.unwrap();
        suite::switches_are_kept_replaced_and_removed(&store).await;
    }
}
