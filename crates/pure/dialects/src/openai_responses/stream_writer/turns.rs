//! Whose turn it is: one item after the other.

use super::state::{ResponsesWriter, Waiting};
use crate::canonical::{Event, Opening};
use crate::openai_responses::reply::{Ending, response_object};

impl ResponsesWriter {
    pub(super) fn begin(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        let response = response_object(&self.voice, &Ending::Going, &[], None);
        for kind in ["response.created", "response.in_progress"] {
            self.numbered.write(out, kind, |o| o.raw("response", &response));
        }
    }

    pub(super) fn open(&mut self, part: u32, opening: Opening, out: &mut String) {
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
    pub(super) fn add(&mut self, part: u32, event: &Event, out: &mut String) {
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

    pub(super) fn close(&mut self, part: u32, out: &mut String) {
        if let Some(waiting) = self.waiting.iter_mut().find(|waiting| waiting.part == part) {
            waiting.is_closed = true;
        }
        self.interrupted.retain(|(known, _)| *known != part);
        if self.is_current(part) {
            self.close_current(out);
            self.tell_waiting(out);
        }
    }

    pub(super) fn close_current(&mut self, out: &mut String) {
        if self.current.take().is_some() {
            self.close_piece(out);
        }
    }

    /// Tells what has waited, up to the next call that is not whole.
    pub(super) fn tell_waiting(&mut self, out: &mut String) {
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
