//! `POST /admin/v1/vouchers`: makes some, all alike. Their codes are shown this once.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::{Kind, Money, Timestamp};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use store::NewVouchers;

use crate::access::{Said, Visitor};
use crate::body::JsonBody;
use crate::parts::AdminParts;
use crate::refusal::Refusal;
use crate::routes::accounts::{amount, currency};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    amount: String,
    /// One if nothing is said.
    count: Option<u32>,
    /// That of the prices if none is said.
    currency: Option<String>,
    /// Until when they can be redeemed: a date or a moment in UTC.
    expires_at: Option<String>,
    /// How long what they give lasts.
    credit_days: Option<u32>,
    note: Option<String>,
    reason: Option<String>,
    by: Option<String>,
}

pub(super) async fn create(
    State(parts): State<Arc<AdminParts>>,
    visitor: Visitor,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let currency = currency(&parts, wish.currency.as_deref())?;
    let amount = amount("amount", Some(&wish.amount))?.unwrap_or(Money::ZERO);
    let expires_at = wish.expires_at.as_deref().map(moment).transpose()?;
    let deed = visitor.deed_said((parts.clock)(), Said { reason: wish.reason, by: wish.by });
    let wish = NewVouchers {
        count: wish.count.unwrap_or(1),
        amount,
        currency,
        credit_days: wish.credit_days,
        expires_at,
        note: wish.note.unwrap_or_default(),
    };
    let issued = parts.vouchers.create(wish, &deed).await?;
    let shown: Vec<Value> = issued
        .iter()
        .map(|issued| {
            let mut shown = issued.voucher.json(deed.at);
            shown["code"] = issued.code.expose().into();
            shown
        })
        .collect();
    Ok((StatusCode::CREATED, Json(json!({ "vouchers": shown }))))
}

fn moment(text: &str) -> Result<Timestamp, Refusal> {
    Timestamp::parse(text).ok_or_else(|| {
        let message = format!(
            "expires_at must be a date or a moment such as 2026-11-27 or 2026-11-27T09:30:00Z, not {text:?}"
        );
        Refusal::of(Kind::BadRequest, message).with_param("expires_at")
    })
}
