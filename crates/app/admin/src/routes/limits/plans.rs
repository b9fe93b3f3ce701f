//! `GET /admin/v1/limits/plans`: every plan of the configuration and what it says.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::parts::AdminParts;

pub(super) async fn plans(State(parts): State<Arc<AdminParts>>) -> Json<Value> {
    let plans = (parts.limit_view.plans)().into_iter();
    let plans: Vec<Value> = plans.map(|(name, limits)| json!({ "name": name, "limits": limits })).collect();
    Json(json!({ "plans": plans }))
}
