//! `POST /admin/v1/limits`: sets limits or a plan for a key, a project or an organisation, in the place of those of the same sort.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use http::StatusCode;
use limits::rate::{Measure, Terms, TermsError, WhenReached};
use serde::Deserialize;
use serde_json::Value;
use store::{NewLimit, Says};

use super::shown::limit_json;
use crate::access::{Said, Visitor};
use crate::amount_wish::{amounts, count};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::plan_wish;
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
    /// A plan's name, in the place of limits.
    plan: Option<String>,
    requests_per_second: Option<Value>,
    requests_per_minute: Option<Value>,
    tokens_per_minute: Option<Value>,
    input_tokens_per_minute: Option<Value>,
    output_tokens_per_minute: Option<Value>,
    concurrent_requests: Option<Value>,
    body_bytes: Option<Value>,
    prompt_tokens: Option<Value>,
    burst_seconds: Option<Value>,
    /// `refuse`, `warn` or `queue`.
    on_limit: Option<String>,
    queue_wait_ms: Option<Value>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn set(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let whose = Whose { key: &wish.key, project: &wish.project, organisation: &wish.organisation };
    let scope = whose.scope(&parts, &visitor.reach, "the limits are").await?;
    let says = says(&parts, &wish)?;
    let is_users = visitor.deed((parts.clock)()).user.is_some();
    if is_users && matches!(says, Says::Plan(_)) {
        let message = "plans are set by the operator; limits beside them are yours to set";
        return Err(Refusal::of(Kind::Forbidden, message).with_param("plan"));
    }
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let entry = parts.limits.set(NewLimit { scope, says }, &visitor.reach, &deed).await?;
    Ok((StatusCode::CREATED, Json(limit_json(&parts, &entry))))
}

fn says(parts: &AdminParts, wish: &Wish) -> Result<Says, Refusal> {
    let amounts = wish.amounts()?;
    let burst_seconds = count("burst_seconds", 60, wish.burst_seconds.as_ref())?;
    let queue_wait_ms = count("queue_wait_ms", 600_000, wish.queue_wait_ms.as_ref())?;
    if let Some(plan) = &wish.plan {
        let has_more = !amounts.is_empty() || burst_seconds.is_some() || queue_wait_ms.is_some();
        if has_more || wish.on_limit.is_some() {
            return Err(Refusal::wrong("plan", "say a plan or limits, not both: a plan has its own"));
        }
        return Ok(Says::Plan(plan_wish::known(parts, plan)?));
    }
    let when = match wish.on_limit.as_deref() {
        None => WhenReached::default(),
        Some(word) => WhenReached::named(word).ok_or_else(|| {
            Refusal::wrong("on_limit", format!("on_limit is {word:?}; it must be refuse, warn or queue"))
        })?,
    };
    Ok(Says::Limits(Terms::of(amounts, burst_seconds, (when, queue_wait_ms))?))
}

impl Wish {
    fn amounts(&self) -> Result<Vec<(Measure, u64)>, TermsError> {
        amounts([
            (Measure::RequestsPerSecond, &self.requests_per_second),
            (Measure::RequestsPerMinute, &self.requests_per_minute),
            (Measure::TokensPerMinute, &self.tokens_per_minute),
            (Measure::InputTokensPerMinute, &self.input_tokens_per_minute),
            (Measure::OutputTokensPerMinute, &self.output_tokens_per_minute),
            (Measure::ConcurrentRequests, &self.concurrent_requests),
            (Measure::BodyBytes, &self.body_bytes),
            (Measure::PromptTokens, &self.prompt_tokens),
        ])
    }
}
