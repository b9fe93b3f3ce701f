//! `POST /admin/v1/vouchers/{number}/revoke`: its code gives nothing from now on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn revoke(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed_said((parts.clock)(), said);
    Ok(Json(parts.vouchers.revoke(&number, &deed).await?.json(deed.at)))
}
