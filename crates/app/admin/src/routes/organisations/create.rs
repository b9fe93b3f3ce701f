//! `POST /admin/v1/organisations`: makes one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::NewOrganisation;

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    name: String,
    display_name: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let Wish { name, display_name, tags } = wish;
    let wish = NewOrganisation { name, display_name, tags };
    let made = parts.tenancy.create_organisation(wish, &visitor.deed((parts.clock)())).await?;
    Ok((StatusCode::CREATED, Json(made.json())))
}
