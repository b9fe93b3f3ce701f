//! Projects in a database, and the keys that end with one.

use domain::{KeyId, OrganisationId, ProjectId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use crate::columns::{parsed, time, time_if_any};
use crate::database::AnyConnection;
use crate::tenancy::project::Project;
use crate::tenancy::reach::Reach;

pub(in crate::tenancy) async fn insert(to: &mut AnyConnection, made: &Project) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO projects (id, organisation_id, name, created_at_ms, archived_at_ms)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(made.id.as_str())
    .bind(made.organisation.as_str())
    .bind(&made.name)
    .bind(made.created_at.unix_ms())
    .bind(made.archived_at.map(Timestamp::unix_ms))
    .execute(to)
    .await
    .map(|_| ())
}

pub(in crate::tenancy) async fn update(to: &mut AnyConnection, changed: &Project) -> Result<(), sqlx::Error> {
    query("UPDATE projects SET name = $1, archived_at_ms = $2 WHERE id = $3")
        .bind(&changed.name)
        .bind(changed.archived_at.map(Timestamp::unix_ms))
        .bind(changed.id.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

pub(in crate::tenancy) async fn find(
    from: &mut AnyConnection,
    reach: &Reach,
    id: &ProjectId,
) -> Result<Option<Project>, sqlx::Error> {
    let row = query(
        "SELECT * FROM projects
         WHERE id = $1 AND ($2 = '' OR replace($2, ',' || organisation_id || ',', '') <> $2)",
    )
    .bind(id.as_str())
    .bind(reach.listed())
    .fetch_optional(from)
    .await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::tenancy) async fn named(
    from: &mut AnyConnection,
    organisation: &OrganisationId,
    name: &str,
) -> Result<Option<ProjectId>, sqlx::Error> {
    let row = query("SELECT id FROM projects WHERE organisation_id = $1 AND name = $2")
        .bind(organisation.as_str())
        .bind(name)
        .fetch_optional(from)
        .await?;
    row.map(|row| parsed(&row, "id", ProjectId::parse)).transpose()
}

pub(in crate::tenancy) async fn list(
    from: &mut AnyConnection,
    reach: &Reach,
    organisation: Option<&OrganisationId>,
    after: Option<&ProjectId>,
    count: u32,
) -> Result<Vec<Project>, sqlx::Error> {
    let rows = query(
        "SELECT * FROM projects
         WHERE id > $1 AND ($2 = '' OR replace($2, ',' || organisation_id || ',', '') <> $2)
             AND ($3 = '' OR organisation_id = $3) ORDER BY id LIMIT $4",
    )
    .bind(after.map_or("", ProjectId::as_str))
    .bind(reach.listed())
    .bind(organisation.map_or("", OrganisationId::as_str))
    .bind(i64::from(count))
    .fetch_all(from)
    .await?;
    rows.iter().map(read).collect()
}

/// Its keys that are not revoked, expired ones too: they may be given more time.
pub(in crate::tenancy) async fn live_keys(
    from: &mut AnyConnection,
    project: &ProjectId,
) -> Result<Vec<KeyId>, sqlx::Error> {
    let rows =
        query("SELECT id FROM caller_keys WHERE project_id = $1 AND revoked_at_ms IS NULL ORDER BY id")
            .bind(project.as_str())
            .fetch_all(from)
            .await?;
    rows.iter().map(|row| parsed(row, "id", KeyId::parse)).collect()
}

pub(in crate::tenancy) async fn revoke_keys(
    to: &mut AnyConnection,
    project: &ProjectId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    query("UPDATE caller_keys SET revoked_at_ms = $1 WHERE project_id = $2 AND revoked_at_ms IS NULL")
        .bind(now.unix_ms())
        .bind(project.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

fn read(row: &AnyRow) -> Result<Project, sqlx::Error> {
    Ok(Project {
        id: parsed(row, "id", ProjectId::parse)?,
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        name: row.try_get("name")?,
        created_at: time(row, "created_at_ms")?,
        archived_at: time_if_any(row, "archived_at_ms")?,
    })
}
