//! Alerts, and what was spent of late, in a database.

use std::collections::{BTreeMap, BTreeSet};

use alerts::{Alert, AlertState, KeyFact, Rule, Severity, SpendSeries, Told};
use domain::Timestamp;
use serde_json::Value;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row, query};

use super::keys::{KeyTimes, KeysEnding};
use crate::columns::{damaged, parsed, time, time_if_any};
use crate::database::AnyConnection;

/// Keys that are told of at once, of those that will end and of those that have.
const KEYS_MAX: i64 = 200;

/// All of them. Of those that an earlier version has kept, everybody who was ever told something knows what was told.
pub(super) async fn all(
    from: &mut AnyConnection,
    channels: &BTreeSet<String>,
) -> Result<Vec<Alert>, sqlx::Error> {
    let rows = query("SELECT * FROM alerts ORDER BY rule, subject").fetch_all(from).await?;
    rows.iter().map(|row| read(row, channels)).collect()
}

pub(super) async fn remove(to: &mut AnyConnection, alert: &Alert) -> Result<(), sqlx::Error> {
    query("DELETE FROM alerts WHERE rule = $1 AND subject = $2")
        .bind(alert.rule.name())
        .bind(&alert.subject)
        .execute(to)
        .await
        .map(|_| ())
}

/// In the place of what is kept of it.
pub(super) async fn put(to: &mut AnyConnection, alert: &Alert) -> Result<(), sqlx::Error> {
    remove(to, alert).await?;
    let known: Value =
        alert.known_to.iter().map(|(name, at)| (name.clone(), Value::from(at.unix_ms()))).collect();
    query(
        "INSERT INTO alerts (rule, subject, severity, summary, details, state, since_ms, raised_at_ms, good_since_ms,
           resolved_at_ms, told, told_at_ms, known_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(alert.rule.name())
    .bind(&alert.subject)
    .bind(alert.severity.name())
    .bind(&alert.summary)
    .bind(alert.details.to_string())
    .bind(alert.state.name())
    .bind(alert.since.unix_ms())
    .bind(alert.raised_at.map(Timestamp::unix_ms))
    .bind(alert.good_since.map(Timestamp::unix_ms))
    .bind(alert.resolved_at.map(Timestamp::unix_ms))
    .bind(alert.told.name())
    .bind(alert.told_at.map(Timestamp::unix_ms))
    .bind(known.to_string())
    .execute(to)
    .await
    .map(|_| ())
}

fn read(row: &AnyRow, channels: &BTreeSet<String>) -> Result<Alert, sqlx::Error> {
    let details: &str = row.try_get("details")?;
    let known: Option<String> = row.try_get("known_to")?;
    let (told, told_at) = (parsed(row, "told", Told::named)?, time_if_any(row, "told_at_ms")?);
    let known_to: BTreeMap<String, Timestamp> = match (known, told_at) {
        (Some(known), _) => serde_json::from_str::<BTreeMap<String, i64>>(&known)
            .map_err(|_| damaged("known_to", &known))?
            .into_iter()
            .map(|(name, ms)| (name, Timestamp(ms)))
            .collect(),
        (None, Some(at)) if told == Told::Raised => channels.iter().map(|name| (name.clone(), at)).collect(),
        (None, _) => BTreeMap::new(),
    };
    Ok(Alert {
        rule: parsed(row, "rule", Rule::named)?,
        subject: row.try_get("subject")?,
        severity: parsed(row, "severity", Severity::named)?,
        summary: row.try_get("summary")?,
        details: serde_json::from_str::<Value>(details).map_err(|_| damaged("details", details))?,
        state: parsed(row, "state", AlertState::named)?,
        since: time(row, "since_ms")?,
        raised_at: time_if_any(row, "raised_at_ms")?,
        good_since: time_if_any(row, "good_since_ms")?,
        resolved_at: time_if_any(row, "resolved_at_ms")?,
        told,
        told_at,
        known_to,
    })
}

/// Nothing where it was never kept, or by a version that kept it otherwise.
pub(super) async fn spend(from: &mut AnyConnection) -> Result<Option<SpendSeries>, sqlx::Error> {
    let row = query("SELECT series FROM alert_spend").fetch_optional(from).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(serde_json::from_str(row.try_get("series")?).ok())
}

pub(super) async fn put_spend(to: &mut AnyConnection, series: &str) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO alert_spend (only_row, series) VALUES (1, $1) ON CONFLICT (only_row) DO UPDATE SET series = $1",
    )
    .bind(series)
    .execute(to)
    .await
    .map(|_| ())
}

/// Keys without a successor that end soon, and behind them those that have ended: however many these are, none that is yet to
/// end is missed for them.
pub(super) async fn keys_ending(
    from: &mut AnyConnection,
    times: KeyTimes,
) -> Result<KeysEnding, sqlx::Error> {
    let mut found = KeysEnding::default();
    for (after, before, order) in [(times.now, times.before, "ASC"), (times.after, times.now, "DESC")] {
        let statement = format!(
            "SELECT id, name, expires_at_ms FROM caller_keys
             WHERE revoked_at_ms IS NULL AND rotated_to IS NULL AND expires_at_ms > $1 AND expires_at_ms <= $2
               AND expires_at_ms - created_at_ms >= $3
             ORDER BY expires_at_ms {order}, id LIMIT $4"
        );
        let rows = query(AssertSqlSafe(statement))
            .bind(after.unix_ms())
            .bind(before.unix_ms())
            .bind(times.life_min_ms)
            .bind(KEYS_MAX)
            .fetch_all(&mut *from)
            .await?;
        found.has_more |= rows.len() as i64 >= KEYS_MAX;
        for row in &rows {
            found.keys.push(KeyFact {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                expires_at: time(row, "expires_at_ms")?,
            });
        }
    }
    Ok(found)
}
