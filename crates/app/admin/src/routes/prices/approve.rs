//! `POST /admin/v1/prices/draft/approve`: puts the draft in force as the next version.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use store::{PriceWish, Who};

use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The number of the draft that was looked at; refused if there is another.
    draft: Option<i64>,
    /// Needed where prices change by much.
    reason: Option<String>,
    /// The version that it was compared with; refused if another is in force.
    after: Option<u32>,
    /// Who does it, for the audit.
    by: Option<String>,
}

pub(crate) async fn approve(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Wish { draft, reason, after, by } = wish;
    let who = Who { actor: "admin key", by, request_id: given_request_id(&headers) };
    let set = parts.prices.approve(draft, PriceWish { reason, after, who }, (parts.clock)()).await?;
    Ok(Json(set.json()))
}
