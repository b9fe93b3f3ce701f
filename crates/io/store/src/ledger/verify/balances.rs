//! I2: what each account has is what its entries come to, those of calls among them.

use std::collections::BTreeMap;

use domain::Currency;
use ledger::{Account, Books, Customer, Invariant, Place, Purse};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::report::{VerifyError, VerifyReport};
use crate::database::Database;
use crate::error::StoreError;
use crate::ledger::applier::{begin_of, gifts_of, joined};

/// Rows that are read at once.
const ROWS_AT_ONCE: i64 = 10_000;

type Sums = BTreeMap<Account, i128>;

/// See the module.
pub(super) async fn are_entries(
    database: &Database,
    books: &Books,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let mut sums: Sums = books.accounts().map(|(account, _)| (account, 0)).collect();
    add_entries(database, &mut sums, report).await?;
    add_calls(database, &mut sums, report).await?;
    add_gifts(database, &mut sums, report).await?;
    hours_are_calls(database, report).await?;
    for (account, sum) in sums {
        let balance = books.balance(account);
        if balance != sum {
            let what = format!("{account} is {balance} nano-units, its entries come to {sum}");
            report.found(Invariant::BalancesAreEntries.violated(what));
        }
    }
    Ok(())
}

async fn add_entries(
    database: &Database,
    sums: &mut Sums,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    // Whole units and nano-units apart: the sum of many amounts is beyond 64 bits of the latter.
    let statement = "SELECT account, currency, CAST(SUM(units) AS BIGINT) AS units, CAST(SUM(nano) AS BIGINT) AS nano,
            CAST(SUM(entries) AS BIGINT) AS entries FROM (
                SELECT credit AS account, currency, amount / 1000000000 AS units, amount % 1000000000 AS nano, 0 AS entries
                FROM ledger_entries
                UNION ALL
                SELECT debit, currency, -(amount / 1000000000), -(amount % 1000000000), 1 FROM ledger_entries
            ) AS sides GROUP BY account, currency";
    for row in &rows(database, statement).await? {
        let (account, code) = (text(row, "account")?, text(row, "currency")?);
        let Some((place, currency)) = Place::parse(&account).zip(Currency::parse(&code)) else {
            report.found(Invariant::EntriesBalance.violated(format!("{account} in {code} is no account")));
            continue;
        };
        report.entries += number(row, "entries")?.cast_unsigned();
        *sums.entry(Account { place, currency }).or_default() +=
            joined(number(row, "units")?, number(row, "nano")?);
    }
    Ok(())
}

/// What calls paid out of paid money, and what all gifts together bore.
async fn add_calls(
    database: &Database,
    sums: &mut Sums,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let statement = "SELECT customer, currency, CAST(COUNT(*) AS BIGINT) AS calls,
            CAST(SUM((amount - given) / 1000000000) AS BIGINT) AS units,
            CAST(SUM((amount - given) % 1000000000) AS BIGINT) AS nano
        FROM ledger_calls GROUP BY customer, currency";
    for row in &rows(database, statement).await? {
        let purse = purse(row)?;
        let paid = joined(number(row, "units")?, number(row, "nano")?);
        report.entries += number(row, "calls")?.cast_unsigned();
        if paid != 0 {
            *sums.entry(purse.paid()).or_default() -= paid;
            *sums.entry(Account { place: Place::Usage, ..purse.paid() }).or_default() += paid;
        }
    }
    Ok(())
}

