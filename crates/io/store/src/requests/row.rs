//! One row: the facts of a call that is over.

use std::borrow::Cow;

use domain::{CallId, Currency, Money, ServiceTier, Usage};
use serde_json::{Map, Value, json};

/// The flag of a call that was answered with what was kept for whoever asks the same.
pub const FLAG_CACHED: &str = "cached";

/// What a call cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCost {
    /// By the price of who served it.
    pub list: Money,
    /// What its caller pays.
    pub price: Money,
    /// In which currency.
    pub currency: Currency,
    /// By which version of the prices.
    pub version: u32,
}

/// The facts of one call. Texts that are empty tell nothing. Who asked from where is in the log alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow<'a> {
    /// Our own id, which says when the call was received.
    pub call_id: CallId,
    /// The caller's id; empty where he gave none, and ours stands in for it.
    pub request_id: Cow<'a, str>,
    /// The key's id.
    pub key: Cow<'a, str>,
    /// Who pays.
    pub organisation: Cow<'a, str>,
    /// What for.
    pub project: Cow<'a, str>,
    /// Where it was sent, without a query.
    pub path: Cow<'a, str>,
    /// What the caller speaks.
    pub dialect: Cow<'a, str>,
    /// The model as asked for.
    pub model: Cow<'a, str>,
    /// The configured id of who answered.
    pub provider: Cow<'a, str>,
    /// The model by that provider's name.
    pub upstream_model: Cow<'a, str>,
    /// Where that provider was reached.
    pub region: Cow<'a, str>,
    /// Why it failed, as a code.
    pub kind: Cow<'a, str>,
    /// What came of asking another beside who was late.
    pub hedged: Cow<'a, str>,
    /// What else is to be known, as codes parted by commas.
    pub flags: Cow<'a, str>,
    /// Who gave which part of it, where there were several: JSON.
    pub segments: Cow<'a, str>,
    /// The status that the caller saw.
    pub status: u16,
    /// From the first byte to the last, in microseconds.
    pub took_us: u64,
    /// Until the first byte of the answer, if there was one.
    pub first_byte_us: Option<u64>,
    /// Our own share of that.
    pub added_us: u64,
    /// Targets that were asked.
    pub attempts: u8,
    /// Those of them that were not the first.
    pub fallback_attempts: u8,
    /// Whether a stream was asked for.
    pub is_streaming: bool,
    /// Size of the request.
    pub bytes_in: u64,
    /// Size of the answer.
    pub bytes_out: u64,
    /// What it took, where that is known.
    pub usage: Option<Usage>,
    /// What it cost, where that is known.
    pub cost: Option<RowCost>,
    /// The number of the account that paid for it, if one did.
    pub account: Option<u64>,
}

impl RequestRow<'_> {
    /// Whether it outlives others when there is no room.
    pub fn is_failure(&self) -> bool {
        self.status >= 400 || !self.kind.is_empty()
    }

    /// Whether it was answered with what was kept of another's.
    pub(crate) fn is_cached(&self) -> bool {
        self.flags.split(',').any(|flag| flag == FLAG_CACHED)
    }

    /// The same with texts of its own.
    pub(super) fn into_owned(self) -> RequestRow<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        RequestRow {
            call_id: self.call_id,
            request_id: own(self.request_id),
            key: own(self.key),
            organisation: own(self.organisation),
            project: own(self.project),
            path: own(self.path),
            dialect: own(self.dialect),
            model: own(self.model),
            provider: own(self.provider),
            upstream_model: own(self.upstream_model),
            region: own(self.region),
            kind: own(self.kind),
            hedged: own(self.hedged),
            flags: own(self.flags),
            segments: own(self.segments),
            status: self.status,
            took_us: self.took_us,
            first_byte_us: self.first_byte_us,
            added_us: self.added_us,
            attempts: self.attempts,
            fallback_attempts: self.fallback_attempts,
            is_streaming: self.is_streaming,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            usage: self.usage,
            cost: self.cost,
            account: self.account,
        }
    }

    /// As the admin API shows it.
    pub fn json(&self) -> Value {
        let some = |text: &str| if text.is_empty() { Value::Null } else { text.into() };
        let id = self.call_id.to_string();
        let ms = |us: u64| us as f64 / 1000.0;
        json!({
            "call_id": &*id,
            "request_id": if self.request_id.is_empty() { &*id } else { &*self.request_id },
            "at": self.call_id.received_at().rfc3339(),
            "key": some(&self.key),
            "organisation": some(&self.organisation),
            "project": some(&self.project),
            "path": self.path,
            "dialect": self.dialect,
            "model": some(&self.model),
            "provider": some(&self.provider),
            "upstream_model": some(&self.upstream_model),
            "region": some(&self.region),
            "status": self.status,
            "kind": some(&self.kind),
            "took_ms": ms(self.took_us),
            "first_byte_ms": self.first_byte_us.map(ms),
            "added_ms": ms(self.added_us),
            "attempts": self.attempts,
            "fallback_attempts": self.fallback_attempts,
            "hedged": some(&self.hedged),
            "is_streaming": self.is_streaming,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "tokens": self.usage.as_ref().map(tokens),
            "service_tier": self.usage.map(|usage| usage.service_tier.name().to_owned()),
            "cost": self.cost.as_ref().map(cost),
            "account": self.account,
            "flags": self.flags.split(',').filter(|flag| !flag.is_empty()).collect::<Vec<_>>(),
            "segments": serde_json::from_str(&self.segments).unwrap_or(Value::Null),
        })
    }
}

fn tokens(usage: &Usage) -> Value {
    let parts = usage.parts().into_iter().chain(usage.units());
    let mut told: Map<String, Value> = parts.map(|(name, count)| (name.to_owned(), count.into())).collect();
    told.insert("unexplained".to_owned(), usage.unexplained.into());
    told.insert("estimated".to_owned(), usage.is_estimated.into());
    told.into()
}

/// Amounts as texts: a float would not hold them.
fn cost(cost: &RowCost) -> Value {
    json!({
        "price": cost.price.to_string(),
        "list": cost.list.to_string(),
        "currency": cost.currency.code(),
        "price_version": cost.version,
    })
}

/// A tier as it is kept.
pub(super) fn tier(name: &str) -> ServiceTier {
    ServiceTier::named(name).unwrap_or_default()
}
