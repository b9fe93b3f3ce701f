//! What is known of an answer while it is read.

use crate::canonical::{Event, ReplyFlaw};
use crate::json::Item;

/// Reads a streamed answer.
#[derive(Debug, Default)]
pub(in crate::openai_responses) struct ResponsesReader {
    pub(super) has_begun: bool,
    /// How many parts have been opened.
    pub(super) parts: u32,
    pub(super) has_calls: bool,
    pub(super) items: Vec<OutputItem>,
}

/// What is known of an item so far.
#[derive(Debug, Default)]
pub(super) struct OutputItem {
    pub(super) output_index: Option<u64>,
    pub(super) id: Option<String>,
    /// All of it has come.
    pub(super) is_done: bool,
    /// It is a message or a call, and nothing has said of it that it ends.
    pub(super) is_open: bool,
    pub(super) pieces: Vec<Piece>,
    /// Which kind of a thought's words is told (`true` for a summary), and the piece of it that was told last.
    pub(super) thought: Option<(bool, u64)>,
}

/// A part of an item that is open, or was.
#[derive(Debug)]
pub(super) struct Piece {
    /// Where in its item it stands.
    pub(super) index: u64,
    pub(super) part: u32,
    /// What was told of it.
    pub(super) said: String,
    pub(super) is_call: bool,
    pub(super) is_closed: bool,
    pub(super) citations: usize,
}

impl Piece {
    pub(super) fn say(&mut self, text: &str, out: &mut Vec<Event>) {
        if !text.is_empty() && !self.is_closed {
            self.said.push_str(text);
            out.push(Event::Delta { part: self.part, text: text.to_owned() });
        }
    }

    /// Tells of it what deltas have not. Where they said something else, they stand; but a call that they left half made, and
    /// that is not gone on with, is none.
    pub(super) fn say_whole(&mut self, text: &str, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        if let Some(rest) = text.strip_prefix(self.said.as_str()) {
            self.say(rest, out);
        } else if self.is_call && !text.is_empty() && !self.is_closed {
            let is_whole = Item::of_body(self.said.as_bytes()).is_ok_and(|said| said.is_object());
            if !is_whole {
                return Err(ReplyFlaw::new("told the arguments of a call twice, and not the same"));
            }
        }
        Ok(())
    }

    pub(super) fn close(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.is_closed, true) {
            out.push(Event::Close { part: self.part });
        }
    }
}

impl ResponsesReader {
    /// Nothing more will come of anything.
    pub(super) fn close_all(&mut self, out: &mut Vec<Event>) {
        for piece in self.items.iter_mut().flat_map(|item| &mut item.pieces) {
            piece.close(out);
        }
    }
}
