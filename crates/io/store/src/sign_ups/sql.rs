//! Sign-ups in a database.

use domain::{OrganisationId, Timestamp, UserId};
use sqlx::{Row, query};

use super::ended::Ended;
use crate::database::AnyConnection;

/// Notes an organisation whose first owner may get something.
pub(super) async fn insert(
    to: &mut AnyConnection,
    organisation: &OrganisationId,
    account: u64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    query("INSERT INTO sign_ups (organisation_id, account, made_at_ms) VALUES ($1, $2, $3)")
        .bind(organisation.as_str())
        .bind(account.cast_signed())
        .bind(at.unix_ms())
        .execute(to)
        .await
        .map(|_| ())
}

/// Organisations whose first owner has not proved to be there yet, with their accounts.
pub(super) async fn waiting(from: &mut AnyConnection) -> Result<Vec<(OrganisationId, u64)>, sqlx::Error> {
    let rows = query("SELECT organisation_id, account FROM sign_ups WHERE ended_at_ms IS NULL")
        .fetch_all(from)
        .await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for row in rows {
        let id: &str = row.try_get("organisation_id")?;
        let account: i64 = row.try_get("account")?;
        waiting.extend(OrganisationId::parse(id).map(|id| (id, account.unsigned_abs())));
    }
    Ok(waiting)
}

/// Who became an owner first and still is one.
pub(super) async fn first_owner(
    from: &mut AnyConnection,
    organisation: &OrganisationId,
) -> Result<Option<String>, sqlx::Error> {
    let row = query(
        "SELECT user_id FROM members WHERE organisation_id = $1 AND role = 'owner'
         ORDER BY since_ms, user_id LIMIT 1",
    )
    .bind(organisation.as_str())
    .fetch_optional(from)
    .await?;
    row.map(|row| row.try_get("user_id")).transpose()
}

/// How often something was given to a user; since then to addresses of a domain, and to a network address.
pub(super) async fn given(
    from: &mut AnyConnection,
    (user, domain, address): (&UserId, &str, &str),
    since: Timestamp,
) -> Result<(u64, u64, u64), sqlx::Error> {
    let row = query(
        "SELECT
           (SELECT COUNT(*) FROM sign_ups WHERE user_id = $1) AS of_user,
           (SELECT COUNT(*) FROM sign_ups WHERE email_domain = $2 AND ended_at_ms >= $4 AND amount IS NOT NULL) AS of_domain,
           (SELECT COUNT(*) FROM sign_ups WHERE address = $3 AND ended_at_ms >= $4 AND amount IS NOT NULL) AS of_address",
    )
    .bind(user.as_str())
    .bind(domain)
    .bind(address)
    .bind(since.unix_ms())
    .fetch_one(from)
    .await?;
    let count = |column: &str| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok((count("of_user")?, count("of_domain")?, count("of_address")?))
}

/// Notes what became of it.
pub(super) async fn end(
    to: &mut AnyConnection,
    organisation: &OrganisationId,
    ended: &Ended<'_>,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    query(
        "UPDATE sign_ups SET user_id = $1, email_domain = $2, address = $3, amount = $4, refused = $5, ended_at_ms = $6
         WHERE organisation_id = $7",
    )
    // Of two organisations of one user, one has him.
    .bind(ended.amount.map(|_| ended.user.as_str()))
    .bind(ended.domain)
    .bind(ended.address)
    .bind(ended.amount.map(domain::Money::nano))
    .bind(ended.refused)
    .bind(at.unix_ms())
    .bind(organisation.as_str())
    .execute(to)
    .await
    .map(|_| ())
}
