//! What every cut cannot show: what is left out, what is counted, what is too much, and what must not be held up.

use dialects::Dialect::{AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiResponses as Responses};
use dialects::openai_chat::ErrorCodes;
use dialects::translation::{
    BackMap, HELD_BYTES_MAX, Repeats, Rescue, Segment, Standing, StreamTranslation, TOLD_BYTES_MAX,
};
use dialects::watch::StreamFault;
use dialects::{Dialect, Written};
use domain::{Failure, Kind, Usage};
use serde_json::{Value, json};

use crate::made::{CallMade, Made, pieces};
use crate::reader::{Seen, read};
use crate::rescue::{back_map, estimate, translation};

fn rescued(from: Dialect, to: Dialect) -> StreamTranslation {
    translation(from, to, Rescue::default())
}

fn chunk(delta: &Value) -> String {
    format!("data: {}\n\n", json!({"model": "m-chat", "choices": [{"index": 0, "delta": delta}]}))
}

fn content(text: &str) -> String {
    chunk(&json!({"content": text}))
}

fn finish(reason: &str) -> String {
    format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

fn usage(input: u64, output: u64) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [], "usage": {"prompt_tokens": input, "completion_tokens": output}})
    )
}

fn message(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}

fn feed(translation: &mut StreamTranslation, events: &[String]) -> String {
    translation.feed(events.concat().as_bytes())
}

fn ended(translation: &mut StreamTranslation, mut out: String, to: Dialect) -> Seen {
    out += &translation.end(estimate);
    assert!(translation.is_whole(), "{:?}\n{out}", translation.fault());
    read(&out, to)
}

#[test]
fn without_a_rescue_a_stream_that_has_begun_is_lost() {
    let mut plain = StreamTranslation::new(Chat, Chat, back_map(), dialects::Voice::default());
    assert_eq!(plain.standing(), Standing::Untold);
    // White space is not held, nor is a call.
    let out = feed(&mut plain, &[content("Hello \n")]);
    assert_eq!((read(&out, Chat).text.as_str(), plain.standing()), ("Hello \n", Standing::Lost));
    let call = json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f", "arguments": "{"}}]});
    assert_eq!(read(&feed(&mut plain, &[chunk(&call)]), Chat).calls.len(), 1);
}

#[test]
fn another_source_answers_unseen_before_anything_is_told() {
    for to in [Chat, Messages, Responses] {
        let mut stream = rescued(Messages, to);
        let start = json!({"type": "message_start", "message": {"id": "a", "model": "first", "usage": {"input_tokens": 7, "output_tokens": 1}}});
        let mut out = feed(&mut stream, &[message(&start)]);
        assert_eq!(stream.standing(), Standing::Untold);
        let segment = stream.break_off(|_| panic!("nothing was said"));
        let usage = Usage { input: 7, output: 1, ..Usage::default() };
        assert_eq!(segment, Segment { model: Some("first".to_owned()), usage, ..Segment::default() });
        stream.go_on(Chat, back_map(), Repeats::Anew);
        out += &feed(&mut stream, &[content("Hello"), finish("stop"), self::usage(5, 2)]);
        let seen = ended(&mut stream, out, to);
        assert_eq!((seen.text.as_str(), seen.tokens), ("Hello", Some((12, 3))), "{to:?}");
    }
}

#[test]
fn what_all_sources_used_is_one_sum_and_each_has_its_own() {
    let mut stream = rescued(Chat, Chat);
    let mut out = feed(&mut stream, &[content("Hello, "), content("how"), usage(10, 2), content(" are")]);
    let first = stream.break_off(|_| panic!("it counts as it goes"));
    assert_eq!((first.usage.input, first.usage.output, first.said_bytes), (10, 2, 14));
    stream.go_on(Messages, back_map(), Repeats::Nothing);
    // What is counted before anything is said counts the prompt.
    let start = json!({"type": "message_start", "message": {"id": "a", "model": "second", "usage": {"input_tokens": 20, "output_tokens": 1}}});
    let delta =
        json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " you"}});
    out += &feed(&mut stream, &[message(&start), message(&delta)]);
    let second = stream.break_off(estimate);
    let counted = Usage { input: 20, output: 4, is_estimated: true, ..Usage::default() };
    assert_eq!((second.model.as_deref(), second.usage), (Some("second"), counted));
    stream.go_on(Chat, back_map(), Repeats::Nothing);
    out += &feed(&mut stream, &[content(" today?")]);
    let third = stream.break_off(estimate);
    assert_eq!((third.usage.input, third.usage.output), (1000, 7));
    stream.go_on(Chat, back_map(), Repeats::Nothing);
    out += &feed(&mut stream, &[finish("stop"), usage(30, 1)]);
    let seen = ended(&mut stream, out, Chat);
    assert_eq!((seen.text.as_str(), seen.tokens), ("Hello, how are you today?", Some((1060, 14))));
    assert_eq!(stream.usage().map(|usage| usage.total()), Some(1074));
    assert_eq!(stream.usage_by_model(), []);
}

