//! `GET /admin/v1/config/versions`: every configuration that was in force, the newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::config_desk::{ConfigAsk, VersionView};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Serialize)]
pub(crate) struct Listing {
    versions: Vec<VersionView>,
}

pub(crate) async fn versions(State(parts): State<Arc<AdminParts>>) -> Result<Json<Listing>, Refusal> {
    Ok(Json(Listing { versions: parts.config.ask(ConfigAsk::Versions).await? }))
}
