//! The id of a key in a path.

use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use domain::Kind;

use crate::refusal::Refusal;

pub(super) fn id_in(path: Result<Path<String>, PathRejection>) -> Result<String, Refusal> {
    let Path(id) = path.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    Ok(id)
}
