//! `POST /admin/v1/explain`: who would be asked for a request that is only described. Nobody is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn ask(
    State(parts): State<Arc<AdminParts>>,
    JsonBody(question): JsonBody<Value>,
) -> Result<Json<Value>, Refusal> {
    (parts.explain)(question).map(Json).map_err(|failure| Refusal::of(failure.kind, failure.message))
}
