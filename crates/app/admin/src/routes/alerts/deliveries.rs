//! `GET /admin/v1/alerts/deliveries`: messages and what became of them, the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use store::Delivery;

use crate::asked::{self, Asked};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::page::Page;

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let page = asked::query(page)?;
    let found = parts.alerts.deliveries(page.before, page.count()).await?;
    let is_full = found.len() == page.count() as usize;
    let next_before = found.last().filter(|_| is_full).map(|last| last.number);
    let shown: Vec<Value> = found.iter().map(Delivery::json).collect();
    Ok(Json(json!({ "deliveries": shown, "next_before": next_before })))
}
