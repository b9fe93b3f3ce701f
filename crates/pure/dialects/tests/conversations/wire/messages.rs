//! Anthropic's Messages. It has no custom tools: conversations for it are made without.

use super::{event, quoted};
use crate::answer::{AnswerMade, Ending, Piece};
use crate::talk::{CallMade, Image, SCHEMA, Talk};

fn image(image: &Image) -> String {
    let source = match image {
        Image::Inline(data) => format!(r#"{{"type":"base64","media_type":"image/png","data":"{data}"}}"#),
        Image::Url(url) => format!(r#"{{"type":"url","url":{}}}"#, quoted(url)),
    };
    format!(r#"{{"type":"image","source":{source}}}"#)
}

fn text(text: &str) -> String {
    format!(r#"{{"type":"text","text":{}}}"#, quoted(text))
}

fn thinking(text: &str) -> String {
    format!(r#"{{"type":"thinking","thinking":{},"signature":"c2lnbmF0dXJl"}}"#, quoted(text))
}

fn message(role: &str, blocks: &[String]) -> String {
    format!(r#"{{"role":"{role}","content":[{}]}}"#, blocks.join(","))
}

fn call(talk: &Talk, call: &CallMade) -> String {
    let (id, name) = (quoted(&call.id), quoted(&talk.tools[call.tool].name));
    format!(r#"{{"type":"tool_use","id":{id},"name":{name},"input":{}}}"#, call.arguments)
}

fn result(call: &CallMade) -> String {
    let mut parts: Vec<String> = call.result.iter().map(|words| text(words)).collect();
    parts.extend(call.image.iter().map(image));
    let (id, parts, is_error) = (quoted(&call.id), parts.join(","), call.is_error);
    format!(r#"{{"type":"tool_result","tool_use_id":{id},"content":[{parts}],"is_error":{is_error}}}"#)
}

pub(crate) fn prompt(talk: &Talk) -> String {
    let mut messages = Vec::new();
    for (place, round) in talk.rounds.iter().enumerate() {
        let mut question = vec![text(&round.question)];
        question.extend(round.image.iter().map(image));
        messages.push(message("user", &question));
        let mut blocks: Vec<String> = talk.thought(place).map(thinking).into_iter().collect();
        if !round.calls.is_empty() {
            blocks.extend(round.said.iter().map(|said| text(said)));
            blocks.extend(round.calls.iter().map(|made| call(talk, made)));
            messages.push(message("assistant", &blocks));
            messages.push(message("user", &round.calls.iter().map(result).collect::<Vec<_>>()));
            blocks.clear();
        }
        if talk.is_answered(place) {
            blocks.push(text(&round.closing));
            messages.push(message("assistant", &blocks));
        }
    }
    let tools =
        talk.tools.iter().map(|tool| format!(r#"{{"name":{},"input_schema":{SCHEMA}}}"#, quoted(&tool.name)));
    let tools = tools.collect::<Vec<_>>().join(",");
    let system =
        talk.system.as_ref().map_or_else(String::new, |text| format!(r#","system":{}"#, quoted(text)));
    let format = talk.schema.as_ref().map_or_else(String::new, |schema| {
        format!(r#","output_config":{{"format":{{"type":"json_schema","schema":{schema}}}}}"#)
    });
    let messages = messages.join(",");
    format!(r#"{{"model":"m","max_tokens":99{system},"messages":[{messages}],"tools":[{tools}]{format}}}"#)
}

fn reason(ending: Ending) -> &'static str {
    match ending {
        Ending::Stop => "end_turn",
        Ending::Length => "max_tokens",
        Ending::Filtered => "refusal",
        Ending::Calls => "tool_use",
    }
}

fn usage(answer: &AnswerMade) -> String {
    let used = &answer.usage;
    format!(
        r#"{{"input_tokens":{},"cache_read_input_tokens":{},"cache_creation_input_tokens":0,"output_tokens":{},"output_tokens_details":{{"thinking_tokens":{}}}}}"#,
        used.uncached,
        used.cached,
        used.visible + used.reasoning,
        used.reasoning
    )
}

pub(crate) fn whole(answer: &AnswerMade) -> String {
    let mut blocks = Vec::new();
    if let Some(thought) = &answer.thought {
        let (thought, seal) = (quoted(&thought.concat()), &answer.seal);
        blocks.push(format!(r#"{{"type":"thinking","thinking":{thought},"signature":"{seal}"}}"#));
    }
    blocks.extend(answer.text().map(|words| text(&words)));
    blocks.extend(answer.calls.iter().map(|call| {
        let (id, name, input) = (quoted(&call.id), quoted(&call.name), call.arguments.concat());
        format!(r#"{{"type":"tool_use","id":{id},"name":{name},"input":{input}}}"#)
    }));
    format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{}],"stop_reason":"{}","stop_sequence":null,"usage":{}}}"#,
        blocks.join(","),
        reason(answer.ending),
        usage(answer)
    )
}

/// Blocks, one after the other: here calls cannot come in turns.
struct Blocks {
    out: String,
    index: usize,
}

impl Blocks {
    fn start(&mut self, block: &str) {
        let data =
            format!(r#"{{"type":"content_block_start","index":{},"content_block":{block}}}"#, self.index);
        self.out += &event("content_block_start", &data);
    }

    fn delta(&mut self, delta: &str) {
        let data = format!(r#"{{"type":"content_block_delta","index":{},"delta":{delta}}}"#, self.index);
        self.out += &event("content_block_delta", &data);
    }

    fn stop(&mut self) {
        let data = format!(r#"{{"type":"content_block_stop","index":{}}}"#, self.index);
        self.out += &event("content_block_stop", &data);
        self.index += 1;
    }
}

pub(crate) fn stream(answer: &AnswerMade) -> String {
    let start = format!(
        r#"{{"type":"message_start","message":{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{{"input_tokens":{},"cache_read_input_tokens":{},"output_tokens":1}}}}}}"#,
        answer.usage.uncached, answer.usage.cached
    );
    let mut blocks = Blocks { out: event("message_start", &start), index: 0 };
    if let Some(thought) = &answer.thought {
        blocks.start(r#"{"type":"thinking","thinking":"","signature":""}"#);
        for text in thought {
            blocks.delta(&format!(r#"{{"type":"thinking_delta","thinking":{}}}"#, quoted(text)));
        }
        blocks.delta(&format!(r#"{{"type":"signature_delta","signature":"{}"}}"#, answer.seal));
        blocks.stop();
    }
    blocks.out += &event("ping", r#"{"type":"ping"}"#);
    if !answer.text.is_empty() {
        blocks.start(r#"{"type":"text","text":""}"#);
        for text in &answer.text {
            blocks.delta(&format!(r#"{{"type":"text_delta","text":{}}}"#, quoted(text)));
        }
        blocks.stop();
    }
    for piece in answer.calls_in_order() {
        match piece {
            Piece::Call(_, call) => {
                let (id, name) = (quoted(&call.id), quoted(&call.name));
                blocks.start(&format!(r#"{{"type":"tool_use","id":{id},"name":{name},"input":{{}}}}"#));
            }
            Piece::Arguments(_, text) => {
                blocks.delta(&format!(r#"{{"type":"input_json_delta","partial_json":{}}}"#, quoted(text)));
            }
            Piece::CallEnd(_) => blocks.stop(),
            Piece::Thought(_) | Piece::Text(_) => {}
        }
    }
    let delta = format!(
        r#"{{"type":"message_delta","delta":{{"stop_reason":"{}","stop_sequence":null}},"usage":{}}}"#,
        reason(answer.ending),
        usage(answer)
    );
    blocks.out + &event("message_delta", &delta) + &event("message_stop", r#"{"type":"message_stop"}"#)
}
