//! `PATCH /admin/v1/users/{id}`: changes what is given of one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::UserChange;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    email: Option<String>,
    name: Option<String>,
}

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let change = UserChange { email: wish.email, name: wish.name };
    if change == UserChange::default() {
        return Err(Refusal::of(Kind::BadRequest, "nothing is to be changed; give email or name"));
    }
    let deed = visitor.deed((parts.clock)());
    Ok(Json(parts.tenancy.change_user(&asked::parts(id)?, change, &deed).await?.json()))
}
