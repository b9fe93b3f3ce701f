//! One key as a row of `caller_keys`.

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use serde_json::{Value, json};
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::columns::{damaged, parsed};
use crate::database::AnyConnection;
use crate::keys::contract::CallerKey;
use crate::keys::digest::{DigestOf, KeyDigest};
use crate::keys::models::KeyModels;
use crate::keys::names::KeyNames;
use crate::keys::networks::KeyNetworks;
use crate::keys::plan::PlanName;
use crate::keys::routes::KeyRoutes;
use crate::keys::scopes::KeyScopes;
use crate::keys::tags::KeyTags;

/// What it is a digest of, as it is kept.
pub(super) const OF_KEY: &str = "key";
const OF_SHA256: &str = "sha256";

/// A key from its row with its project's `organisation_id`.
pub(super) fn read(row: &AnyRow) -> Result<CallerKey, sqlx::Error> {
    let digest: Vec<u8> = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| damaged("digest", "not 32 bytes"))?;
    let time = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(Timestamp));
    let id = |column| {
        let found: Option<&str> = row.try_get(column)?;
        found.map(|found| KeyId::parse(found).ok_or_else(|| damaged(column, found))).transpose()
    };
    Ok(CallerKey {
        id: parsed(row, "id", KeyId::parse)?,
        name: row.try_get("name")?,
        hint: row.try_get("hint")?,
        digest: KeyDigest(digest),
        digest_of: parsed(row, "digest_of", digest_of)?,
        created_at: Timestamp(row.try_get("created_at_ms")?),
        expires_at: time("expires_at_ms")?,
        revoked_at: time("revoked_at_ms")?,
        last_used_at: time("last_used_at_ms")?,
        is_strict: row.try_get::<i64, _>("is_strict")? != 0,
        plan: plan(row.try_get("plan")?)?,
        scopes: scopes(row.try_get("models")?, row.try_get("scopes")?)?,
        tags: parsed(row, "tags", KeyTags::read)?,
        rotated_from: id("rotated_from")?,
        rotated_to: id("rotated_to")?,
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        project: parsed(row, "project_id", ProjectId::parse)?,
    })
}

/// Adds a key; whether it was added, which it is not where its id, digest or name is taken.
pub(super) async fn insert(connection: &mut AnyConnection, key: &CallerKey) -> Result<bool, sqlx::Error> {
    let done = sqlx::query(
        "INSERT INTO caller_keys (id, project_id, name, hint, digest, digest_of, created_at_ms, expires_at_ms,
            revoked_at_ms, last_used_at_ms, is_strict, models, scopes, tags, rotated_from, rotated_to,
            plan)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT DO NOTHING",
    )
    .bind(key.id.as_str())
    .bind(key.project.as_str())
    .bind(&key.name)
    .bind(&key.hint)
    .bind(key.digest.0.as_slice())
    .bind(match key.digest_of {
        DigestOf::Key => OF_KEY,
        DigestOf::Sha256 => OF_SHA256,
    })
    .bind(key.created_at.unix_ms())
    .bind(key.expires_at.map(Timestamp::unix_ms))
    .bind(key.revoked_at.map(Timestamp::unix_ms))
    .bind(key.last_used_at.map(Timestamp::unix_ms))
    .bind(i64::from(key.is_strict))
    .bind(models_text(&key.scopes.models))
    .bind(scopes_text(&key.scopes))
    .bind(key.tags.lines())
    .bind(key.rotated_from.as_ref().map(KeyId::as_str))
    .bind(key.rotated_to.as_ref().map(KeyId::as_str))
    .bind(plan_text(&key.plan))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what of a key can change.
pub(super) async fn update(connection: &mut AnyConnection, key: &CallerKey) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE caller_keys SET name = $1, expires_at_ms = $2, revoked_at_ms = $3, is_strict = $4, models = $5,
            scopes = $6, tags = $7, rotated_to = $8, plan = $9
         WHERE id = $10",
    )
    .bind(&key.name)
    .bind(key.expires_at.map(Timestamp::unix_ms))
    .bind(key.revoked_at.map(Timestamp::unix_ms))
    .bind(i64::from(key.is_strict))
    .bind(models_text(&key.scopes.models))
    .bind(scopes_text(&key.scopes))
    .bind(key.tags.lines())
    .bind(key.rotated_to.as_ref().map(KeyId::as_str))
    .bind(plan_text(&key.plan))
    .bind(key.id.as_str())
    .execute(connection)
    .await
    .map(|_| ())
}

pub(super) fn digest_of(text: &str) -> Option<DigestOf> {
    match text {
        OF_KEY => Some(DigestOf::Key),
        OF_SHA256 => Some(DigestOf::Sha256),
        _ => None,
    }
}

/// The usual plan is nothing: most keys are on it.
pub(super) fn plan(found: Option<&str>) -> Result<PlanName, sqlx::Error> {
    found.map_or_else(
        || Ok(PlanName::usual()),
        |found| PlanName::parse(found).ok_or_else(|| damaged("plan", found)),
    )
}

fn plan_text(plan: &PlanName) -> Option<&str> {
    (!plan.is_usual()).then(|| plan.as_str())
}

/// Reads both texts; none is for everything.
pub(super) fn scopes(models: Option<&str>, others: Option<&str>) -> Result<KeyScopes, sqlx::Error> {
    let mut scopes = KeyScopes::ANY;
    if let Some(found) = models {
        let names: Option<Vec<String>> = serde_json::from_str(found).ok();
        scopes.models =
            names.and_then(|names| KeyModels::only(names).ok()).ok_or_else(|| damaged("models", found))?;
    }
    if let Some(found) = others {
        read_others(found, &mut scopes).ok_or_else(|| damaged("scopes", found))?;
    }
    Ok(scopes)
}

fn read_others(found: &str, scopes: &mut KeyScopes) -> Option<()> {
    let written: serde_json::Map<String, Value> = serde_json::from_str(found).ok()?;
    for (name, list) in written {
        let names: Vec<String> = serde_json::from_value(list).ok()?;
        let texts = || names.iter().map(String::as_str);
        match name.as_str() {
            "providers" => scopes.providers = KeyNames::only(names, "provider").ok()?,
            "regions" => scopes.regions = KeyNames::only(names, "region").ok()?,
            "routes" => scopes.routes = KeyRoutes::only(texts()).ok()?,
            "networks" => scopes.networks = KeyNetworks::only(texts()).ok()?,
            _ => return None,
        }
    }
    Some(())
}

/// As it is written: a JSON list, or nothing for all models.
fn models_text(models: &KeyModels) -> Option<String> {
    models.names().map(|names| json!(names).to_string())
}

/// As they are written: a JSON object of those lists that there are, or nothing.
fn scopes_text(scopes: &KeyScopes) -> Option<String> {
    let mut written = serde_json::Map::new();
    let mut add = |name: &str, list: Option<Value>| {
        if let Some(list) = list {
            written.insert(name.to_owned(), list);
        }
    };
    add("providers", scopes.providers.names().map(|names| json!(names)));
    add("regions", scopes.regions.names().map(|names| json!(names)));
    add("routes", scopes.routes.names().map(|names| json!(names)));
    add("networks", scopes.networks.names().map(|names| json!(names)));
    (!written.is_empty()).then(|| Value::Object(written).to_string())
}
