//! `POST /admin/v1/orders`: money that an account is to get when a transfer arrives.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Money;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use store::NewOrder;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::accounts::{account, amount};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// By its number, or by whose it is.
    account: String,
    amount: String,
    note: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let payer = account(&parts, &visitor.reach, &wish.account).await?;
    let amount = amount("amount", Some(&wish.amount))?.unwrap_or(Money::ZERO);
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let order = NewOrder { amount, note: wish.note.unwrap_or_default() };
    Ok((StatusCode::CREATED, Json(parts.orders.create(&payer, order, &deed).await?.json())))
}
