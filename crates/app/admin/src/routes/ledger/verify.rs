//! `POST /admin/v1/ledger/verify` has the ledger proved beside the calls that run; `GET` tells how that stands, and where it runs
//! waits for its end, if that is wished.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::VerifyState;

use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// Longest wait for the end.
const WAIT_SECONDS_MAX: u64 = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// So long an answer may wait for the end, in seconds.
    wait: Option<u64>,
}

pub(super) async fn begin(
    State(parts): State<Arc<AdminParts>>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let since = parts
        .verifier
        .begin()
        .map_err(|runs| Refusal::special(StatusCode::CONFLICT, "verify_running", runs.to_string()))?;
    Ok((StatusCode::ACCEPTED, Json(VerifyState::Running { since }.json())))
}

pub(super) async fn state(
    State(parts): State<Arc<AdminParts>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let wait = wanted.wait.unwrap_or(0);
    if wait > WAIT_SECONDS_MAX {
        let message = format!("wait must be at most {WAIT_SECONDS_MAX} seconds, not {wait}");
        return Err(Refusal::of(Kind::BadRequest, message).with_param("wait"));
    }
    Ok(Json(parts.verifier.state(Duration::from_secs(wait)).await.json()))
}
