//! `POST /admin/v1/keys`: makes a key. The answer is the only one that ever holds it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde_json::Value;

use crate::access::{Permission, Visitor};
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
    let limits = wish.limits()?;
    let visitor = if limits.is_some() { visitor.who_may(Permission::ManageLimits)? } else { visitor };
    let (wish, by) = (wish.new_key(parts.key_desk.usual_expiry(now), now)?, visitor.asker());
    let issued = match &limits {
        Some(terms) => parts.key_desk.create_limited(wish, (&parts.limits, terms), &by, now).await?,
        None => parts.key_desk.create(wish, &by, now).await?,
    };
    let mut told = issued.key.json_limited(now, &parts.limits.rows());
    told["key"] = issued.secret.expose().into();
    Ok((StatusCode::CREATED, Json(told)))
}
