//! `GET /admin/v1/config/difference?from=3&to=file`: value by value, secrets masked. By default from what is in force to
//! the file as it stands.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::{Deserialize, Serialize};

use crate::config_desk::{ChangeView, ConfigAsk, ConfigSide};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sides {
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Listing {
    changes: Vec<ChangeView>,
}

pub(crate) async fn difference(
    State(parts): State<Arc<AdminParts>>,
    sides: Result<Query<Sides>, QueryRejection>,
) -> Result<Json<Listing>, Refusal> {
    let Query(sides) = sides.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let from = side(sides.from.as_deref(), "from")?.unwrap_or(ConfigSide::InForce);
    let to = side(sides.to.as_deref(), "to")?.unwrap_or(ConfigSide::File);
    let changes = parts.config.ask(|reply| ConfigAsk::Difference(from, to, reply)).await?;
    Ok(Json(Listing { changes }))
}

fn side(text: Option<&str>, param: &'static str) -> Result<Option<ConfigSide>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let side = match text {
        "in-force" => Some(ConfigSide::InForce),
        "file" => Some(ConfigSide::File),
        number => number.parse().ok().map(ConfigSide::Version),
    };
    let message = || format!("{param} must be in-force, file or the number of a version, not {text:?}");
    side.map(Some).ok_or_else(|| Refusal::of(Kind::BadRequest, message()).with_param(param))
}
