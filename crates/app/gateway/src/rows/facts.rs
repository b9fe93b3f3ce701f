//! What of a call goes into its row. No prompt, no answer, no secret, and not who asked from where: that is in the log alone.

use std::borrow::Cow;
use std::fmt::Write;

use domain::{Kind, ModelUsage, Usage};
use observe::RequestLine;
use serde_json::{Value, json};
use store::{FLAG_CACHED, KeyEntry, RequestRow, RowCost};

use crate::segments::Segments;

/// The flag of a call that was answered with what was kept of an earlier one.
const REPLAYED: &str = "replayed";
/// How a line tells that.
const HIT: &str = "hit";

/// What the log line does not tell.
pub(crate) struct RowFacts<'c> {
    pub(crate) key: &'c KeyEntry,
    /// The caller himself gave his request an id.
    pub(crate) has_own_id: bool,
    pub(crate) dialect: &'static str,
    pub(crate) region: &'c str,
    pub(crate) fallback_attempts: u8,
    pub(crate) segments: Option<&'c Segments>,
    pub(crate) cost: Option<RowCost>,
    /// Its price is not known.
    pub(crate) is_unpriced: bool,
    /// The account that paid for it.
    pub(crate) account: Option<u64>,
}

/// The row of a call.
pub(crate) fn row<'c>(line: &RequestLine<'c>, facts: &RowFacts<'c>) -> RequestRow<'c> {
    let is_answered = line.status < 400 && !line.provider.is_empty();
    RequestRow {
        call_id: line.call_id,
        request_id: if facts.has_own_id { line.request_id } else { "" }.into(),
        key: facts.key.id.as_str().into(),
        organisation: facts.key.organisation().as_str().into(),
        project: facts.key.project().as_str().into(),
        path: line.path.into(),
        dialect: facts.dialect.into(),
        model: line.model.into(),
        provider: line.provider.into(),
        upstream_model: line.upstream_model.into(),
        region: facts.region.into(),
        kind: line.kind.map_or("", Kind::code).into(),
        hedged: line.hedged.into(),
        flags: match (line.is_replay, line.cache) {
            (true, _) => REPLAYED,
            (false, HIT) => FLAG_CACHED,
            _ => flags(line.usage, is_answered, facts.is_unpriced),
        }
        .into(),
        segments: parts(facts.segments, line.usage_by_model),
        status: line.status,
        took_us: line.took.as_micros() as u64,
        first_byte_us: line.first_byte.map(|until| until.as_micros() as u64),
        added_us: line.added.as_micros() as u64,
        attempts: line.attempts,
        fallback_attempts: facts.fallback_attempts,
        is_streaming: line.is_streaming,
        bytes_in: line.bytes_in,
        bytes_out: line.bytes_out,
        usage: line.usage,
        cost: facts.cost,
        account: facts.account,
    }
}

/// `estimated`: tokens were counted here. `no_usage`: an answer of which nobody knows what it took. `unpriced`: its price is not
/// known.
const fn flags(usage: Option<Usage>, is_answered: bool, is_unpriced: bool) -> &'static str {
    match (usage, is_unpriced) {
        (Some(Usage { is_estimated: true, .. }), true) => "estimated,unpriced",
        (Some(Usage { is_estimated: true, .. }), false) => "estimated",
        (None, true) if is_answered => "no_usage,unpriced",
        (None, false) if is_answered => "no_usage",
        (_, true) => "unpriced",
        (_, false) => "",
    }
}

/// Who gave which part of an answer of several providers or models.
fn parts(segments: Option<&Segments>, by_model: &[ModelUsage]) -> Cow<'static, str> {
    let tokens = |usage: &Usage| {
        let told = usage.parts().into_iter().chain(usage.units()).filter(|(_, count)| *count > 0);
        Value::Object(told.map(|(name, count)| (name.to_owned(), count.into())).collect())
    };
    if let Some(segments) = segments {
        let parts = segments.iter().map(|part| {
            json!({ "provider": part.provider.id(), "model": part.model, "tokens": tokens(&part.usage) })
        });
        return written(parts);
    }
    if by_model.is_empty() {
        return Cow::Borrowed("");
    }
    written(by_model.iter().map(|part| json!({ "model": part.model, "tokens": tokens(&part.usage) })))
}

fn written(parts: impl Iterator<Item = Value>) -> Cow<'static, str> {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write!(text, "{}", Value::from_iter(parts));
    Cow::Owned(text)
}
