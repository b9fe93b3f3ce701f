//! `GET /admin/v1/projects/{id}`: one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
) -> Result<Json<Value>, Refusal> {
    let found = parts.tenancy.project(&visitor.reach, &asked::parts(id)?).await?;
    Ok(Json(found.json()))
}
