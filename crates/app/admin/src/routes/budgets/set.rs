//! `POST /admin/v1/budgets`: sets one for a key, a project or an organisation that has none of that kind yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Money;
use http::StatusCode;
use limits::budget::{Period, Terms, WARN_PERCENT_DEFAULT, Zone};
use serde::Deserialize;
use serde_json::Value;
use store::NewBudget;

use super::shown::budget_json;
use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::whose::Whose;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// One of these three: a key's id,
    key: Option<String>,
    /// a project's id,
    project: Option<String>,
    /// an organisation's id or name.
    organisation: Option<String>,
    /// `day`, `month` or `total`.
    period: String,
    /// By its IANA name; UTC if none is said.
    zone: Option<String>,
    limit: String,
    warn_percent: Option<u64>,
    is_hard: Option<bool>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn set(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let whose = Whose { key: &wish.key, project: &wish.project, organisation: &wish.organisation };
    let scope = whose.scope(&parts, &visitor.reach, "the budget is").await?;
    let period = Period::parse(&wish.period).ok_or_else(|| {
        Refusal::wrong("period", format!("{:?} is no period; there are day, month and total", wish.period))
    })?;
    let zone = match wish.zone.as_deref() {
        None => Zone::utc(),
        Some(name) => Zone::parse(name).ok_or_else(|| {
            let message =
                format!("{name:?} is no time zone; say one by its IANA name, such as Europe/Berlin");
            Refusal::wrong("zone", message)
        })?,
    };
    let terms = Terms {
        limit: limit(&wish.limit)?,
        warn_percent: wish.warn_percent.map_or(Ok(WARN_PERCENT_DEFAULT), percent)?,
        is_hard: wish.is_hard.unwrap_or(true),
    };
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let made = NewBudget { scope, period, zone, terms };
    let budget = parts.budgets.create(made, &visitor.reach, &deed).await?;
    Ok((StatusCode::CREATED, Json(budget_json(&parts, &budget))))
}

/// An amount as people write it: a decimal, in a text so that nobody makes a float of it.
pub(super) fn limit(text: &str) -> Result<Money, Refusal> {
    Money::parse(text).ok_or_else(|| {
        let message = format!(
            "limit must be a decimal in a text, with at most nine places, such as \"12.5\", not {text:?}"
        );
        Refusal::wrong("limit", message)
    })
}

pub(super) fn percent(said: u64) -> Result<u8, Refusal> {
    u8::try_from(said).map_err(|_| {
        let message = format!("a budget warns at {said} percent; it must be from 1 to 100");
        Refusal::wrong("warn_percent", message)
    })
}
