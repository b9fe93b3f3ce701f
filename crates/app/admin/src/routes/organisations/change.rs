//! `PATCH /admin/v1/organisations/{id}`: changes what is given of one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::OrganisationChange;

use crate::access::Visitor;
use crate::asked::{self, Parts};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    name: Option<String>,
    /// Empty for none.
    display_name: Option<String>,
    /// In the place of all it had.
    tags: Option<BTreeMap<String, String>>,
}

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Parts<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let Wish { name, display_name, tags } = wish;
    let change = OrganisationChange { name, display_name, tags };
    if change == OrganisationChange::default() {
        let message = "nothing is to be changed; give name, display_name or tags";
        return Err(Refusal::of(Kind::BadRequest, message));
    }
    let deed = visitor.deed((parts.clock)());
    let id = asked::parts(id)?;
    let changed = parts.tenancy.change_organisation(&visitor.reach, &id, change, &deed).await?;
    Ok(Json(changed.json()))
}
