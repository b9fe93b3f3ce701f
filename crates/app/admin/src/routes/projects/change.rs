//! `PATCH /admin/v1/projects/{id}`: gives one another name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    name: String,
}

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let deed = visitor.deed((parts.clock)());
    let id = asked::parts(id)?;
    let changed = parts.tenancy.rename_project(&visitor.reach, &id, &wish.name, &deed).await?;
    Ok(Json(changed.json()))
}
