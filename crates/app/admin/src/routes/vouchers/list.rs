//! `GET /admin/v1/vouchers?before=17&limit=100`: what was made and what became of it, the newest first. Never a code.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde_json::{Value, json};

use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::page::Page;

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Refusal> {
    let (before, count) = (page.before, page.count());
    let found = parts.vouchers.list(before, count).await?;
    let now = (parts.clock)();
    let next = (found.len() == count as usize).then(|| found.last().map(|last| last.number)).flatten();
    let shown: Vec<Value> = found.iter().map(|voucher| voucher.json(now)).collect();
    Ok(Json(json!({ "vouchers": shown, "next_before": next })))
}
