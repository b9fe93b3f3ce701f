//! An entry as it is shown. Amounts are texts.

use domain::CallId;
use serde_json::{Value, json};
use store::FoundEntry;

pub(super) fn entry_json(found: &FoundEntry) -> Value {
    let (posted, entry) = (&found.posted, &found.posted.entry);
    let transfers = entry.transfers.iter().map(|transfer| {
        json!({
            "debit": transfer.debit.to_string(),
            "credit": transfer.credit.to_string(),
            "amount": transfer.amount.to_string(),
            "currency": transfer.currency.code(),
        })
    });
    // A call's keys are its id and which of its two entries it is.
    let call = entry.key.as_str().split_once(':').and_then(|(id, _)| CallId::parse(id));
    json!({
        "key": entry.key.as_str(),
        "kind": entry.kind.name(),
        "at": posted.at.rfc3339(),
        "call_id": call.map(|id| id.to_string()),
        "transfers": transfers.collect::<Vec<_>>(),
        "linked": entry.linked.as_ref().map(|key| key.as_str()),
        "note": entry.note,
        "may_overdraw": entry.may_overdraw,
        "price_version": posted.price_version,
        "is_after_crash": posted.is_after_crash,
        "record": { "node": found.node, "number": posted.lsn.0 },
    })
}
