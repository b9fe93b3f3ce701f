//! `POST /admin/v1/providers/check`: tries the keys of all providers again, at no cost, and says what came of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::parts::AdminParts;

pub(crate) async fn check(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    Json((parts.providers.check)().await)
}
