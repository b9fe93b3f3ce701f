//! `DELETE /admin/v1/limits/{number}`: calls that begin from now on are not limited by it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use super::shown::limit_json;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn remove(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed((parts.clock)());
    let entry = parts.limits.remove(&number, &visitor.reach, &deed).await?;
    Ok(Json(limit_json(&parts, &entry)))
}