/// What the hours of purses say is what their calls say, both ways.
async fn hours_are_calls(database: &Database, report: &mut VerifyReport) -> Result<(), VerifyError> {
    let sum = |part: &str, name: &str| {
        format!(
            "CAST(SUM(({part}) / 1000000000) AS BIGINT) AS {name}_units, CAST(SUM(({part}) % 1000000000) AS BIGINT) AS {name}_nano"
        )
    };
    let calls = format!(
        "SELECT hour, customer, currency, CAST(SUM(CASE WHEN within > 0 THEN 1 ELSE 0 END) AS BIGINT) AS settles,
             CAST(SUM(CASE WHEN beyond > 0 THEN 1 ELSE 0 END) AS BIGINT) AS overages, {}, {}, {}, {}
         FROM (SELECT at_ms / 3600000 AS hour, customer, currency, given, beyond, amount - beyond AS within,
                   CASE WHEN given < amount - beyond THEN given ELSE amount - beyond END AS gifts
               FROM ledger_calls) AS calls GROUP BY hour, customer, currency",
        sum("within - gifts", "paid_within"),
        sum("gifts", "gifts_within"),
        sum("beyond - (given - gifts)", "paid_beyond"),
        sum("given - gifts", "gifts_beyond")
    );
    let hours = "SELECT hour, customer, currency, settles, overages, paid_within_units, paid_within_nano, gifts_within_units,
                     gifts_within_nano, paid_beyond_units, paid_beyond_nano, gifts_beyond_units, gifts_beyond_nano
                 FROM ledger_hours";
    for (first, second) in [(calls.as_str(), hours), (hours, calls.as_str())] {
        let statement = format!(
            "SELECT DISTINCT hour, customer, currency FROM (SELECT * FROM ({first}) AS one EXCEPT SELECT * FROM ({second}) AS other) AS odd"
        );
        let rows = sqlx::query(AssertSqlSafe(statement)).fetch_all(&database.pool).await;
        for row in &rows.map_err(StoreError::database("hold hours against calls"))? {
            let (purse, hour) = (purse(row)?, begin_of(number(row, "hour")?).rfc3339());
            let what = format!(
                "what calls of {purse} came to in the hour of {hour} is not what they came to one by one"
            );
            report.found(Invariant::BalancesAreEntries.violated(what));
        }
    }
    Ok(())
}

/// What each gift bore.
async fn add_gifts(
    database: &Database,
    sums: &mut Sums,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    let (mut at, mut node, mut lsn) = (i64::MIN, 0, 0);
    loop {
        let rows = sqlx::query(
            "SELECT at_ms, node, lsn, customer, currency, given, gifts FROM ledger_calls
             WHERE gifts IS NOT NULL AND (at_ms, node, lsn) > ($1, $2, $3) ORDER BY at_ms, node, lsn LIMIT $4",
        )
        .bind(at)
        .bind(node)
        .bind(lsn)
        .bind(ROWS_AT_ONCE)
        .fetch_all(&database.pool)
        .await
        .map_err(StoreError::database("read what gifts bore"))?;
        for row in &rows {
            (at, node, lsn) = (number(row, "at_ms")?, number(row, "node")?, number(row, "lsn")?);
            let (purse, gifts) = (purse(row)?, text(row, "gifts")?);
            let parts =
                gifts_of(&gifts).ok_or(StoreError::Damaged { what: "gifts of a call", found: gifts })?;
            let mut given = number(row, "given")?;
            for (grant, amount) in parts {
                given -= amount.nano();
                let account = purse.promo(grant);
                *sums.entry(account).or_default() -= i128::from(amount.nano());
                *sums.entry(Account { place: Place::Gifts, ..account }).or_default() +=
                    i128::from(amount.nano());
            }
            if given != 0 {
                let what =
                    format!("the gifts of record {lsn} are {given} nano-units less than what was given");
                report.found(Invariant::EntriesBalance.violated(what));
            }
        }
        if (rows.len() as i64) < ROWS_AT_ONCE {
            return Ok(());
        }
    }
}

async fn rows(database: &Database, statement: &'static str) -> Result<Vec<AnyRow>, StoreError> {
    sqlx::query(statement).fetch_all(&database.pool).await.map_err(StoreError::database("sum up the entries"))
}

fn purse(row: &AnyRow) -> Result<Purse, StoreError> {
    let code = text(row, "currency")?;
    let currency = Currency::parse(&code).ok_or(StoreError::Damaged { what: "currency", found: code })?;
    Ok(Purse { customer: Customer(number(row, "customer")?.cast_unsigned()), currency })
}

fn number(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}

fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    row.try_get(column).map_err(StoreError::database("read the ledger"))
}
