//! `GET /admin/v1/organisations`: those within reach, in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::OrganisationId;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Organisation, TENANCY_PER_PAGE_MAX};

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

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let page = asked::query(page)?;
    let limit = asked::limit(page.limit, TENANCY_PER_PAGE_MAX)?;
    let after = asked::after(page.after, OrganisationId::parse)?;
    let found = parts.tenancy.organisations(&visitor.reach, after.as_ref(), limit).await?;
    let next_after = asked::next_after(&found, limit, |last| last.id.to_string());
    let shown: Vec<Value> = found.iter().map(Organisation::json).collect();
    Ok(Json(json!({ "organisations": shown, "next_after": next_after })))
}
