//! `POST /admin/v1/projects`: makes one in an organisation; in the only one there can be meant, if none is said.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{Kind, OrganisationId};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::Reach;

use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By its id or its name.
    organisation: Option<String>,
    name: String,
}

pub(crate) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let organisation = match wish.organisation {
        Some(said) => said,
        None => only(&visitor.reach)?.to_string(),
    };
    let deed = visitor.deed((parts.clock)());
    let made = parts.tenancy.create_project(&visitor.reach, &organisation, &wish.name, &deed).await?;
    Ok((StatusCode::CREATED, Json(made.json())))
}

fn only(reach: &Reach) -> Result<OrganisationId, Refusal> {
    match reach {
        Reach::All => Ok(OrganisationId::implicit()),
        Reach::Within(organisations) => match &organisations[..] {
            [only] => Ok(only.clone()),
            _ => {
                let message = "say in which organisation: organisation is missing";
                Err(Refusal::of(Kind::BadRequest, message).with_param("organisation"))
            }
        },
    }
}
