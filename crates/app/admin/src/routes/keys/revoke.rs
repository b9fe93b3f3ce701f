//! `DELETE /admin/v1/keys/{id}`: takes a key back, at once and for good. Its row stays, so that a refusal can say why.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use domain::Kind;
use store::KeyError;

use super::reach::reaches_keys;
use super::view::KeyView;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

pub(crate) async fn revoke(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<KeyView>, Refusal> {
    let Path(id) = id.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    if !reaches_keys(&visitor) {
        return Err(KeyError::Unknown(id).into());
    }
    let now = (parts.clock)();
    let key = parts.key_desk.revoke(&id, now).await?;
    Ok(Json(KeyView::new(&key, now)))
}
