//! How the events of a stream are read while they pass, by what they speak.

use std::fmt;

use super::facts::{Facts, StreamFault};
use crate::Dialect;
use crate::canonical;
use crate::framing::sse::Event;
use crate::json::ObjectScan;
use crate::openai_chat::ChatReading;
use crate::translator::StreamReader;

/// How the events are read.
pub(super) enum Reading {
    Chat(Box<ChatReading>),
    /// By the dialect's own reader, of which only the facts are kept.
    Canonical {
        reader: Box<dyn StreamReader>,
        scan: Box<ObjectScan>,
        said: Vec<canonical::Event>,
    },
    /// Events of no dialect: sound, text or pictures in pieces. Only their soundness is looked at.
    Loose(Box<ObjectScan>),
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Chat(_) => "Chat",
            Self::Canonical { .. } => "Canonical",
            Self::Loose(_) => "Loose",
        })
    }
}

impl Reading {
    pub(super) fn of_dialect(dialect: Dialect) -> Self {
        match dialect {
            Dialect::OpenAiChat => Self::Chat(Box::default()),
            other => Self::Canonical {
                reader: other.translator().stream_reader(),
                scan: Box::new(ObjectScan::new(&[])),
                said: Vec::new(),
            },
        }
    }

    /// Of sound, text or pictures in pieces.
    pub(super) fn loose() -> Self {
        Self::Loose(Box::new(ObjectScan::new(&[])))
    }

    pub(super) fn read(&mut self, facts: &mut Facts, event: Event<'_>) {
        match self {
            Self::Chat(chat) => chat.read(facts, event),
            Self::Canonical { reader, scan, said } => {
                if event.data.trim_ascii().is_empty() {
                    return;
                }
                if !scan.has_outline(event.data.trim_ascii()) && event.name != b"error" {
                    return facts.fail(StreamFault::Malformed, event.start);
                }
                if reader.is_mere_delta(event.name) {
                    facts.chunks += 1;
                    return;
                }
                said.clear();
                if reader.read(event, said).is_err() {
                    return facts.fail(StreamFault::Malformed, event.start);
                }
                for said in said.drain(..) {
                    facts.chunks += 1;
                    match said {
                        canonical::Event::Usage(usage) => facts.usage = Some(usage),
                        canonical::Event::Finish(_) => facts.is_finished = true,
                        canonical::Event::End => facts.is_done = true,
                        canonical::Event::Fault { .. } => return facts.tell_error(event),
                        _ => {}
                    }
                }
            }
            Self::Loose(scan) => {
                let text = event.data.trim_ascii();
                if event.name == b"error" {
                    return facts.tell_error(event);
                }
                if text == b"[DONE]" {
                    facts.is_done = true;
                } else if !scan.has_outline(text) {
                    return facts.fail(StreamFault::Malformed, event.start);
                }
                facts.chunks += 1;
                facts.is_finished |= is_last(text);
            }
        }
    }
}

/// Whether an event calls itself the last: its `type` ends in `.done` or `.completed`.
fn is_last(text: &[u8]) -> bool {
    let kind = crate::json::Item::of_body(text).and_then(|item| item.fields()).and_then(|mut fields| {
        let kind = fields.string("type")?;
        Ok(kind.is_some_and(|kind| kind.ends_with(".done") || kind.ends_with(".completed")))
    });
    kind.unwrap_or(false)
}
