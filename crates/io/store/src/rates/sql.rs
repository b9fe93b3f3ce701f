//! Limits in a database. What is removed stays there.

use domain::{OrganisationId, Timestamp};
use limits::budget::Scope;
use limits::rate::{Measure, Terms, WhenReached};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::entry::{LimitEntry, Says};
use crate::columns::{damaged, parsed};
use crate::database::AnyConnection;
use crate::keys::PlanName;

pub(super) async fn insert(to: &mut AnyConnection, made: &LimitEntry) -> Result<(), sqlx::Error> {
    let (plan, terms) = match &made.says {
        Says::Plan(plan) => (Some(plan.as_str()), None),
        Says::Limits(terms) => (None, Some(terms)),
    };
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let amount = |measure| terms.and_then(|terms| terms.amount(measure)).map(whole);
    let wait = terms.and_then(|terms| terms.on_limit().wait());
    let mut statement = query(
        "INSERT INTO rate_limits (number, organisation_id, scope, scope_id, sort, plan, requests_per_second,
             requests_per_minute, tokens_per_minute, input_tokens_per_minute, output_tokens_per_minute,
             concurrent_requests, body_bytes, prompt_tokens, burst_seconds, queue_wait_ms, is_operators,
             created_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
    )
    .bind(whole(made.number))
    .bind(made.organisation.as_str())
    .bind(made.scope.kind())
    .bind(made.scope.id())
    .bind(made.says.sort())
    .bind(plan);
    for measure in Measure::ALL {
        statement = statement.bind(amount(measure));
    }
    statement
        .bind(terms.and_then(Terms::burst_seconds).map(whole))
        .bind(wait.map(|wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)))
        .bind(i64::from(made.is_operators))
        .bind(made.created_at.unix_ms())
        .execute(to)
        .await
        .map(|_| ())
}

pub(super) async fn remove(to: &mut AnyConnection, number: u64, at: Timestamp) -> Result<(), sqlx::Error> {
    query("UPDATE rate_limits SET removed_at_ms = $1 WHERE number = $2")
        .bind(at.unix_ms())
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .execute(to)
        .await
        .map(|_| ())
}

/// The number of the next.
pub(super) async fn next_number(from: &mut AnyConnection) -> Result<u64, sqlx::Error> {
    let row = query("SELECT COALESCE(MAX(number), 0) AS newest FROM rate_limits").fetch_one(from).await?;
    Ok(row.try_get::<i64, _>("newest")?.unsigned_abs() + 1)
}

/// All that are not removed, in the order of their numbers.
pub(super) async fn all(from: &mut AnyConnection) -> Result<Vec<LimitEntry>, sqlx::Error> {
    let rows = query("SELECT * FROM rate_limits WHERE removed_at_ms IS NULL ORDER BY number")
        .fetch_all(from)
        .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<LimitEntry, sqlx::Error> {
    let (kind, id): (&str, &str) = (row.try_get("scope")?, row.try_get("scope_id")?);
    Ok(LimitEntry {
        number: row.try_get::<i64, _>("number")?.unsigned_abs(),
        scope: Scope::of(kind, id).ok_or_else(|| damaged("scope_id", id))?,
        says: says(row)?,
        organisation: parsed(row, "organisation_id", OrganisationId::parse)?,
        is_operators: row.try_get::<i64, _>("is_operators")? != 0,
        created_at: Timestamp(row.try_get("created_at_ms")?),
    })
}

fn says(row: &AnyRow) -> Result<Says, sqlx::Error> {
    if let Some(plan) = row.try_get::<Option<&str>, _>("plan")? {
        return PlanName::parse(plan).map(Says::Plan).ok_or_else(|| damaged("plan", plan));
    }
    let count = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.map(i64::unsigned_abs));
    let mut amounts = Vec::new();
    for measure in Measure::ALL {
        amounts.extend(count(measure.name())?.map(|amount| (measure, amount)));
    }
    let wait = count("queue_wait_ms")?;
    let when = match (row.try_get::<&str, _>("sort")?, wait) {
        ("soft", _) => WhenReached::Warn,
        (_, Some(_)) => WhenReached::Queue,
        (_, None) => WhenReached::Refuse,
    };
    let terms = Terms::of(amounts, count("burst_seconds")?, (when, wait));
    terms.map(Says::Limits).map_err(|error| damaged(error.field, &error.message))
}

#[cfg(test)]
mod tests {
    use crate::database::throwaway::on_every_database;
    use crate::rates::suite;

    on_every_database!(suite:
        limits_are_set_once_of_each_sort_and_outlive_a_restart
        members_change_what_members_have_set
        a_key_has_its_limits_from_its_first_moment_on_or_is_not_there
        a_key_that_follows_another_counts_for_its_limits
    );
}
