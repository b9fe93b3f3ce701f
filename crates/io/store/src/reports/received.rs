//! What the ledger says that calls cost, by when they were received: what reports are held against. The applier keeps it.

use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::plan::Minutes;
use super::tier::Tier;
use crate::database::Database;
use crate::ledger::joined;

/// What an account paid for calls of one window, by the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    /// The place of the window.
    pub(super) window: usize,
    pub(super) account: u64,
    pub(super) currency: String,
    pub(super) calls: i64,
    pub(super) charged: i128,
}

/// What accounts paid for calls that were received within these windows, by quarters of an hour: one question for all.
pub(super) async fn received(database: &Database, windows: &[Minutes]) -> Result<Vec<Received>, sqlx::Error> {
    if windows.is_empty() {
        return Ok(Vec::new());
    }
    // Numbers of ours, not words of anybody's.
    let wanted = windows.iter().enumerate().map(|(place, window)| {
        let quarter = |minute: i64| Tier::Quarter.period_of(minute);
        format!("({place}, {}, {})", quarter(window.start), quarter(window.end))
    });
    let statement = format!(
        "WITH wanted (place, begins, ends) AS (VALUES {})
         SELECT CAST(place AS BIGINT) AS place, customer, currency, CAST(SUM(calls) AS BIGINT) AS calls,
             CAST(SUM(units) AS BIGINT) AS units, CAST(SUM(nano) AS BIGINT) AS nano
         FROM wanted CROSS JOIN ledger_received WHERE quarter >= begins AND quarter < ends GROUP BY place, customer, currency",
        wanted.collect::<Vec<_>>().join(", ")
    );
    let rows = sqlx::query(AssertSqlSafe(statement)).persistent(false).fetch_all(&database.pool).await?;
    let read = |row: &AnyRow| {
        let (place, customer): (i64, i64) = (row.try_get("place")?, row.try_get("customer")?);
        Ok(Received {
            window: place as usize,
            account: customer.cast_unsigned(),
            currency: row.try_get("currency")?,
            calls: row.try_get("calls")?,
            charged: joined(row.try_get("units")?, row.try_get("nano")?),
        })
    };
    rows.iter().map(read).collect()
}
