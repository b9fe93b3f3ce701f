//! `GET /admin/v1/prices/versions?before=17&limit=100`: every version that was in force, the newest first, without texts.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{PRICE_VERSIONS_PER_PAGE_MAX, PriceError, PriceVersion};

use crate::parts::AdminParts;
use crate::refusal::Refusal;

const LIMIT_DEFAULT: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    before: Option<u32>,
    limit: Option<u32>,
}

pub(crate) async fn versions(
    State(parts): State<Arc<AdminParts>>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(page) = page.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let limit = page.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, PRICE_VERSIONS_PER_PAGE_MAX);
    let versions = parts.prices.versions(page.before, limit).await.map_err(PriceError::from)?;
    let next = versions.last().filter(|last| versions.len() == limit as usize && last.number > 1);
    let shown: Vec<Value> = versions.iter().map(PriceVersion::json).collect();
    Ok(Json(json!({ "versions": shown, "next_before": next.map(|last| last.number) })))
}
