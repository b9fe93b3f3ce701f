//! How the lines of a log look, decided once at its start.

use super::event::Event;
use super::line::RequestLine;
use super::stamp::Stamp;
use super::{json, pretty};

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// One JSON object per line.
    #[default]
    Json,
    /// For people, with colour on a terminal.
    Pretty,
}

/// A format, and whether the sink shows colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    pub(crate) has_colour: bool,
}

impl Layout {
    #[inline]
    pub(crate) fn push_request(self, out: &mut Vec<u8>, stamp: &mut Stamp, line: &RequestLine<'_>) {
        match self.format {
            Format::Json => json::push_request(out, stamp, line),
            Format::Pretty => pretty::push_request(out, stamp, line, self.has_colour),
        }
    }

    pub(crate) fn push_event(self, out: &mut Vec<u8>, event: &Event<'_>) {
        let stamp = &mut Stamp::new();
        match self.format {
            Format::Json => json::push_event(out, stamp, event),
            Format::Pretty => pretty::push_event(out, stamp, event, self.has_colour),
        }
    }
}
