//! `POST /admin/v1/keys/import`: takes keys over from elsewhere, all of them or none. Where they come from and how they were
//! written there is read by whoever asks.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{KeyError, RowProblem};

use crate::access::Visitor;
use crate::body::{ADMIN_IMPORT_BYTES_MAX, JsonBody};
use crate::key_wish::ForeignWish;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

/// So many of the keys are shown in an answer.
const KEYS_SHOWN_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// Where they come from, for the audit.
    #[serde(default)]
    source: String,
    #[serde(default)]
    dry_run: bool,
    keys: Vec<ForeignWish>,
}

pub(crate) async fn import(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish, ADMIN_IMPORT_BYTES_MAX>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let now = (parts.clock)();
    let (mut keys, mut problems) = (Vec::with_capacity(wish.keys.len()), Vec::new());
    for key in wish.keys {
        let row = key.row;
        match key.foreign_key(now) {
            Ok(key) => keys.push(key),
            Err(bad) => problems.push(RowProblem { row, message: bad.message }),
        }
    }
    if !problems.is_empty() {
        return Err(KeyError::Rows(problems).into());
    }
    let how = (wish.source.as_str(), wish.dry_run);
    let taken = parts.key_desk.import(keys, how, &visitor.asker(), now).await?;
    let shown: Vec<Value> = taken.iter().take(KEYS_SHOWN_MAX).map(|key| key.json(now)).collect();
    let status = if wish.dry_run { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(json!({ "imported": taken.len(), "dry_run": wish.dry_run, "keys": shown }))))
}
