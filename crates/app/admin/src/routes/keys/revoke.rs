//! `DELETE /admin/v1/keys/{id}`: takes a key back, at once and for good. Its row stays, so that a refusal can say why.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde_json::Value;

use super::id::id_in;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn revoke(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<Value>, Refusal> {
    let (id, now) = (id_in(id)?, (parts.clock)());
    let key = parts.key_desk.revoke(&id, &visitor.asker(), now).await?;
    Ok(Json(key.json_limited(now, &parts.limits.rows())))
}
