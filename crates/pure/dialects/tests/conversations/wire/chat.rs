//! Chat completions.

use super::{data_uri, event, quoted};
use crate::answer::{AnswerMade, Ending, Piece};
use crate::talk::{CallMade, Image, SCHEMA, Talk};

fn image(image: &Image) -> String {
    let url = match image {
        Image::Inline(data) => data_uri(data),
        Image::Url(url) => url.clone(),
    };
    format!(r#"{{"type":"image_url","image_url":{{"url":{}}}}}"#, quoted(&url))
}

fn text(text: &str) -> String {
    format!(r#"{{"type":"text","text":{}}}"#, quoted(text))
}

fn call(talk: &Talk, call: &CallMade) -> String {
    let tool = &talk.tools[call.tool];
    let (id, name, arguments) = (quoted(&call.id), quoted(&tool.name), quoted(&call.arguments));
    if tool.is_custom {
        return format!(r#"{{"id":{id},"type":"custom","custom":{{"name":{name},"input":{arguments}}}}}"#);
    }
    format!(r#"{{"id":{id},"type":"function","function":{{"name":{name},"arguments":{arguments}}}}}"#)
}

pub(crate) fn prompt(talk: &Talk) -> String {
    let mut messages = Vec::new();
    messages.extend(
        talk.system.iter().map(|system| format!(r#"{{"role":"system","content":{}}}"#, quoted(system))),
    );
    for (place, round) in talk.rounds.iter().enumerate() {
        let content = match &round.image {
            Some(given) => format!("[{},{}]", text(&round.question), image(given)),
            None => quoted(&round.question),
        };
        messages.push(format!(r#"{{"role":"user","content":{content}}}"#));
        let mut thought = talk
            .thought(place)
            .map_or_else(String::new, |text| format!(r#","reasoning_content":{}"#, quoted(text)));
        if !round.calls.is_empty() {
            let said = round.said.as_ref().map_or_else(|| "null".to_owned(), |said| quoted(said));
            let calls: Vec<String> = round.calls.iter().map(|made| call(talk, made)).collect();
            let calls = calls.join(",");
            messages
                .push(format!(r#"{{"role":"assistant","content":{said}{thought},"tool_calls":[{calls}]}}"#));
            thought = String::new();
        }
        for made in &round.calls {
            let mut parts: Vec<String> = made.result.iter().map(|words| text(words)).collect();
            parts.extend(made.image.iter().map(image));
            let (id, parts) = (quoted(&made.id), parts.join(","));
            messages.push(format!(r#"{{"role":"tool","tool_call_id":{id},"content":[{parts}]}}"#));
        }
        if talk.is_answered(place) {
            let closing = quoted(&round.closing);
            messages.push(format!(r#"{{"role":"assistant","content":{closing}{thought}}}"#));
        }
    }
    let tools = talk.tools.iter().map(|tool| {
        let name = quoted(&tool.name);
        if tool.is_custom {
            return format!(r#"{{"type":"custom","custom":{{"name":{name}}}}}"#);
        }
        format!(r#"{{"type":"function","function":{{"name":{name},"parameters":{SCHEMA}}}}}"#)
    });
    let tools = tools.collect::<Vec<_>>().join(",");
    let format = talk.schema.as_ref().map_or_else(String::new, |schema| {
        format!(
            r#","response_format":{{"type":"json_schema","json_schema":{{"name":"a","schema":{schema}}}}}"#
        )
    });
    format!(r#"{{"model":"m","messages":[{}],"tools":[{tools}]{format}}}"#, messages.join(","))
}

fn usage(answer: &AnswerMade) -> String {
    let used = &answer.usage;
    let (prompt, completion) = (used.uncached + used.cached, used.visible + used.reasoning);
    format!(
        r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{},"prompt_tokens_details":{{"cached_tokens":{}}},"completion_tokens_details":{{"reasoning_tokens":{}}}}}"#,
        prompt + completion,
        used.cached,
        used.reasoning
    )
}

fn reason(ending: Ending) -> &'static str {
    match ending {
        Ending::Stop => "stop",
        Ending::Length => "length",
        Ending::Filtered => "content_filter",
        Ending::Calls => "tool_calls",
    }
}

pub(crate) fn whole(answer: &AnswerMade) -> String {
    let content = answer.text().map_or_else(|| "null".to_owned(), |text| quoted(&text));
    let mut message = format!(r#""role":"assistant","content":{content},"refusal":null"#);
    if let Some(thought) = &answer.thought {
        let (thought, seal) = (quoted(&thought.concat()), &answer.seal);
        message += &format!(
            r#","reasoning":{thought},"reasoning_details":[{{"type":"reasoning.text","text":{thought},"signature":"{seal}","format":"f-1","index":0}}]"#
        );
    }
    if !answer.calls.is_empty() {
        let calls = answer.calls.iter().map(|call| {
            let (id, name, arguments) =
                (quoted(&call.id), quoted(&call.name), quoted(&call.arguments.concat()));
            format!(r#"{{"id":{id},"type":"function","function":{{"name":{name},"arguments":{arguments}}}}}"#)
        });
        message += &format!(r#","tool_calls":[{}]"#, calls.collect::<Vec<_>>().join(","));
    }
    format!(
        r#"{{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{{message}}},"logprobs":null,"finish_reason":"{}"}}],"usage":{}}}"#,
        reason(answer.ending),
        usage(answer)
    )
}

fn chunk(delta: &str, reason: &str) -> String {
    event(
        "",
        &format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{{"index":0,"delta":{{{delta}}},"finish_reason":{reason}}}],"usage":null}}"#
        ),
    )
}

pub(crate) fn stream(answer: &AnswerMade) -> String {
    let mut out = chunk(r#""role":"assistant","content":"""#, "null");
    let thoughts = answer.thought.as_ref().map_or(0, Vec::len);
    for (place, piece) in answer.pieces().into_iter().enumerate() {
        if place == thoughts && place > 0 {
            let entry = r#"{"type":"reasoning.text","format":"f-1","index":0,"signature":"#;
            out += &chunk(&format!(r#""reasoning_details":[{entry}"{}"}}]"#, answer.seal), "null");
        }
        out += &match piece {
            Piece::Thought(text) => chunk(&format!(r#""reasoning_content":{}"#, quoted(text)), "null"),
            Piece::Text(text) => chunk(&format!(r#""content":{}"#, quoted(text)), "null"),
            Piece::Call(index, call) => chunk(
                &format!(
                    r#""tool_calls":[{{"index":{index},"id":{},"type":"function","function":{{"name":{},"arguments":""}}}}]"#,
                    quoted(&call.id),
                    quoted(&call.name)
                ),
                "null",
            ),
            Piece::Arguments(index, text) => chunk(
                &format!(r#""tool_calls":[{{"index":{index},"function":{{"arguments":{}}}}}]"#, quoted(text)),
                "null",
            ),
            Piece::CallEnd(_) => String::new(),
        };
    }
    out += &chunk("", &quoted(reason(answer.ending)));
    out += &event(
        "",
        &format!(
            r#"{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{}}}"#,
            usage(answer)
        ),
    );
    out + "data: [DONE]\n\n"
}
