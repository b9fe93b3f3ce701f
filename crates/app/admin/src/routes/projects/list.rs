//! `GET /admin/v1/projects`: those within reach, or of one organisation, in order of creation, page by page.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::ProjectId;
use serde::Deserialize;
use serde_json::Value;
use store::{Project, TENANCY_PER_PAGE_MAX};

use crate::access::Visitor;
use crate::asked::{self, Asked};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    /// By its id or its name.
    organisation: Option<String>,
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
    let after = asked::after(page.after, ProjectId::parse)?;
    let of = page.organisation.as_deref();
    let found = parts.tenancy.projects(&visitor.reach, of, after.as_ref(), limit).await?;
    Ok(asked::listed("projects", (&found, limit), |project| project.id.to_string(), Project::json))
}
