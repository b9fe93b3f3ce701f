//! `POST /admin/v1/projects/{id}/archive`: ends one for good, with its keys if that is said.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::KeyId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Said, Visitor};
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Whether keys that are not revoked are to be revoked with it; else they keep it from being archived.
    #[serde(default)]
    revoke_keys: bool,
    reason: Option<String>,
    by: Option<String>,
}

pub(crate) async fn archive(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Wish { revoke_keys, reason, by } = wish;
    let deed = visitor.deed_said((parts.clock)(), Said { reason, by });
    let id = asked::parts(id)?;
    let (archived, keys) = parts.tenancy.archive_project(&visitor.reach, &id, revoke_keys, &deed).await?;
    let mut shown = archived.json();
    shown["revoked_keys"] = json!(keys.iter().map(KeyId::as_str).collect::<Vec<_>>());
    Ok(Json(shown))
}
