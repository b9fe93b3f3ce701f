//! `GET /admin/v1/accounts/{number}`: one, with what is left of it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use super::shown::{account, account_json};
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let found = account(&parts.accounts, &visitor.reach, &number)?;
    Ok(Json(account_json(&found)))
}
