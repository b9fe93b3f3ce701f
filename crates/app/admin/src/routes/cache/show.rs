//! `GET /admin/v1/cache`: how many answers are kept, how often they helped since the start, and what that saved.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::parts::AdminParts;

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    Json((parts.cache.show)())
}