#[test]
fn what_another_is_given_never_ends_in_white_space() {
    for (said, told) in [("Hello \n", "Hello"), (" \n", "")] {
        let mut stream = rescued(Chat, Messages);
        let thought = chunk(&json!({"reasoning_content": "Hm"}));
        feed(&mut stream, &[content(said), thought]);
        stream.break_off(estimate);
        assert_eq!(stream.told(), told);
    }
}

#[test]
fn text_that_is_not_decided_on_is_counted_as_kept() {
    let mut stream = rescued(Chat, Chat);
    feed(&mut stream, &[content("The whales sing, all of them")]);
    stream.break_off(estimate);
    stream.go_on(Chat, back_map(), Repeats::Anew);
    let before = stream.kept_bytes();
    feed(&mut stream, &[content("The whales")]);
    assert_eq!(stream.kept_bytes(), before + "The whales".len());
}

#[test]
fn thoughts_left_open_hold_nothing_up() {
    for to in [Chat, Messages, Responses] {
        let mut stream = rescued(Chat, to);
        let mut out = feed(&mut stream, &[chunk(&json!({"reasoning_content": "Hm, le"}))]);
        assert_eq!(stream.standing(), Standing::Untold);
        stream.break_off(estimate);
        stream.go_on(Messages, back_map(), Repeats::Anew);
        let second = Made { thought: pieces("Other", 3), text: pieces("Hello", 9), ..Made::default() };
        let second = second.stream(Messages);
        let told =
            second.find("content_block_stop\",\"index\":1").or(second.rfind("event: content_block_stop"));
        out += &stream.feed(&second.as_bytes()[..told.unwrap()]);
        let seen = read(&out, to);
        assert_eq!((seen.text.as_str(), seen.thought.as_str(), seen.seals), ("Hello", "Hm, le", 0), "{to:?}");
        out += &stream.feed(&second.as_bytes()[told.unwrap()..]);
        let seen = ended(&mut stream, out, to);
        assert_eq!((seen.text.as_str(), seen.thought.as_str(), seen.seals), ("Hello", "Hm, le", 0), "{to:?}");
    }
}

#[test]
fn the_seal_of_a_second_source_is_not_told() {
    let made = |text: &str| Made { thought: pieces("Hm.", 9), text: pieces(text, 9), ..Made::default() };
    let (first, second) = (made("Hello, you"), made(" there"));
    let mut stream = rescued(Messages, Messages);
    let first = first.stream(Messages);
    let mut out = stream.feed(&first.as_bytes()[..first.rfind("event: content_block_stop").unwrap()]);
    stream.break_off(estimate);
    stream.go_on(Responses, back_map(), Repeats::Nothing);
    out += &stream.feed(second.stream(Responses).as_bytes());
    let seen = ended(&mut stream, out, Messages);
    assert_eq!((seen.text.as_str(), seen.thought.as_str(), seen.seals), ("Hello, you there", "Hm.", 1));
}

