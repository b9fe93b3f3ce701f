//! Reading the projection back: the books as the database has them.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CallId, Currency, Money, Timestamp};
use ledger::{Account, Books, Customer, GrantNumber, Left, OpenHold, Place, Purse, PurseState};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::bulk;
use super::rows::joined;
use crate::database::Database;
use crate::error::StoreError;
use crate::hex::hex;

/// Calls that are looked up at once.
const CALLS_AT_ONCE: usize = 5_000;

/// Everything but the entries.
pub(crate) async fn load(database: &Database) -> Result<Books, StoreError> {
    let mut books = Books::default();
    for row in rows(database, "SELECT account, currency, units, nano FROM ledger_accounts").await? {
        let account = Account { place: place(&row)?, currency: currency(&row)? };
        books.load_account(account, joined(number(&row, "units")?, number(&row, "nano")?));
    }
    let mut grants: BTreeMap<Purse, Vec<(Left, GrantNumber)>> = BTreeMap::new();
    let statement = "SELECT customer, currency, grant_number, expires_at_ms FROM ledger_grants";
    for row in rows(database, statement).await? {
        let (purse, grant) = (purse(&row)?, GrantNumber(number(&row, "grant_number")?.cast_unsigned()));
        let expires_at: Option<i64> =
            row.try_get("expires_at_ms").map_err(StoreError::database("read a gift"))?;
        if books.balance(purse.promo(grant)) != 0 {
            grants.entry(purse).or_default().push((expires_at.map(Timestamp).into(), grant));
        }
    }
    for row in
        rows(database, "SELECT customer, currency, pending, credit, overdrawn FROM ledger_purses").await?
    {
        let purse = purse(&row)?;
        let state = PurseState {
            pending: i128::from(number(&row, "pending")?),
            credit: Money::from_nano(number(&row, "credit")?),
            overdrawn: i128::from(number(&row, "overdrawn")?),
            grants: grants.remove(&purse).unwrap_or_default(),
        };
        books.load_purse(purse, state);
    }
    let statement =
        "SELECT call_id, customer, currency, amount, slices, progress, opened_at_ms FROM ledger_holds";
    for row in rows(database, statement).await? {
        books.load_hold(hold_of(&row)?);
    }
    Ok(books)
}

/// Which of these calls have been settled.
pub(crate) async fn settled_calls(
    database: &Database,
    calls: &[CallId],
) -> Result<BTreeSet<CallId>, StoreError> {
    let mut settled = BTreeSet::new();
    let within = bulk::calls(database.kind);
    let statement = format!("SELECT call_id FROM ledger_calls WHERE call_id IN ({within})");
    for part in calls.chunks(CALLS_AT_ONCE) {
        let list: Vec<String> = part.iter().map(CallId::to_string).collect();
        let rows = sqlx::query(AssertSqlSafe(statement.clone()))
            .bind(serde_json::to_string(&list).expect("ids are texts"))
            .fetch_all(&database.pool)
            .await
            .map_err(StoreError::database("look up calls"))?;
        for row in &rows {
            settled.insert(call_of(row)?);
        }
    }
    Ok(settled)
}

/// The id of a row's call.
pub(crate) fn call_of(row: &AnyRow) -> Result<CallId, StoreError> {
    let bytes: Vec<u8> = row.try_get("call_id").map_err(StoreError::database("read the ledger"))?;
    let known = <[u8; 16]>::try_from(&bytes[..]).map(|bytes| CallId(u128::from_be_bytes(bytes)));
    known.map_err(|_| StoreError::Damaged { what: "id of a call", found: hex(&bytes) })
}

async fn rows(database: &Database, statement: &'static str) -> Result<Vec<AnyRow>, StoreError> {
    sqlx::query(statement).fetch_all(&database.pool).await.map_err(StoreError::database("read the ledger"))
}

/// A row's hold.
pub(crate) fn hold_of(row: &AnyRow) -> Result<OpenHold, StoreError> {
    let slices = number(row, "slices")?;
    Ok(OpenHold {
        call: call_of(row)?,
        purse: purse(row)?,
        amount: Money::from_nano(number(row, "amount")?),
        slices: u32::try_from(slices).map_err(|_| StoreError::Damaged {
            what: "count of a hold's extensions",
            found: slices.to_string(),
        })?,
        progress: Money::from_nano(number(row, "progress")?),
        opened_at: Timestamp(number(row, "opened_at_ms")?),
    })
}

fn purse(row: &AnyRow) -> Result<Purse, StoreError> {
    Ok(Purse { customer: Customer(number(row, "customer")?.cast_unsigned()), currency: currency(row)? })
}

fn place(row: &AnyRow) -> Result<Place, StoreError> {
    let account = text(row, "account")?;
    Place::parse(&account).ok_or(StoreError::Damaged { what: "account", found: account })
}

fn currency(row: &AnyRow) -> Result<Currency, StoreError> {
    let code = text(row, "currency")?;
    Currency::parse(&code).ok_or(StoreError::Damaged { what: "currency", found: code })
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}
