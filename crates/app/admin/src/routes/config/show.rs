//! `GET /admin/v1/config`: what is in force, without secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::config_desk::{ConfigAsk, ConfigView};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn show(State(parts): State<Arc<AdminParts>>) -> Result<Json<ConfigView>, Refusal> {
    Ok(Json(parts.config.ask(ConfigAsk::Show).await?))
}
