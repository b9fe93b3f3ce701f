//! Silences: what an operator wishes, and how a database has it. They are never removed, so that the audit's numbers stay true.

use alerts::{Rule, SILENCE_SECONDS_MAX, Silence};
use domain::Timestamp;
use serde_json::{Value, json};
use sqlx::any::AnyRow;
use sqlx::{Row, query};

use super::error::AlertError;
use crate::columns::{damaged, time};
use crate::database::AnyConnection;
use crate::words::line;

const REASON_CHARS_MAX: usize = 500;
const SUBJECT_CHARS_MAX: usize = 300;

/// What is not to be told for a while; nothing of it has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSilence {
    /// Alerts of this rule; all if `None`.
    pub rule: Option<Rule>,
    /// About this subject; all if `None`.
    pub subject: Option<String>,
    /// For so long.
    pub seconds: u64,
}

impl NewSilence {
    /// As it is kept, with everything but its number.
    pub(super) fn checked(
        self,
        reason: &str,
        by: Option<String>,
        now: Timestamp,
    ) -> Result<Silence, AlertError> {
        if !(1..=SILENCE_SECONDS_MAX).contains(&self.seconds) {
            return Err(AlertError::BadSpan(self.seconds));
        }
        let subject = match &self.subject {
            None => None,
            Some(subject) => Some(line(subject, SUBJECT_CHARS_MAX).ok_or(AlertError::BadSubject)?),
        };
        let span = i64::try_from(self.seconds * 1000).unwrap_or(i64::MAX);
        Ok(Silence {
            number: 0,
            rule: self.rule,
            subject,
            until: Timestamp(now.unix_ms().saturating_add(span)),
            made_at: now,
            by,
            reason: line(reason, REASON_CHARS_MAX).ok_or(AlertError::BadReason)?,
        })
    }
}

/// As it is shown.
pub(super) fn json(silence: &Silence) -> Value {
    json!({
        "number": silence.number,
        "rule": silence.rule.map(Rule::name),
        "subject": silence.subject,
        "until": silence.until.rfc3339(),
        "made_at": silence.made_at.rfc3339(),
        "by": silence.by,
        "reason": silence.reason,
    })
}

/// Those in force, the oldest first.
pub(super) async fn in_force(from: &mut AnyConnection, now: Timestamp) -> Result<Vec<Silence>, sqlx::Error> {
    let rows =
        query("SELECT * FROM alert_silences WHERE until_ms > $1 AND removed_at_ms IS NULL ORDER BY number")
            .bind(now.unix_ms())
            .fetch_all(from)
            .await?;
    rows.iter().map(read).collect()
}

/// Gives its number.
pub(super) async fn insert(to: &mut AnyConnection, silence: &Silence) -> Result<i64, sqlx::Error> {
    let row =
        query("SELECT COALESCE(MAX(number), 0) AS newest FROM alert_silences").fetch_one(&mut *to).await?;
    let number = row.try_get::<i64, _>("newest")? + 1;
    query(
        "INSERT INTO alert_silences (number, rule, subject, until_ms, made_at_ms, by_whom, reason)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(number)
    .bind(silence.rule.map(Rule::name))
    .bind(&silence.subject)
    .bind(silence.until.unix_ms())
    .bind(silence.made_at.unix_ms())
    .bind(&silence.by)
    .bind(&silence.reason)
    .execute(to)
    .await?;
    Ok(number)
}

pub(super) async fn remove(to: &mut AnyConnection, number: i64, now: Timestamp) -> Result<(), sqlx::Error> {
    query("UPDATE alert_silences SET removed_at_ms = $1 WHERE number = $2")
        .bind(now.unix_ms())
        .bind(number)
        .execute(to)
        .await
        .map(|_| ())
}

fn read(row: &AnyRow) -> Result<Silence, sqlx::Error> {
    let rule: Option<String> = row.try_get("rule")?;
    let named = |name: String| Rule::named(&name).ok_or_else(|| damaged("rule", &name));
    Ok(Silence {
        number: row.try_get("number")?,
        rule: rule.map(named).transpose()?,
        subject: row.try_get("subject")?,
        until: time(row, "until_ms")?,
        made_at: time(row, "made_at_ms")?,
        by: row.try_get("by_whom")?,
        reason: row.try_get("reason")?,
    })
}
