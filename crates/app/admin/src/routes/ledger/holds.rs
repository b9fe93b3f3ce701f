//! `GET /admin/v1/ledger/holds`: what is put aside for calls that run, as far as the database knows, the oldest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::whose::account;
use crate::access::Visitor;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    account: Option<String>,
}

pub(super) async fn list(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<Value>, Refusal> {
    let Query(wanted) = wanted.map_err(|error| Refusal::of(Kind::BadRequest, error.body_text()))?;
    let payer = account(&parts, &visitor.reach, wanted.account.as_deref()).await?;
    let holds = parts.accounts.holds(payer.account.purse()).await;
    let holds = holds.map_err(|error| Refusal::of(Kind::Internal, error.to_string()))?;
    let shown = holds.iter().map(|hold| {
        json!({
            "call_id": hold.call.to_string(),
            "amount": hold.amount.to_string(),
            "progress": hold.progress.to_string(),
            "opened_at": hold.opened_at.rfc3339(),
        })
    });
    Ok(Json(json!({ "account": payer.account.number.0, "holds": shown.collect::<Vec<_>>() })))
}
