//! Bodies: the scan says the same however the body is cut, and of JSON it says what a full parser says.

use std::fmt;
use std::ops::Range;

use dialects::json::{DEPTH_MAX, FIELD_BYTES_MAX, Field, Flaw, ObjectScan};
use dialects::openai_chat::{Deciding, MODEL_BYTES_MAX, RequestFlaw, RequestScan};
use dialects::watch::ReplyWatch;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::cuttings::cuttings;

const WANTED: &[&str] = &["model", "stream", "usage"];

/// Claims what the head of this file says about one body.
pub fn body_scan(body: &[u8]) {
    let found = scan(&[body]);
    let read = read_request(&[body]);
    let watched = watch_reply(&[body]);
    for pieces in cuttings(body) {
        assert_eq!(scan(&pieces), found);
        assert_eq!(read_request(&pieces), read);
        assert_eq!(watch_reply(&pieces), watched);
    }
    for field in found.iter().flatten().flatten() {
        let text = Some(&body[field.span.clone()]).filter(|text| text.len() <= FIELD_BYTES_MAX);
        assert_eq!(field.text.as_deref(), text, "a field's text is what stands at its place");
    }
    if let Ok(deciding) = &read {
        let name = serde_json::from_slice::<String>(&body[deciding.model_span.clone()]);
        assert_eq!(name.ok().as_ref(), Some(&deciding.model), "the name stands where it is said to stand");
    }
    if let Some(members) = top_level(body) {
        if depth(body) > DEPTH_MAX + 1 {
            assert!(found.is_err(), "what is nested too deeply is refused");
        } else {
            assert_eq!(found, expected_fields(body, &members));
            assert_request(body, &members, &read);
        }
    }
}

fn scan(pieces: &[&[u8]]) -> Result<Vec<Option<Field>>, Flaw> {
    let mut scan = ObjectScan::new(WANTED);
    pieces.iter().try_for_each(|piece| scan.feed(piece))?;
    scan.finish()
}

fn read_request(pieces: &[&[u8]]) -> Result<Deciding, RequestFlaw> {
    let mut scan = RequestScan::of(dialects::Dialect::OpenAiChat);
    pieces.iter().try_for_each(|piece| scan.feed(piece))?;
    scan.finish()
}

fn watch_reply(pieces: &[&[u8]]) -> impl PartialEq + fmt::Debug + use<> {
    let mut watch = ReplyWatch::default();
    pieces.iter().for_each(|piece| watch.feed(piece));
    (watch.is_whole(), watch.is_broken(), watch.is_error(), watch.usage())
}

/// Name and place of each member, as serde_json reads them; `None` if it takes the body for no JSON object.
fn top_level(body: &[u8]) -> Option<Vec<(String, Range<usize>)>> {
    struct Members(usize);
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, Range<usize>)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                let start = value.get().as_ptr().addr() - self.0;
                members.push((name, start..start + value.get().len()));
            }
            Ok(members)
        }
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    let members = parser.deserialize_map(Members(body.as_ptr().addr())).ok()?;
    parser.end().ok()?;
    Some(members)
}

/// Deepest nesting of well-formed JSON, the object itself included.
fn depth(body: &[u8]) -> u32 {
    let (mut depth, mut deepest, mut is_inside, mut is_escaped) = (0_u32, 0, false, false);
    for byte in body {
        let is_plain = !std::mem::take(&mut is_escaped);
        match byte {
            b'"' if is_plain => is_inside = !is_inside,
            b'\\' if is_inside && is_plain => is_escaped = true,
            b'{' | b'[' if !is_inside => depth += 1,
            b'}' | b']' if !is_inside => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn expected_fields(body: &[u8], members: &[(String, Range<usize>)]) -> Result<Vec<Option<Field>>, Flaw> {
    let mut fields = vec![None; WANTED.len()];
    for (name, span) in members {
        let Some(place) = WANTED.iter().position(|wanted| wanted.eq_ignore_ascii_case(name)) else {
            continue;
        };
        if name != WANTED[place] {
            return Err(Flaw::OtherCase(place));
        }
        let text = Some(body[span.clone()].to_vec()).filter(|text| text.len() <= FIELD_BYTES_MAX);
        let (is_null, is_list) = (&body[span.clone()] == b"null", body[span.clone()].starts_with(b"["));
        if fields[place].replace(Field { span: span.clone(), text, is_null, is_list }).is_some() {
            return Err(Flaw::Repeated(place));
        }
    }
    Ok(fields)
}

/// A request is read as the parsed values say, and refused only for a reason.
fn assert_request(body: &[u8], members: &[(String, Range<usize>)], read: &Result<Deciding, RequestFlaw>) {
    const DECIDING: &[&str] = &[
        "model",
        "stream",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "stream_options",
        "stream_format",
        "previous_response_id",
        "n",
        "user",
        "safety_identifier",
    ];
    let named =
        |wanted: &'static str| members.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted));
    let is_doubtful = DECIDING
        .iter()
        .any(|wanted| named(wanted).count() > 1 || named(wanted).any(|(name, _)| name != wanted));
    let raw = |wanted: &'static str| named(wanted).next().map(|(_, span)| &body[span.clone()]);
    let value = |wanted: &'static str| serde_json::from_slice::<Value>(raw(wanted)?).ok();
    let model = value("model").and_then(|name| name.as_str().map(str::to_owned));
    let is_model_fine = raw("model").is_some_and(|raw| raw.len() <= MODEL_BYTES_MAX + 2)
        && model.as_ref().is_some_and(|name| !name.is_empty());
    let is_stream_fine =
        raw("stream").is_none() || matches!(value("stream"), Some(Value::Bool(_) | Value::Null));
    match read {
        Err(flaw) => {
            assert!(is_doubtful || !is_model_fine || !is_stream_fine, "refused for nothing: {flaw:?}");
        }
        Ok(deciding) => {
            assert!(!is_doubtful, "what two parsers may read differently is refused");
            assert_eq!(Some(&deciding.model), model.as_ref());
            assert_eq!(deciding.is_streaming, value("stream") == Some(Value::Bool(true)));
            let cap = |name: &'static str| value(name).and_then(|cap| cap.as_u64());
            assert_eq!(
                deciding.output_tokens_max,
                cap("max_completion_tokens").or_else(|| cap("max_tokens"))
            );
        }
    }
}
