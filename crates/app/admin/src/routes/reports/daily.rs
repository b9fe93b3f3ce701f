//! `GET /admin/v1/reports/daily`: one day, as callers see that of their project.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use crate::access::Visitor;
use crate::asked::{Asked, query};
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::reporting::{Wanted, day};

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Asked<Wanted>,
) -> Result<Response, Refusal> {
    let wanted = query(wanted)?;
    wanted.refuse(&["from", "to", "step", "by", "format"], "of one day")?;
    let query = wanted.query(&parts, &visitor.reach).await?;
    day(&parts, &wanted.said(), query, &visitor.reach, true).await
}
