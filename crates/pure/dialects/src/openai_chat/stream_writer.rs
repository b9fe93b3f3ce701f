//! A streamed answer, written chunk by chunk.

use std::collections::HashMap;

use domain::{Failure, Usage};

use super::failure::{ErrorCodes, stream_error_event};
use super::{details, finish, reply, usage};
use crate::canonical::{Citation, Event, Opening, Seal, Thought};
use crate::json::writer::{ObjectWriter, object, write_object};
use crate::translator::{StreamWriter, Voice};

/// Of a thought so much is kept, to be told again with its seal.
const THOUGHT_BYTES_MAX: usize = 1 << 20;
const END: &str = "data: [DONE]\n\n";
const PING: &str = ": ping\n\n";

/// Writes a chat stream.
#[derive(Debug)]
pub(super) struct ChatStreamWriter {
    voice: Voice,
    /// What all chunks begin with.
    head: String,
    parts: HashMap<u32, Kind>,
    calls: u64,
    thoughts: u64,
    usage: Option<Usage>,
    has_begun: bool,
    has_finished: bool,
}

/// A part that is open.
#[derive(Debug)]
enum Kind {
    Text,
    Refusal,
    Thought(Thought),
    Call { index: u64, is_custom: bool, is_empty: bool },
}

impl ChatStreamWriter {
    pub(super) fn new(voice: Voice) -> Self {
        let mut head = object(|o| {
            o.text("id", &format!("chatcmpl-{}", voice.id));
            o.text("object", "chat.completion.chunk");
            o.whole("created", u64::try_from(voice.created).unwrap_or(0));
            o.text("model", &voice.model);
        });
        head.pop();
        Self {
            voice,
            head,
            parts: HashMap::new(),
            calls: 0,
            thoughts: 0,
            usage: None,
            has_begun: false,
            has_finished: false,
        }
    }

    fn begin(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.delta(out, |o| {
                o.text("role", "assistant");
                o.text("content", "");
            });
        }
    }

    fn delta(&self, out: &mut String, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.chunk(out, None, fill);
    }

    fn chunk(&self, out: &mut String, reason: Option<&str>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        out.push_str("data: ");
        out.push_str(&self.head);
        out.push_str(",\"choices\":[");
        write_object(out, |o| {
            o.whole("index", 0);
            o.object("delta", fill);
            o.raw("logprobs", "null");
            o.text_or_null("finish_reason", reason);
        });
        out.push(']');
        if self.voice.wants_usage {
            out.push_str(",\"usage\":null");
        }
        out.push_str("}\n\n");
    }

    fn call(&self, out: &mut String, index: u64, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.delta(out, |o| {
            o.list("tool_calls", |l| {
                l.object(|o| {
                    o.whole("index", index);
                    fill(o);
                });
            });
        });
    }

    fn open(&mut self, part: u32, opening: &Opening, out: &mut String) {
        let kind = match opening {
            Opening::Text => Kind::Text,
            Opening::Refusal => Kind::Refusal,
            Opening::Thought { id, is_summary } => {
                Kind::Thought(Thought { id: id.clone(), is_summary: *is_summary, ..Thought::default() })
            }
            Opening::Call { id, name, is_custom } => {
                let index = self.calls;
                self.calls += 1;
                let (kind, content) =
                    if *is_custom { ("custom", "input") } else { ("function", "arguments") };
                self.call(out, index, |o| {
                    o.text("id", id);
                    o.text("type", kind);
                    o.object(kind, |o| {
                        o.text("name", name);
                        o.text(content, "");
                    });
                });
                Kind::Call { index, is_custom: *is_custom, is_empty: true }
            }
        };
        self.parts.insert(part, kind);
    }

    fn add(&mut self, part: u32, text: &str, out: &mut String) {
        if text.is_empty() {
            return;
        }
        let Some(mut kind) = self.parts.remove(&part) else { return };
        match &mut kind {
            Kind::Text => self.delta(out, |o| o.text("content", text)),
            Kind::Refusal => self.delta(out, |o| o.text("refusal", text)),
            Kind::Thought(thought) => {
                if thought.text.len() + text.len() <= THOUGHT_BYTES_MAX {
                    thought.text.push_str(text);
                }
                self.delta(out, |o| o.text("reasoning_content", text));
            }
            Kind::Call { index, is_custom, is_empty } => {
                *is_empty = false;
                self.arguments(*index, *is_custom, text, out);
            }
        }
        self.parts.insert(part, kind);
    }

    fn arguments(&self, index: u64, is_custom: bool, text: &str, out: &mut String) {
        let (kind, content) = if is_custom { ("custom", "input") } else { ("function", "arguments") };
        self.call(out, index, |o| o.object(kind, |o| o.text(content, text)));
    }

    fn seal(&mut self, part: u32, seal: &Seal) {
        if let Some(Kind::Thought(thought)) = self.parts.get_mut(&part) {
            thought.seal = Some(seal.clone());
        }
    }

    fn cite(&self, citation: &Citation, out: &mut String) {
        if citation.url.is_some() {
            self.delta(out, |o| o.list("annotations", |l| reply::write_citation(l, citation)));
        }
    }

    fn close(&mut self, part: u32, out: &mut String) {
        match self.parts.remove(&part) {
            Some(Kind::Call { index, is_custom: false, is_empty: true }) => {
                self.arguments(index, false, "{}", out);
            }
            Some(Kind::Thought(thought)) if thought.seal.is_some() => {
                let index = self.thoughts;
                self.thoughts += 1;
                self.delta(out, |o| o.list("reasoning_details", |l| details::write(l, &thought, index)));
            }
            _ => {}
        }
    }

    /// Closes what nobody has closed, in its order.
    fn close_all(&mut self, out: &mut String) {
        let mut open: Vec<u32> = self.parts.keys().copied().collect();
        open.sort_unstable();
        open.into_iter().for_each(|part| self.close(part, out));
    }
}

