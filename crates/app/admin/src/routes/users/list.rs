//! `GET /admin/v1/users`: who belongs to an organisation within reach, in order of creation, page by page; for the operator all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::UserId;
use serde_json::Value;
use store::{TENANCY_PER_PAGE_MAX, User};

use crate::access::Visitor;
use crate::asked::{self, Asked, Page};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    page: Asked<Page>,
) -> Result<Json<Value>, Refusal> {
    let (after, limit) = asked::page(page, TENANCY_PER_PAGE_MAX, UserId::parse)?;
    let found = parts.tenancy.list_users(&visitor.reach, after.as_ref(), limit).await?;
    Ok(asked::listed("users", (&found, limit), |user| user.id.to_string(), User::json))
}
