//! Users' tokens in a database: their digests.

use domain::{Timestamp, UserId, UserTokenId};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use crate::columns::{damaged, parsed, time, time_if_any};
use crate::database::AnyConnection;
use crate::keys::KeyDigest;
use crate::tenancy::user::UserToken;

pub(in crate::tenancy) async fn insert(to: &mut AnyConnection, made: &UserToken) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO user_tokens (id, user_id, name, hint, digest, created_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(made.id.as_str())
    .bind(made.user.as_str())
    .bind(&made.name)
    .bind(&made.hint)
    .bind(made.digest.0.as_slice())
    .bind(made.created_at.unix_ms())
    .bind(made.expires_at.map(Timestamp::unix_ms))
    .execute(to)
    .await
    .map(|_| ())
}

pub(in crate::tenancy) async fn revoke(
    to: &mut AnyConnection,
    id: &UserTokenId,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    query("UPDATE user_tokens SET revoked_at_ms = $1 WHERE id = $2")
        .bind(now.unix_ms())
        .bind(id.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

pub(in crate::tenancy) async fn note_use(
    to: &mut AnyConnection,
    id: &UserTokenId,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    query("UPDATE user_tokens SET last_used_at_ms = $1 WHERE id = $2")
        .bind(at.unix_ms())
        .bind(id.as_str())
        .execute(to)
        .await
        .map(|_| ())
}

/// All of one user, or of all users.
pub(in crate::tenancy) async fn list(
    from: &mut AnyConnection,
    user: Option<&UserId>,
) -> Result<Vec<UserToken>, sqlx::Error> {
    let rows = query("SELECT * FROM user_tokens WHERE $1 = '' OR user_id = $1 ORDER BY id")
        .bind(user.map_or("", UserId::as_str))
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<UserToken, sqlx::Error> {
    let digest: Vec<u8> = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| damaged("digest", "not 32 bytes"))?;
    Ok(UserToken {
        id: parsed(row, "id", UserTokenId::parse)?,
        user: parsed(row, "user_id", UserId::parse)?,
        name: row.try_get("name")?,
        hint: row.try_get("hint")?,
        digest: KeyDigest(digest),
        created_at: time(row, "created_at_ms")?,
        expires_at: time_if_any(row, "expires_at_ms")?,
        revoked_at: time_if_any(row, "revoked_at_ms")?,
        last_used_at: time_if_any(row, "last_used_at_ms")?,
    })
}
