//! `GET /admin/v1/health`: what the gateway says about itself, more openly than to callers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::parts::AdminParts;

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Json<serde_json::Value> {
    Json((parts.health)())
}
