//! `GET /admin/v1/prices/difference?from=3&to=4`: what differs between two versions; `to` is what is in force, and `from` the
//! one before it, where they are left out.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;

use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sides {
    from: Option<u32>,
    to: Option<u32>,
}

pub(crate) async fn difference(
    State(parts): State<Arc<AdminParts>>,
    sides: Result<Query<Sides>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(Sides { from, to }) =
        sides.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let to = to.unwrap_or_else(|| parts.prices.book().version());
    let from = from.unwrap_or_else(|| to.saturating_sub(1));
    let mut shown = parts.prices.compare(from, to).await?.json();
    shown["from"] = from.into();
    shown["to"] = to.into();
    Ok(Json(shown))
}
