//! `DELETE /admin/v1/secrets/{name}`: removes a secret that the configuration in force does not name.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use serde_json::{Value, json};

use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn remove(
    State(parts): State<Arc<AdminParts>>,
    name: Result<Path<String>, PathRejection>,
    visitor: Visitor,
) -> Result<Json<Value>, Refusal> {
    let Path(name) = name.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let who = visitor.who(None);
    let audit = parts.secrets.remove(&name, String::new(), who, (parts.clock)()).await?;
    Ok(Json(json!({ "name": name, "audit": audit })))
}
