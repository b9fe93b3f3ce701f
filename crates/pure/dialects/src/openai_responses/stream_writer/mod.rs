//! An answer written event by event. Items follow each other: what comes for a later one while a call is being told waits
//! for its turn.

mod item_events;
mod numbered;

use domain::{Failure, Usage};

use self::numbered::Numbered;
use super::reply::{Body, Content, Ending, OutputItem, response_object};
use crate::canonical::{Event, Finish, Opening};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamWriter, Voice};

/// Writes a streamed answer.
#[derive(Debug)]
pub(super) struct ResponsesWriter {
    voice: Voice,
    has_begun: bool,
    numbered: Numbered,
    /// Those that are whole, and the one that is being told.
    items: Vec<OutputItem>,
    /// More of the last item may come.
    is_item_open: bool,
    /// The part that is being told.
    current: Option<(u32, Opening)>,
    /// Parts that wait until the call being told is whole.
    waiting: Vec<Waiting>,
    /// Words and thoughts that something else has interrupted: if more of them comes, it is an item of its own.
    interrupted: Vec<(u32, Opening)>,
    usage: Option<Usage>,
    finish: Option<Finish>,
}

/// A part that waits for its turn.
#[derive(Debug)]
struct Waiting {
    part: u32,
    opening: Opening,
    events: Vec<Event>,
    is_closed: bool,
}

impl ResponsesWriter {
    pub(super) fn new(voice: Voice) -> Self {
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

    fn begin(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let response = response_object(&self.voice, &Ending::Going, &[], None);
        for kind in ["response.created", "response.in_progress"] {
            self.numbered.write(out, kind, |o| o.raw("response", &response));
        }
    }

    fn open(&mut self, part: u32, opening: Opening, out: &mut String) {
        self.begin(out);
        match self.current.take() {
            Some(call @ (_, Opening::Call { .. })) => {
                self.current = Some(call);
                self.waiting.push(Waiting { part, opening, events: Vec::new(), is_closed: false });
                return;
            }
            Some(interrupted) => {
                self.close_piece(out);
                self.interrupted.push(interrupted);
            }
            None => {}
        }
        self.open_item(&opening, out);
        self.current = Some((part, opening));
    }

    /// More of a part.
    fn add(&mut self, part: u32, event: &Event, out: &mut String) {
        if !self.is_current(part) {
            if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.part == part) {
                return waiting.events.push(event.clone());
            }
            let Some(place) = self.interrupted.iter().position(|(known, _)| *known == part) else { return };
            let (_, opening) = self.interrupted.remove(place);
            self.open(part, opening, out);
            if !self.is_current(part) {
                return self.add(part, event, out);
            }
        }
        self.tell(event, out);
    }

    fn is_current(&self, part: u32) -> bool {
        self.current.as_ref().is_some_and(|(current, _)| *current == part)
    }

    fn close(&mut self, part: u32, out: &mut String) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.part == part) {
            waiting.is_closed = true;
        }
        self.interrupted.retain(|(known, _)| *known != part);
        if self.is_current(part) {
            self.close_current(out);
            self.tell_waiting(out);
        }
    }

    fn close_current(&mut self, out: &mut String) {
        if self.current.take().is_some() {
            self.close_piece(out);
        }
    }

    /// Tells what has waited, up to the next call that is not whole.
    fn tell_waiting(&mut self, out: &mut String) {
        while self.current.is_none() && !self.waiting.is_empty() {
            let Waiting { part, opening, events, is_closed } = self.waiting.remove(0);
            self.open(part, opening, out);
            events.iter().for_each(|event| self.tell(event, out));
            let is_call = matches!(self.current, Some((_, Opening::Call { .. })));
            if is_closed || (!is_call && !self.waiting.is_empty()) {
                let left = self.current.take();
                self.close_piece(out);
                self.interrupted.extend(left.filter(|_| !is_closed));
            }
        }
    }
}

impl StreamWriter for ResponsesWriter {
    fn write(&mut self, event: &Event, out: &mut String) {
        if self.finish.is_some() && !matches!(event, Event::Usage(_)) {
            return;
        }
        match event {
            Event::Begin { .. } => self.begin(out),
            Event::Open { part, opening } => self.open(*part, opening.clone(), out),
            Event::Delta { part, .. } | Event::Sealed { part, .. } | Event::Cited { part, .. } => {
                self.add(*part, event, out);
            }
            Event::Close { part } => self.close(*part, out),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Finish(finish) => self.finish = Some(finish.clone()),
            Event::Fault { .. } | Event::End => {}
        }
    }

    fn finish(&mut self, out: &mut String) {
        self.begin(out);
        let finish = self.finish.clone().unwrap_or(Finish::Stop);
        let ending = Ending::of(&finish);
        let is_cut = matches!(ending, Ending::Incomplete(_));
        while self.current.is_some() || !self.waiting.is_empty() {
            let is_last = self.waiting.is_empty();
            self.mark_cut(is_cut && is_last);
            self.close_current(out);
            self.tell_waiting(out);
        }
        self.mark_cut(is_cut);
        self.close_item(out);
        if let (true, Some(last)) = (is_cut, self.items.last_mut()) {
            last.is_cut = true;
        }
        let response = response_object(&self.voice, &ending, &self.items, self.usage.as_ref());
        self.end(&ending, &response, out);
    }

    /// A call that is not whole gets no end: whoever acts on finished items must not act on it.
    fn fail(&mut self, failure: &Failure, request_id: &str, _codes: ErrorCodes, out: &mut String) {
        self.begin(out);
        self.mark_cut(self.is_item_open);
        let ending = Ending::Failed(failure, request_id);
        let response = response_object(&self.voice, &ending, &self.items, self.usage.as_ref());
        self.end(&ending, &response, out);
    }

    fn ping(&mut self, out: &mut String) {
        out.push_str(": ping\n\n");
    }
}

impl ResponsesWriter {
    fn mark_cut(&mut self, is_cut: bool) {
        if let (true, true, Some(last)) = (is_cut, self.is_item_open, self.items.last_mut()) {
            last.is_cut = true;
        }
    }

    fn end(&mut self, ending: &Ending<'_>, response: &str, out: &mut String) {
        let kind = match ending.status() {
            "incomplete" => "response.incomplete",
            "failed" => "response.failed",
            _ => "response.completed",
        };
        self.numbered.write(out, kind, |o| o.raw("response", response));
    }
}
