//! How the events of a stream are read while they pass, by what they speak.

use std::fmt;

use super::facts::{Facts, StreamFault};
use super::loose::LooseReading;
use crate::Dialect;
use crate::canonical;
use crate::canonical::ReplyFlaw;
use crate::framing::sse::Event;
use crate::json::{Item, ObjectScan};
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
    Loose(Box<LooseReading>),
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
        Self::Loose(Box::default())
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
                    facts.deltas_behind_usage += 1;
                    return;
                }
                said.clear();
                if let Err(ReplyFlaw { message }) = reader.read(event, said) {
                    let is_json = Item::of_body(event.data).is_ok();
                    let fault = if is_json { StreamFault::Unfit(message) } else { StreamFault::Malformed };
                    return facts.fail(fault, event.start);
                }
                for said in said.drain(..) {
                    facts.chunks += 1;
                    match said {
                        canonical::Event::Begin { id, .. } => facts.id = id.or(facts.id.take()),
                        canonical::Event::Usage(usage) => {
                            (facts.usage, facts.deltas_behind_usage) = (Some(usage), 0);
                        }
                        canonical::Event::Delta { .. } => facts.deltas_behind_usage += 1,
                        canonical::Event::UsageByModel(parts) => facts.usage_by_model = parts,
                        canonical::Event::Finish(_) => facts.is_finished = true,
                        canonical::Event::End => facts.end_conversation(event, false),
                        // A failed response repeats all that was asked beside the error.
                        canonical::Event::Fault { json } => {
                            return facts.tell_error_in(json.as_bytes(), event.start);
                        }
                        _ => {}
                    }
                }
            }
            Self::Loose(loose) => loose.read(facts, event),
        }
    }
}
