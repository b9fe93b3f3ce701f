//! `PATCH /admin/v1/organisations/{id}/members/{user}`: gives a member another role.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::Role;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    role: String,
}

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    path: Parts<(String, String)>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let (id, user) = asked::parts(path)?;
    let deed = visitor.deed((parts.clock)());
    let role = role(&wish.role)?;
    Ok(Json(parts.tenancy.change_member(&visitor.reach, &id, &user, role, &deed).await?.json()))
}

pub(super) fn role(text: &str) -> Result<Role, Refusal> {
    Role::of(text).ok_or_else(|| {
        let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        let message = format!("{text:?} is no role; choose one of {}", known.join(", "));
        Refusal::of(Kind::BadRequest, message).with_param("role")
    })
}
