//! `GET /admin/v1/accounts/{number}`: one, with what is left of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use super::shown::account;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let found = account(&parts, &visitor.reach, &number).await?;
    Ok(Json(found.json()))
}
