//! Reading, event by event or at once.

use super::response::Status;
use super::state::ResponsesReader;
use crate::canonical::{Event, ReplyFlaw};
use crate::framing::sse;
use crate::json::Item;
use crate::translator::StreamReader;

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
        self.close_all(out);
    }
}

/// Reads a whole answer.
pub(in crate::openai_responses) fn read_reply(body: &[u8]) -> Result<Vec<Event>, ReplyFlaw> {
    let mut events = Vec::new();
    let mut fields = Item::of_body(body)?.fields()?;
    let mut reader = ResponsesReader::default();
    match reader.read_response(&mut fields, &mut events)? {
        Status::Ended => Ok(events),
        Status::Going => Err(ReplyFlaw::new("answered with a response that is not finished")),
    }
}
