//! Numbers of gifts, which are never given twice, and the end of gifts whose time is over.

use domain::Timestamp;
use ledger::GrantNumber;
use sqlx::{Row, query};

use super::desk::AccountDesk;
use super::error::AccountError;

/// A day.
pub(crate) const DAY_MS: i64 = 86_400_000;

impl AccountDesk {
    /// A number for a gift. That nothing comes of it leaves a gap.
    pub(crate) async fn next_grant(&self) -> Result<GrantNumber, AccountError> {
        let mut transaction = self.database.begin().await?;
        // A database that was restored from an older backup learns from its journal which were given since.
        let known = query("SELECT COALESCE(MAX(grant_number), 0) AS newest FROM ledger_grants")
            .fetch_one(&mut *transaction)
            .await?;
        let row = query(
            "UPDATE grant_numbers SET last = 1 + CASE WHEN last > $1 THEN last ELSE $1 END RETURNING last",
        )
        .bind(known.try_get::<i64, _>("newest")?)
        .fetch_one(&mut *transaction)
        .await?;
        let number: i64 = row.try_get("last")?;
        transaction.commit().await?;
        Ok(GrantNumber(number.unsigned_abs()))
    }
}

/// When a gift that is given now and lasts so many days lapses.
pub(crate) fn lapse(now: Timestamp, days: Option<u32>) -> Option<Timestamp> {
    days.map(|days| Timestamp(now.unix_ms() + i64::from(days) * DAY_MS))
}
