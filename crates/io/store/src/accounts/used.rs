//! What calls of an account came to over a time, as the database has it: it follows the journal by a moment.

use domain::{Money, NANO, Timestamp};
use ledger::Purse;
use sqlx::{Row, query};

use super::desk::AccountDesk;
use super::error::AccountError;
use crate::error::StoreError;

const HOUR_MS: i64 = 3_600_000;

impl AccountDesk {
    /// What calls cost from the hour of `from` on and before that of `to`. Read where no call waits for it.
    pub async fn used(
        &self,
        purse: Purse,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Money, AccountError> {
        let hour = |at: Timestamp| at.unix_ms().div_euclid(HOUR_MS);
        let row = query(
            // Each hour is looked up for itself: the hours of all others lie between.
            "WITH RECURSIVE wanted (hour) AS (
               SELECT CAST($3 AS BIGINT) UNION ALL SELECT hour + 1 FROM wanted WHERE hour + 1 < $4
             )
             SELECT
               CAST(COALESCE(SUM(paid_within_units + gifts_within_units + paid_beyond_units + gifts_beyond_units), 0)
                 AS BIGINT) AS units,
               CAST(COALESCE(SUM(paid_within_nano + gifts_within_nano + paid_beyond_nano + gifts_beyond_nano), 0)
                 AS BIGINT) AS nano
             FROM wanted JOIN ledger_hours ON ledger_hours.hour = wanted.hour
             WHERE customer = $1 AND currency = $2 AND wanted.hour < $4",
        )
        .bind(purse.customer.0.cast_signed())
        .bind(purse.currency.code())
        .bind(hour(from))
        .bind(hour(to))
        .fetch_one(&mut *self.database.pool.acquire().await?)
        .await?;
        let (units, nano): (i64, i64) = (row.try_get("units")?, row.try_get("nano")?);
        let sum = i128::from(units) * i128::from(NANO) + i128::from(nano);
        let beyond =
            || StoreError::database("sum up calls")(sqlx::Error::Decode("more than there is money".into()));
        Ok(Money::from_nano(i64::try_from(sum).map_err(|_| beyond())?))
    }
}
