//! `PATCH /admin/v1/budgets/{number}`: another limit, another warning; what was spent stays spent.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use store::BudgetChange;

use super::set::{limit, percent};
use super::shown::budget_json;
use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    limit: Option<String>,
    warn_percent: Option<u64>,
    is_hard: Option<bool>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let change = BudgetChange {
        limit: wish.limit.as_deref().map(limit).transpose()?,
        warn_percent: wish.warn_percent.map(percent).transpose()?,
        is_hard: wish.is_hard,
    };
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let budget = parts.budgets.change(&number, change, &visitor.reach, &deed).await?;
    Ok(Json(budget_json(&parts, &budget)))
}
