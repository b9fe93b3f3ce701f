//! `POST /admin/v1/reload`: reads the configuration again. All of it is taken, or nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use crate::config_desk::{ConfigAsk, ReloadReport};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn reload(State(parts): State<Arc<AdminParts>>) -> Result<Json<ReloadReport>, Refusal> {
    let reloaded = parts.config.ask(|reply| ConfigAsk::Reload("admin API", reply)).await;
    Ok(Json(reloaded?))
}
