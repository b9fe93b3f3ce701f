//! `POST /admin/v1/config/revert`: puts a version back, in force and into the file.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use store::Who;

use crate::body::JsonBody;
use crate::config_desk::{ConfigAsk, RevertReport};
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Left out: the last good one or, if that is what the file holds, the one before it.
    version: Option<i64>,
}

pub(crate) async fn revert(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<RevertReport>, Refusal> {
    let who = Who { actor: "admin key", by: None, request_id: given_request_id(&headers) };
    Ok(Json(parts.config.ask(|reply| ConfigAsk::Revert(wish.version, who, reply)).await?))
}
