//! `POST /admin/v1/providers/{id}/disable`, `…/drain`, `…/enable`: takes a provider or a part of it out of service, or puts it
//! back. It is in force when the answer is sent.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::{SwitchPosition, Who};

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::provider_desk::{ProviderWish, SwitchReport};
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    region: Option<String>,
    model: Option<String>,
    reason: String,
    /// Who does it, for the audit: the admin key may be in several hands.
    by: Option<String>,
}

type Id = Result<Path<String>, PathRejection>;

pub(crate) async fn disable(
    State(parts): State<Arc<AdminParts>>,
    id: Id,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    switch(&parts, id, visitor, wish, Some(SwitchPosition::Off)).await
}

pub(crate) async fn drain(
    State(parts): State<Arc<AdminParts>>,
    id: Id,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    switch(&parts, id, visitor, wish, Some(SwitchPosition::Draining)).await
}

pub(crate) async fn enable(
    State(parts): State<Arc<AdminParts>>,
    id: Id,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    switch(&parts, id, visitor, wish, None).await
}

async fn switch(
    parts: &AdminParts,
    id: Id,
    visitor: Visitor,
    wish: Wish,
    position: Option<SwitchPosition>,
) -> Result<Json<Value>, Refusal> {
    let Path(provider) = id.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let Wish { region, model, reason, by } = wish;
    let Who { by, request_id, .. } = visitor.who(by);
    let wish = ProviderWish { position, provider, region, model, reason, by, request_id };
    let SwitchReport { switched, running } = (parts.providers.switch)(wish).await?;
    Ok(Json(switched.json(Some(running))))
}
