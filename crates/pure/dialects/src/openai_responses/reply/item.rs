//! One item of an answer.

use crate::canonical::{Citation, Opening};
use crate::json::Item;
use crate::json::writer::{ObjectWriter, object};
use crate::openai_responses::citation::{is_tellable, write_citation};
use crate::openai_responses::names;
use crate::translator::Voice;

/// An item.
#[derive(Debug)]
pub(in crate::openai_responses) struct OutputItem {
    pub(in crate::openai_responses) id: String,
    pub(in crate::openai_responses) body: Body,
    /// The answer ended within it.
    pub(in crate::openai_responses) is_cut: bool,
}

/// What an item is.
#[derive(Debug)]
pub(in crate::openai_responses) enum Body {
    Message(Vec<Content>),
    Thought { text: String, is_summary: bool, seal: Option<String> },
    Call { call_id: String, name: String, arguments: String, is_custom: bool },
}

/// A part of a message.
#[derive(Debug, Default)]
pub(in crate::openai_responses) struct Content {
    pub(in crate::openai_responses) text: String,
    pub(in crate::openai_responses) is_refusal: bool,
    pub(in crate::openai_responses) citations: Vec<Citation>,
}

impl OutputItem {
    /// An item that has only just begun. Its id is made of the answer's and of its place.
    pub(in crate::openai_responses) fn new(opening: &Opening, voice: &Voice, place: usize) -> Self {
        let own = |kind: &str| format!("{kind}_{}{place}", voice.id);
        let (id, body) = match opening {
            Opening::Text | Opening::Refusal => (own("msg"), Body::Message(Vec::new())),
            Opening::Thought { id, is_summary } => {
                let is_summary = *is_summary || wants_summary(voice);
                let body = Body::Thought { text: String::new(), is_summary, seal: None };
                (id.clone().unwrap_or_else(|| own("rs")), body)
            }
            Opening::Call { id, name, is_custom } => {
                let (call_id, name, is_custom) = (id.clone(), name.clone(), *is_custom);
                let body = Body::Call { call_id, name, arguments: String::new(), is_custom };
                (own(if is_custom { "ctc" } else { "fc" }), body)
            }
        };
        Self { id, body, is_cut: false }
    }

    /// Seals a thought.
    pub(in crate::openai_responses) fn seal(&mut self, blob: Option<String>) {
        if let Body::Thought { seal, .. } = &mut self.body {
            *seal = blob;
        }
    }

    /// Writes it as it is now.
    pub(in crate::openai_responses) fn write(&self, o: &mut ObjectWriter<'_>, is_done: bool) {
        let status = match (is_done, self.is_cut) {
            (false, _) => "in_progress",
            (true, false) => "completed",
            (true, true) => "incomplete",
        };
        o.text("id", &self.id);
        match &self.body {
            Body::Message(contents) => {
                o.text("type", "message");
                o.text("status", status);
                o.text("role", "assistant");
                o.list("content", |list| {
                    contents.iter().for_each(|content| list.object(|o| content.write(o)));
                });
            }
            Body::Thought { text, is_summary, seal } => {
                o.text("type", "reasoning");
                let told = Some(text).filter(|text| !text.is_empty());
                o.list("summary", |list| {
                    if let Some(text) = told.filter(|_| *is_summary) {
                        list.object(|o| write_words(o, "summary_text", text));
                    }
                });
                if let Some(text) = told.filter(|_| !is_summary) {
                    o.list("content", |list| list.object(|o| write_words(o, "reasoning_text", text)));
                }
                if let Some(seal) = seal {
                    o.text("encrypted_content", seal);
                }
            }
            Body::Call { call_id, name, arguments, is_custom } => {
                o.text("type", if *is_custom { "custom_tool_call" } else { "function_call" });
                o.text("status", status);
                o.text("call_id", call_id);
                let (group, name) = names::split(name);
                if let Some(group) = group {
                    o.text("namespace", group);
                }
                o.text("name", name);
                match arguments.as_str() {
                    arguments if *is_custom => o.text("input", arguments),
                    // Whoever has no arguments to read reads an object.
                    "" if is_done => o.text("arguments", "{}"),
                    arguments => o.text("arguments", arguments),
                }
            }
        }
    }
}

impl Body {
    /// Adds to its last words, or to its arguments.
    pub(in crate::openai_responses) fn push(&mut self, more: &str) {
        match self {
            Self::Message(contents) => {
                if let Some(content) = contents.last_mut() {
                    content.text.push_str(more);
                }
            }
            Self::Thought { text, .. } => text.push_str(more),
            Self::Call { arguments, .. } => arguments.push_str(more),
        }
    }
}

impl Content {
    /// Writes it as it is now.
    pub(in crate::openai_responses) fn write(&self, o: &mut ObjectWriter<'_>) {
        if self.is_refusal {
            o.text("type", "refusal");
            return o.text("refusal", &self.text);
        }
        o.text("type", "output_text");
        o.text("text", &self.text);
        o.list("annotations", |list| {
            for citation in self.citations.iter().filter(|citation| is_tellable(citation)) {
                list.object(|o| write_citation(o, citation, &self.text));
            }
        });
        o.list("logprobs", |_| {});
    }
}

/// Writes a text of some kind.
fn write_words(o: &mut ObjectWriter<'_>, kind: &str, text: &str) {
    o.text("type", kind);
    o.text("text", text);
}

/// Who asks for summaries gets what there is of thoughts in their place: few clients look elsewhere.
fn wants_summary(voice: &Voice) -> bool {
    let asked = voice.echo.iter().find(|(name, _)| name == "reasoning");
    let summary =
        |json: &str| Some(Item::of_body(json.as_bytes()).ok()?.fields().ok()?.take("summary")?.is_text());
    asked.and_then(|(_, json)| summary(json)).unwrap_or(false)
}

/// A text of some kind, as JSON.
pub(in crate::openai_responses) fn words(kind: &str, text: &str) -> String {
    object(|o| write_words(o, kind, text))
}
