//! `GET /admin/v1/accounts`: all of them, in the order of their numbers.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::shown::account_json;
use crate::access::Visitor;
use crate::parts::AdminParts;

pub(super) async fn list(State(parts): State<Arc<AdminParts>>, visitor: Visitor) -> Json<Value> {
    let accounts = parts.accounts.accounts(&visitor.reach);
    Json(json!({ "accounts": accounts.iter().map(|it| account_json(it)).collect::<Vec<_>>() }))
}
