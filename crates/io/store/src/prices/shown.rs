//! Prices as they are shown: the same JSON from the admin API and from a data directory that no server uses. Amounts are
//! texts, so that no reader makes a float of them.

use std::sync::Arc;

use domain::Timestamp;
use ledger::prices::{Book, Change, Component, Row, Seller, needs_reason};
use serde_json::{Value, json};

use super::contract::{PriceDraft, PriceVersion};

/// What is in force.
#[derive(Clone, Debug)]
pub struct StandingPrices {
    /// The version; `None` for the catalogue's prices, which nobody has approved.
    pub version: Option<PriceVersion>,
    /// The text.
    pub text: String,
    /// The book.
    pub book: Arc<Book>,
}

/// What a text or a version changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedPrices {
    /// Everything that differs.
    pub changes: Vec<Change>,
    /// How many rows there are then.
    pub rows: usize,
}

/// A version that has come into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetPrices {
    /// The version.
    pub version: PriceVersion,
    /// What it has changed.
    pub changes: Vec<Change>,
}

impl StandingPrices {
    /// As it is shown.
    pub fn json(&self) -> Value {
        let mut shown = match &self.version {
            Some(version) => version.json(),
            None => {
                json!({ "version": 0, "reason": "draft prices of the catalogue: nobody has approved them" })
            }
        };
        shown["is_draft"] = self.version.is_none().into();
        shown["currency"] = self.book.currency().code().into();
        shown["unknown"] = self.book.unknown().name().into();
        shown["text"] = self.text.as_str().into();
        shown["prices"] = self.book.rows().iter().map(row_json).collect();
        shown
    }
}

impl PriceVersion {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "version": self.number,
            "taken_at": self.taken_at.rfc3339(),
            "by": self.by,
            "reason": self.reason,
            "rows": self.rows,
        })
    }
}

impl PriceDraft {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "draft": self.number,
            "made_at": self.made_at.rfc3339(),
            "by": self.by,
            "source": self.source,
            "rows": self.rows,
            "text": self.text,
        })
    }
}

impl ComparedPrices {
    /// As it is shown.
    pub fn json(&self) -> Value {
        json!({
            "rows": self.rows,
            "needs_reason": needs_reason(&self.changes),
            "changes": self.changes.iter().map(change_json).collect::<Vec<_>>(),
        })
    }
}

impl SetPrices {
    /// As it is shown.
    pub fn json(&self) -> Value {
        let mut shown = self.version.json();
        shown["changes"] = self.changes.iter().map(change_json).collect();
        shown
    }
}

pub(super) fn change_json(change: &Change) -> Value {
    json!({
        "what": change.what,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "change_permille": change.permille,
        "is_large": change.is_large,
    })
}

/// A row with the amounts that it names.
pub(super) fn row_json(row: &Row) -> Value {
    let (provider, kind) = match &row.seller {
        Seller::Provider(id) => (Some(&**id), None),
        Seller::Kind(kind) => (None, Some(&**kind)),
        Seller::Any => (None, None),
    };
    let amounts = Component::ALL.into_iter().filter_map(|component| {
        let amount = row.amount(component)?;
        Some((component.name().to_owned(), Value::from(amount.text(component.unit()))))
    });
    json!({
        "row": row.number,
        "provider": provider,
        "kind": kind,
        "model": row.model,
        "aliases": row.aliases,
        "from": (row.from.0 != i64::MIN).then(|| row.from.rfc3339()),
        "until": row.until.map(Timestamp::rfc3339),
        "service": row.service.name(),
        "from_tokens": row.from_tokens,
        "hours": row.hours.as_ref().map(ledger::prices::Hours::text),
        "currency": row.currency.code(),
        "minimum": row.minimum.to_string(),
        "is_free": row.is_free,
        "source": row.source,
        "amounts": amounts.collect::<serde_json::Map<_, _>>(),
    })
}
