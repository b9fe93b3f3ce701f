//! `GET /admin/v1/providers`: all providers, and what of each is switched off.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::parts::AdminParts;

pub(crate) async fn list(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    Json((parts.providers.list)())
}
