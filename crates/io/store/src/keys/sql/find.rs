//! Looking for one key, or for what it belongs to.

use domain::{KeyId, OrganisationId, ProjectId};

use super::row;
use crate::columns::parsed;
use crate::database::AnyConnection;
use crate::keys::contract::CallerKey;
use crate::keys::digest::KeyDigest;
use crate::tenancy::Reach;

/// Every query for whole keys begins so.
pub(super) const SELECT: &str =
    "SELECT k.*, p.organisation_id FROM caller_keys k JOIN projects p ON p.id = k.project_id WHERE ";
/// And this is how far it reaches; `$1` are the organisations between commas.
pub(super) const WITHIN: &str = "($1 = '' OR replace($1, ',' || p.organisation_id || ',', '') <> $1)";

pub(super) async fn by_id(
    connection: &mut AnyConnection,
    id: &KeyId,
    reach: &Reach,
) -> Result<Option<CallerKey>, sqlx::Error> {
    let found = sqlx::query(sqlx::AssertSqlSafe([SELECT, WITHIN, " AND k.id = $2"].concat()))
        .bind(reach.listed())
        .bind(id.as_str())
        .fetch_optional(connection)
        .await?;
    found.as_ref().map(row::read).transpose()
}

/// Out of reach or not: a key is one key.
pub(super) async fn by_digest(
    connection: &mut AnyConnection,
    digest: &KeyDigest,
) -> Result<Option<CallerKey>, sqlx::Error> {
    let found = sqlx::query(sqlx::AssertSqlSafe([SELECT, "k.digest = $1"].concat()))
        .bind(digest.0.as_slice())
        .fetch_optional(connection)
        .await?;
    found.as_ref().map(row::read).transpose()
}

pub(super) async fn live_id_by_name(
    connection: &mut AnyConnection,
    project: &ProjectId,
    name: &str,
) -> Result<Option<KeyId>, sqlx::Error> {
    let found = sqlx::query(
        "SELECT id FROM caller_keys
         WHERE project_id = $1 AND name = $2 AND revoked_at_ms IS NULL AND rotated_to IS NULL",
    )
    .bind(project.as_str())
    .bind(name)
    .fetch_optional(connection)
    .await?;
    found.map(|found| parsed(&found, "id", KeyId::parse)).transpose()
}

/// Whose a project is, if it is there, takes keys and is within reach.
pub(super) async fn organisation_of(
    connection: &mut AnyConnection,
    project: &ProjectId,
    reach: &Reach,
) -> Result<Option<OrganisationId>, sqlx::Error> {
    let found = sqlx::query("SELECT organisation_id FROM projects WHERE id = $1 AND archived_at_ms IS NULL")
        .bind(project.as_str())
        .fetch_optional(connection)
        .await?;
    let found = found.map(|found| parsed(&found, "organisation_id", OrganisationId::parse)).transpose()?;
    Ok(found.filter(|organisation| reach.holds(organisation)))
}
