//! A block of a streamed answer that is being written, or waits for its turn.

use super::event_text::write_event;
use super::{arguments, citation};
use crate::canonical::{Citation, Opening, Seal, SealForm, legal_id};
use crate::json::ValueEnd;
use crate::json::writer::{ObjectWriter, object};
use crate::translator::CUSTOM_TOOL_ARGUMENT;

/// A block, with what has not been written of it.
#[derive(Debug)]
pub(super) struct Waiting {
    part: u32,
    kind: Kind,
    text: String,
    citations: Vec<Citation>,
    seal: Option<Seal>,
    /// Its number, once it has begun.
    index: Option<u64>,
    is_closed: bool,
}

#[derive(Debug)]
enum Kind {
    Words,
    Thought,
    Call { id: String, name: String, is_custom: bool, end: ValueEnd },
}

impl Waiting {
    pub(super) fn new(part: u32, opening: &Opening) -> Self {
        let kind = match opening {
            Opening::Text | Opening::Refusal => Kind::Words,
            Opening::Thought { .. } => Kind::Thought,
            Opening::Call { id, name, is_custom } => {
                let (id, name, end) = (legal_id(id).into_owned(), name.clone(), ValueEnd::default());
                Kind::Call { id, name, is_custom: *is_custom, end }
            }
        };
        let (text, citations) = (String::new(), Vec::new());
        Self { part, kind, text, citations, seal: None, index: None, is_closed: false }
    }

    pub(super) fn part(&self) -> u32 {
        self.part
    }

    /// Whether it is the open block of this part.
    pub(super) fn is(&self, part: u32) -> bool {
        self.part == part && !self.is_closed
    }

    /// Whether it can be interrupted.
    pub(super) fn is_words(&self) -> bool {
        matches!(self.kind, Kind::Words)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Whether its arguments began as an object and are none: half of one, or more than one.
    pub(super) fn is_broken(&self) -> bool {
        matches!(&self.kind, Kind::Call { is_custom: false, end, .. } if end.is_object() && !end.is_exact())
    }

    /// Whether its arguments are none, and stand in an object that was made for them.
    pub(super) fn is_wrapped(&self) -> bool {
        matches!(&self.kind, Kind::Call { is_custom: false, end, .. } if end.has_begun() && !end.is_object())
    }

    pub(super) fn add(&mut self, text: &str) {
        if let Kind::Call { end, .. } = &mut self.kind {
            end.push(text);
        }
        self.text.push_str(text);
    }

    pub(super) fn cite(&mut self, citation: &Citation) {
        self.citations.push(citation.clone());
    }

    pub(super) fn seal(&mut self, seal: &Seal) {
        self.seal = Some(seal.clone());
    }

    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Writes what has come. Words and thoughts begin with the first of them: an empty block is refused when it comes back.
    pub(super) fn write(&mut self, next_index: &mut u64, out: &mut String) {
        if let Kind::Call { is_custom, end, .. } = &self.kind {
            let (is_custom, is_object) = (*is_custom, end.is_object());
            self.begin(next_index, out);
            // What does not begin as an object is wrapped in one, once all of it has come.
            let is_wrapped = is_custom || !is_object;
            if is_wrapped && !self.is_closed {
                return;
            }
            if is_custom {
                self.text = object(|o| o.text(CUSTOM_TOOL_ARGUMENT, &self.text));
            } else if is_wrapped && !self.text.is_empty() {
                self.text = arguments::write(&self.text).json;
            }
        }
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            let (kind, member) = match self.kind {
                Kind::Words => ("text_delta", "text"),
                Kind::Thought => ("thinking_delta", "thinking"),
                Kind::Call { .. } => ("input_json_delta", "partial_json"),
            };
            self.delta(kind, next_index, out, |o| o.text(member, &text));
        }
        for citation in std::mem::take(&mut self.citations) {
            let json = citation::write(&citation);
            self.delta("citations_delta", next_index, out, |o| o.raw("citation", &json));
        }
    }

    /// Ends it. A seal comes last.
    pub(super) fn end(mut self, next_index: &mut u64, out: &mut String) {
        if let Some(seal) = self.seal.take() {
            if self.index.is_none() && seal.form == SealForm::Redacted {
                let block = object(|o| {
                    o.text("type", "redacted_thinking");
                    o.text("data", &seal.blob);
                });
                self.start(next_index, out, &block);
            } else {
                self.delta("signature_delta", next_index, out, |o| o.text("signature", &seal.blob));
            }
        }
        if let Some(index) = self.index {
            write_event(out, "content_block_stop", |o| o.whole("index", index));
        }
    }

    fn begin(&mut self, next_index: &mut u64, out: &mut String) {
        if self.index.is_some() {
            return;
        }
        let block = object(|o| match &self.kind {
            Kind::Words => {
                o.text("type", "text");
                o.text("text", "");
            }
            Kind::Thought => {
                o.text("type", "thinking");
                o.text("thinking", "");
                o.text("signature", "");
            }
            Kind::Call { id, name, .. } => {
                o.text("type", "tool_use");
                o.text("id", id);
                o.text("name", name);
                o.object("input", |_| {});
            }
        });
        self.start(next_index, out, &block);
    }

    fn start(&mut self, next_index: &mut u64, out: &mut String, block: &str) {
        let index = *next_index;
        *next_index += 1;
        self.index = Some(index);
        write_event(out, "content_block_start", |o| {
            o.whole("index", index);
            o.raw("content_block", block);
        });
    }

    fn delta(
        &mut self,
        kind: &str,
        next_index: &mut u64,
        out: &mut String,
        fill: impl FnOnce(&mut ObjectWriter<'_>),
    ) {
        self.begin(next_index, out);
        let Some(index) = self.index else { return };
        write_event(out, "content_block_delta", |o| {
            o.whole("index", index);
            o.object("delta", |o| {
                o.text("type", kind);
                fill(o);
            });
        });
    }
}
