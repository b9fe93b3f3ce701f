//! `POST /admin/v1/alerts/silences`: something is not told for a while.

use std::sync::Arc;

use alerts::Rule;
use axum::Json;
use axum::extract::State;
use domain::Kind;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::NewSilence;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Alerts of this rule; all if none is said.
    rule: Option<String>,
    /// About this subject; all if none is said.
    subject: Option<String>,
    /// For so long.
    seconds: u64,
    reason: String,
    by: Option<String>,
}

pub(super) async fn silence(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let rule = wish.rule.as_deref().map(named).transpose()?;
    let deed = visitor.deed_said((parts.clock)(), Said { reason: Some(wish.reason), by: wish.by });
    let wish = NewSilence { rule, subject: wish.subject, seconds: wish.seconds };
    Ok((StatusCode::CREATED, Json(parts.alerts.silence(wish, &deed).await?)))
}

fn named(name: &str) -> Result<Rule, Refusal> {
    Rule::named(name).ok_or_else(|| {
        let known = Rule::ALL.map(Rule::name).join(", ");
        Refusal::of(Kind::BadRequest, format!("{name:?} is no rule; there are {known}")).with_param("rule")
    })
}
