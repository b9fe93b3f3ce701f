//! `PUT /admin/v1/secrets/{name}`: sets a secret, and has the configuration read again, so that calls from now on use it.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::{Kind, Secret};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::config_desk::{ConfigAsk, ConfigRefusal};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    value: String,
    #[serde(default)]
    reason: String,
    by: Option<String>,
}

pub(crate) async fn set(
    State(parts): State<Arc<AdminParts>>,
    name: Result<Path<String>, PathRejection>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Path(name) = name.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let Wish { value, reason, by } = wish;
    let who = visitor.who(by);
    let done = parts.secrets.set(&name, Secret::new(value), reason, who.clone(), (parts.clock)()).await?;
    let reloaded = parts.config.ask(|reply| ConfigAsk::Reload("a secret was set", who, reply)).await;
    let (report, problems) = match reloaded {
        Ok(report) => (report, Vec::new()),
        // It is set all the same: whatever is wrong with the file was so before.
        Err(ConfigRefusal::Problems(problems)) => (Default::default(), problems),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut told = done.secret.json();
    told["audit"] = json!(done.audit);
    told["changed"] = json!(report.changed);
    told["needs_restart"] = json!(report.needs_restart);
    told["problems"] = json!(problems);
    Ok(Json(told))
}
