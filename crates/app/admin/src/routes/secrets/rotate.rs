//! `POST /admin/v1/secrets/rotate`: seals everything that is sealed anew, under the next key of the envelope.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use store::Who;

use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    #[serde(default)]
    reason: String,
    by: Option<String>,
}

pub(crate) async fn rotate(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
    JsonBody(Wish { reason, by }): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let who = Who { actor: "admin key", by, request_id: given_request_id(&headers) };
    Ok(Json(parts.secrets.rotate(reason, who, (parts.clock)()).await?.json()))
}
