//! What must hold for any bytes: where they are cut never matters, and what is found is what a full parser finds.
#![cfg(test)]

use std::fmt;
use std::ops::Range;

use dialects::framing::sse::SseParser;
use dialects::json::{FIELD_BYTES_MAX, Field, Flaw, ObjectScan};
use dialects::watch::StreamWatch;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

const WANTED: &[&str] = &["model", "stream", "usage"];

/// Where to cut: lengths of pieces, often tiny, sometimes around the width of a block.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 0..9_usize, 1 => 60..70_usize, 1 => 0..400_usize], 0..40)
}

fn pieces<'a>(mut bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts {
        let (piece, rest) = bytes.split_at((*cut).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

// --- JSON ---

fn white() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 1 => select(&[" ", "\n\t", "\r\n", "      "][..])]
}

/// What stands between the quotes of a string.
fn string_text() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => "[a-z ]{0,70}",
        2 => "[\\[\\]{}:,0-9]{1,9}",
        1 => "(\\\\\\\\){1,70}",
        4 => select(&["\\\"", "\\\\", "\\/", "\\n", "\\u0041", "\\u0022", "\\ud83d\\ude00", "ä", "🙂", "\u{7f}"][..])
            .prop_map(str::to_owned),
    ];
    vec(atom, 0..6).prop_map(|atoms| atoms.concat())
}

fn string() -> impl Strategy<Value = String> {
    string_text().prop_map(|text| format!("\"{text}\""))
}

fn key() -> impl Strategy<Value = String> {
    let wanted = select(
        &["model", "stream", "usage", "m\\u006fdel", "\\u0075\\u0073age", "Model", "stre\\u0041m"][..],
    );
    prop_oneof![2 => wanted.prop_map(|name| format!("\"{name}\"")), 3 => string()]
}

fn members(value: impl Strategy<Value = String>, most: usize) -> impl Strategy<Value = String> {
    let member = (white(), key(), white(), white(), value, white())
        .prop_map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}"));
    (vec(member, 0..most), white()).prop_map(|(members, white)| format!("{{{white}{}}}", members.join(",")))
}

fn value() -> impl Strategy<Value = String> {
    let scalar =
        select(&["null", "true", "false", "0", "-0.5", "1e-7", "1E+9", "123456789012345678901234567890"][..]);
    let leaf = prop_oneof![1 => scalar.prop_map(str::to_owned), 2 => string()];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let items =
            vec((white(), inner.clone(), white()).prop_map(|(a, item, b)| format!("{a}{item}{b}")), 0..6);
        prop_oneof![items.prop_map(|items| format!("[{}]", items.join(","))), members(inner, 5)]
    })
}

fn object() -> impl Strategy<Value = String> {
    (white(), members(value(), 7), white()).prop_map(|(a, object, b)| format!("{a}{object}{b}"))
}

fn scan<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Option<Field>>, Flaw> {
    let mut scan = ObjectScan::new(WANTED);
    for piece in pieces {
        scan.feed(piece)?;
    }
    scan.finish()
}

/// The top-level members as serde_json reads them: decoded name, and where the value stands.
fn top_level(body: &str) -> Vec<(String, Range<usize>)> {
    struct Members<'b>(&'b str);
    impl<'de> Visitor<'de> for Members<'de> {
        type Value = Vec<(String, Range<usize>)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                let start = value.get().as_ptr().addr() - self.0.as_ptr().addr();
                members.push((name, start..start + value.get().len()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(body).deserialize_map(Members(body)).unwrap()
}

/// What a scan has to say, worked out from the parsed members.
fn expected(body: &str) -> Result<Vec<Option<Field>>, Flaw> {
    let mut fields = vec![None; WANTED.len()];
    for (name, span) in top_level(body) {
        let Some(place) = WANTED.iter().position(|wanted| wanted.eq_ignore_ascii_case(&name)) else {
            continue;
        };
        if name != WANTED[place] {
            return Err(Flaw::OtherCase(place));
        }
        let text = Some(body[span.clone()].as_bytes().to_vec()).filter(|text| text.len() <= FIELD_BYTES_MAX);
        let (is_null, is_list) = (&body[span.clone()] == "null", body[span.clone()].starts_with('['));
        if fields[place].replace(Field { span, text, is_null, is_list }).is_some() {
            return Err(Flaw::Repeated(place));
        }
    }
    Ok(fields)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_scan_finds_what_a_parser_finds(body in object(), cuts in cuts()) {
        prop_assert_eq!(scan(pieces(body.as_bytes(), &cuts)), expected(&body));
    }

    #[test]
    fn what_follows_or_is_missing_is_noticed(body in object(), cuts in cuts(), at in any::<prop::sample::Index>()) {
        let body = body.trim();
        prop_assume!(expected(body).is_ok());
        let longer = format!("{body} x");
        prop_assert_eq!(scan(pieces(longer.as_bytes(), &cuts)), Err(Flaw::TrailingBytes(longer.len() - 1)));
        let shorter = &body.as_bytes()[..1 + at.index(body.len() - 1)];
        prop_assert_eq!(scan(pieces(shorter, &cuts)).is_ok(), shorter.len() == body.len());
    }

    #[test]
    fn no_bytes_panic_and_no_cut_changes_what_is_said(
        bytes in vec(prop_oneof![1 => any::<u8>(), 9 => select(&b"{}[]\"\"\"\\\\:,, \ntn0-model"[..])], 0..300),
        is_object in any::<bool>(),
        cuts in cuts(),
    ) {
        let bytes = if is_object { [b"{\"model\":\"", bytes.as_slice()].concat() } else { bytes };
        prop_assert_eq!(scan(pieces(&bytes, &cuts)), scan([bytes.as_slice()]));
    }
}

// --- Server-sent events ---

/// Lines of all kinds, ended in all ways.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        3 => "data:? ?[a-z:{}\" ]{0,20}",
        2 => Just(String::new()),
        1 => "event:? ?[a-z]{0,70}",
        1 => "(id|retry|:|data|database|\u{feff}data)[: ]{0,2}[a-z0-9]{0,5}",
    ];
    let ended = (line, select(&["\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", ""][..]));
    let text =
        vec(ended.prop_map(|(line, end)| line + end), 0..20).prop_map(|lines| lines.concat().into_bytes());
    prop_oneof![9 => text, 1 => vec(any::<u8>(), 0..60)]
}

