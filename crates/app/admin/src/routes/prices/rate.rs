//! `POST /admin/v1/prices/rate`: what a sale costs by a version, part by part.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use serde_json::Value;
use store::PricedAs;

use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn rate(
    State(parts): State<Arc<AdminParts>>,
    JsonBody(wish): JsonBody<PricedAs>,
) -> Result<Json<Value>, Refusal> {
    let version = wish.version.unwrap_or_else(|| parts.prices.book().version());
    let book = parts.prices.book_of(version).await?;
    let shown = wish.explained(&book, (parts.clock)());
    shown.map(Json).map_err(|(param, message)| Refusal::of(Kind::BadRequest, message).with_param(param))
}
