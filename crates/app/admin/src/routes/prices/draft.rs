//! `GET`, `POST`, `DELETE /admin/v1/prices/draft`: prices that wait for somebody to approve them. Nobody is priced by them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{PriceError, Who};

use crate::body::{JsonBody, PRICES_BODY_BYTES_MAX};
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// The book.
    text: String,
    /// Where it comes from.
    source: String,
    /// Who does it, for the audit.
    by: Option<String>,
}

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Result<Json<Value>, Refusal> {
    let draft = parts.prices.draft().await.map_err(PriceError::from)?.ok_or(PriceError::NoDraft)?;
    let mut shown = draft.json();
    shown["comparison"] = parts.prices.check(&draft.text).await?.json();
    Ok(Json(shown))
}

pub(crate) async fn keep(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
    JsonBody(wish): JsonBody<Wish, PRICES_BODY_BYTES_MAX>,
) -> Result<Json<Value>, Refusal> {
    let Wish { text, source, by } = wish;
    let who = Who { actor: "admin key", by, request_id: given_request_id(&headers) };
    let (draft, compared) = parts.prices.keep_draft(text, &source, who, (parts.clock)()).await?;
    Ok(Json(json!({ "draft": draft, "comparison": compared.json() })))
}

pub(crate) async fn drop(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let who = Who { actor: "admin key", by: None, request_id: given_request_id(&headers) };
    parts.prices.drop_draft(who, (parts.clock)()).await?;
    Ok(Json(json!({ "draft": null })))
}
