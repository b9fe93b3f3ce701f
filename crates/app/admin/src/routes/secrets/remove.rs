//! `DELETE /admin/v1/secrets/{name}`: removes a secret that the configuration in force does not name.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use http::HeaderMap;
use serde_json::{Value, json};
use store::Who;

use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

pub(crate) async fn remove(
    State(parts): State<Arc<AdminParts>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let Path(name) = name.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let who = Who { actor: "admin key", by: None, request_id: given_request_id(&headers) };
    let audit = parts.secrets.remove(&name, String::new(), who, (parts.clock)()).await?;
    Ok(Json(json!({ "name": name, "audit": audit })))
}
