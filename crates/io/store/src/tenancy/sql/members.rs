//! Who belongs where, in a database.

use domain::{OrganisationId, UserId};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use crate::columns::{parsed, time};
use crate::database::AnyConnection;
use crate::tenancy::reach::Reach;
use crate::tenancy::role::Role;
use crate::tenancy::user::Membership;

/// Adds a member, or gives him another role.
pub(in crate::tenancy) async fn put(to: &mut AnyConnection, member: &Membership) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO members (organisation_id, user_id, role, since_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organisation_id, user_id) DO UPDATE SET role = excluded.role",
    )
    .bind(member.organisation.as_str())
    .bind(member.user.as_str())
    .bind(member.role.name())
    .bind(member.since.unix_ms())
    .execute(to)
    .await
    .map(|_| ())
}

pub(in crate::tenancy) async fn remove(
    to: &mut AnyConnection,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<(), sqlx::Error> {
    query("DELETE FROM members WHERE organisation_id = $1 AND user_id = $2")
        .bind(organisation.as_str())
        .bind(user.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

pub(in crate::tenancy) async fn find(
    from: &mut AnyConnection,
    organisation: &OrganisationId,
    user: &UserId,
) -> Result<Option<Membership>, sqlx::Error> {
    let row = query("SELECT * FROM members WHERE organisation_id = $1 AND user_id = $2")
        .bind(organisation.as_str())
        .bind(user.as_str())
        .fetch_optional(from)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::tenancy) async fn owners(
    from: &mut AnyConnection,
    organisation: &OrganisationId,
) -> Result<i64, sqlx::Error> {
    query("SELECT count(*) AS owners FROM members WHERE organisation_id = $1 AND role = 'owner'")
        .bind(organisation.as_str())
        .fetch_one(from)
        .await?
        .try_get("owners")
}

/// All within reach, of one organisation or one user where these are given.
pub(in crate::tenancy) async fn list(
    from: &mut AnyConnection,
    reach: &Reach,
    organisation: Option<&OrganisationId>,
    user: Option<&UserId>,
) -> Result<Vec<Membership>, sqlx::Error> {
    let rows = query(
        "SELECT * FROM members
         WHERE ($1 = '' OR replace($1, ',' || organisation_id || ',', '') <> $1)
             AND ($2 = '' OR organisation_id = $2) AND ($3 = '' OR user_id = $3)
         ORDER BY organisation_id, user_id",
    )
    .bind(reach.listed())
    .bind(organisation.map_or("", OrganisationId::as_str))
    .bind(user.map_or("", UserId::as_str))
    .fetch_all(from)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Membership, sqlx::Error> {
    Ok(Membership {
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        user: parsed(row, "user_id", UserId::parse)?,
        role: parsed(row, "role", Role::of)?,
        since: time(row, "since_ms")?,
    })
}
