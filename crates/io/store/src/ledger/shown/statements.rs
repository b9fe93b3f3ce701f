//! Statements out of the database: sums over all that a customer ever had, and what he has now, read at one moment.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::{Customer, EntryKind, OutOfBalance, Place, Span, Standing, Statement, StatementPart, When};
use sqlx::any::{Any, AnyRow};
use sqlx::{Row, Transaction};

use crate::database::{Database, Kind};
use crate::error::StoreError;
use crate::ledger::applier::joined;

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is there does not add up.
    #[error(transparent)]
    OutOfBalance(#[from] OutOfBalance),
}

/// What calls took: within what they had put aside, and beyond it, each out of gifts first.
const OF_CALLS: &str = "
    SELECT currency, place, COUNT(*) AS calls,
        CAST(SUM(CASE WHEN within > 0 THEN 1 ELSE 0 END) AS BIGINT) AS settles,
        CAST(SUM(CASE WHEN beyond > 0 THEN 1 ELSE 0 END) AS BIGINT) AS overages,
        CAST(SUM((within - gifts_within) / 1000000000) AS BIGINT) AS paid_within_units,
        CAST(SUM((within - gifts_within) % 1000000000) AS BIGINT) AS paid_within_nano,
        CAST(SUM(gifts_within / 1000000000) AS BIGINT) AS gifts_within_units,
        CAST(SUM(gifts_within % 1000000000) AS BIGINT) AS gifts_within_nano,
        CAST(SUM((beyond - (given - gifts_within)) / 1000000000) AS BIGINT) AS paid_beyond_units,
        CAST(SUM((beyond - (given - gifts_within)) % 1000000000) AS BIGINT) AS paid_beyond_nano,
        CAST(SUM((given - gifts_within) / 1000000000) AS BIGINT) AS gifts_beyond_units,
        CAST(SUM((given - gifts_within) % 1000000000) AS BIGINT) AS gifts_beyond_nano
    FROM (
        SELECT currency, given, beyond, amount - beyond AS within,
            CASE WHEN given < amount - beyond THEN given ELSE amount - beyond END AS gifts_within,
            CAST(CASE WHEN at_ms < $1 THEN 0 WHEN at_ms < $2 THEN 1 ELSE 2 END AS BIGINT) AS place
        FROM ledger_calls WHERE customer = $3
    ) AS calls GROUP BY currency, place";

/// What everything else gave and took.
const OF_ENTRIES: &str = "
    SELECT currency, kind, place, CAST(COUNT(DISTINCT entry_key) AS BIGINT) AS entries,
        CAST(SUM(paid * (amount / 1000000000)) AS BIGINT) AS paid_units,
        CAST(SUM(paid * (amount % 1000000000)) AS BIGINT) AS paid_nano,
        CAST(SUM(gifts * (amount / 1000000000)) AS BIGINT) AS gifts_units,
        CAST(SUM(gifts * (amount % 1000000000)) AS BIGINT) AS gifts_nano
    FROM (
        SELECT currency, kind, entry_key, amount,
            CAST(CASE WHEN at_ms < $1 THEN 0 WHEN at_ms < $2 THEN 1 ELSE 2 END AS BIGINT) AS place,
            CASE WHEN credit = $4 THEN 1 ELSE 0 END - CASE WHEN debit = $4 THEN 1 ELSE 0 END AS paid,
            CASE WHEN credit LIKE $5 THEN 1 ELSE 0 END - CASE WHEN debit LIKE $5 THEN 1 ELSE 0 END AS gifts
        FROM ledger_entries WHERE customer = $3
    ) AS entries WHERE paid <> 0 OR gifts <> 0 GROUP BY currency, kind, place";

const NOW: &str =
    "SELECT account, currency, units, nano FROM ledger_accounts WHERE account = $1 OR account LIKE $2";

/// The statement of a customer over a time. It lags behind by what the database has not taken in yet.
pub async fn statement(
    database: &Database,
    customer: Customer,
    span: Span,
) -> Result<Statement, StatementError> {
    let (mut parts, now) = read(database, customer, span).await?;
    parts.retain(|part| part.count > 0);
    Ok(Statement::of(customer, span, &parts, &now)?)
}

