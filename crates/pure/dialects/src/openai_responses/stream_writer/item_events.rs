//! What is told of the item that is being told. It is always the last one.

use super::numbered::Place;
use super::state::ResponsesWriter;
use crate::canonical::{Citation, Event, Opening};
use crate::json::writer::object;
use crate::openai_responses::citation::{is_tellable, write_citation};
use crate::openai_responses::reply::{Body, Content, OutputItem, words};

impl ResponsesWriter {
    /// An item begins, or another part of the message that is open.
    pub(super) fn open_item(&mut self, opening: &Opening, out: &mut String) {
        let is_said = matches!(opening, Opening::Text | Opening::Refusal);
        let is_message = matches!(self.items.last(), Some(OutputItem { body: Body::Message(_), .. }));
        if !(is_said && is_message && self.is_item_open) {
            self.close_item(out);
            let item = OutputItem::new(opening, &self.voice, self.items.len());
            let json = object(|o| item.write(o, false));
            let output_index = self.items.len() as u64;
            self.numbered.write(out, "response.output_item.added", |o| {
                o.whole("output_index", output_index);
                o.raw("item", &json);
            });
            self.items.push(item);
            self.is_item_open = true;
        }
        if is_said {
            self.open_content(matches!(opening, Opening::Refusal), out);
        }
    }

    /// The item is whole.
    pub(super) fn close_item(&mut self, out: &mut String) {
        if !std::mem::replace(&mut self.is_item_open, false) {
            return;
        }
        let Some(item) = self.items.last() else { return };
        let json = object(|o| item.write(o, true));
        let output_index = self.items.len() as u64 - 1;
        self.numbered.write(out, "response.output_item.done", |o| {
            o.whole("output_index", output_index);
            o.raw("item", &json);
        });
    }

    fn open_content(&mut self, is_refusal: bool, out: &mut String) {
        let Self { items, numbered, .. } = self;
        let Some((place, Body::Message(contents))) = last(items) else { return };
        let content = Content { is_refusal, ..Content::default() };
        let json = object(|o| content.write(o));
        numbered.write_at(out, "response.content_part.added", place, |o| {
            o.whole("content_index", contents.len() as u64);
            o.raw("part", &json);
        });
        contents.push(content);
    }

    /// More of the part that is being told.
    pub(super) fn tell(&mut self, event: &Event, out: &mut String) {
        match event {
            Event::Delta { text, .. } if !text.is_empty() => self.tell_delta(text, out),
            Event::Sealed { seal, .. } => {
                if let Some(item) = self.items.last_mut() {
                    item.seal(Some(seal.blob.clone()));
                }
            }
            Event::Cited { citation, .. } if is_tellable(citation) => self.tell_citation(citation, out),
            _ => {}
        }
    }

    fn tell_delta(&mut self, text: &str, out: &mut String) {
        let Self { items, numbered, .. } = self;
        let Some((place, body)) = last(items) else { return };
        match &*body {
            Body::Message(contents) => {
                let is_refusal = contents.last().is_some_and(|content| content.is_refusal);
                let kind = if is_refusal { "response.refusal.delta" } else { "response.output_text.delta" };
                numbered.write_at(out, kind, place, |o| {
                    o.whole("content_index", contents.len() as u64 - 1);
                    o.text("delta", text);
                    if !is_refusal {
                        o.list("logprobs", |_| {});
                    }
                });
            }
            Body::Thought { text: told, is_summary, .. } => {
                let (index, part, kind) = thought_words(*is_summary);
                if told.is_empty() {
                    let added = if *is_summary {
                        "response.reasoning_summary_part.added"
                    } else {
                        "response.content_part.added"
                    };
                    numbered.write_at(out, added, place, |o| {
                        o.whole(index, 0);
                        o.raw("part", &words(part, ""));
                    });
                }
                numbered.write_at(out, &format!("{kind}.delta"), place, |o| {
                    o.whole(index, 0);
                    o.text("delta", text);
                });
            }
            Body::Call { is_custom, .. } => {
                numbered.write_at(out, &format!("{}.delta", call_kind(*is_custom)), place, |o| {
                    o.text("delta", text);
                });
            }
        }
        body.push(text);
    }

