//! `PATCH /admin/v1/keys/{id}`: changes what is given of a key. Calls that begin after the answer are served so.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use serde::Deserialize;
use store::{KeyChange, KeyError};

use super::models::{Said, said};
use super::reach::reaches_keys;
use super::view::KeyView;
use crate::access::Visitor;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    is_strict: Option<bool>,
    #[serde(default, deserialize_with = "said")]
    models: Option<Said>,
}

pub(crate) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<KeyView>, Refusal> {
    let Path(id) = id.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    if !reaches_keys(&visitor) {
        return Err(KeyError::Unknown(id).into());
    }
    let change = KeyChange { is_strict: wish.is_strict, models: wish.models.map(Said::models).transpose()? };
    if change == KeyChange::default() {
        return Err(Refusal::of(Kind::BadRequest, "nothing is to be changed; give is_strict or models"));
    }
    let key = parts.key_desk.change(&id, change).await?;
    Ok(Json(KeyView::new(&key, (parts.clock)())))
}
