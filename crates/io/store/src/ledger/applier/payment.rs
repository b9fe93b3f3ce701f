//! What the database has of one payment: what it brought, what of it went back, and what of the purse was paid.

use ledger::{EntryKey, EntryKind, Purse};
use sqlx::Row;
use sqlx::any::AnyRow;

use super::rows::joined;
use crate::database::Database;
use crate::error::StoreError;

/// See the module; in nano-units of the purse's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PaymentFacts {
    /// Why there is such an entry; none if there is none.
    pub(crate) kind: Option<EntryKind>,
    /// What it brought into the purse.
    pub(crate) captured: i128,
    /// What was asked back or taken back of it, less what came back again.
    pub(crate) returned: i128,
    /// What the purse has that was paid.
    pub(crate) paid: i128,
}

/// Looks them up.
pub(crate) async fn payment_facts(
    database: &Database,
    payment: &EntryKey,
    purse: Purse,
) -> Result<PaymentFacts, StoreError> {
    let (paid, currency) = (purse.paid().place.to_string(), purse.currency.code());
    let mut facts = PaymentFacts::default();
    let own = "SELECT kind, debit, credit, currency, amount FROM ledger_entries WHERE entry_key = $1";
    for row in rows(database, own, payment).await? {
        let kind = text(&row, "kind")?;
        let known = EntryKind::of_name(&kind);
        facts.kind = Some(known.ok_or(StoreError::Damaged { what: "kind of an entry", found: kind })?);
        if text(&row, "credit")? == paid && text(&row, "currency")? == currency {
            facts.captured += i128::from(number(&row, "amount")?);
        }
    }
    let linked = "SELECT debit, credit, currency, amount FROM ledger_entries WHERE linked_key = $1";
    for row in rows(database, linked, payment).await? {
        let amount = i128::from(number(&row, "amount")?);
        if text(&row, "currency")? != currency {
            continue;
        }
        facts.returned += if text(&row, "debit")? == paid { amount } else { 0 };
        facts.returned -= if text(&row, "credit")? == paid { amount } else { 0 };
    }
    let balance = sqlx::query("SELECT units, nano FROM ledger_accounts WHERE account = $1 AND currency = $2")
        .bind(&paid)
        .bind(currency)
        .fetch_optional(&database.pool)
        .await
        .map_err(StoreError::database("look up a balance"))?;
    if let Some(row) = balance {
        facts.paid = joined(number(&row, "units")?, number(&row, "nano")?);
    }
    Ok(facts)
}

async fn rows(
    database: &Database,
    statement: &'static str,
    key: &EntryKey,
) -> Result<Vec<AnyRow>, StoreError> {
    let rows = sqlx::query(statement).bind(key.as_str()).fetch_all(&database.pool).await;
    rows.map_err(StoreError::database("look up a payment"))
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read a payment"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read a payment"))
}
