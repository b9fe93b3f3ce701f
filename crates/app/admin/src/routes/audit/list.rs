//! `GET /admin/v1/audit`: who changed what, the newest first, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{AUDIT_PER_PAGE_MAX, AuditEntry};

use crate::parts::AdminParts;
use crate::refusal::Refusal;

const ENTRIES_PER_PAGE_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    before: Option<i64>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    audit: Vec<Value>,
    /// Where the next page begins; null on the last one.
    next_before: Option<i64>,
}

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Listing>, Refusal> {
    let Query(page) = page.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let limit = page.limit.unwrap_or(ENTRIES_PER_PAGE_DEFAULT);
    if !(1..=AUDIT_PER_PAGE_MAX).contains(&limit) {
        let message = format!("limit must be 1 to {AUDIT_PER_PAGE_MAX}, not {limit}");
        return Err(Refusal::of(Kind::BadRequest, message).with_param("limit"));
    }
    let entries = parts.audit.audit(page.before, limit).await;
    let entries = entries.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    let next_before = entries.last().filter(|_| entries.len() == limit as usize).map(|entry| entry.number);
    Ok(Json(Listing { audit: entries.iter().map(AuditEntry::json).collect(), next_before }))
}
