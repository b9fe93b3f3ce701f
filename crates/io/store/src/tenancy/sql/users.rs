//! Users in a database. A user is within reach where he belongs to an organisation that is.

use domain::{Timestamp, UserId};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use crate::columns::{parsed, time, time_if_any};
use crate::database::AnyConnection;
use crate::tenancy::reach::Reach;
use crate::tenancy::user::User;

pub(in crate::tenancy) async fn insert(to: &mut AnyConnection, made: &User) -> Result<(), sqlx::Error> {
    query("INSERT INTO users (id, email, name, created_at_ms, suspended_at_ms) VALUES ($1, $2, $3, $4, $5)")
        .bind(made.id.as_str())
        .bind(&made.email)
        .bind(&made.name)
        .bind(made.created_at.unix_ms())
        .bind(made.suspended_at.map(Timestamp::unix_ms))
        .execute(to)
        .await
        .map(|_| ())
}

pub(in crate::tenancy) async fn update(to: &mut AnyConnection, changed: &User) -> Result<(), sqlx::Error> {
    query("UPDATE users SET email = $1, name = $2, suspended_at_ms = $3 WHERE id = $4")
        .bind(&changed.email)
        .bind(&changed.name)
        .bind(changed.suspended_at.map(Timestamp::unix_ms))
        .bind(changed.id.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

pub(in crate::tenancy) async fn find(
    from: &mut AnyConnection,
    reach: &Reach,
    id: &UserId,
) -> Result<Option<User>, sqlx::Error> {
    let row = query(
        "SELECT * FROM users u WHERE u.id = $1 AND ($2 = '' OR EXISTS (
             SELECT 1 FROM members m WHERE m.user_id = u.id
                 AND replace($2, ',' || m.organisation_id || ',', '') <> $2))",
    )
    .bind(id.as_str())
    .bind(reach.listed())
    .fetch_optional(from)
    .await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::tenancy) async fn by_email(
    from: &mut AnyConnection,
    email: &str,
) -> Result<Option<User>, sqlx::Error> {
    let row = query("SELECT * FROM users WHERE email = $1").bind(email).fetch_optional(from).await?;
    row.as_ref().map(read).transpose()
}

pub(in crate::tenancy) async fn list(
    from: &mut AnyConnection,
    reach: &Reach,
    after: Option<&UserId>,
    count: u32,
) -> Result<Vec<User>, sqlx::Error> {
    let rows = query(
        "SELECT * FROM users u WHERE u.id > $1 AND ($2 = '' OR EXISTS (
             SELECT 1 FROM members m WHERE m.user_id = u.id
                 AND replace($2, ',' || m.organisation_id || ',', '') <> $2)) ORDER BY u.id LIMIT $3",
    )
    .bind(after.map_or("", UserId::as_str))
    .bind(reach.listed())
    .bind(i64::from(count))
    .fetch_all(from)
    .await?;
    rows.iter().map(read).collect()
}

pub(in crate::tenancy) async fn count(from: &mut AnyConnection) -> Result<i64, sqlx::Error> {
    query("SELECT count(*) AS users FROM users").fetch_one(from).await?.try_get("users")
}

fn read(row: &AnyRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: parsed(row, "id", UserId::parse)?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        created_at: time(row, "created_at_ms")?,
        suspended_at: time_if_any(row, "suspended_at_ms")?,
    })
}
