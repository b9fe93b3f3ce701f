//! `POST /admin/v1/orders/{number}/confirm`: its transfer has arrived at the bank.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// What the bank calls the transfer.
    reference: String,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn confirm(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    Ok(Json(parts.orders.confirm(&number, &wish.reference, &deed).await?.json()))
}
