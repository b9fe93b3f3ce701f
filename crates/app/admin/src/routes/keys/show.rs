//! `GET /admin/v1/keys/{id}`: one key.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde_json::Value;

use super::id::id_in;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Refusal> {
    let key = parts.key_desk.find(&id_in(id)?, &visitor.reach).await?;
    Ok(Json(key.json_limited((parts.clock)(), &parts.limits.rows())))
}
