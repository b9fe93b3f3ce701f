//! OpenAI's Responses.

use super::{data_uri, event, quoted};
use crate::answer::{AnswerMade, Ending, Piece};
use crate::talk::{CallMade, Image, SCHEMA, Talk};

fn image(image: &Image) -> String {
    let url = match image {
        Image::Inline(data) => data_uri(data),
        Image::Url(url) => url.clone(),
    };
    format!(r#"{{"type":"input_image","detail":"auto","image_url":{}}}"#, quoted(&url))
}

fn text(text: &str) -> String {
    format!(r#"{{"type":"input_text","text":{}}}"#, quoted(text))
}

fn said(words: &str) -> String {
    let words = quoted(words);
    format!(
        r#"{{"type":"message","role":"assistant","content":[{{"type":"output_text","text":{words},"annotations":[]}}]}}"#
    )
}

fn call(talk: &Talk, call: &CallMade) -> String {
    let tool = &talk.tools[call.tool];
    let (id, name, arguments) = (quoted(&call.id), quoted(&tool.name), quoted(&call.arguments));
    if tool.is_custom {
        return format!(r#"{{"type":"custom_tool_call","call_id":{id},"name":{name},"input":{arguments}}}"#);
    }
    format!(r#"{{"type":"function_call","call_id":{id},"name":{name},"arguments":{arguments}}}"#)
}

fn result(talk: &Talk, call: &CallMade) -> String {
    let kind =
        if talk.tools[call.tool].is_custom { "custom_tool_call_output" } else { "function_call_output" };
    let mut parts: Vec<String> = call.result.iter().map(|words| text(words)).collect();
    parts.extend(call.image.iter().map(image));
    format!(r#"{{"type":"{kind}","call_id":{},"output":[{}]}}"#, quoted(&call.id), parts.join(","))
}

pub(crate) fn prompt(talk: &Talk) -> String {
    let mut items = Vec::new();
    for (place, round) in talk.rounds.iter().enumerate() {
        let mut question = vec![text(&round.question)];
        question.extend(round.image.iter().map(image));
        items.push(format!(r#"{{"type":"message","role":"user","content":[{}]}}"#, question.join(",")));
        items.extend(talk.thought(place).map(|thought| reasoning(place, thought, "ZW5jcnlwdGVk")));
        if !round.calls.is_empty() {
            items.extend(round.said.iter().map(|words| said(words)));
        }
        items.extend(round.calls.iter().map(|made| call(talk, made)));
        items.extend(round.calls.iter().map(|made| result(talk, made)));
        if talk.is_answered(place) {
            items.push(said(&round.closing));
        }
    }
    let tools = talk.tools.iter().map(|tool| {
        let name = quoted(&tool.name);
        if tool.is_custom {
            return format!(r#"{{"type":"custom","name":{name}}}"#);
        }
        format!(r#"{{"type":"function","name":{name},"parameters":{SCHEMA},"strict":false}}"#)
    });
    let tools = tools.collect::<Vec<_>>().join(",");
    let system =
        talk.system.as_ref().map_or_else(String::new, |text| format!(r#","instructions":{}"#, quoted(text)));
    let format = talk.schema.as_ref().map_or_else(String::new, |schema| {
        format!(r#","text":{{"format":{{"type":"json_schema","name":"a","schema":{schema}}}}}"#)
    });
    format!(r#"{{"model":"m"{system},"input":[{}],"tools":[{tools}]{format}}}"#, items.join(","))
}

fn reasoning(place: usize, thought: &str, seal: &str) -> String {
    let thought = quoted(thought);
    format!(
        r#"{{"type":"reasoning","id":"rs_{place}","summary":[{{"type":"summary_text","text":{thought}}}],"encrypted_content":"{seal}"}}"#
    )
}

/// The items of an answer, whole.
fn items(answer: &AnswerMade) -> Vec<String> {
    let mut items = Vec::new();
    items.extend(answer.thought.as_ref().map(|thought| reasoning(0, &thought.concat(), &answer.seal)));
    items.extend(answer.text().map(|words| {
        let words = quoted(&words);
        format!(
            r#"{{"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{{"type":"output_text","text":{words},"annotations":[],"logprobs":[]}}]}}"#
        )
    }));
    items.extend(answer.calls.iter().enumerate().map(|(index, _)| function(answer, index, true)));
    items
}

fn function(answer: &AnswerMade, index: usize, is_whole: bool) -> String {
    let call = &answer.calls[index];
    let (id, name) = (quoted(&call.id), quoted(&call.name));
    let arguments = quoted(&if is_whole { call.arguments.concat() } else { String::new() });
    let status = if is_whole { "completed" } else { "in_progress" };
    format!(
        r#"{{"type":"function_call","id":"fc_{index}","call_id":{id},"name":{name},"arguments":{arguments},"status":"{status}"}}"#
    )
}

fn usage(answer: &AnswerMade) -> String {
    let used = &answer.usage;
    let (input, output) = (used.uncached + used.cached, used.visible + used.reasoning);
    format!(
        r#"{{"input_tokens":{input},"input_tokens_details":{{"cached_tokens":{}}},"output_tokens":{output},"output_tokens_details":{{"reasoning_tokens":{}}},"total_tokens":{}}}"#,
        used.cached,
        used.reasoning,
        input + output
    )
}

pub(crate) fn whole(answer: &AnswerMade) -> String {
    let (status, details) = match answer.ending {
        Ending::Stop | Ending::Calls => ("completed", "null"),
        Ending::Length => ("incomplete", r#"{"reason":"max_output_tokens"}"#),
        Ending::Filtered => ("incomplete", r#"{"reason":"content_filter"}"#),
    };
    format!(
        r#"{{"id":"resp_1","object":"response","created_at":1,"status":"{status}","error":null,"incomplete_details":{details},"model":"m","output":[{}],"usage":{}}}"#,
        items(answer).join(","),
        usage(answer)
    )
}

/// Events, numbered.
struct Events {
    out: String,
    number: u64,
}

impl Events {
    fn tell(&mut self, kind: &str, members: &str) {
        let data = format!(r#"{{"type":"{kind}","sequence_number":{},{members}}}"#, self.number);
        self.number += 1;
        self.out += &event(kind, &data);
    }
}

pub(crate) fn stream(answer: &AnswerMade) -> String {
    let mut events = Events { out: String::new(), number: 0 };
    let begun = r#""response":{"id":"resp_1","object":"response","created_at":1,"status":"in_progress","error":null,"incomplete_details":null,"model":"m","output":[],"usage":null}"#;
    events.tell("response.created", begun);
    events.tell("response.in_progress", begun);
    let whole_items = items(answer);
    let mut output = 0;
    if let Some(thought) = &answer.thought {
        stream_thought(&mut events, thought, &whole_items[0]);
        output += 1;
    }
    if !answer.text.is_empty() {
        stream_text(&mut events, answer, output, &whole_items[output]);
        output += 1;
    }
    for piece in answer.pieces() {
        match piece {
            Piece::Call(index, _) => {
                let members =
                    format!(r#""output_index":{},"item":{}"#, output + index, function(answer, index, false));
                events.tell("response.output_item.added", &members);
            }
            Piece::Arguments(index, text) => {
                let text = quoted(text);
                let members =
                    format!(r#""item_id":"fc_{index}","output_index":{},"delta":{text}"#, output + index);
                events.tell("response.function_call_arguments.delta", &members);
            }
            Piece::CallEnd(index) => {
                let arguments = quoted(&answer.calls[index].arguments.concat());
                let members = format!(
                    r#""item_id":"fc_{index}","output_index":{},"arguments":{arguments}"#,
                    output + index
                );
                events.tell("response.function_call_arguments.done", &members);
                let members =
                    format!(r#""output_index":{},"item":{}"#, output + index, function(answer, index, true));
                events.tell("response.output_item.done", &members);
            }
            Piece::Thought(_) | Piece::Text(_) => {}
        }
    }
    let last = match answer.ending {
        Ending::Stop | Ending::Calls => "response.completed",
        Ending::Length | Ending::Filtered => "response.incomplete",
    };
    events.tell(last, &format!(r#""response":{}"#, whole(answer)));
    events.out
}

fn stream_thought(events: &mut Events, thought: &[String], item: &str) {
    events.tell(
        "response.output_item.added",
        r#""output_index":0,"item":{"type":"reasoning","id":"rs_0","summary":[],"encrypted_content":"early"}"#,
    );
    let place = r#""item_id":"rs_0","output_index":0,"summary_index":0"#;
    let part = |text: &str| format!(r#"{place},"part":{{"type":"summary_text","text":{}}}"#, quoted(text));
    events.tell("response.reasoning_summary_part.added", &part(""));
    for text in thought {
        events.tell("response.reasoning_summary_text.delta", &format!(r#"{place},"delta":{}"#, quoted(text)));
    }
    let whole = thought.concat();
    events.tell("response.reasoning_summary_text.done", &format!(r#"{place},"text":{}"#, quoted(&whole)));
    events.tell("response.reasoning_summary_part.done", &part(&whole));
    events.tell("response.output_item.done", &format!(r#""output_index":0,"item":{item}"#));
}

fn stream_text(events: &mut Events, answer: &AnswerMade, output: usize, item: &str) {
    let begun = r#"{"type":"message","id":"msg_1","status":"in_progress","role":"assistant","content":[]}"#;
    events.tell("response.output_item.added", &format!(r#""output_index":{output},"item":{begun}"#));
    let place = format!(r#""item_id":"msg_1","output_index":{output},"content_index":0"#);
    let part = |text: &str| {
        format!(r#"{place},"part":{{"type":"output_text","text":{},"annotations":[]}}"#, quoted(text))
    };
    events.tell("response.content_part.added", &part(""));
    for text in &answer.text {
        events.tell(
            "response.output_text.delta",
            &format!(r#"{place},"delta":{},"logprobs":[]"#, quoted(text)),
        );
    }
    let whole = answer.text.concat();
    events.tell("response.output_text.done", &format!(r#"{place},"text":{},"logprobs":[]"#, quoted(&whole)));
    events.tell("response.content_part.done", &part(&whole));
    events.tell("response.output_item.done", &format!(r#""output_index":{output},"item":{item}"#));
}
