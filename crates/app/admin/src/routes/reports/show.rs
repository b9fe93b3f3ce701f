//! `GET /admin/v1/reports`: what calls came to in a time, by steps of it and by what else is asked for; as JSON or as CSV.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::access::Visitor;
use crate::asked::{Asked, query};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::reporting::{
    Span, Step, Wanted, as_json, csv_answer, is_reconciled, lines, notes, read_format, report_csv,
};
use crate::wanted::read;

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Asked<Wanted>,
) -> Result<Response, Refusal> {
    let wanted = query(wanted)?;
    let now = (parts.clock)();
    let step = read("step", wanted.step.clone(), Step::parse, "minute, hour, day or total")?;
    let is_csv = read_format(wanted.format.clone())?;
    let keep_hours_days = (parts.report_rules)().keep_hours_days;
    let span = Span::of(&wanted.said(), step.unwrap_or(Step::Day), now, keep_hours_days)?;
    let mut query = wanted.query(&parts, &visitor.reach).await?;
    query.windows.clone_from(&span.windows);
    query.is_fine = span.step == Step::Minute;
    query.is_reconciled = is_reconciled(&query);
    let report = parts.reports.report(&query, now).await?;
    let notes = notes(&report, &span.zone);
    let lines = lines(report, &query, &parts.accounts.payers(), &visitor.reach);
    let mut told = as_json(&span, &query, &lines);
    told["notes"] = notes.into();
    Ok(if is_csv { csv_answer(report_csv(&told), &told) } else { Json(told).into_response() })
}
