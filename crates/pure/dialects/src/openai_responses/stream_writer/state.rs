//! What is known of an answer while it is written.

use domain::Usage;

use super::numbered::Numbered;
use crate::canonical::{Event, Finish, Opening};
use crate::openai_responses::reply::OutputItem;
use crate::translator::Voice;

/// Writes a streamed answer.
#[derive(Debug)]
pub(in crate::openai_responses) struct ResponsesWriter {
    pub(super) voice: Voice,
    pub(super) has_begun: bool,
    pub(super) numbered: Numbered,
    /// Those that are whole, and the one that is being told.
    pub(super) items: Vec<OutputItem>,
    /// More of the last item may come.
    pub(super) is_item_open: bool,
    /// The part that is being told.
    pub(super) current: Option<(u32, Opening)>,
    /// Parts that wait until the call being told is whole.
    pub(super) waiting: Vec<Waiting>,
    /// Words and thoughts that something else has interrupted: if more of them comes, it is an item of its own.
    pub(super) interrupted: Vec<(u32, Opening)>,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Option<Finish>,
}

/// A part that waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) part: u32,
    pub(super) opening: Opening,
    pub(super) events: Vec<Event>,
    pub(super) is_closed: bool,
}

impl ResponsesWriter {
    pub(in crate::openai_responses) fn new(voice: Voice) -> Self {
        Self {
            voice,
            has_begun: false,
            numbered: Numbered::default(),
            items: Vec::new(),
            is_item_open: false,
            current: None,
            waiting: Vec::new(),
            interrupted: Vec::new(),
            usage: None,
            finish: None,
        }
    }
}
