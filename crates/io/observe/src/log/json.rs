//! Lines for machines: one JSON object each. Field names are those of the configuration and the metrics.

use domain::{Kind, MONEY_BYTES_MAX, Usage};

use super::event::Event;
use super::line::{
    KEY_BYTES_MAX, LIMIT_BYTES_MAX, METHOD_BYTES_MAX, MODEL_BYTES_MAX, PROVIDER_BYTES_MAX,
    REQUEST_ID_BYTES_MAX, RequestLine,
};
use super::stamp::Stamp;
use super::text::{bounded, push_address, push_json, push_ms, push_number};

/// Appends one request.
pub(crate) fn push_request(out: &mut Vec<u8>, stamp: &mut Stamp, line: &RequestLine<'_>) {
    out.extend_from_slice(b"{\"at\":\"");
    out.extend_from_slice(stamp.at(line.at));
    out.extend_from_slice(b"\",\"level\":\"");
    out.extend_from_slice(line.level().name().as_bytes());
    out.extend_from_slice(b"\",\"message\":\"request\",\"call_id\":\"");
    out.extend_from_slice(&line.call_id.text());
    out.push(b'"');
    text(out, b",\"request_id\":\"", line.request_id, REQUEST_ID_BYTES_MAX);
    if let Some(key) = line.key {
        text(out, b",\"key\":\"", key, KEY_BYTES_MAX);
    }
    if let Some(caller) = line.caller {
        out.extend_from_slice(b",\"caller\":\"");
        push_address(out, caller);
        out.push(b'"');
    }
    text(out, b",\"method\":\"", line.method, METHOD_BYTES_MAX);
    text(out, b",\"path\":\"", line.path_shown(), usize::MAX);
    text_if_any(out, b",\"model\":\"", line.model, MODEL_BYTES_MAX);
    text_if_any(out, b",\"provider\":\"", line.provider, PROVIDER_BYTES_MAX);
    text_if_any(out, b",\"upstream_model\":\"", line.upstream_model, MODEL_BYTES_MAX);
    number(out, b",\"status\":", u64::from(line.status));
    if let Some(kind) = line.kind {
        text(out, b",\"kind\":\"", kind.code(), usize::MAX);
        if let Kind::UpstreamTimeout(phase) = kind {
            text(out, b",\"phase\":\"", phase.name(), usize::MAX);
        }
    }
    out.extend_from_slice(b",\"took_ms\":");
    push_ms(out, line.took);
    out.extend_from_slice(b",\"added_ms\":");
    push_ms(out, line.added);
    if let Some(first_byte) = line.first_byte {
        out.extend_from_slice(b",\"first_byte_ms\":");
        push_ms(out, first_byte);
    }
    number(out, b",\"attempts\":", u64::from(line.attempts));
    if !line.hedged.is_empty() {
        text(out, b",\"hedged\":\"", line.hedged, usize::MAX);
        text(out, b",\"late_provider\":\"", line.late_provider, PROVIDER_BYTES_MAX);
        text(out, b",\"hedge_provider\":\"", line.hedge_provider, PROVIDER_BYTES_MAX);
    }
    let streaming: &[u8] =
        if line.is_streaming { b",\"is_streaming\":true" } else { b",\"is_streaming\":false" };
    out.extend_from_slice(streaming);
    if line.is_replay {
        out.extend_from_slice(b",\"is_replay\":true");
    }
    text_if_any(out, b",\"cache\":\"", line.cache, usize::MAX);
    number(out, b",\"bytes_in\":", line.bytes_in);
    number(out, b",\"bytes_out\":", line.bytes_out);
    if let Some(usage) = line.usage {
        out.extend_from_slice(b",\"tokens\":{");
        push_tokens(out, usage);
    }
    push_cost(out, line);
    push_by_model(out, line);
    push_segments(out, line);
    text_if_any(out, b",\"limit\":\"", line.limit, LIMIT_BYTES_MAX);
    text_if_any(out, b",\"warnings\":\"", line.warnings, usize::MAX);
    out.extend_from_slice(b"}\n");
}

