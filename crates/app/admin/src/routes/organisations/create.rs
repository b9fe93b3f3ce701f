//! `POST /admin/v1/organisations`: makes one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Kind;
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
    let deed = visitor.deed((parts.clock)());
    let made = parts.tenancy.create_organisation(wish, &deed).await?;
    let currency = parts.prices.book().currency();
    let account = parts.sign_ups.made(&made.id, currency, &deed).await.map_err(|error| {
        let message = format!("the organisation {} was made, and has no account: {error}", made.id);
        Refusal::of(Kind::Internal, message)
    })?;
    let mut shown = made.json();
    if let Some(payer) = account {
        shown["account"] = payer.account.number.0.into();
    }
    Ok((StatusCode::CREATED, Json(shown)))
}
