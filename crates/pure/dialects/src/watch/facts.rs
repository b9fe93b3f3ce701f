//! What the events of a stream tell, whatever they speak.

use std::ops::Range;

use domain::{ModelUsage, Usage};

use crate::canonical::ReplyFlaw;
use crate::framing::sse::Event;

/// Longest error in a stream that is read for its words.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// Why a stream cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The provider tells of an error: what it says, if that is short enough to be read.
    Told(Option<Vec<u8>>),
    /// An event is not JSON.
    Malformed,
    /// An event is JSON and yet no part of an answer, or the whole is none: what is wrong, without text of the answer.
    Unfit(String),
}

/// What is found in the events, whatever they speak.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(super) events: u64,
    /// Chunks of an answer, the end mark included.
    pub(crate) chunks: u64,
    pub(crate) usage: Option<Usage>,
    /// Pictures that have come whole.
    pub(super) images: u32,
    /// Pieces of text since then, of dialects that tell some usage first and the rest last.
    pub(super) deltas_behind_usage: u64,
    pub(super) usage_by_model: Vec<ModelUsage>,
    /// The provider's id of the answer.
    pub(crate) id: Option<String>,
    pub(crate) is_finished: bool,
    pub(crate) is_done: bool,
    /// Where in the chunk read last stands what the caller did not ask for.
    pub(crate) hidden: Vec<Range<usize>>,
    pub(super) fault: Option<StreamFault>,
    /// Where in the chunk read last the event at fault began, or what follows the last word: nothing from there on is an answer.
    pub(super) ends_at: Option<usize>,
}

impl Facts {
    /// The provider tells of an error.
    pub(crate) fn tell_error(&mut self, event: Event<'_>) {
        self.tell_error_in(event.data, event.start);
    }

    /// The same where the event that began there is more than the error.
    pub(super) fn tell_error_in(&mut self, words: &[u8], start: usize) {
        let words = (words.len() <= ERROR_BYTES_MAX).then(|| words.to_vec());
        self.fail(StreamFault::Told(words), start);
    }

    pub(crate) fn fail(&mut self, fault: StreamFault, start: usize) {
        self.fault = Some(fault);
        self.ends_at = Some(start);
    }

    /// The last word has come: whatever follows is none of the answer.
    pub(crate) fn end(&mut self, event: Event<'_>) {
        self.is_done = true;
        self.ends_at = Some(event.end);
    }

    /// The same of a conversation, where it is no end unless all has been said: it is kept back then.
    pub(crate) fn end_conversation(&mut self, event: Event<'_>, has_ended: bool) {
        if self.is_finished || has_ended {
            return self.end(event);
        }
        self.fail(StreamFault::Unfit(ReplyFlaw::no_reason().message), event.start);
    }
}
