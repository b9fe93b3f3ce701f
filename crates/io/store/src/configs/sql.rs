//! Versions of the configuration in a database.

use domain::Timestamp;
use sqlx::Row;

use super::contract::{CONFIG_VERSIONS_MAX, ConfigRecords, ConfigVersion, NewConfigVersion};
use crate::database::Database;
use crate::error::StoreError;
use crate::keys::Answer;

impl ConfigRecords for Database {
    fn keep<'a>(&'a self, version: &'a NewConfigVersion) -> Answer<'a, i64> {
        Box::pin(async move {
            keep(self, version).await.map_err(StoreError::database("keep a version of the configuration"))
        })
    }

    fn list(&self) -> Answer<'_, Vec<ConfigVersion>> {
        Box::pin(async move {
            list(self).await.map_err(StoreError::database("list the versions of the configuration"))
        })
    }

    fn sealed(&self, number: i64) -> Answer<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            sqlx::query_scalar("SELECT sealed FROM config_versions WHERE number = $1")
                .bind(number)
                .fetch_optional(&self.pool)
                .await
                .map_err(StoreError::database("read a version of the configuration"))
        })
    }
}

async fn keep(store: &Database, version: &NewConfigVersion) -> Result<i64, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let newest =
        sqlx::query("SELECT number, digest, was_in_force FROM config_versions ORDER BY number DESC LIMIT 1")
            .fetch_optional(&mut *transaction)
            .await?;
    if let Some(newest) = newest {
        let digest: Vec<u8> = newest.try_get("digest")?;
        if digest == version.digest.0
            && (newest.try_get::<i64, _>("was_in_force")? != 0) == version.was_in_force
        {
            return newest.try_get("number");
        }
    }
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO config_versions (taken_at_ms, reason, file, was_in_force, digest, sealed)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING number",
    )
    .bind(version.taken_at.unix_ms())
    .bind(&version.reason)
    .bind(&version.file)
    .bind(i64::from(version.was_in_force))
    .bind(version.digest.0.as_slice())
    .bind(&version.sealed)
    .fetch_one(&mut *transaction)
    .await?;
    sqlx::query("DELETE FROM config_versions WHERE number <= $1 - $2")
        .bind(number)
        .bind(i64::from(CONFIG_VERSIONS_MAX))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(number)
}

async fn list(store: &Database) -> Result<Vec<ConfigVersion>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT number, taken_at_ms, reason, file, was_in_force FROM config_versions ORDER BY number DESC",
    )
    .fetch_all(&store.pool)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(ConfigVersion {
                number: row.try_get("number")?,
                taken_at: Timestamp(row.try_get("taken_at_ms")?),
                reason: row.try_get("reason")?,
                file: row.try_get("file")?,
                was_in_force: row.try_get::<i64, _>("was_in_force")? != 0,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite:
        a_version_is_kept_as_given
        the_newest_is_not_kept_twice
        the_oldest_are_dropped
    );
}
