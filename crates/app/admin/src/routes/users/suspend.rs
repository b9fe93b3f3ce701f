//! `POST /admin/v1/users/{id}/suspend`, `…/resume`: his tokens are refused from the answer on, or let in again.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::access::{Said, Visitor};
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn suspend(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed_said((parts.clock)(), said);
    Ok(Json(parts.tenancy.suspend_user(&asked::parts(id)?, true, &deed).await?.json()))
}

pub(crate) async fn resume(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed_said((parts.clock)(), said);
    Ok(Json(parts.tenancy.suspend_user(&asked::parts(id)?, false, &deed).await?.json()))
}
