//! Budgets in a database. One that is removed stays there, with what was spent by it.

use domain::{Money, OrganisationId, Timestamp};
use limits::budget::{Period, Rule, RuleId, Scope, Terms, Unkept, Zone};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::entry::BudgetEntry;
use crate::columns::{damaged, parsed};
use crate::database::AnyConnection;

pub(super) async fn insert(to: &mut AnyConnection, made: &BudgetEntry) -> Result<(), sqlx::Error> {
    let Rule { id, scope, period, zone, terms } = &made.rule;
    query(
        "INSERT INTO budgets (number, organisation_id, scope, scope_id, period, zone, amount, warn_percent,
             is_hard, is_operators, created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(number(*id)?)
    .bind(made.organisation.as_str())
    .bind(scope.kind())
    .bind(scope.id())
    .bind(period.name())
    .bind(zone.name())
    .bind(terms.limit.nano())
    .bind(i64::from(terms.warn_percent))
    .bind(i64::from(terms.is_hard))
    .bind(i64::from(made.is_operators))
    .bind(made.created_at.unix_ms())
    .execute(to)
    .await
    .map(|_| ())
}

pub(super) async fn update(to: &mut AnyConnection, changed: &BudgetEntry) -> Result<(), sqlx::Error> {
    let Rule { id, terms, .. } = &changed.rule;
    query("UPDATE budgets SET amount = $1, warn_percent = $2, is_hard = $3 WHERE number = $4")
        .bind(terms.limit.nano())
        .bind(i64::from(terms.warn_percent))
        .bind(i64::from(terms.is_hard))
        .bind(number(*id)?)
        .execute(to)
        .await
        .map(|_| ())
}

pub(super) async fn remove(to: &mut AnyConnection, id: RuleId, at: Timestamp) -> Result<(), sqlx::Error> {
    query("UPDATE budgets SET removed_at_ms = $1 WHERE number = $2")
        .bind(at.unix_ms())
        .bind(number(id)?)
        .execute(to)
        .await
        .map(|_| ())
}

/// The number of the next.
pub(super) async fn next_number(from: &mut AnyConnection) -> Result<RuleId, sqlx::Error> {
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM budgets").fetch_one(from).await?;
    Ok(RuleId(row.try_get::<i64, _>("newest")?.unsigned_abs() + 1))
}

/// All that are not removed, in the order of their numbers.
pub(super) async fn all(from: &mut AnyConnection) -> Result<Vec<BudgetEntry>, sqlx::Error> {
    let rows =
        query("SELECT * FROM budgets WHERE removed_at_ms IS NULL ORDER BY number").fetch_all(from).await?;
    rows.iter().map(read).collect()
}

/// What was spent in windows that began since then, and in those that never end.
pub(super) async fn spent_since(
    from: &mut AnyConnection,
    since: Timestamp,
) -> Result<Vec<(RuleId, Timestamp, Money)>, sqlx::Error> {
    let rows = query(
        "SELECT budget, begins_at_ms, spent FROM budget_windows WHERE begins_at_ms >= $1 OR begins_at_ms = 0",
    )
    .bind(since.unix_ms())
    .fetch_all(from)
    .await?;
    let spent = rows.iter().map(|row| {
        let budget = RuleId(row.try_get::<i64, _>("budget")?.unsigned_abs());
        Ok((budget, Timestamp(row.try_get("begins_at_ms")?), Money::from_nano(row.try_get("spent")?)))
    });
    spent.collect()
}

pub(super) async fn forget_before(to: &mut AnyConnection, before: Timestamp) -> Result<(), sqlx::Error> {
    query("DELETE FROM budget_windows WHERE begins_at_ms < $1 AND begins_at_ms > 0")
        .bind(before.unix_ms())
        .execute(to)
        .await
        .map(|_| ())
}

pub(super) async fn keep(to: &mut AnyConnection, id: RuleId, spent: &Unkept) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO budget_windows (budget, begins_at_ms, spent) VALUES ($1, $2, $3)
         ON CONFLICT (budget, begins_at_ms) DO UPDATE SET spent = excluded.spent",
    )
    .bind(number(id)?)
    .bind(spent.window.unix_ms())
    .bind(spent.used.nano())
    .execute(to)
    .await
    .map(|_| ())
}

fn read(row: &AnyRow) -> Result<BudgetEntry, sqlx::Error> {
    let (kind, id): (&str, &str) = (row.try_get("scope")?, row.try_get("scope_id")?);
    let scope = Scope::of(kind, id).ok_or_else(|| damaged("scope_id", id))?;
    let percent: i64 = row.try_get("warn_percent")?;
    let terms = Terms {
        limit: Money::from_nano(row.try_get("amount")?),
        warn_percent: u8::try_from(percent).map_err(|_| damaged("warn_percent", &percent.to_string()))?,
        is_hard: row.try_get::<i64, _>("is_hard")? != 0,
    };
    let rule = Rule {
        id: RuleId(row.try_get::<i64, _>("number")?.unsigned_abs()),
        scope,
        period: parsed(row, "period", Period::parse)?,
        zone: parsed(row, "zone", Zone::parse)?,
        terms,
    };
    Ok(BudgetEntry {
        rule,
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        is_operators: row.try_get::<i64, _>("is_operators")? != 0,
        created_at: Timestamp(row.try_get("created_at_ms")?),
    })
}

fn number(id: RuleId) -> Result<i64, sqlx::Error> {
    i64::try_from(id.0).map_err(|_| damaged("number", &id.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::budgets::suite;
    use crate::database::throwaway::on_every_database;

    on_every_database!(suite:
        a_budget_is_set_once_and_only_for_what_is_there
        what_was_spent_outlives_a_restart_for_its_window
        other_terms_hold_at_once_and_spend_nothing_anew
        members_change_what_members_have_set
        a_number_is_not_given_again
        a_key_that_follows_another_counts_for_its_budgets
        a_key_that_is_taken_over_has_its_budget_or_is_not_there
    );
}
