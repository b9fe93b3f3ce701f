//! Vouchers in a database. They are never removed.

use domain::{Currency, Money, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::voucher::Voucher;
use crate::columns::{damaged, parsed, time, time_if_any};
use crate::database::AnyConnection;
use crate::keys::KeyDigest;

pub(super) async fn insert(
    to: &mut AnyConnection,
    made: &Voucher,
    digest: &KeyDigest,
) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO vouchers (number, digest, hint, amount, currency, credit_days, note, created_at_ms, expires_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(made.number.cast_signed())
    .bind(digest.0.as_slice())
    .bind(&made.hint)
    .bind(made.amount.nano())
    .bind(made.currency.code())
    .bind(made.credit_days.map(i64::from))
    .bind(&made.note)
    .bind(made.created_at.unix_ms())
    .bind(made.expires_at.map(Timestamp::unix_ms))
    .execute(to)
    .await
    .map(|_| ())
}

/// The number of the next.
pub(super) async fn next_number(from: &mut AnyConnection) -> Result<u64, sqlx::Error> {
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM vouchers").fetch_one(from).await?;
    Ok(row.try_get::<i64, _>("newest")?.unsigned_abs() + 1)
}

pub(super) async fn by_digest(
    from: &mut AnyConnection,
    digest: &KeyDigest,
) -> Result<Option<Voucher>, sqlx::Error> {
    let row = query("SELECT * FROM vouchers WHERE digest = $1")
        .bind(digest.0.as_slice())
        .fetch_optional(from)
        .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn by_number(from: &mut AnyConnection, number: u64) -> Result<Option<Voucher>, sqlx::Error> {
    let row = query("SELECT * FROM vouchers WHERE number = $1")
        .bind(number.cast_signed())
        .fetch_optional(from)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Up to `count`, the newest first, of those before `before`.
pub(super) async fn list(
    from: &mut AnyConnection,
    before: Option<u64>,
    count: u32,
) -> Result<Vec<Voucher>, sqlx::Error> {
    let rows = query("SELECT * FROM vouchers WHERE number < $1 ORDER BY number DESC LIMIT $2")
        .bind(before.map_or(i64::MAX, u64::cast_signed))
        .bind(i64::from(count))
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn set_revoked(
    to: &mut AnyConnection,
    number: u64,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    query("UPDATE vouchers SET revoked_at_ms = $1 WHERE number = $2")
        .bind(at.unix_ms())
        .bind(number.cast_signed())
        .execute(to)
        .await
        .map(|_| ())
}

/// Without an account where it is not known who got it; whoever knows it better goes before that.
pub(super) async fn set_redeemed(
    to: &mut AnyConnection,
    number: u64,
    at: Timestamp,
    account: Option<u64>,
) -> Result<(), sqlx::Error> {
    query(
        "UPDATE vouchers SET redeemed_at_ms = $1, account = COALESCE(CAST($2 AS BIGINT), account)
         WHERE number = $3 AND (CAST($2 AS BIGINT) IS NOT NULL OR redeemed_at_ms IS NULL)",
    )
    .bind(at.unix_ms())
    .bind(account.map(u64::cast_signed))
    .bind(number.cast_signed())
    .execute(to)
    .await
    .map(|_| ())
}

fn read(row: &AnyRow) -> Result<Voucher, sqlx::Error> {
    let days: Option<i64> = row.try_get("credit_days")?;
    Ok(Voucher {
        number: row.try_get::<i64, _>("number")?.unsigned_abs(),
        hint: row.try_get("hint")?,
        amount: Money::from_nano(row.try_get("amount")?),
        currency: parsed(row, "currency", Currency::parse)?,
        credit_days: days
            .map(|days| u32::try_from(days).map_err(|_| damaged("credit_days", &days.to_string())))
            .transpose()?,
        note: row.try_get("note")?,
        created_at: time(row, "created_at_ms")?,
        expires_at: time_if_any(row, "expires_at_ms")?,
        revoked_at: time_if_any(row, "revoked_at_ms")?,
        redeemed_at: time_if_any(row, "redeemed_at_ms")?,
        account: row.try_get::<Option<i64>, _>("account")?.map(i64::unsigned_abs),
    })
}