/// Appends one event. A field's name never hides one of ours: events have fields in an object of their own.
pub(crate) fn push_event(out: &mut Vec<u8>, stamp: &mut Stamp, event: &Event<'_>) {
    out.extend_from_slice(b"{\"at\":\"");
    out.extend_from_slice(stamp.at(event.at));
    out.extend_from_slice(b"\",\"level\":\"");
    out.extend_from_slice(event.level.name().as_bytes());
    out.push(b'"');
    text(out, b",\"message\":\"", event.message(), usize::MAX);
    if !event.fields.is_empty() {
        out.extend_from_slice(b",\"fields\":");
        for (place, (name, value)) in event.fields_shown().enumerate() {
            text(out, if place == 0 { b"{\"" } else { b",\"" }, name, usize::MAX);
            text(out, b":\"", &value, usize::MAX);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"}\n");
}

/// Amounts as texts, for a float would not hold them; null where something has no price.
fn push_cost(out: &mut Vec<u8>, line: &RequestLine<'_>) {
    if line.is_unpriced {
        out.extend_from_slice(b",\"cost\":null");
    }
    let Some(cost) = line.cost else { return };
    let mut room = [0; MONEY_BYTES_MAX];
    out.extend_from_slice(b",\"cost\":{\"price\":\"");
    out.extend_from_slice(cost.price.written(&mut room).as_bytes());
    out.extend_from_slice(b"\",\"list\":\"");
    out.extend_from_slice(cost.list.written(&mut room).as_bytes());
    out.extend_from_slice(b"\",\"currency\":\"");
    out.extend_from_slice(cost.currency.code().as_bytes());
    number(out, b"\",\"price_version\":", u64::from(cost.version));
    out.push(b'}');
}

/// Each model's share, where several worked on one answer. One without a name is the one that was asked.
fn push_by_model(out: &mut Vec<u8>, line: &RequestLine<'_>) {
    let mut before: &[u8] = b",\"tokens_by_model\":[{\"model\":\"";
    for part in line.usage_by_model {
        text(out, before, part.model.as_deref().unwrap_or(line.upstream_model), MODEL_BYTES_MAX);
        out.push(b',');
        push_tokens(out, part.usage);
        before = b",{\"model\":\"";
    }
    if !line.usage_by_model.is_empty() {
        out.push(b']');
    }
}

/// Who gave which part of an answer that several gave.
fn push_segments(out: &mut Vec<u8>, line: &RequestLine<'_>) {
    let mut before: &[u8] = b",\"segments\":[{\"provider\":\"";
    for segment in line.segments {
        text(out, before, segment.provider, PROVIDER_BYTES_MAX);
        text(out, b",\"upstream_model\":\"", segment.model, MODEL_BYTES_MAX);
        out.extend_from_slice(b",\"tokens\":{");
        push_tokens(out, segment.usage);
        out.push(b'}');
        before = b",{\"provider\":\"";
    }
    if !line.segments.is_empty() {
        out.push(b']');
    }
}

/// The members of an object that is open, and its end.
fn push_tokens(out: &mut Vec<u8>, usage: Usage) {
    let mut before: &[u8] = b"\"";
    for (name, count) in usage.parts() {
        // The four that nearly every answer has are always there.
        if count > 0 || matches!(name, "input" | "cached_input" | "output" | "reasoning") {
            out.extend_from_slice(before);
            out.extend_from_slice(name.as_bytes());
            number(out, b"\":", count);
            before = b",\"";
        }
    }
    if usage.unexplained > 0 {
        number(out, b",\"unexplained\":", usage.unexplained);
    }
    if usage.is_estimated {
        out.extend_from_slice(b",\"estimated\":true");
    }
    push_units(out, &usage);
    out.push(b'}');
}

/// What is paid for beside tokens; nearly no answer has any of it.
fn push_units(out: &mut Vec<u8>, usage: &Usage) {
    for (name, count) in usage.units() {
        if count > 0 {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(name.as_bytes());
            number(out, b"\":", count);
        }
    }
    if !usage.service_tier.is_usual() {
        text(out, b",\"service_tier\":\"", usage.service_tier.name(), usize::MAX);
    }
}

/// `before` ends with the opening quote.
#[inline]
fn text(out: &mut Vec<u8>, before: &[u8], value: &str, bytes_max: usize) {
    out.extend_from_slice(before);
    push_json(out, bounded(value, bytes_max));
    out.push(b'"');
}

#[inline]
fn text_if_any(out: &mut Vec<u8>, before: &[u8], value: &str, bytes_max: usize) {
    if !value.is_empty() {
        text(out, before, value, bytes_max);
    }
}

#[inline]
fn number(out: &mut Vec<u8>, before: &[u8], value: u64) {
    out.extend_from_slice(before);
    push_number(out, value);
}
