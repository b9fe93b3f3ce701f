//! An account as it is shown, and finding the one that is meant.

use std::sync::Arc;

use serde_json::{Value, json};
use store::{AccountDesk, AccountError, Payer, Reach};

use crate::refusal::Refusal;

pub(super) fn account_json(payer: &Payer) -> Value {
    let (account, cell) = (&payer.account, &payer.cell);
    json!({
        "number": account.number.0,
        "organisation": account.organisation.as_str(),
        "project": account.project.as_ref().map(|project| project.as_str()),
        "currency": account.currency.code(),
        "balance": payer.balance().to_string(),
        "available": cell.available().to_string(),
        "held": cell.held().to_string(),
        "credit": cell.credit().to_string(),
        "warn_below": account.warn_below.to_string(),
        "is_low": payer.is_low(),
        "created_at": account.created_at.rfc3339(),
    })
}

/// The account of this number, if it is within reach.
pub(super) fn account(desk: &AccountDesk, reach: &Reach, number: &str) -> Result<Arc<Payer>, Refusal> {
    let found = number.parse().ok().and_then(|number| desk.payer(number));
    found
        .filter(|payer| reach.holds(&payer.account.organisation))
        .ok_or_else(|| AccountError::Unknown(number.to_owned()).into())
}
