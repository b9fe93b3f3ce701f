//! Orders in a database. They are never removed.

use domain::{Currency, Money, Timestamp};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::order::Order;
use crate::columns::{parsed, time, time_if_any};
use crate::database::AnyConnection;

pub(super) async fn insert(to: &mut AnyConnection, made: &Order) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO orders (number, account, amount, currency, note, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(made.number.cast_signed())
    .bind(made.account.cast_signed())
    .bind(made.amount.nano())
    .bind(made.currency.code())
    .bind(&made.note)
    .bind(made.created_at.unix_ms())
    .execute(to)
    .await
    .map(|_| ())
}

/// The number of the next.
pub(super) async fn next_number(from: &mut AnyConnection) -> Result<u64, sqlx::Error> {
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM orders").fetch_one(from).await?;
    Ok(row.try_get::<i64, _>("newest")?.unsigned_abs() + 1)
}

pub(super) async fn by_number(from: &mut AnyConnection, number: u64) -> Result<Option<Order>, sqlx::Error> {
    let row = query("SELECT * FROM orders WHERE number = $1")
        .bind(number.cast_signed())
        .fetch_optional(from)
        .await?;
    row.as_ref().map(read).transpose()
}

/// The order that a transfer pays, by its reference without blanks. All are looked through: people confirm orders, and seldom.
pub(super) async fn by_reference(
    from: &mut AnyConnection,
    unspaced: &str,
) -> Result<Option<Order>, sqlx::Error> {
    let row = query("SELECT * FROM orders WHERE REPLACE(reference, ' ', '') = $1 ORDER BY number LIMIT 1")
        .bind(unspaced)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Up to `count`, the newest first, of those before `before`.
pub(super) async fn list(
    from: &mut AnyConnection,
    before: Option<u64>,
    count: u32,
) -> Result<Vec<Order>, sqlx::Error> {
    let rows = query("SELECT * FROM orders WHERE number < $1 ORDER BY number DESC LIMIT $2")
        .bind(before.map_or(i64::MAX, u64::cast_signed))
        .bind(i64::from(count))
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn update(to: &mut AnyConnection, changed: &Order) -> Result<(), sqlx::Error> {
    query("UPDATE orders SET reference = $1, confirmed_at_ms = $2, cancelled_at_ms = $3 WHERE number = $4")
        .bind(changed.reference.as_deref())
        .bind(changed.confirmed_at.map(Timestamp::unix_ms))
        .bind(changed.cancelled_at.map(Timestamp::unix_ms))
        .bind(changed.number.cast_signed())
        .execute(to)
        .await
        .map(|_| ())
}

fn read(row: &AnyRow) -> Result<Order, sqlx::Error> {
    Ok(Order {
        number: row.try_get::<i64, _>("number")?.unsigned_abs(),
        account: row.try_get::<i64, _>("account")?.unsigned_abs(),
        amount: Money::from_nano(row.try_get("amount")?),
        currency: parsed(row, "currency", Currency::parse)?,
        note: row.try_get("note")?,
        created_at: time(row, "created_at_ms")?,
        reference: row.try_get("reference")?,
        confirmed_at: time_if_any(row, "confirmed_at_ms")?,
        cancelled_at: time_if_any(row, "cancelled_at_ms")?,
    })
}
