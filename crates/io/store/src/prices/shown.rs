//! Prices as they are shown: the same JSON from the admin API and from a data directory that no server uses. Amounts are
//! texts, so that no reader makes a float of them.

use std::sync::Arc;

use domain::{ServiceTier, Timestamp, Usage};
use ledger::prices::{
    Book, Buyer, Change, Charge, Component, Cost, Explained, Row, Sale, Seller, needs_reason,
};
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

/// A sale that somebody wants to have priced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PricedAs {
    /// The configured id of the provider.
    pub provider: String,
    /// Its kind.
    pub kind: String,
    /// The model, in the provider's words.
    pub model: String,
    /// When; now where it says nothing.
    pub at: Option<Timestamp>,
    /// Counts by the names of components; those of seconds in thousandths.
    pub counts: Vec<(Component, u64)>,
    /// The service tier.
    pub service: ServiceTier,
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
fn row_json(row: &Row) -> Value {
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

/// What a sale costs by a book, part by part.
pub fn explained(book: &Book, sale: &PricedAs, buyer: Buyer<'_>, now: Timestamp) -> Value {
    let usage = usage_of(sale);
    let sold = Sale {
        provider: &sale.provider,
        kind: &sale.kind,
        model: &sale.model,
        asked_model: &sale.model,
        at: sale.at.unwrap_or(now),
        usage: &usage,
        buyer,
    };
    let mut shown = cost_json(&book.rate(&sold).cost());
    let explained = book.explain(&sold);
    shown["is_priced"] = explained.is_some().into();
    shown["unknown"] = book.unknown().name().into();
    if let Some(explained) = explained {
        add_reasons(&mut shown, &explained);
    }
    shown
}

fn usage_of(sale: &PricedAs) -> Usage {
    let count = |wanted: Component| -> u64 {
        sale.counts.iter().filter(|(component, _)| *component == wanted).map(|(_, count)| count).sum()
    };
    let small = |wanted| u32::try_from(count(wanted)).unwrap_or(u32::MAX);
    Usage {
        input: count(Component::Input),
        cached_input: count(Component::CacheRead),
        cache_write: count(Component::CacheWrite),
        cache_write_long: count(Component::CacheWriteLong),
        audio_input: count(Component::AudioInput),
        image_input: count(Component::ImageInput),
        output: count(Component::Output),
        reasoning: count(Component::Reasoning),
        audio_output: count(Component::AudioOutput),
        image_output: count(Component::ImageOutput),
        images: small(Component::Image),
        searches: small(Component::Search),
        audio_ms: small(Component::Second),
        service_tier: sale.service,
        ..Usage::default()
    }
}

fn cost_json(cost: &Cost) -> Value {
    json!({
        "list": cost.list.to_string(),
        "price": cost.price.to_string(),
        "currency": cost.currency.code(),
        "version": cost.version,
        "is_estimated": cost.is_estimated,
        "is_assumed": cost.is_assumed,
        "is_unpriced": cost.is_unpriced,
    })
}

fn add_reasons(shown: &mut Value, explained: &Explained<'_>) {
    shown["row"] = row_json(explained.row);
    shown["rate"] = explained.rate.to_string().into();
    shown["markup"] = explained.markup.to_string().into();
    shown["is_minimum"] = explained.is_minimum.into();
    shown["sum"] = pico_text(explained.pico).into();
    shown["sum_currency"] = explained.currency.code().into();
    shown["parts"] = explained.parts.iter().map(part_json).collect();
}

fn part_json(part: &Charge) -> Value {
    let unit = part.component.unit();
    json!({
        "component": part.component.name(),
        "count": part.count,
        "price": part.price.map(|(amount, _)| amount.text(unit)),
        "priced_as": part.price.map(|(_, component)| component.name()),
        "amount": pico_text(part.pico),
        "is_assumed": part.is_assumed,
    })
}

/// A plain decimal with up to twelve places: nothing is rounded here.
fn pico_text(pico: u128) -> String {
    const ONE: u128 = 1_000_000_000_000;
    let part = format!("{:012}", pico % ONE);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    format!("{}{point}{part}", pico / ONE)
}
