//! A provider's answer, streamed or whole, read into events. What it is told twice, in deltas and in the finished item, is
//! told once here.

mod events;
mod items;

use super::{PARAGRAPH, citation, names, usage};
use crate::canonical::{Event, Finish, ReplyFlaw};
use crate::framing::sse;
use crate::json::{Fields, Item};
use crate::translator::StreamReader;

/// Reads a streamed answer.
#[derive(Debug, Default)]
pub(super) struct ResponsesReader {
    has_begun: bool,
    /// How many parts have been opened.
    parts: u32,
    has_calls: bool,
    items: Vec<OutputItem>,
}

/// What is known of an item so far.
#[derive(Debug, Default)]
struct OutputItem {
    output_index: Option<u64>,
    id: Option<String>,
    /// All of it has come.
    is_done: bool,
    pieces: Vec<Piece>,
    /// Which kind of a thought's words is told (`true` for a summary), and the piece of it that was told last.
    thought: Option<(bool, u64)>,
}

/// A part of an item that is open, or was.
#[derive(Debug)]
struct Piece {
    /// Where in its item it stands.
    index: u64,
    part: u32,
    has_text: bool,
    is_closed: bool,
    citations: usize,
}

impl StreamReader for ResponsesReader {
    fn read(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let data = event.data.trim_ascii();
        // Some close as the older dialect does.
        if data == b"[DONE]" {
            return Ok(());
        }
        let mut fields = match Item::of_body(data).and_then(|item| item.fields()) {
            Ok(fields) => fields,
            Err(_) if event.name == b"error" => {
                out.push(Event::Fault { json: "{}".to_owned() });
                return Ok(());
            }
            Err(flaw) => return Err(flaw.into()),
        };
        let kind = fields.string("type")?;
        let kind = kind.as_deref().unwrap_or(std::str::from_utf8(event.name).unwrap_or_default());
        self.read_event(kind, fields, data, out)
    }

    fn is_mere_delta(&self, name: &[u8]) -> bool {
        // What a tool that the provider runs itself is doing means as little.
        name.ends_with(b".delta") || name.windows(6).any(|name| name == b"_call.")
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        for piece in self.items.iter_mut().flat_map(|item| &mut item.pieces) {
            piece.close(out);
        }
    }
}

impl Piece {
    fn say(&mut self, text: &str, out: &mut Vec<Event>) {
        if !text.is_empty() && !self.is_closed {
            self.has_text = true;
            out.push(Event::Delta { part: self.part, text: text.to_owned() });
        }
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if !std::mem::replace(&mut self.is_closed, true) {
            out.push(Event::Close { part: self.part });
        }
    }
}

/// Reads a whole answer.
pub(super) fn read_reply(body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
    let mut events = Vec::new();
    let mut fields = Item::of_body(body)?.fields()?;
    let mut reader = ResponsesReader::default();
    match reader.read_response(&mut fields, &mut events)? {
        Status::Ended => Ok(events),
        Status::Going => Err(ReplyFlaw::new("answered with a response that is not finished")),
    }
}

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ended,
    Going,
}

impl ResponsesReader {
    /// Reads a response object: what is new of its items, its usage and its ending.
    fn read_response(&mut self, fields: &mut Fields<'_>, out: &mut Vec<Event>) -> Result<Status, ReplyFlaw> {
        self.begin(fields, out)?;
        let status = fields.string("status")?;
        let error = fields.take("error").filter(Item::is_object);
        let output = fields.list("output")?;
        match status.as_deref() {
            Some("queued" | "in_progress") => return Ok(Status::Going),
            Some("failed" | "cancelled") => {
                self.told_usage(fields, out);
                out.push(fault(error.as_ref().map(Item::text)));
                return Ok(Status::Ended);
            }
            _ => {}
        }
        if output.is_none() {
            out.push(fault(error.as_ref().map(Item::text)));
            return Ok(Status::Ended);
        }
        for (place, item) in output.unwrap_or_default().into_iter().enumerate() {
            self.read_done(&item, Some(place as u64), out)?;
        }
        self.finish(out);
        self.told_usage(fields, out);
        let reason = match fields.fields("incomplete_details")? {
            Some(mut details) => details.string("reason")?.map(std::borrow::Cow::into_owned),
            None => None,
        };
        let finish = finish_of(status.as_deref() == Some("incomplete"), reason);
        out.extend([Event::Finish(finish.given_calls(self.has_calls)), Event::End]);
        Ok(Status::Ended)
    }

    /// The answer begins, if it has not yet.
    fn begin(&mut self, response: &mut Fields<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let mut text =
                |name| Ok::<_, ReplyFlaw>(response.string(name)?.map(std::borrow::Cow::into_owned));
            out.push(Event::Begin { id: text("id")?, model: text("model")? });
        }
        Ok(())
    }

    fn told_usage(&self, response: &mut Fields<'_>, out: &mut Vec<Event>) {
        let usage = response.take("usage").and_then(|item| usage::read_usage(item.text().as_bytes()));
        out.extend(usage.map(Event::Usage));
    }
}

fn finish_of(is_incomplete: bool, reason: Option<String>) -> Finish {
    match reason.as_deref() {
        _ if !is_incomplete => Finish::Stop,
        Some("max_output_tokens") => Finish::Length,
        Some("content_filter") => Finish::Filtered(None),
        Some("pause") => Finish::Pause,
        _ => Finish::Other(reason.unwrap_or_else(|| "incomplete".to_owned())),
    }
}

fn fault(error: Option<&str>) -> Event {
    let error = error.unwrap_or(r#"{"message":"the response failed"}"#);
    Event::Fault { json: format!("{{\"error\":{error}}}") }
}
