//! What calls of an account came to over a time, as the database has it: it follows the journal by a moment.

use domain::{Money, Timestamp};
use ledger::{Customer, EntryKind};
use sqlx::{Row, query};

use super::desk::AccountDesk;
use super::error::AccountError;

impl AccountDesk {
    /// What calls cost from `from` on and before `to`. Read where no call waits for it.
    pub async fn used(
        &self,
        customer: Customer,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Money, AccountError> {
        let number = i64::try_from(customer.0).map_err(|_| AccountError::Unknown(customer.0.to_string()))?;
        let row = query(
            "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) AS used FROM ledger_entries
             WHERE customer = $1 AND at_ms >= $2 AND at_ms < $3 AND kind IN ($4, $5)",
        )
        .bind(number)
        .bind(from.unix_ms())
        .bind(to.unix_ms())
        .bind(EntryKind::Settle.name())
        .bind(EntryKind::Overage.name())
        .fetch_one(&mut *self.database.pool.acquire().await?)
        .await?;
        Ok(Money::from_nano(row.try_get("used")?))
    }
}
