//! `POST /admin/v1/reload`: reads the configuration again. All of it is taken, or nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::parts::{AdminParts, ReloadReport};
use crate::refusal::Refusal;

pub(crate) async fn reload(State(parts): State<Arc<AdminParts>>) -> Result<Json<ReloadReport>, Refusal> {
    (parts.reload)().await.map(Json).map_err(Refusal::invalid_config)
}