async fn read(
    database: &Database,
    customer: Customer,
    span: Span,
) -> Result<(Vec<StatementPart>, BTreeMap<Currency, Standing>), StoreError> {
    let failed = StoreError::database;
    let mut moment = one_moment(database).await.map_err(failed("begin to read a statement"))?;
    let (paid, gifts) = (Place::Paid(customer).to_string(), format!("customer:{}:promo:%", customer.0));
    let bounds = (span.from.unix_ms(), span.to.unix_ms(), customer.0.cast_signed());
    let calls = sqlx::query(OF_CALLS)
        .bind(bounds.0)
        .bind(bounds.1)
        .bind(bounds.2)
        .fetch_all(&mut *moment)
        .await
        .map_err(failed("sum up calls"))?;
    let entries = sqlx::query(OF_ENTRIES)
        .bind(bounds.0)
        .bind(bounds.1)
        .bind(bounds.2)
        .bind(&paid)
        .bind(&gifts)
        .fetch_all(&mut *moment)
        .await
        .map_err(failed("sum up entries"))?;
    let accounts = sqlx::query(NOW)
        .bind(&paid)
        .bind(&gifts)
        .fetch_all(&mut *moment)
        .await
        .map_err(failed("read balances"))?;
    drop(moment);
    let mut parts = Vec::new();
    for row in &calls {
        parts.extend(of_calls(row)?);
    }
    for row in &entries {
        let (sum, kind) =
            (Standing { paid: sum(row, "paid")?, gifts: sum(row, "gifts")? }, text(row, "kind")?);
        let kind =
            EntryKind::of_name(&kind).ok_or(StoreError::Damaged { what: "kind of an entry", found: kind })?;
        let (currency, when, count) = (currency(row)?, when(row)?, count(row, "entries")?);
        parts.push(StatementPart { currency, kind, when, count, sum });
    }
    let mut now: BTreeMap<Currency, Standing> = BTreeMap::new();
    for row in &accounts {
        let balance = joined(number(row, "units")?, number(row, "nano")?);
        let standing = now.entry(currency(row)?).or_default();
        let side = if text(row, "account")? == paid { &mut standing.paid } else { &mut standing.gifts };
        *side += balance;
    }
    Ok((parts, now))
}

/// A transaction in which nothing changes for who reads.
async fn one_moment(database: &Database) -> Result<Transaction<'static, Any>, sqlx::Error> {
    match database.kind {
        Kind::Sqlite => database.pool.begin().await,
        Kind::Postgres => database.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await,
    }
}

fn of_calls(row: &AnyRow) -> Result<[StatementPart; 2], StoreError> {
    let (currency, when) = (currency(row)?, when(row)?);
    let part = |kind, counted, paid, gifts| {
        let sum = Standing { paid: -sum(row, paid)?, gifts: -sum(row, gifts)? };
        Ok::<_, StoreError>(StatementPart { currency, kind, when, count: count(row, counted)?, sum })
    };
    Ok([
        part(EntryKind::Settle, "settles", "paid_within", "gifts_within")?,
        part(EntryKind::Overage, "overages", "paid_beyond", "gifts_beyond")?,
    ])
}

fn sum(row: &AnyRow, name: &str) -> Result<i128, StoreError> {
    Ok(joined(number(row, &format!("{name}_units"))?, number(row, &format!("{name}_nano"))?))
}

fn when(row: &AnyRow) -> Result<When, StoreError> {
    let place = number(row, "place")?;
    Ok([When::Before, When::Within].get(place as usize).copied().unwrap_or(When::Behind))
}

fn currency(row: &AnyRow) -> Result<Currency, StoreError> {
    let code = text(row, "currency")?;
    Currency::parse(&code).ok_or(StoreError::Damaged { what: "currency", found: code })
}

fn count(row: &AnyRow, column: &str) -> Result<u64, StoreError> {
    Ok(number(row, column)?.cast_unsigned())
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read a statement"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read a statement"))
}
