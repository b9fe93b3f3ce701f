//! `GET /admin/v1/limits`: those within reach, in the order of their numbers, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use store::{LIMITS_PER_PAGE_MAX, LimitEntry};

use super::shown::limit_json;
use crate::access::Visitor;
use crate::asked::{self, Asked, Page};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let (after, limit) = asked::page(page, LIMITS_PER_PAGE_MAX, |text| text.parse().ok())?;
    let found = parts.limits.page(&visitor.reach, after.unwrap_or(0), limit);
    let number = |entry: &Arc<LimitEntry>| entry.number.to_string();
    Ok(asked::listed("limits", (&found, limit), number, |entry| limit_json(&parts, entry)))
}
