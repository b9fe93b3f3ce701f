//! `POST /admin/v1/organisations/{id}/members`: has somebody belong to it, who is made if nobody has his address yet.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::NewMember;

use super::change::role;
use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    email: String,
    /// What he is called, if he is made.
    name: Option<String>,
    role: String,
}

pub(crate) async fn add(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let wish = NewMember { email: wish.email, name: wish.name, role: role(&wish.role)? };
    let deed = visitor.deed((parts.clock)());
    let (user, member) = parts.tenancy.add_member(&visitor.reach, &asked::parts(id)?, wish, &deed).await?;
    let mut shown = member.json();
    shown["email"] = user.email.into();
    shown["name"] = user.name.into();
    Ok((StatusCode::CREATED, Json(shown)))
}
