//! `GET /admin/v1/health`: what the gateway says about itself, more openly than to callers.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;

use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::state_desk::TargetChoice;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    provider: Option<String>,
    region: Option<String>,
    model: Option<String>,
    #[serde(default)]
    samples: bool,
}

pub(crate) async fn show(
    State(parts): State<Arc<AdminParts>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let Wanted { provider, region, model, samples } = wanted;
    let choice = TargetChoice { provider, region, model, has_samples: samples };
    let health = (parts.state.health)(choice);
    health.map(Json).map_err(|what| Refusal::of(Kind::BadRequest, what).with_param("samples"))
}
