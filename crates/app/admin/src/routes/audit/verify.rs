//! `GET /admin/v1/audit/verify`: whether the audit is as the gateway wrote it, checked from the first row to the last.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::KnownRow;

use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    /// What `newest` of an earlier check said.
    known: Option<String>,
}

pub(crate) async fn verify(
    State(parts): State<Arc<AdminParts>>,
    known: Result<Query<Known>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(Known { known }) = known.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let known = known.map(|text| {
        let message = format!("known must be a number, a colon and 64 hexadecimal digits, not {text:?}");
        KnownRow::parse(&text).ok_or_else(|| Refusal::of(Kind::BadRequest, message).with_param("known"))
    });
    let verdict = parts.audit.verify(known.transpose()?.as_ref()).await;
    let verdict = verdict.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    Ok(Json(verdict.json()))
}
