//! `POST /admin/v1/secrets/rotate`: seals everything that is sealed anew, under the next key of the envelope.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    #[serde(default)]
    reason: String,
    by: Option<String>,
}

pub(crate) async fn rotate(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(Wish { reason, by }): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let who = visitor.who(by);
    Ok(Json(parts.secrets.rotate(reason, who, (parts.clock)()).await?.json()))
}
