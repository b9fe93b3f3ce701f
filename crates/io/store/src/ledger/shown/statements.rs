//! Statements out of the database: sums over all that a customer ever had, and what he has now, read at one moment.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::{Customer, EntryKind, OutOfBalance, Place, Span, Standing, Statement, StatementPart, When};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use crate::database::{AnyConnection, Database, Kind, Leased};
use crate::error::StoreError;
use crate::ledger::applier::{begin_of, hour_of, joined};

/// Why there is no statement.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It is kept by the hour.
    #[error("a statement begins and ends with an hour")]
    NotHours,
    /// What is there does not add up.
    #[error(transparent)]
    OutOfBalance(#[from] OutOfBalance),
}

/// What calls took: within what they had put aside, and beyond it, each out of gifts first. What follows are the hours.
const OF_CALLS: &str = "
    SELECT currency, place, CAST(SUM(settles) AS BIGINT) AS settles, CAST(SUM(overages) AS BIGINT) AS overages,
        CAST(SUM(paid_within_units) AS BIGINT) AS paid_within_units, CAST(SUM(paid_within_nano) AS BIGINT) AS paid_within_nano,
        CAST(SUM(gifts_within_units) AS BIGINT) AS gifts_within_units, CAST(SUM(gifts_within_nano) AS BIGINT) AS gifts_within_nano,
        CAST(SUM(paid_beyond_units) AS BIGINT) AS paid_beyond_units, CAST(SUM(paid_beyond_nano) AS BIGINT) AS paid_beyond_nano,
        CAST(SUM(gifts_beyond_units) AS BIGINT) AS gifts_beyond_units, CAST(SUM(gifts_beyond_nano) AS BIGINT) AS gifts_beyond_nano
    FROM (
        SELECT ledger_hours.*, CAST(CASE WHEN hour < $1 THEN 0 WHEN hour < $2 THEN 1 ELSE 2 END AS BIGINT) AS place
        FROM ledger_hours WHERE customer = $3 AND hour IN (";
const BY_CURRENCY: &str = ")
    ) AS hours GROUP BY currency, place";

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
    if [span.from, span.to].iter().any(|at| begin_of(hour_of(*at)) != *at) {
        return Err(StatementError::NotHours);
    }
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
    let hours = hours(&mut moment, i64::MIN, i64::MAX).await.map_err(failed("look for the first hour"))?;
    let statement = format!("{OF_CALLS}{}{BY_CURRENCY}", numbers(database.kind, 4));
    let calls = sqlx::query(AssertSqlSafe(statement))
        .bind(hour_of(span.from))
        .bind(hour_of(span.to))
        .bind(bounds.2)
        .bind(hours)
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

/// Every hour between that calls may be of, as a list of JSON.
pub(super) async fn hours(connection: &mut AnyConnection, from: i64, to: i64) -> Result<String, sqlx::Error> {
    let row = sqlx::query("SELECT MIN(hour) AS first, MAX(hour) AS last FROM ledger_hours")
        .fetch_one(connection)
        .await?;
    let (first, last): (Option<i64>, Option<i64>) = (row.try_get("first")?, row.try_get("last")?);
    let (Some(first), Some(last)) = (first, last) else { return Ok("[]".to_owned()) };
    let hours: Vec<i64> = (first.max(from)..=last.min(to)).collect();
    Ok(serde_json::to_string(&hours).expect("numbers"))
}

/// The numbers of a JSON list, as rows of one column.
pub(super) fn numbers(kind: Kind, place: usize) -> String {
    match kind {
        Kind::Sqlite => format!("SELECT value FROM json_each(${place})"),
        Kind::Postgres => format!("SELECT json_array_elements_text(${place}::json)::BIGINT"),
    }
}

/// A transaction in which nothing changes for who reads.
async fn one_moment(database: &Database) -> Result<Leased, sqlx::Error> {
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
