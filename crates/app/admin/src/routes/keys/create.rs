//! `POST /admin/v1/keys`: makes a key. The answer is the only one that ever holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::Value;

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::key_wish::KeyWish;
use crate::parts::AdminParts;
use crate::plan_wish::permit_plans;
use crate::refusal::Refusal;

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<KeyWish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let now = (parts.clock)();
    permit_plans(&parts, &visitor, wish.plan())?;
    let wish = wish.new_key(parts.key_desk.usual_expiry(now), now)?;
    let issued = parts.key_desk.create(wish, &visitor.asker(), now).await?;
    let mut told = issued.key.json(now);
    told["key"] = issued.secret.expose().into();
    Ok((StatusCode::CREATED, Json(told)))
}
