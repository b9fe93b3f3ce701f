//! Secrets in a database.

use domain::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::contract::{Resealed, SealedSecret, SecretRecords};
use super::sealed_places::{CONFIG_VERSIONS, SECRETS, SealedPlace};
use crate::audit::{self, NewAuditEntry};
use crate::database::{Database, Transaction};
use crate::error::StoreError;
use crate::keys::Answer;
use crate::seal::Seal;

impl SecretRecords for Database {
    fn secrets(&self) -> Answer<'_, Vec<SealedSecret>> {
        Box::pin(async move { list(self).await.map_err(StoreError::database("read the secrets")) })
    }

    fn put<'a>(&'a self, secret: &'a SealedSecret, entry: &'a NewAuditEntry) -> Answer<'a, i64> {
        Box::pin(async move { put(self, secret, entry).await.map_err(StoreError::database("keep a secret")) })
    }

    fn remove<'a>(&'a self, name: &'a str, entry: &'a NewAuditEntry) -> Answer<'a, Option<i64>> {
        Box::pin(
            async move { remove(self, name, entry).await.map_err(StoreError::database("remove a secret")) },
        )
    }

    fn reseal<'a>(&'a self, seal: &'a Seal, entry: &'a NewAuditEntry) -> Answer<'a, Resealed> {
        Box::pin(async move {
            let resealed = reseal(self, seal, entry).await;
            resealed.map_err(StoreError::database("seal everything anew"))
        })
    }
}

async fn list(store: &Database) -> Result<Vec<SealedSecret>, sqlx::Error> {
    let rows = sqlx::query("SELECT * FROM secrets ORDER BY name").fetch_all(&store.pool).await?;
    rows.iter().map(secret).collect()
}

fn secret(row: &AnyRow) -> Result<SealedSecret, sqlx::Error> {
    Ok(SealedSecret {
        name: row.try_get("name")?,
        sealed: row.try_get("sealed")?,
        hint: row.try_get("hint")?,
        version: row.try_get("version")?,
        created_at: Timestamp(row.try_get("created_at_ms")?),
        changed_at: Timestamp(row.try_get("changed_at_ms")?),
    })
}

async fn put(store: &Database, secret: &SealedSecret, entry: &NewAuditEntry) -> Result<i64, sqlx::Error> {
    let mut transaction = store.begin().await?;
    sqlx::query(
        "INSERT INTO secrets (name, sealed, hint, version, created_at_ms, changed_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint,
             version = excluded.version, changed_at_ms = excluded.changed_at_ms",
    )
    .bind(&secret.name)
    .bind(&secret.sealed)
    .bind(&secret.hint)
    .bind(secret.version)
    .bind(secret.created_at.unix_ms())
    .bind(secret.changed_at.unix_ms())
    .execute(&mut *transaction)
    .await?;
    let number = audit::write(&mut transaction, entry).await?;
    transaction.commit().await?;
    Ok(number)
}

async fn remove(store: &Database, name: &str, entry: &NewAuditEntry) -> Result<Option<i64>, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let removed =
        sqlx::query("DELETE FROM secrets WHERE name = $1").bind(name).execute(&mut *transaction).await?;
    if removed.rows_affected() == 0 {
        return Ok(None);
    }
    let number = audit::write(&mut transaction, entry).await?;
    transaction.commit().await?;
    Ok(Some(number))
}

/// Whoever crashes within it has done nothing: what is sealed and which generation seals change together.
async fn reseal(store: &Database, seal: &Seal, entry: &NewAuditEntry) -> Result<Resealed, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let generation: i64 = sqlx::query_scalar(
        "UPDATE envelope SET generation = generation + 1, rotated_at_ms = $1 RETURNING generation",
    )
    .bind(entry.at.unix_ms())
    .fetch_one(&mut *transaction)
    .await?;
    let generation = u32::try_from(generation).map_err(|error| sqlx::Error::Decode(error.into()))?;
    let (secrets, left) = turn(&mut transaction, seal, generation, &SECRETS).await?;
    let (config_versions, also_left) = turn(&mut transaction, seal, generation, &CONFIG_VERSIONS).await?;
    let left = left + also_left;
    let entry = NewAuditEntry {
        before: format!(r#"{{"generation":{}}}"#, generation - 1),
        after: format!(
            r#"{{"generation":{generation},"config_versions":{config_versions},"left":{left},"resealed":{secrets}}}"#
        ),
        ..entry.clone()
    };
    let audit = audit::write(&mut transaction, &entry).await?;
    transaction.commit().await?;
    store.generation.turn_to(generation);
    Ok(Resealed { generation, secrets, config_versions, left, audit })
}

/// Seals all of a place under another generation: how many, and how many were left because they do not open.
async fn turn(
    transaction: &mut Transaction,
    seal: &Seal,
    generation: u32,
    place: &SealedPlace,
) -> Result<(u64, u64), sqlx::Error> {
    let (mut done, mut left) = (0, 0);
    // Of secrets at most a thousand, of versions a hundred: they are read at once.
    let rows = sqlx::query(place.read).fetch_all(&mut **transaction).await?;
    for row in &rows {
        let key: String = row.try_get("key")?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let purpose = (place.purpose)(&key);
        let Ok(plain) = seal.open(&purpose, &sealed) else {
            left += 1;
            continue;
        };
        let resealed = seal.seal_under(generation, &purpose, &plain);
        sqlx::query(place.write).bind(resealed).bind(&key).execute(&mut **transaction).await?;
        done += 1;
    }
    Ok((done, left))
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite:
        a_secret_is_kept_set_anew_and_removed everything_is_sealed_anew_or_nothing
        every_sealed_column_is_in_the_list);
}