#[test]
fn a_misfit_tells_nothing_and_a_third_source_may_fit() {
    for to in [Chat, Messages, Responses] {
        let mut stream = rescued(Chat, to);
        let mut out = feed(&mut stream, &[content("Hello, you")]);
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), Repeats::Anew);
        let told = feed(&mut stream, &[content("Hello, "), content("world"), finish("stop"), usage(1, 1)]);
        assert!(stream.has_misfit() && !stream.has_said_all());
        assert_eq!((told + &stream.end(estimate)).as_str(), "", "{to:?}");
        assert!(!stream.is_whole());
        assert_eq!(stream.standing(), Standing::Told);
        let segment = stream.break_off(estimate);
        assert_eq!(segment.usage.output, 1);
        stream.go_on(Chat, back_map(), Repeats::Anew);
        assert!(!stream.has_misfit());
        out += &feed(&mut stream, &[content("Hello, you there"), finish("stop")]);
        assert_eq!(ended(&mut stream, out, to).text, "Hello, you there");
    }
}

#[test]
fn an_answer_that_says_less_than_was_told_or_refuses_does_not_fit() {
    let refusal = chunk(&json!({"refusal": "I will not"}));
    for (repeats, events) in [
        (Repeats::Anew, vec![content("Hello"), finish("stop")]),
        (Repeats::Anew, vec![finish("stop")]),
        (Repeats::Nothing, vec![refusal.clone(), content(" and"), finish("stop")]),
        (Repeats::Unknown, vec![refusal.clone(), content(" and"), finish("stop")]),
    ] {
        let mut stream = rescued(Chat, Chat);
        feed(&mut stream, &[content("Hello, you")]);
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), repeats);
        assert_eq!(feed(&mut stream, &events) + &stream.end(estimate), "", "{repeats:?} {events:?}");
        assert!(stream.has_misfit() && !stream.is_whole(), "{repeats:?} {events:?}");
    }
    // A refusal is an answer like any other, but nobody goes on with it.
    let mut stream = rescued(Chat, Chat);
    feed(&mut stream, &[refusal]);
    assert_eq!(stream.standing(), Standing::Lost);
}

#[test]
fn the_end_of_a_stream_that_is_all_said_may_be_missing() {
    for to in [Chat, Messages, Responses] {
        for missing in ["", "data: [DO", "data: {\"choi"] {
            let mut stream = rescued(Chat, to);
            let out = feed(&mut stream, &[content("Hello "), finish("stop"), missing.to_owned()]);
            assert_eq!(stream.standing(), Standing::Finished);
            let seen = ended(&mut stream, out, to);
            assert_eq!((seen.text.as_str(), seen.tokens), ("Hello ", Some((1000, 6))));
        }
    }
}

#[test]
fn an_end_mark_without_a_finish_is_a_break() {
    let mut stream = rescued(Chat, Chat);
    let mut out = feed(&mut stream, &[content("Hello"), "data: [DONE]\n\n".to_owned()]);
    out += &stream.end(estimate);
    assert!(!stream.is_whole());
    assert_eq!(stream.standing(), Standing::Told);
    stream.break_off(estimate);
    stream.go_on(Chat, back_map(), Repeats::Nothing);
    out += &feed(&mut stream, &[content(" there"), finish("stop")]);
    assert_eq!(ended(&mut stream, out, Chat).text, "Hello there");
}

