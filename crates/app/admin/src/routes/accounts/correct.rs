//! `POST /admin/v1/accounts/{number}/credit` and `…/debit`: money that is given or taken by hand, for a reason.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use domain::{Kind, Money};
use serde::Deserialize;
use serde_json::Value;
use store::Correction;

use super::create::amount;
use super::shown::account;
use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    amount: String,
    reason: String,
    /// What it happens once for: asked again, it is refused.
    id: Option<String>,
    may_overdraw: Option<bool>,
    by: Option<String>,
}

pub(super) async fn credit(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    correct(&parts, &visitor, &number, wish, true).await
}

pub(super) async fn debit(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    Path(number): Path<String>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    correct(&parts, &visitor, &number, wish, false).await
}

async fn correct(
    parts: &AdminParts,
    visitor: &Visitor,
    number: &str,
    wish: Wish,
    is_credit: bool,
) -> Result<Json<Value>, Refusal> {
    let found = account(parts, &visitor.reach, number).await?;
    let may_overdraw = wish.may_overdraw.unwrap_or(false);
    if is_credit && may_overdraw {
        let message = "what is given cannot leave an account owing: may_overdraw is for what is taken";
        return Err(Refusal::of(Kind::BadRequest, message).with_param("may_overdraw"));
    }
    let amount = amount("amount", Some(&wish.amount))?.unwrap_or(Money::ZERO);
    let deed = visitor.deed_said((parts.clock)(), Said { reason: Some(wish.reason), by: wish.by });
    let correction = Correction { id: wish.id, amount, is_credit, may_overdraw };
    let payer = parts.accounts.correct(found.account.number.0, correction, &deed).await?;
    Ok(Json(payer.json()))
}
