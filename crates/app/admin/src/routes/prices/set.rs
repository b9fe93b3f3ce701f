//! `PUT /admin/v1/prices`: puts a text in force as the next version, whole or not at all.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use store::{PriceWish, Who};

use crate::body::{JsonBody, PRICES_BODY_BYTES_MAX};
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The book.
    text: String,
    /// Needed where prices change by much.
    reason: Option<String>,
    /// The version that was looked at; refused if another is in force.
    after: Option<u32>,
    /// Who does it, for the audit.
    by: Option<String>,
}

pub(crate) async fn set(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish, PRICES_BODY_BYTES_MAX>,
) -> Result<Json<Value>, Refusal> {
    let Wish { text, reason, after, by } = wish;
    let who = Who { actor: "admin key", by, request_id: given_request_id(&headers) };
    let set = parts.prices.set(text, PriceWish { reason, after, who }, (parts.clock)()).await?;
    Ok(Json(set.json()))
}
