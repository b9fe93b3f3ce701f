//! Callers' keys in a database.

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

use super::contract::{
    Answer, CallerKey, Changing, Creation, KEYS_PER_PAGE_MAX, KeyChange, KeyRecords, LoadedKey, Revocation,
    TakeKey,
};
use super::digest::{DigestOf, KeyDigest};
use super::models::KeyModels;
use super::scopes::KeyScopes;
use crate::database::Database;
use crate::error::StoreError;

impl KeyRecords for Database {
    fn create<'a>(&'a self, key: &'a CallerKey) -> Answer<'a, Creation> {
        Box::pin(async move { create(self, key).await.map_err(told("store a key")) })
    }

    fn revoke<'a>(&'a self, id: &'a KeyId, now: Timestamp) -> Answer<'a, Revocation> {
        Box::pin(async move { revoke(self, id, now).await.map_err(told("revoke a key")) })
    }

    fn change<'a>(&'a self, id: &'a KeyId, change: KeyChange) -> Answer<'a, Changing> {
        Box::pin(async move { self::change(self, id, change).await.map_err(told("change a key")) })
    }

    fn load<'a>(&'a self, take: TakeKey<'a>) -> Answer<'a, ()> {
        Box::pin(async move {
            let mut after: Option<KeyId> = None;
            loop {
                let page = self.list(after.as_ref(), KEYS_PER_PAGE_MAX).await?;
                for key in &page {
                    take(LoadedKey {
                        id: key.id.clone(),
                        digest: key.digest,
                        digest_of: key.digest_of,
                        expires_at: key.expires_at,
                        is_revoked: key.revoked_at.is_some(),
                        is_strict: key.is_strict,
                        scopes: &key.scopes,
                        organisation: &key.organisation,
                        project: &key.project,
                    });
                }
                match page.last() {
                    Some(last) if page.len() == KEYS_PER_PAGE_MAX as usize => after = Some(last.id.clone()),
                    _ => return Ok(()),
                }
            }
        })
    }

    fn list<'a>(&'a self, after: Option<&'a KeyId>, count: u32) -> Answer<'a, Vec<CallerKey>> {
        Box::pin(async move { list(self, after, count).await.map_err(told("list the keys")) })
    }
}

async fn create(store: &Database, key: &CallerKey) -> Result<Creation, sqlx::Error> {
    let mut transaction = store.begin().await?;
    if let Some(found) = find_by_digest(&mut transaction, &key.digest).await? {
        return Ok(Creation::SameKey(Box::new(found)));
    }
    if let Some(id) = live_id_by_name(&mut transaction, &key.project, &key.name).await? {
        return Ok(Creation::NameTaken(id));
    }
    sqlx::query(
        "INSERT INTO caller_keys
            (id, project_id, name, hint, digest, created_at_ms, expires_at_ms, revoked_at_ms, is_strict, models)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(key.id.as_str())
    .bind(key.project.as_str())
    .bind(&key.name)
    .bind(&key.hint)
    .bind(key.digest.0.as_slice())
    .bind(key.created_at.unix_ms())
    .bind(key.expires_at.map(Timestamp::unix_ms))
    .bind(key.revoked_at.map(Timestamp::unix_ms))
    .bind(i64::from(key.is_strict))
    .bind(models_text(&key.scopes.models))
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(Creation::Stored)
}

async fn revoke(store: &Database, id: &KeyId, now: Timestamp) -> Result<Revocation, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let Some(mut key) = find_by_id(&mut transaction, id).await? else { return Ok(Revocation::Unknown) };
    if key.revoked_at.is_some() {
        return Ok(Revocation::Before(Box::new(key)));
    }
    sqlx::query("UPDATE caller_keys SET revoked_at_ms = $1 WHERE id = $2")
        .bind(now.unix_ms())
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    key.revoked_at = Some(now);
    Ok(Revocation::Revoked(Box::new(key)))
}

async fn change(store: &Database, id: &KeyId, change: KeyChange) -> Result<Changing, sqlx::Error> {
    let mut transaction = store.begin().await?;
    let Some(mut key) = find_by_id(&mut transaction, id).await? else { return Ok(Changing::Unknown) };
    if key.revoked_at.is_some() {
        return Ok(Changing::Revoked(Box::new(key)));
    }
    key.is_strict = change.is_strict.unwrap_or(key.is_strict);
    key.scopes.models = change.models.unwrap_or(key.scopes.models);
    sqlx::query("UPDATE caller_keys SET is_strict = $1, models = $2 WHERE id = $3")
        .bind(i64::from(key.is_strict))
        .bind(models_text(&key.scopes.models))
        .bind(id.as_str())
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Changing::Changed(Box::new(key)))
}

