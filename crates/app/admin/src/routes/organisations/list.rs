//! `GET /admin/v1/organisations`: those within reach, in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::OrganisationId;
use serde_json::Value;
use store::{Organisation, TENANCY_PER_PAGE_MAX};

use crate::access::Visitor;
use crate::asked::{self, Asked, Page};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let (after, limit) = asked::page(page, TENANCY_PER_PAGE_MAX, OrganisationId::parse)?;
    let found = parts.tenancy.organisations(&visitor.reach, after.as_ref(), limit).await?;
    Ok(asked::listed(
        "organisations",
        (&found, limit),
        |organisation| organisation.id.to_string(),
        Organisation::json,
    ))
}
