//! `GET`, `POST /admin/v1/users/{id}/tokens`, `DELETE /admin/v1/users/{id}/tokens/{token}`: what a user proves himself with.
//! The answer that makes one is the only one that ever holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Timestamp;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::NewToken;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    name: String,
    expires_in_seconds: Option<u32>,
}

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
) -> Result<Json<Value>, Refusal> {
    let now = (parts.clock)();
    let asking = visitor.actor.user();
    let tokens = parts.tenancy.tokens(&visitor.reach, &asked::parts(id)?, asking).await?;
    let shown: Vec<Value> = tokens.iter().map(|token| token.json(now)).collect();
    Ok(Json(json!({ "tokens": shown })))
}

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let now = (parts.clock)();
    let lasts = |seconds: u32| Timestamp(now.unix_ms() + i64::from(seconds) * 1000);
    let wish = NewToken { name: wish.name, expires_at: wish.expires_in_seconds.map(lasts) };
    let id = asked::parts(id)?;
    let issued = parts.tenancy.create_token(&visitor.reach, &id, wish, &visitor.deed(now)).await?;
    let mut shown = issued.token.json(now);
    shown["token"] = issued.secret.expose().into();
    Ok((StatusCode::CREATED, Json(shown)))
}

pub(crate) async fn revoke(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    path: Parts<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let now = (parts.clock)();
    let (id, token) = asked::parts(path)?;
    let revoked = parts.tenancy.revoke_token(&visitor.reach, &id, &token, &visitor.deed(now)).await?;
    Ok(Json(revoked.json(now)))
}
