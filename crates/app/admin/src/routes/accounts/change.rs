//! `PATCH /admin/v1/accounts/{number}`: how much it may owe, and below what balance its owner is warned.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::Kind;
use serde::Deserialize;
use serde_json::Value;
use store::AccountChange;

use super::create::amount;
use super::shown::account;
use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// How much it may owe: calls are paid afterwards up to that.
    credit: Option<String>,
    warn_below: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn change(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let found = account(&parts, &visitor.reach, &number).await?;
    let credit = amount("credit", wish.credit.as_deref())?;
    let warn_below = amount("warn_below", wish.warn_below.as_deref())?;
    if credit.is_none() && warn_below.is_none() {
        return Err(Refusal::of(Kind::BadRequest, "say what is to change: credit, warn_below or both"));
    }
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let change = AccountChange { credit, warn_below };
    Ok(Json(parts.accounts.change(found.account.number.0, change, &deed).await?.json()))
}
