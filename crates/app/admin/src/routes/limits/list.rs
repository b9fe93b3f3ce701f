//! `GET /admin/v1/limits`: those within reach, in the order of their numbers, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use store::LIMITS_PER_PAGE_MAX;

use super::shown::limit_json;
use crate::access::Visitor;
use crate::asked::{self, Asked};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    after: Option<String>,
    limit: Option<u32>,
}

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let page = asked::query(page)?;
    let limit = asked::limit(page.limit, LIMITS_PER_PAGE_MAX)?;
    let after = asked::after(page.after, |text| text.parse().ok())?;
    let found = parts.limits.page(&visitor.reach, after.unwrap_or(0), limit);
    let next_after = asked::next_after(&found, limit, |last| last.number.to_string());
    let shown: Vec<Value> = found.iter().map(|entry| limit_json(&parts, entry)).collect();
    Ok(Json(json!({ "limits": shown, "next_after": next_after })))
}
