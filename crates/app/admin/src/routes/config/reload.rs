//! `POST /admin/v1/reload`: reads the configuration again. All of it is taken, or nothing.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use store::Who;

use crate::config_desk::{ConfigAsk, ReloadReport};
use crate::parts::AdminParts;
use crate::refusal::{Refusal, given_request_id};

pub(crate) async fn reload(
    State(parts): State<Arc<AdminParts>>,
    headers: HeaderMap,
) -> Result<Json<ReloadReport>, Refusal> {
    let who = Who { actor: "admin key", by: None, request_id: given_request_id(&headers) };
    let reloaded = parts.config.ask(|reply| ConfigAsk::Reload("admin API", who, reply)).await;
    Ok(Json(reloaded?))
}
