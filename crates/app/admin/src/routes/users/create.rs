//! `POST /admin/v1/users`: makes one, who belongs nowhere yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    email: String,
    name: String,
}

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let deed = visitor.deed((parts.clock)());
    let made = parts.tenancy.create_user(&wish.email, &wish.name, &deed).await?;
    Ok((StatusCode::CREATED, Json(made.json())))
}
