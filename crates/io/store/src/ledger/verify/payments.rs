//! I6: what was refunded of a payment is no more than it brought, what waits to be refunded was asked for, and no payment of a
//! processor is credited twice.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::{Books, EntryKey, Invariant, Place, Purse};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::report::{VIOLATIONS_TOLD_MAX, VerifyError, VerifyReport};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::applier::payment_facts;

/// See the module.
pub(super) async fn count_once(
    database: &Database,
    books: &Books,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let mut found = |what: String| report.found(Invariant::PaymentsCountOnce.violated(what));
    for ((key, purse), refunded) in refunds(database).await? {
        let captured = match EntryKey::parse(&key) {
            Ok(key) => payment_facts(database, &key, purse).await?.captured,
            Err(_) => 0,
        };
        if refunded > captured {
            found(format!(
                "{refunded} nano-units are refunded of {key}, which brought {captured} to {purse}"
            ));
        }
    }
    for (account, balance) in books.accounts() {
        if account.place == Place::RefundsPayable && balance < 0 {
            found(format!(
                "{} nano-units in {} were refunded that nobody asked for",
                -balance, account.currency
            ));
        }
    }
    let twice = "SELECT entry_key FROM ledger_entries WHERE kind = 'top_up'
                 GROUP BY entry_key HAVING COUNT(DISTINCT lsn) > 1 LIMIT $1";
    for key in keys(database, twice).await? {
        found(format!("the payment {key} is credited twice"));
    }
    // The key says which transaction of which channel it was; another key would let it in again.
    let otherwise =
        "SELECT DISTINCT entry_key FROM ledger_entries WHERE kind = 'top_up' AND debit LIKE 'clearing:%'
                     AND entry_key NOT LIKE 'pay:' || substr(debit, 10) || ':%' LIMIT $1";
    for key in keys(database, otherwise).await? {
        found(format!("the payment {key} does not say by its key which transaction it was"));
    }
    Ok(())
}

/// What was asked back of each payment, less what came back again.
async fn refunds(database: &Database) -> Result<BTreeMap<(String, Purse), i128>, StoreError> {
    let rows = sqlx::query(
        "SELECT linked_key, kind, currency, debit, credit, amount FROM ledger_entries
         WHERE kind IN ('refund_asked', 'refund_failed') AND linked_key IS NOT NULL",
    )
    .fetch_all(&database.pool)
    .await
    .map_err(StoreError::database("read the refunds"))?;
    let mut refunds = BTreeMap::new();
    for row in &rows {
        let is_asked = text(row, "kind")? == "refund_asked";
        let place = text(row, if is_asked { "debit" } else { "credit" })?;
        let currency = Currency::parse(&text(row, "currency")?);
        let Some((Place::Paid(customer), currency)) = Place::parse(&place).zip(currency) else { continue };
        let amount: i64 = row.try_get("amount").map_err(StoreError::database("read a refund"))?;
        let sum = refunds.entry((text(row, "linked_key")?, Purse { customer, currency })).or_insert(0);
        *sum += if is_asked { i128::from(amount) } else { -i128::from(amount) };
    }
    Ok(refunds)
}

async fn keys(database: &Database, statement: &'static str) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query(statement).bind(VIOLATIONS_TOLD_MAX as i64).fetch_all(&database.pool).await;
    rows.map_err(StoreError::database("look for payments"))?
        .iter()
        .map(|row| text(row, "entry_key"))
        .collect()
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read a payment"))
}
