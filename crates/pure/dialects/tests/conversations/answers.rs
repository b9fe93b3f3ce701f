//! Answers, whole and as a stream: made in one dialect, translated into another, read there.

use dialects::canonical::{Event, Finish, Part, Reply, Seal};
use dialects::framing::sse::SseParser;
use dialects::json::writer::compact;
use dialects::translation::{BackMap, SealKeeper, StreamTranslation, translate_reply};
use dialects::{Dialect, Voice, Written};
use domain::Usage;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::answer::{AnswerMade, Ending, answer};
use crate::{config, pairs, wire};

fn voice() -> Voice {
    Voice {
        id: "abc123".to_owned(),
        model: "m".to_owned(),
        wants_usage: true,
        input_tokens: 7,
        ..Voice::default()
    }
}

/// Puts seals into something that looks like an envelope.
fn keeper() -> SealKeeper {
    Box::new(|seal| Some(Seal { form: seal.form, blob: format!("gw1.{}", seal.blob) }))
}

pub(crate) fn whole(answer: &AnswerMade, from: Dialect) -> String {
    match from {
        Dialect::OpenAiChat => wire::chat::whole(answer),
        Dialect::OpenAiResponses => wire::responses::whole(answer),
        Dialect::AnthropicMessages => wire::messages::whole(answer),
    }
}

fn stream(answer: &AnswerMade, from: Dialect) -> String {
    match from {
        Dialect::OpenAiChat => wire::chat::stream(answer),
        Dialect::OpenAiResponses => wire::responses::stream(answer),
        Dialect::AnthropicMessages => wire::messages::stream(answer),
    }
}

fn translated(pieces: &[&[u8]], from: Dialect, to: Dialect) -> String {
    let back_map = BackMap::new(&Written::default(), Some(keeper()));
    let mut translation = StreamTranslation::new(from, to, back_map, voice());
    let mut out = String::new();
    for piece in pieces {
        out.push_str(&translation.feed(piece));
    }
    out.push_str(&translation.end(|_| panic!("the provider has told the usage")));
    assert!(translation.is_whole(), "{:?}\n{out}", translation.fault());
    out
}

fn read_stream(stream: &str, dialect: Dialect) -> Reply {
    let (mut parser, mut reader) = (SseParser::default(), dialect.translator().stream_reader());
    let mut events: Vec<Event> = Vec::new();
    parser.feed(stream.as_bytes(), |event| {
        if !event.data.is_empty() {
            reader.read(event, &mut events).unwrap();
        }
    });
    reader.finish(&mut events);
    let closed = events.iter().filter(|event| matches!(event, Event::Close { .. })).count();
    let opened = events.iter().filter(|event| matches!(event, Event::Open { .. })).count();
    assert_eq!(opened, closed, "{stream}");
    Reply::of(events)
}

fn check(reply: &Reply, answer: &AnswerMade, to: Dialect, text: &str) {
    let mut calls = Vec::new();
    let (mut thought, mut said) = (String::new(), String::new());
    for part in &reply.parts {
        match part {
            Part::Text(words) => said.push_str(&words.text),
            Part::Thought(found) => thought.push_str(&found.text),
            Part::Call(call) => calls.push((call.id.clone(), call.name.clone(), compact(&call.arguments))),
            other => panic!("{other:?}"),
        }
    }
    let expected = answer
        .calls
        .iter()
        .map(|call| (call.id.clone(), call.name.clone(), compact(&call.arguments.concat())));
    assert_eq!(calls, expected.collect::<Vec<_>>(), "{text}");
    assert_eq!(said, answer.text().unwrap_or_default(), "{text}");
    assert_eq!(
        thought,
        answer.thought.as_ref().map(|thought| thought.concat()).unwrap_or_default(),
        "{text}"
    );
    let finish = match reply.finish.as_ref().unwrap() {
        Finish::Stop | Finish::StopText(_) => Ending::Stop,
        Finish::Length | Finish::ContextFull => Ending::Length,
        Finish::Filtered(_) => Ending::Filtered,
        Finish::Calls => Ending::Calls,
        other => panic!("{other:?} in {text}"),
    };
    assert_eq!(finish, answer.ending, "{to:?} {text}");
    let used = &answer.usage;
    let usage = Usage {
        input: used.uncached,
        cached_input: used.cached,
        output: used.visible,
        reasoning: used.reasoning,
        ..Usage::default()
    };
    assert_eq!(reply.usage, Some(usage), "{to:?} {text}");
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_of_an_answer_is_lost_or_altered(answer in answer()) {
        for (from, to) in pairs() {
            let body = whole(&answer, from);
            let back_map = BackMap::new(&Written::default(), Some(keeper()));
            let reply = translate_reply(from, to, body.as_bytes(), back_map, &voice(), |_| unreachable!()).unwrap();
            let read = Reply::of(to.translator().read_reply(reply.body.as_bytes()).unwrap());
            check(&read, &answer, to, &reply.body);
        }
    }

    #[test]
    fn nothing_of_a_stream_is_lost_or_altered_wherever_it_is_cut(answer in answer(), cuts in vec(0..90_usize, 0..20)) {
        for (from, to) in pairs() {
            let stream = stream(&answer, from);
            let out = translated(&[stream.as_bytes()], from, to);
            check(&read_stream(&out, to), &answer, to, &out);
            let (mut pieces, mut rest) = (Vec::new(), stream.as_bytes());
            for cut in &cuts {
                let (piece, behind) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = behind;
            }
            pieces.push(rest);
            prop_assert_eq!(&translated(&pieces, from, to), &out);
            if cuts.is_empty() {
                let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
                prop_assert_eq!(&translated(&bytes, from, to), &out);
            }
        }
    }
}
