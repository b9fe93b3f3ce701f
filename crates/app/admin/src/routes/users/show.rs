//! `GET /admin/v1/users/{id}`: one, by his id or his e-mail address, and what he is within reach.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use store::Membership;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn show(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
) -> Result<Json<Value>, Refusal> {
    let (user, members) = parts.tenancy.user(&visitor.reach, &asked::parts(id)?).await?;
    let mut shown = user.json();
    shown["roles"] = members.iter().map(Membership::json).collect();
    Ok(Json(shown))
}