type Events = Vec<(Vec<u8>, Vec<u8>)>;

fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Events, bool) {
    let mut parser = SseParser::default();
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |event| events.push((event.name.to_vec(), event.data.to_vec())));
    }
    (events, parser.is_between_events())
}

/// The standard's own words in the plainest code: the whole text, line by line.
fn parse_plainly(stream: &[u8]) -> (Events, bool) {
    let mut lines = vec![Vec::new()];
    let mut bytes = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream).iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => lines.push(Vec::new()),
            b'\r' => {
                bytes.next_if(|next| **next == b'\n');
                lines.push(Vec::new());
            }
            _ => lines.last_mut().unwrap().push(*byte),
        }
    }
    let unfinished = lines.pop().unwrap();
    let (mut events, mut name, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for line in lines {
        let mut halves = line.splitn(2, |byte| *byte == b':');
        let (field, value) = (halves.next().unwrap(), halves.next().unwrap_or_default());
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"" if line.is_empty() => {
                if !data.is_empty() {
                    events.push((name.clone(), data.join(&b'\n')));
                }
                name.clear();
                data.clear();
            }
            b"data" => data.push(value.to_vec()),
            b"event" => name = value[..value.len().min(64)].to_vec(),
            _ => {}
        }
    }
    let starts_anew = unfinished.is_empty() && name.is_empty() && data.is_empty();
    (events, starts_anew)
}

/// Events of a chat stream, some with words that look like facts and are none.
fn chat_stream() -> impl Strategy<Value = String> {
    let event = select(
        &[
            r#"data: {"choices":[{"delta":{"content":"hi"},"finish_reason":null}],"usage":null}"#,
            r#"data: {"choices":[{"delta":{},"finish_reason": "stop"}]}"#,
            r#"data: {"choices":[{"delta":{"content":"\"finish_reason\":\"x\" \"usage\":{\"prompt_tokens\":9}"}}]}"#,
            r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#,
            r#"data: {"usage":{"prompt_tokens":8,"prompt_tokens_details":{"cached_tokens":4}}}"#,
            r#"data: {"error":{"message":"overloaded"}}"#,
            "event: error\ndata: {}",
            "data: {\"usage\":\ndata: {\"prompt_tokens\":5}}",
            "data: [DONE]",
            ": ping",
            "data: {",
        ][..],
    );
    let ended = (event, select(&["\n\n", "\r\n\r\n", "\n"][..]));
    vec(ended.prop_map(|(event, end)| format!("{event}{end}")), 0..9).prop_map(|events| events.concat())
}

fn facts<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> impl PartialEq + fmt::Debug {
    let mut watch = StreamWatch::default();
    for piece in pieces {
        watch.feed(piece);
    }
    (watch.events(), watch.usage(), watch.is_finished(), watch.is_error(), watch.is_between_events())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn events_are_those_of_the_plain_parser(stream in stream(), cuts in cuts()) {
        prop_assert_eq!(parse(pieces(&stream, &cuts)), parse_plainly(&stream));
    }

    #[test]
    fn facts_are_the_same_wherever_a_stream_is_cut(stream in chat_stream(), cuts in cuts()) {
        prop_assert_eq!(facts(pieces(stream.as_bytes(), &cuts)), facts(vec![stream.as_bytes()]));
    }
}
