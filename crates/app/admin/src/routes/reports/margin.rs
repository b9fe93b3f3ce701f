//! `GET /admin/v1/reports/margin`: what is left of what customers pay, once the vendors are paid. For the operator: it is made of
//! the book that holds everybody's prices.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

use crate::access::Visitor;
use crate::asked::{Asked, query};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::reporting::{MARGIN_BY, Span, Step, Wanted, csv_answer, margin_csv, margins, notes, read_format};

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Asked<Wanted>,
) -> Result<Response, Refusal> {
    let wanted = query(wanted)?;
    let now = (parts.clock)();
    let is_csv = read_format(wanted.format.clone())?;
    wanted.refuse(&["by", "step"], "of margins: they are by organisation and model")?;
    let rules = (parts.report_rules)();
    let span = Span::of(&wanted.said(), Step::Total, now, rules.keep_hours_days)?;
    let mut query = wanted.query(&parts, &visitor.reach).await?;
    query.windows.clone_from(&span.windows);
    query.by = MARGIN_BY.to_vec();
    let report = parts.reports.report(&query, now).await?;
    let mut told = margins(&report, &parts.prices.book(), &rules, now);
    (told["from"], told["to"]) = span.ends();
    told["notes"] = notes(&report, &span.zone).into();
    Ok(if is_csv { csv_answer(margin_csv(&told), &told) } else { Json(told).into_response() })
}
