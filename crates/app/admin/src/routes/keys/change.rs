//! `PATCH /admin/v1/keys/{id}`: changes what is given of a key. Calls that begin after the answer are served so.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde_json::Value;

use super::id::id_in;
use crate::access::Visitor;
use crate::body::JsonBody;
use crate::key_wish::KeyWish;
use crate::parts::AdminParts;
use crate::plan_wish::permit_plans;
use crate::refusal::Refusal;

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
    JsonBody(wish): JsonBody<KeyWish>,
) -> Result<Json<Value>, Refusal> {
    let (id, now) = (id_in(id)?, (parts.clock)());
    permit_plans(&parts, &visitor, wish.plan())?;
    let key = parts.key_desk.change(&id, wish.change(now)?, &visitor.asker(), now).await?;
    Ok(Json(key.json_limited(now, &parts.limits.rows())))
}
