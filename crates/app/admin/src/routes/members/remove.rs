//! `DELETE /admin/v1/organisations/{id}/members/{user}`: has a member belong to it no more.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn remove(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    path: Parts<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let (id, user) = asked::parts(path)?;
    let deed = visitor.deed((parts.clock)());
    Ok(Json(parts.tenancy.remove_member(&visitor.reach, &id, &user, &deed).await?.json()))
}
