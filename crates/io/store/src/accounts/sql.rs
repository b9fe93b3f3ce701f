//! Accounts in a database. They are never removed.

use domain::{Currency, Money, OrganisationId, ProjectId, Timestamp};
use ledger::Customer;
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::account::Account;
use crate::columns::{damaged, parsed};
use crate::database::AnyConnection;

pub(super) async fn insert(to: &mut AnyConnection, made: &Account) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO accounts (number, organisation_id, project_id, currency, warn_below, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(number(made)?)
    .bind(made.organisation.as_str())
    .bind(made.project.as_ref().map_or("", ProjectId::as_str))
    .bind(made.currency.code())
    .bind(made.warn_below.nano())
    .bind(made.created_at.unix_ms())
    .execute(to)
    .await
    .map(|_| ())
}

/// Warns below another balance.
pub(super) async fn set_warning(
    to: &mut AnyConnection,
    number: u64,
    below: Money,
) -> Result<(), sqlx::Error> {
    query("UPDATE accounts SET warn_below = $1 WHERE number = $2")
        .bind(below.nano())
        .bind(i64::try_from(number).map_err(|_| damaged("number", &number.to_string()))?)
        .execute(to)
        .await
        .map(|_| ())
}

/// The number of the next.
pub(super) async fn next_number(from: &mut AnyConnection) -> Result<Customer, sqlx::Error> {
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM accounts").fetch_one(from).await?;
    Ok(Customer(row.try_get::<i64, _>("newest")?.unsigned_abs() + 1))
}

/// The number of the one of an organisation itself, or of a project.
pub(super) async fn number_of(
    from: &mut AnyConnection,
    organisation: &OrganisationId,
    project: Option<&ProjectId>,
) -> Result<Option<u64>, sqlx::Error> {
    let row = query("SELECT number FROM accounts WHERE organisation_id = $1 AND project_id = $2")
        .bind(organisation.as_str())
        .bind(project.map_or("", ProjectId::as_str))
        .fetch_optional(from)
        .await?;
    row.map(|row| row.try_get::<i64, _>("number").map(i64::unsigned_abs)).transpose()
}

/// All of them, in the order of their numbers.
pub(super) async fn all(from: &mut AnyConnection) -> Result<Vec<Account>, sqlx::Error> {
    let rows = query("SELECT * FROM accounts ORDER BY number").fetch_all(from).await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Account, sqlx::Error> {
    let project: &str = row.try_get("project_id")?;
    Ok(Account {
        number: Customer(row.try_get::<i64, _>("number")?.unsigned_abs()),
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        project: if project.is_empty() { None } else { Some(parsed(row, "project_id", ProjectId::parse)?) },
        currency: parsed(row, "currency", Currency::parse)?,
        warn_below: Money::from_nano(row.try_get("warn_below")?),
        created_at: Timestamp(row.try_get("created_at_ms")?),
    })
}

fn number(account: &Account) -> Result<i64, sqlx::Error> {
    i64::try_from(account.number.0).map_err(|_| damaged("number", &account.number.0.to_string()))
}
