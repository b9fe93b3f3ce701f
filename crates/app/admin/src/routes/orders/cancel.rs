//! `POST /admin/v1/orders/{number}/cancel`: nobody waits for its transfer any more.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::Value;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(super) async fn cancel(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(said): JsonBody<Said>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed_said((parts.clock)(), said);
    Ok(Json(parts.orders.cancel(&number, &deed).await?.json()))
}
