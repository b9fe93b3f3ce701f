//! What the ledger says that calls cost, by when they were received: what reports are held against. The applier keeps it.

use sqlx::Row;
use sqlx::any::AnyRow;

use super::plan::Minutes;
use super::tier::Tier;
use crate::database::Database;
use crate::ledger::joined;

/// What an account paid for calls of one window, by the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) account: u64,
    pub(super) currency: String,
    pub(super) calls: i64,
    pub(super) charged: i128,
}

/// What accounts paid for calls that were received within these minutes, by quarters of an hour.
pub(super) async fn received(database: &Database, minutes: &Minutes) -> Result<Vec<Received>, sqlx::Error> {
    let rows = sqlx::query(
        "SELECT customer, currency, CAST(SUM(calls) AS BIGINT) AS calls, CAST(SUM(units) AS BIGINT) AS units,
             CAST(SUM(nano) AS BIGINT) AS nano
         FROM ledger_received WHERE quarter >= $1 AND quarter < $2 GROUP BY customer, currency",
    )
    .bind(Tier::Quarter.period_of(minutes.start))
    .bind(Tier::Quarter.period_of(minutes.end))
    .fetch_all(&database.pool)
    .await?;
    let read = |row: &AnyRow| {
        let customer: i64 = row.try_get("customer")?;
        Ok(Received {
            account: customer.cast_unsigned(),
            currency: row.try_get("currency")?,
            calls: row.try_get("calls")?,
            charged: joined(row.try_get("units")?, row.try_get("nano")?),
        })
    };
    rows.iter().map(read).collect()
}