async fn list(store: &Database, after: Option<&KeyId>, count: u32) -> Result<Vec<CallerKey>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT k.*, p.organisation_id FROM caller_keys k JOIN projects p ON p.id = k.project_id
         WHERE k.id > $1 ORDER BY k.id LIMIT $2",
    )
    .bind(after.map_or("", KeyId::as_str))
    .bind(i64::from(count.min(KEYS_PER_PAGE_MAX)))
    .fetch_all(&store.pool)
    .await?;
    rows.iter().map(read).collect()
}

async fn find_by_id(connection: &mut AnyConnection, id: &KeyId) -> Result<Option<CallerKey>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT k.*, p.organisation_id FROM caller_keys k JOIN projects p ON p.id = k.project_id WHERE k.id = $1",
    )
    .bind(id.as_str())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

async fn find_by_digest(
    connection: &mut AnyConnection,
    digest: &KeyDigest,
) -> Result<Option<CallerKey>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT k.*, p.organisation_id FROM caller_keys k JOIN projects p ON p.id = k.project_id
         WHERE k.digest = $1",
    )
    .bind(digest.0.as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(read).transpose()
}

async fn live_id_by_name(
    connection: &mut AnyConnection,
    project: &ProjectId,
    name: &str,
) -> Result<Option<KeyId>, sqlx::Error> {
    let row = sqlx::query(
        "SELECT id FROM caller_keys WHERE project_id = $1 AND name = $2 AND revoked_at_ms IS NULL",
    )
    .bind(project.as_str())
    .bind(name)
    .fetch_optional(connection)
    .await?;
    row.map(|row| text(&row, "id", KeyId::parse)).transpose()
}

/// A key from a row of `caller_keys` with its project's `organisation_id`.
fn read(row: &AnyRow) -> Result<CallerKey, sqlx::Error> {
    let digest: Vec<u8> = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| damaged("digest", "not 32 bytes"))?;
    Ok(CallerKey {
        id: text(row, "id", KeyId::parse)?,
        name: row.try_get("name")?,
        hint: row.try_get("hint")?,
        digest: KeyDigest(digest),
        digest_of: DigestOf::Key,
        created_at: Timestamp(row.try_get("created_at_ms")?),
        expires_at: row.try_get::<Option<i64>, _>("expires_at_ms")?.map(Timestamp),
        revoked_at: row.try_get::<Option<i64>, _>("revoked_at_ms")?.map(Timestamp),
        is_strict: row.try_get::<i64, _>("is_strict")? != 0,
        scopes: KeyScopes { models: models(row)?, ..KeyScopes::ANY },
        organisation: text(row, "organisation_id", OrganisationId::parse)?,
        project: text(row, "project_id", ProjectId::parse)?,
    })
}

/// As it is written: a JSON list, or nothing for all models.
fn models_text(models: &KeyModels) -> Option<String> {
    models.names().map(|names| serde_json::json!(names).to_string())
}

fn models(row: &AnyRow) -> Result<KeyModels, sqlx::Error> {
    let Some(found) = row.try_get::<Option<&str>, _>("models")? else { return Ok(KeyModels::ANY) };
    let names: Option<Vec<String>> = serde_json::from_str(found).ok();
    names.and_then(|names| KeyModels::only(names).ok()).ok_or_else(|| damaged("models", found))
}

fn text<T>(row: &AnyRow, column: &str, parse: fn(&str) -> Option<T>) -> Result<T, sqlx::Error> {
    let found: &str = row.try_get(column)?;
    parse(found).ok_or_else(|| damaged(column, found))
}

fn damaged(column: &str, found: &str) -> sqlx::Error {
    let source = format!("not what this program writes: {found:?}");
    sqlx::Error::ColumnDecode { index: column.to_owned(), source: source.into() }
}

fn told(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    StoreError::database(doing)
}

#[cfg(test)]
mod tests {
    use crate::database::throwaway::on_every_database;
    use crate::database::{DATABASE_FILE, Database, DatabasePlace};
    use crate::keys::digest::KeyHasher;
    use crate::keys::suite;

    on_every_database!(suite:
        a_key_is_kept_as_given
        the_same_key_is_stored_once
        a_name_is_free_again_after_revoking
        revoking_happens_once
        a_change_lasts_and_concerns_one_key
        models_are_changed_by_themselves
        pages_follow_creation
        a_key_needs_its_project
        all_characters_survive
        a_damaged_row_is_named_not_skipped
    );

    #[tokio::test]
    async fn keys_last_beyond_the_process() {
        let dir = tempfile::tempdir().unwrap();
        let place = DatabasePlace::File(dir.path().join(DATABASE_FILE));
        let hasher = KeyHasher::new(&[1; 32]);
        let store = Database::open(&place, &hasher).await.unwrap();
        let kept = suite::fill(&store, 3).await;
        // As a crash would: nothing is closed or flushed.
        std::mem::forget(store);
        let store = Database::open(&place, &hasher).await.unwrap();
        assert_eq!(suite::all(&store).await, kept);
    }
}
