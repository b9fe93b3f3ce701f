//! `GET /admin/v1/orders?before=17&limit=100`: the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde_json::{Value, json};
use store::Order;

use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::page::Page;

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Refusal> {
    let (before, count) = (page.before, page.count());
    let found = parts.orders.list(before, count).await?;
    let next = (found.len() == count as usize).then(|| found.last().map(|last| last.number)).flatten();
    Ok(Json(json!({ "orders": found.iter().map(Order::json).collect::<Vec<_>>(), "next_before": next })))
}