impl StreamWriter for ChatStreamWriter {
    fn write(&mut self, event: &Event, out: &mut String) {
        if let Event::Usage(usage) = event {
            self.usage = Some(*usage);
            return;
        }
        if self.has_finished || matches!(event, Event::End | Event::Fault { .. }) {
            return;
        }
        self.begin(out);
        match event {
            Event::Open { part, opening } => self.open(*part, opening, out),
            Event::Delta { part, text } => self.add(*part, text, out),
            Event::Sealed { part, seal } => self.seal(*part, seal),
            Event::Cited { citation, .. } => self.cite(citation, out),
            Event::Close { part } => self.close(*part, out),
            Event::Finish(why) => {
                self.close_all(out);
                self.has_finished = true;
                self.chunk(out, Some(finish::write(why)), |_| {});
            }
            Event::Begin { .. }
            | Event::Usage(_)
            | Event::UsageByModel(_)
            | Event::Fault { .. }
            | Event::End => {}
        }
    }

    fn finish(&mut self, out: &mut String) {
        if let Some(tokens) = self.usage.filter(|_| self.voice.wants_usage) {
            out.push_str("data: ");
            out.push_str(&self.head);
            out.push_str(",\"choices\":[],");
            // The member alone, without the braces of its own object.
            let usage = object(|o| usage::write(o, &tokens));
            out.push_str(&usage[1..]);
            out.push_str("\n\n");
        }
        out.push_str(END);
    }

    fn restart(&mut self, out: &mut String) {
        self.parts.clear();
        (self.calls, self.thoughts) = (0, 0);
        if self.has_begun {
            out.push_str("data: ");
            out.push_str(&self.head);
            out.push_str(",\"choices\":[],");
            let event = object(|o| o.object("bellwether", |o| o.text("event", "restart")));
            out.push_str(&event[1..]);
            out.push_str("\n\n");
        }
    }

    fn fail(&mut self, failure: &Failure, request_id: &str, codes: ErrorCodes, out: &mut String) {
        out.push_str(&String::from_utf8_lossy(&stream_error_event(failure, request_id, codes)));
    }

    fn ping(&mut self, out: &mut String) {
        out.push_str(PING);
    }
}
