//! Organisations in a database.

use domain::{OrganisationId, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use crate::columns::{parsed, time, time_if_any};
use crate::database::AnyConnection;
use crate::tenancy::organisation::Organisation;
use crate::tenancy::reach::Reach;

pub(in crate::tenancy) async fn insert(
    to: &mut AnyConnection,
    made: &Organisation,
) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO organisations (id, name, display_name, created_at_ms, suspended_at_ms, tags)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(made.id.as_str())
    .bind(&made.name)
    .bind(&made.display_name)
    .bind(made.created_at.unix_ms())
    .bind(made.suspended_at.map(Timestamp::unix_ms))
    .bind(serde_json::json!(made.tags).to_string())
    .execute(to)
    .await
    .map(|_| ())
}

pub(in crate::tenancy) async fn update(
    to: &mut AnyConnection,
    changed: &Organisation,
) -> Result<(), sqlx::Error> {
    query(
        "UPDATE organisations SET name = $1, display_name = $2, suspended_at_ms = $3, tags = $4 WHERE id = $5",
    )
    .bind(&changed.name)
    .bind(&changed.display_name)
    .bind(changed.suspended_at.map(Timestamp::unix_ms))
    .bind(serde_json::json!(changed.tags).to_string())
    .bind(changed.id.as_str())
    .execute(to)
    .await
    .map(|_| ())
}

pub(in crate::tenancy) async fn find(
    from: &mut AnyConnection,
    reach: &Reach,
    id: &OrganisationId,
) -> Result<Option<Organisation>, sqlx::Error> {
    let row = query(
        "SELECT * FROM organisations WHERE id = $1 AND ($2 = '' OR replace($2, ',' || id || ',', '') <> $2)",
    )
    .bind(id.as_str())
    .bind(reach.listed())
    .fetch_optional(from)
    .await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::tenancy) async fn named(
    from: &mut AnyConnection,
    name: &str,
) -> Result<Option<OrganisationId>, sqlx::Error> {
    let row = query("SELECT id FROM organisations WHERE name = $1").bind(name).fetch_optional(from).await?;
    row.map(|row| parsed(&row, "id", OrganisationId::parse)).transpose()
}

pub(in crate::tenancy) async fn list(
    from: &mut AnyConnection,
    reach: &Reach,
    after: Option<&OrganisationId>,
    count: u32,
) -> Result<Vec<Organisation>, sqlx::Error> {
    let rows = query(
        "SELECT * FROM organisations
         WHERE id > $1 AND ($2 = '' OR replace($2, ',' || id || ',', '') <> $2) ORDER BY id LIMIT $3",
    )
    .bind(after.map_or("", OrganisationId::as_str))
    .bind(reach.listed())
    .bind(i64::from(count))
    .fetch_all(from)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Organisation, sqlx::Error> {
    Ok(Organisation {
        id: parsed(row, "id", OrganisationId::parse)?,
        name: row.try_get("name")?,
        display_name: row.try_get("display_name")?,
        created_at: time(row, "created_at_ms")?,
        suspended_at: time_if_any(row, "suspended_at_ms")?,
        tags: parsed(row, "tags", |text| serde_json::from_str(text).ok())?,
    })
}
