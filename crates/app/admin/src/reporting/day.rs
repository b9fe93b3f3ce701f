//! The report of one day, asked for and answered: of whatever is chosen, to whoever may see that.

use axum::response::{IntoResponse, Response};
use domain::Kind;
use http::header::CONTENT_TYPE;
use serde_json::json;
use store::{Dimension, Reach, ReportQuery};

use super::choice::is_reconciled;
use super::daily::{DAILY_BY, Daily};
use super::notes::notes;
use super::span::{Said, Span};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// A day. `is_text`: amounts are texts.
pub(crate) async fn day(
    parts: &AdminParts,
    said: &Said<'_>,
    mut query: ReportQuery,
    reach: &Reach,
    is_text: bool,
) -> Result<Response, Refusal> {
    let now = (parts.clock)();
    let (span, day) = Span::of_day(said, now, (parts.report_rules)().keep_hours_days)?;
    query.windows.clone_from(&span.windows);
    query.by = DAILY_BY.to_vec();
    query.is_reconciled = is_reconciled(&query);
    let mut report = parts.reports.report(&query, now).await?;
    let payers = parts.accounts.payers();
    report.unrecorded.retain(|lost| {
        let payer = payers.iter().find(|payer| payer.account.number.0 == lost.account);
        payer.is_some_and(|payer| {
            let account = &payer.account;
            let is_as_chosen = |(dimension, text): &(Dimension, String)| match dimension {
                Dimension::Organisation => account.organisation.as_str() == text,
                _ => account.project.as_ref().is_some_and(|project| project.as_str() == text),
            };
            reach.holds(&account.organisation) && query.equal.iter().all(is_as_chosen)
        })
    });
    let today = span.windows.first().is_some_and(|window| window.contains(&(now.unix_ms() / 60_000)));
    let named = if today { "today".to_owned() } else { day.to_string() };
    let notes = notes(&report, &span.zone);
    let body = match Daily::of((day.to_string(), span.zone.name().to_owned()), &report, is_text) {
        Some(daily) => serde_json::to_string(&daily.with_notes(notes)),
        None if notes.is_empty() => Ok(json!({ "error": format!("No data for {named}") }).to_string()),
        None => Ok(json!({ "error": format!("No data for {named}"), "notes": notes }).to_string()),
    };
    let body = body.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}
