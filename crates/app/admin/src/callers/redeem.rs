//! `POST /v1/vouchers/redeem`: a caller's code, for the account that pays for his key.

use std::sync::Arc;

use axum::extract::State;
use axum::{Extension, Json};
use domain::Kind;
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Deed, Who};

use super::caller::Caller;
use super::tries::Tries;
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    code: String,
}

pub(super) async fn redeem(
    State(parts): State<Arc<AdminParts>>,
    Extension(tries): Extension<Arc<Tries>>,
    Extension(caller): Extension<Caller>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let now = (parts.clock)();
    tries.count(&caller.key.id, now)?;
    let Some(payer) = caller.payer(&parts.accounts) else {
        let message = "nobody pays for this key, so there is no account that the code could be for";
        return Err(Refusal::of(Kind::BadRequest, message).with_code("no_account"));
    };
    let who = Who { actor: "caller's key", by: Some(caller.key.id.to_string()), request_id: None };
    let deed = Deed { who, user: None, at: now, reason: String::new() };
    let redeemed = parts.vouchers.redeem(&wish.code, &payer, &deed).await?;
    Ok(Json(json!({
        "amount": redeemed.amount.to_string(),
        "currency": redeemed.currency.code(),
        "balance": payer.balance().to_string(),
    })))
}
