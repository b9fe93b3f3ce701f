//! Writing, event by event, to one of the endings.

use domain::Failure;

use super::state::ResponsesWriter;
use crate::canonical::{Event, Finish};
use crate::openai_chat::ErrorCodes;
use crate::openai_responses::reply::{Ending, response_object};
use crate::translator::StreamWriter;

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
            Event::UsageByModel(_) | Event::Fault { .. } | Event::End => {}
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

    fn restart(&mut self, out: &mut String) {
        self.items.clear();
        self.is_item_open = false;
        self.current = None;
        self.waiting.clear();
        self.interrupted.clear();
        if self.has_begun {
            self.numbered.write(out, "bellwether.restart", |_| {});
        }
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
