//! `GET /admin/v1/prices`: what is in force. `GET /admin/v1/prices/{version}`: the text of a version.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use serde_json::{Value, json};

use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Result<Json<Value>, Refusal> {
    Ok(Json(parts.prices.standing().await.json()))
}

pub(crate) async fn version(
    State(parts): State<Arc<AdminParts>>,
    version: Result<Path<u32>, PathRejection>,
) -> Result<Json<Value>, Refusal> {
    let Path(version) = version.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let text = parts.prices.text(version).await?;
    Ok(Json(json!({ "version": version, "text": text })))
}
