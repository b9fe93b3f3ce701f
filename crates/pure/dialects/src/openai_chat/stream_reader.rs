//! A streamed answer, event by event.

use super::answer::Answer;
use crate::canonical::{Event, ReplyFlaw};
use crate::framing::sse;
use crate::json::Item;
use crate::translator::StreamReader;

const END_MARK: &[u8] = b"[DONE]";

/// Reads a chat stream.
#[derive(Debug, Default)]
pub(super) struct ChatStreamReader {
    answer: Answer,
    is_done: bool,
}

impl StreamReader for ChatStreamReader {
    fn read(&mut self, event: sse::Event<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let data = event.data.trim_ascii();
        if self.is_done || data.is_empty() {
            return Ok(());
        }
        if event.name == b"error" {
            out.push(Event::Fault { json: String::from_utf8_lossy(data).into_owned() });
            return Ok(());
        }
        if data == END_MARK {
            self.is_done = true;
            return Ok(self.answer.end(out)?);
        }
        let item = Item::of_body(data)?;
        // Of other names are pings, and what is newer than we are: no part of an answer, unless it holds one.
        let is_ours = matches!(event.name, b"" | b"message")
            || item
                .fields()
                .is_ok_and(|mut fields| fields.take("choices").or(fields.take("error")).is_some());
        if is_ours {
            self.answer.read(&item, out)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        self.answer.close(out);
    }
}
