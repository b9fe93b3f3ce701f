//! `GET /admin/v1/accounts`: all of them, in the order of their numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::access::Visitor;
use crate::parts::AdminParts;

pub(super) async fn list(State(parts): State<Arc<AdminParts>>, visitor: Visitor) -> Json<Value> {
    let accounts = parts.accounts.accounts(&visitor.reach);
    Json(json!({ "accounts": accounts.iter().map(|it| it.json()).collect::<Vec<_>>() }))
}