#[test]
fn an_error_of_the_source_is_a_break_and_forgotten_when_another_goes_on() {
    let mut stream = rescued(Chat, Messages);
    let mut out = feed(
        &mut stream,
        &[content("Hello"), "data: {\"error\":{\"message\":\"busy\"}}\n\ndata: {\"half".to_owned()],
    );
    assert!(matches!(stream.fault(), Some(StreamFault::Told(_))));
    let signs = stream.signs_of_life();
    assert_eq!(stream.standing(), Standing::Told);
    stream.break_off(estimate);
    stream.go_on(Chat, back_map(), Repeats::Nothing);
    assert_eq!((stream.fault(), stream.signs_of_life()), (None, signs));
    out += &feed(&mut stream, &[content(" there")]);
    assert!(stream.signs_of_life() > signs);
    out += &stream.fail(&Failure::new(Kind::StreamBroken, "broke"), "r", ErrorCodes::default());
    let seen = read(&out, Messages);
    assert!(seen.is_error && !seen.is_ended);
    assert_eq!(seen.text, "Hello there");
}

#[test]
fn half_a_call_at_the_end_is_no_end() {
    let call = |arguments: &str| {
        let call = json!({"index": 0, "id": "c", "function": {"name": "f", "arguments": arguments}});
        chunk(&json!({"tool_calls": [call]}))
    };
    for to in [Chat, Messages, Responses] {
        let mut stream = rescued(Chat, to);
        let mut out = feed(&mut stream, &[content("Well:"), call("{\"a\":"), finish("tool_calls")]);
        assert!(matches!(stream.fault(), Some(StreamFault::Unfit(_))));
        assert_eq!(stream.standing(), Standing::Told);
        assert_eq!(read(&out, to).calls, []);
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), Repeats::Nothing);
        out += &feed(&mut stream, &[call("{\"a\":1}"), finish("tool_calls")]);
        assert_eq!(ended(&mut stream, out, to).calls, [("c".into(), "f".into(), "{\"a\":1}".into())]);
        // Where the answer says itself that it was cut, so is its call.
        let mut stream = rescued(Chat, to);
        let out = feed(&mut stream, &[call("{\"a\":"), finish("length")]);
        assert_eq!(ended(&mut stream, out, to).calls.len(), 1);
    }
}

#[test]
fn text_behind_a_call_keeps_its_place() {
    let mut stream = rescued(Messages, Responses);
    let event = |kind: &str, rest: Value| {
        let mut event = rest;
        event["type"] = json!(kind);
        message(&event)
    };
    let text = |index: u64, text: &str| {
        event("content_block_start", json!({"index": index, "content_block": {"type": "text", "text": text}}))
            + &event("content_block_stop", json!({"index": index}))
    };
    let call = event(
        "content_block_start",
        json!({"index": 1, "content_block": {"type": "tool_use", "id": "c", "name": "f", "input": {}}}),
    ) + &event("content_block_stop", json!({"index": 1}));
    let mut out = feed(&mut stream, &[text(0, "Before"), call, text(2, "behind")]);
    assert_eq!(read(&out, Responses).text, "Before");
    let end = event("message_delta", json!({"delta": {"stop_reason": "tool_use"}}));
    out += &feed(&mut stream, &[end]);
    let places = ["Before", "function_call", "behind"].map(|part| out.find(part).unwrap());
    assert!(places.is_sorted(), "{out}");
    assert_eq!(ended(&mut stream, out, Responses).text, "Beforebehind");
}

