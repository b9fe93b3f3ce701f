//! A streamed answer, written event by event. Blocks follow each other and never interleave: what belongs to a block whose
//! turn has not come is kept.

use domain::{Failure, Usage};

use super::event_text::{write_event, write_last_event};
use super::waiting::Waiting;
use super::{failure, finish, reply, usage};
use crate::canonical::{Event, Feature, Finish, Opening, ReplyFlaw};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamWriter, Voice};

/// Writes a stream.
#[derive(Debug)]
pub(super) struct MessagesWriter {
    voice: Voice,
    /// Blocks that are not written to their end, in the order of their beginnings. Only the first is being written.
    blocks: Vec<Waiting>,
    /// Texts that made room for another block, and may go on in one of their own.
    paused: Vec<u32>,
    next_index: u64,
    refuses: bool,
    usage: Option<Usage>,
    finish: Option<Finish>,
    has_begun: bool,
    is_broken: bool,
    has_wrapped: bool,
}

impl MessagesWriter {
    pub(super) fn new(voice: Voice) -> Self {
        Self {
            voice,
            blocks: Vec::new(),
            paused: Vec::new(),
            next_index: 0,
            refuses: false,
            usage: None,
            finish: None,
            has_begun: false,
            is_broken: false,
            has_wrapped: false,
        }
    }

    fn begin(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        // Callers show from it how full the context is; the true numbers come at the end.
        let counted = Usage { input: self.voice.input_tokens, ..Usage::default() };
        write_event(out, "message_start", |o| {
            o.object("message", |o| {
                reply::write_head(&self.voice, o);
                o.list("content", |_| {});
                finish::write(None, false, o);
                o.object("usage", |o| usage::write(&counted, o));
            });
        });
    }

    fn block(&mut self, part: u32) -> Option<&mut Waiting> {
        if let Some(paused) = self.paused.iter().position(|paused| *paused == part) {
            self.paused.remove(paused);
            self.blocks.push(Waiting::new(part, &Opening::Text));
        }
        self.blocks.iter_mut().find(|block| block.is(part))
    }

    /// Writes what can be written.
    fn advance(&mut self, out: &mut String) {
        loop {
            let is_awaited = self.blocks.len() > 1;
            let Some(first) = self.blocks.first_mut() else { return };
            first.write(&mut self.next_index, out);
            if first.is_closed() && first.is_broken() && self.finish.is_none() {
                // Callers complete by guess what is half: only where the answer says that it was cut may they see its end.
                return;
            } else if first.is_closed() {
                let block = self.blocks.remove(0);
                self.has_wrapped |= block.is_wrapped();
                block.end(&mut self.next_index, out);
            } else if is_awaited && first.is_words() {
                let words = self.blocks.remove(0);
                self.paused.push(words.part());
                words.end(&mut self.next_index, out);
            } else {
                return;
            }
        }
    }

    fn close_all(&mut self, out: &mut String) {
        self.blocks.iter_mut().for_each(Waiting::close);
        self.advance(out);
    }
}

impl StreamWriter for MessagesWriter {
    fn write(&mut self, event: &Event, out: &mut String) {
        if let Event::Usage(usage) = event {
            self.usage = Some(*usage);
            return;
        }
        if self.finish.is_some() || matches!(event, Event::End | Event::Fault { .. }) {
            return;
        }
        self.begin(out);
        match event {
            Event::Open { part, opening } => {
                self.refuses |= matches!(opening, Opening::Refusal);
                self.blocks.push(Waiting::new(*part, opening));
            }
            Event::Delta { part, text } if !text.is_empty() => {
                self.block(*part).into_iter().for_each(|block| block.add(text));
            }
            Event::Sealed { part, seal } => {
                self.block(*part).into_iter().for_each(|block| block.seal(seal));
            }
            Event::Cited { part, citation } => {
                self.block(*part).into_iter().for_each(|block| block.cite(citation));
            }
            Event::Close { part } => {
                self.paused.retain(|paused| paused != part);
                self.block(*part).into_iter().for_each(Waiting::close);
            }
            Event::Finish(finish) => {
                self.blocks.iter_mut().for_each(Waiting::close);
                self.is_broken = !finish.is_cut() && self.blocks.iter().any(Waiting::is_broken);
                self.finish = Some(finish.clone());
                if self.is_broken {
                    return;
                }
            }
            _ => {}
        }
        self.advance(out);
    }

    fn loss(&self) -> Option<Feature> {
        self.has_wrapped.then_some(Feature::BadArguments)
    }

    fn check(&self) -> Result<(), ReplyFlaw> {
        if self.is_broken {
            return Err(ReplyFlaw::half_call());
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut String) {
        self.begin(out);
        self.close_all(out);
        let told = self.usage.unwrap_or(Usage { input: self.voice.input_tokens, ..Usage::default() });
        write_event(out, "message_delta", |o| {
            o.object("delta", |o| finish::write(self.finish.as_ref(), self.refuses, o));
            o.object("usage", |o| usage::write(&told, o));
        });
        write_last_event(out);
    }

    fn restart(&mut self, out: &mut String) {
        self.blocks.clear();
        self.paused.clear();
        self.next_index = 0;
        (self.refuses, self.has_wrapped) = (false, false);
        if self.has_begun {
            write_event(out, "bellwether.restart", |_| {});
        }
    }

    fn fail(&mut self, failure: &Failure, request_id: &str, _codes: ErrorCodes, out: &mut String) {
        // What is open stays open: closed, half a call would be taken for a whole one.
        out.push_str(&failure::event(failure, request_id));
    }

    fn ping(&mut self, out: &mut String) {
        write_event(out, "ping", |_| {});
    }
}
