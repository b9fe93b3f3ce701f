//! `GET /admin/v1/stats`: how regions and providers are doing, over the last hundred answers of each.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::parts::AdminParts;

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    Json((parts.state.stats)())
}