#[test]
fn too_much_is_not_held_nor_gone_on_with() {
    let long = "words ".repeat(TOLD_BYTES_MAX / 6);
    let mut stream = rescued(Chat, Chat);
    feed(&mut stream, &[content(&long)]);
    assert_eq!((stream.standing(), stream.told()), (Standing::Told, long.trim_end()));
    let out = feed(&mut stream, &[content(&long)]);
    assert_eq!((stream.standing(), read(&out, Chat).text.len()), (Standing::Lost, long.len()));
    // A call that is too long leaves as it comes.
    let mut stream = rescued(Chat, Chat);
    let call = |arguments: &str| {
        let call = json!({"index": 0, "id": "c", "function": {"name": "f", "arguments": arguments}});
        chunk(&json!({"tool_calls": [call]}))
    };
    let mut out = feed(&mut stream, &[call("{\"a\":\"")]);
    assert_eq!(read(&out, Chat).calls.len(), 0);
    out += &feed(&mut stream, &[call(&"a".repeat(HELD_BYTES_MAX))]);
    assert_eq!((read(&out, Chat).calls.len(), stream.standing()), (1, Standing::Lost));
    out += &feed(&mut stream, &[call("\"}"), finish("tool_calls")]);
    assert_eq!(ended(&mut stream, out, Chat).calls[0].2.len(), HELD_BYTES_MAX + 8);
}

#[test]
fn a_lost_stream_may_begin_anew_before_the_callers_eyes() {
    for to in [Chat, Messages, Responses] {
        let mut stream = rescued(Chat, to);
        let mut out = feed(&mut stream, &[chunk(&json!({"refusal": "I"}))]);
        stream.break_off(estimate);
        stream.restart_visibly(Chat, back_map());
        assert_eq!((stream.told(), stream.standing()), ("", Standing::Untold));
        out += &feed(&mut stream, &[content("")]);
        assert!(!out.contains("restart"), "nothing has begun yet");
        let call = CallMade { id: "c".into(), name: "f".into(), arguments: vec!["{}".into()] };
        let made = Made { text: pieces("Hello", 9), calls: vec![call], ..Made::default() };
        out += &stream.feed(made.stream(Chat).as_bytes());
        let seen = ended(&mut stream, out, to);
        assert_eq!((seen.restarts, seen.text.as_str(), seen.calls.len()), (1, "Hello", 1), "{to:?}");
    }
}

#[test]
fn a_stop_text_is_found_in_what_each_source_says() {
    let back_map =
        || BackMap::new(&Written { stop_texts: vec!["END".to_owned()], ..Written::default() }, None);
    let mut stream = StreamTranslation::new(Chat, Chat, back_map(), dialects::Voice::default())
        .with_rescue(Rescue::default());
    let mut out = feed(&mut stream, &[content("one EN")]);
    assert_eq!(stream.told(), "one");
    stream.break_off(estimate);
    stream.go_on(Chat, back_map(), Repeats::Nothing);
    out += &feed(&mut stream, &[content(" END two")]);
    assert!(stream.is_cut());
    assert_eq!(ended(&mut stream, out, Chat).text, "one ");
}

#[test]
fn who_was_asked_in_words_need_not_know_of_the_space_before_them() {
    for (comes, expected) in [("two", "One, two"), (" two", "One, two"), ("One, two", "One, two")] {
        let mut stream = rescued(Chat, Chat);
        let mut out = feed(&mut stream, &[content("One, ")]);
        stream.break_off(estimate);
        // One that says nothing does not change that.
        stream.go_on(Chat, back_map(), Repeats::Unknown);
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), Repeats::Unknown);
        out += &feed(&mut stream, &[content(comes), finish("stop")]);
        assert_eq!(ended(&mut stream, out, Chat).text, expected);
    }
}

#[test]
fn white_space_that_was_told_is_not_told_again() {
    let mut stream = rescued(Chat, Chat);
    let mut out = feed(&mut stream, &[content("One, ")]);
    for comes in [" two", "three"] {
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), Repeats::Unknown);
        out += &feed(&mut stream, &[content(comes)]);
    }
    out += &feed(&mut stream, &[finish("stop")]);
    assert_eq!(ended(&mut stream, out, Chat).text, "One, twothree");
}

