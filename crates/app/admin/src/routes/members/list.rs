//! `GET /admin/v1/organisations/{id}/members`: who belongs to it, and as what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
) -> Result<Json<Value>, Refusal> {
    let members = parts.tenancy.members(&visitor.reach, &asked::parts(id)?).await?;
    let shown = members.iter().map(|(member, user)| {
        let mut shown = member.json();
        shown["email"] = user.email.as_str().into();
        shown["name"] = user.name.as_str().into();
        shown
    });
    Ok(Json(json!({ "members": shown.collect::<Vec<_>>() })))
}
