//! `DELETE /admin/v1/alerts/silences/{number}`: what is still bad is told again.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn unsilence(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed((parts.clock)());
    Ok(Json(parts.alerts.unsilence(&number, &deed).await?))
}