    fn tell_citation(&mut self, citation: &Citation, out: &mut String) {
        let Self { items, numbered, .. } = self;
        let Some((place, Body::Message(contents))) = last(items) else { return };
        let content_index = (contents.len() as u64).saturating_sub(1);
        let Some(content) = contents.last_mut().filter(|content| !content.is_refusal) else { return };
        numbered.write_at(out, "response.output_text.annotation.added", place, |o| {
            o.whole("content_index", content_index);
            o.whole("annotation_index", content.citations.len() as u64);
            o.object("annotation", |o| write_citation(o, citation, &content.text));
        });
        let span = citation.span.or(Some((0, content.text.chars().count() as u64)));
        content.citations.push(Citation { span, ..citation.clone() });
    }

    /// The part that is being told is whole. A message stays open for more, all else ends with its only part.
    pub(super) fn close_piece(&mut self, out: &mut String) {
        let Self { items, numbered, .. } = self;
        let Some((place, body)) = last(items) else { return };
        match body {
            Body::Message(contents) => {
                let content_index = (contents.len() as u64).saturating_sub(1);
                let Some(content) = contents.last() else { return };
                let (kind, name) = if content.is_refusal {
                    ("response.refusal.done", "refusal")
                } else {
                    ("response.output_text.done", "text")
                };
                numbered.write_at(out, kind, place, |o| {
                    o.whole("content_index", content_index);
                    o.text(name, &content.text);
                    if !content.is_refusal {
                        o.list("logprobs", |_| {});
                    }
                });
                let json = object(|o| content.write(o));
                numbered.write_at(out, "response.content_part.done", place, |o| {
                    o.whole("content_index", content_index);
                    o.raw("part", &json);
                });
                return;
            }
            Body::Thought { text, is_summary, .. } if !text.is_empty() => {
                let (index, part, kind) = thought_words(*is_summary);
                numbered.write_at(out, &format!("{kind}.done"), place, |o| {
                    o.whole(index, 0);
                    o.text("text", text);
                });
                let done = if *is_summary {
                    "response.reasoning_summary_part.done"
                } else {
                    "response.content_part.done"
                };
                numbered.write_at(out, done, place, |o| {
                    o.whole(index, 0);
                    o.raw("part", &words(part, text));
                });
            }
            Body::Thought { .. } => {}
            Body::Call { arguments, is_custom, .. } => {
                if arguments.is_empty() && !*is_custom {
                    // Whoever has no arguments to read reads an object.
                    arguments.push_str("{}");
                    numbered.write_at(out, "response.function_call_arguments.delta", place, |o| {
                        o.text("delta", "{}");
                    });
                }
                numbered.write_at(out, &format!("{}.done", call_kind(*is_custom)), place, |o| {
                    o.text(if *is_custom { "input" } else { "arguments" }, arguments);
                });
            }
        }
        self.close_item(out);
    }
}

/// The last item, and where it stands.
fn last(items: &mut [OutputItem]) -> Option<(Place<'_>, &mut Body)> {
    let output_index = (items.len() as u64).saturating_sub(1);
    let OutputItem { id, body, .. } = items.last_mut()?;
    Some((Place { item_id: id, output_index }, body))
}

/// How the words of a thought are told: the name of their index, their kind, and the name of their events.
const fn thought_words(is_summary: bool) -> (&'static str, &'static str, &'static str) {
    if is_summary {
        ("summary_index", "summary_text", "response.reasoning_summary_text")
    } else {
        ("content_index", "reasoning_text", "response.reasoning_text")
    }
}

const fn call_kind(is_custom: bool) -> &'static str {
    if is_custom { "response.custom_tool_call_input" } else { "response.function_call_arguments" }
}