#[test]
fn a_flood_of_white_space_is_not_kept() {
    let white = " ".repeat(HELD_BYTES_MAX / 4);
    for repeats in [Repeats::Nothing, Repeats::All, Repeats::Unknown] {
        let mut stream = rescued(Chat, Chat);
        let mut out = feed(&mut stream, &[content("One,")]);
        stream.break_off(estimate);
        stream.go_on(Chat, back_map(), repeats);
        out += &feed(&mut stream, &vec![content(&white); 6]);
        assert!(read(&out, Chat).text.len() > HELD_BYTES_MAX, "{repeats:?}");
        out += &feed(&mut stream, &[content("two"), finish("stop")]);
        assert_eq!(ended(&mut stream, out, Chat).text.len(), "One,two".len() + 6 * white.len());
    }
}

#[test]
fn what_is_said_again_in_several_texts_is_said_once() {
    let mut stream = rescued(Chat, Messages);
    let mut out = feed(&mut stream, &[content("One two three")]);
    stream.break_off(estimate);
    stream.go_on(Messages, back_map(), Repeats::All);
    let text = |index: u64, text: &str| {
        let block = json!({"type": "text", "text": text});
        message(&json!({"type": "content_block_start", "index": index, "content_block": block}))
            + &message(&json!({"type": "content_block_stop", "index": index}))
    };
    let end = message(&json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}));
    out += &feed(&mut stream, &[text(0, "One "), text(1, "two"), text(2, " three, four"), text(3, ", five")]);
    // What was told goes on in its own block, and so does the next one with the last of them.
    stream.break_off(estimate);
    stream.go_on(Messages, back_map(), Repeats::Nothing);
    out += &feed(&mut stream, &[text(0, ", six"), end]);
    assert_eq!(out.matches("event: content_block_start").count(), 2, "{out}");
    assert_eq!(ended(&mut stream, out, Messages).text, "One two three, four, five, six");
}

#[test]
fn citations_stand_where_the_caller_has_their_words() {
    let cite = |from: u64, to: u64| {
        let cited = json!({"url": "https://a.example", "title": "A", "start_index": from, "end_index": to});
        chunk(&json!({"annotations": [{"type": "url_citation", "url_citation": cited}]}))
    };
    let start = [content("\u{fc}ber "), content("one"), cite(0, 4)];
    for to in [Chat, Responses] {
        for (repeats, events, expected) in [
            (Repeats::Nothing, vec![content(" two"), cite(1, 4)], vec![(0, 4), (9, 12)]),
            (Repeats::All, vec![content("\u{fc}ber one two"), cite(9, 12)], vec![(0, 4), (9, 12)]),
            // Of words that he has, he has the citation, if there was one.
            (Repeats::All, vec![content("\u{fc}ber"), cite(0, 4), content(" one two")], vec![(0, 4)]),
        ] {
            let mut stream = rescued(Chat, to);
            let mut out = feed(&mut stream, &start);
            stream.break_off(estimate);
            stream.go_on(Chat, back_map(), repeats);
            out += &feed(&mut stream, &events);
            out += &feed(&mut stream, &[finish("stop")]);
            let seen = ended(&mut stream, out, to);
            assert_eq!(
                (seen.text.as_str(), seen.citations),
                ("\u{fc}ber one two", expected),
                "{to:?} {repeats:?}"
            );
        }
    }
}

#[test]
fn the_first_words_are_held_until_more_have_come() {
    let mut stream = translation(Chat, Chat, Rescue { holds_text: false, hold_bytes: 10 });
    let mut out = feed(&mut stream, &[content("Hello, "), content("you")]);
    assert_eq!((read(&out, Chat).text.as_str(), stream.standing()), ("", Standing::Untold));
    out += &feed(&mut stream, &[content("!")]);
    assert_eq!((read(&out, Chat).text.as_str(), stream.standing()), ("Hello, you!", Standing::Told));
    // Another text is held no more: the caller has some.
    out += &feed(&mut stream, &[content(" So"), chunk(&json!({"reasoning_content": "Hm"})), content("Now")]);
    assert_eq!(read(&out, Chat).text, "Hello, you! SoNow");
}
