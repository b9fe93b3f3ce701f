//! `POST /admin/v1/prices/check`: what a text would change. Nothing is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use crate::body::{JsonBody, PRICES_BODY_BYTES_MAX};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The book.
    text: String,
}

pub(crate) async fn check(
    State(parts): State<Arc<AdminParts>>,
    JsonBody(wish): JsonBody<Wish, PRICES_BODY_BYTES_MAX>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(parts.prices.check(&wish.text).await?.json()))
}
