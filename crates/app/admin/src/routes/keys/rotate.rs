//! `POST /admin/v1/keys/{id}/rotate`: gives a key a successor of the same name, for the same. The answer is the only one that
//! ever holds it. Both work until the overlap is over.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use store::KEY_OVERLAP_SECONDS_DEFAULT;

use super::id::id_in;
use crate::access::Visitor;
use crate::body::JsonBody;
use crate::key_wish::expiry_in;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    overlap_seconds: Option<u64>,
    /// As long as the key before had, if it is not said.
    #[serde(default, deserialize_with = "said")]
    expires_in_seconds: Option<Option<u64>>,
}

fn said<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

pub(crate) async fn rotate(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let (id, now) = (id_in(id)?, (parts.clock)());
    let expires_at = wish.expires_in_seconds.map(|seconds| expiry_in(seconds, now)).transpose()?;
    let overlap = wish.overlap_seconds.unwrap_or(KEY_OVERLAP_SECONDS_DEFAULT);
    let rotated = parts.key_desk.rotate(&id, (overlap, expires_at), &visitor.asker(), now).await?;
    // Before anybody has the new key.
    parts.budgets.follow(&rotated.former.id, &rotated.key.id).await;
    parts.limits.follow(&rotated.former.id, &rotated.key.id).await;
    let limits = parts.limits.rows();
    let mut told = rotated.key.json_limited(now, &limits);
    told["key"] = rotated.secret.expose().into();
    told["former"] = rotated.former.json_limited(now, &limits);
    Ok((StatusCode::CREATED, Json(told)))
}
