//! `GET /admin/v1/secrets`: all secrets, by name, version and hint.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use store::SecretView;

use crate::parts::AdminParts;

pub(crate) async fn list(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    let secrets: Vec<Value> = parts.secrets.list().iter().map(SecretView::json).collect();
    Json(json!({ "secrets": secrets }))
}
