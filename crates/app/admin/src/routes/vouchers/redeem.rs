//! `POST /admin/v1/vouchers/redeem`: a code for an account, by whoever runs this.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::accounts::account;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    code: String,
    /// By its number, or by whose it is.
    account: String,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn redeem(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<Json<Value>, Refusal> {
    let payer = account(&parts, &visitor.reach, &wish.account).await?;
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let redeemed = parts.vouchers.redeem(&wish.code, &payer, &deed).await?;
    Ok(Json(json!({ "voucher": redeemed.json(deed.at), "account": payer.json() })))
}
