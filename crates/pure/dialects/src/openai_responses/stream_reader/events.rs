//! The events of a stream, by their names.

use super::response::{Status, fault};
use super::state::ResponsesReader;
use crate::canonical::{Event, Opening, ReplyFlaw};
use crate::json::{Fields, Item};
use crate::openai_responses::{PARAGRAPH, citation};

impl ResponsesReader {
    /// Reads one event. What is newer than we are, and what tools of the provider do, means nothing here.
    pub(super) fn read_event(
        &mut self,
        kind: &str,
        mut fields: Fields<'_>,
        data: &[u8],
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        match kind.strip_prefix("response.").unwrap_or(kind) {
            "created" | "in_progress" | "queued" => {
                if let Some(mut response) = fields.fields("response")? {
                    self.begin(&mut response, out)?;
                }
                Ok(())
            }
            "output_item.added" => self.read_added(&mut fields, out),
            "output_item.done" => {
                let place = fields.whole("output_index")?;
                self.read_done(&fields.need("item")?, place, out)
            }
            "content_part.added" => self.read_part(&mut fields, false, out),
            "content_part.done" => self.read_part(&mut fields, true, out),
            "output_text.delta" => self.read_words(&mut fields, Opening::Text, "delta", true, out),
            "output_text.done" => self.read_words(&mut fields, Opening::Text, "text", false, out),
            "refusal.delta" => self.read_words(&mut fields, Opening::Refusal, "delta", true, out),
            "refusal.done" => self.read_words(&mut fields, Opening::Refusal, "refusal", false, out),
            "output_text.annotation.added" => self.read_annotation(&mut fields, out),
            "function_call_arguments.delta" | "custom_tool_call_input.delta" => {
                self.read_arguments(&mut fields, "delta", true, out)
            }
            "function_call_arguments.done" => self.read_arguments(&mut fields, "arguments", false, out),
            "custom_tool_call_input.done" => self.read_arguments(&mut fields, "input", false, out),
            "reasoning_summary_text.delta" => self.read_thought(&mut fields, true, "delta", true, out),
            "reasoning_summary_text.done" => self.read_thought(&mut fields, true, "text", false, out),
            "reasoning_text.delta" => self.read_thought(&mut fields, false, "delta", true, out),
            "reasoning_text.done" => self.read_thought(&mut fields, false, "text", false, out),
            "completed" | "incomplete" | "failed" | "cancelled" => {
                let mut response = fields.need("response")?.fields()?;
                match self.read_response(&mut response, out)? {
                    Status::Ended => Ok(()),
                    Status::Going => {
                        Err(ReplyFlaw::new("ended a stream with a response that is not finished"))
                    }
                }
            }
            "error" => {
                let nested = fields.take("error").filter(Item::is_object);
                let whole = std::str::from_utf8(data).ok();
                out.push(fault(nested.as_ref().map(Item::text).or(whole)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn read_added(&mut self, fields: &mut Fields<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let place = fields.whole("output_index")?;
        let mut item = fields.need("item")?.fields()?;
        let at = self.announced(item.string("id")?.as_deref(), place);
        let kind = item.string("type")?;
        self.items[at].is_open =
            matches!(kind.as_deref(), Some("message" | "function_call" | "custom_tool_call"));
        match kind.as_deref() {
            Some("function_call") => self.open_call(at, &mut item, false, out),
            Some("custom_tool_call") => self.open_call(at, &mut item, true, out),
            _ => Ok(()),
        }
    }

    /// The item that an event is about.
    fn item_of(&mut self, fields: &mut Fields<'_>) -> Result<usize, ReplyFlaw> {
        let (id, place) = (fields.string("item_id")?, fields.whole("output_index")?);
        Ok(self.item_at(id.as_deref(), place))
    }

    fn read_part(
        &mut self,
        fields: &mut Fields<'_>,
        is_done: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let at = self.item_of(fields)?;
        let index = fields.whole("content_index")?.unwrap_or(0);
        let Some(part) = fields.take("part") else { return Ok(()) };
        if is_done {
            self.items[at].is_open = false;
            return self.read_content(at, index, &part, out);
        }
        match part.fields()?.string("type")?.as_deref() {
            Some("output_text") => self.piece(at, index, || Opening::Text, out),
            Some("refusal") => self.piece(at, index, || Opening::Refusal, out),
            _ => return Ok(()),
        };
        Ok(())
    }

    fn read_words(
        &mut self,
        fields: &mut Fields<'_>,
        opening: Opening,
        name: &str,
        is_delta: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let at = self.item_of(fields)?;
        let index = fields.whole("content_index")?.unwrap_or(0);
        let text = fields.string(name)?.unwrap_or_default();
        self.items[at].is_open &= is_delta;
        let piece = self.piece(at, index, || opening, out);
        if is_delta {
            piece.say(&text, out);
            return Ok(());
        }
        piece.say_whole(&text, out)
    }

    fn read_annotation(&mut self, fields: &mut Fields<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        let at = self.item_of(fields)?;
        let index = fields.whole("content_index")?.unwrap_or(0);
        let Some(citation) = fields.take("annotation").and_then(|item| citation::read_citation(&item)) else {
            return Ok(());
        };
        let piece = self.piece(at, index, || Opening::Text, out);
        if !piece.is_closed {
            piece.citations += 1;
            out.push(Event::Cited { part: piece.part, citation });
        }
        Ok(())
    }

    /// Arguments of a call that was not announced are read from the finished item.
    fn read_arguments(
        &mut self,
        fields: &mut Fields<'_>,
        name: &str,
        is_delta: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let at = self.item_of(fields)?;
        let text = fields.string(name)?.unwrap_or_default();
        self.items[at].is_open &= is_delta;
        match self.items[at].pieces.first_mut() {
            Some(piece) if is_delta => piece.say(&text, out),
            Some(piece) => piece.say_whole(&text, out)?,
            None => {}
        }
        Ok(())
    }

    fn read_thought(
        &mut self,
        fields: &mut Fields<'_>,
        is_summary: bool,
        name: &str,
        is_delta: bool,
        out: &mut Vec<Event>,
    ) -> Result<(), ReplyFlaw> {
        let at = self.item_of(fields)?;
        let index = fields.whole(if is_summary { "summary_index" } else { "content_index" })?.unwrap_or(0);
        let text = fields.string(name)?.unwrap_or_default();
        if text.is_empty() {
            return Ok(());
        }
        let told = self.items[at].thought;
        let is_told = told.is_some_and(|(is_summary_told, _)| is_summary_told != is_summary);
        let is_heard = told.is_some_and(|(_, last)| last >= index);
        // A summary beside the thought itself says nothing more, and what came in deltas is not told again.
        if is_told || (!is_delta && is_heard) {
            return Ok(());
        }
        self.items[at].thought = Some((is_summary, index));
        let id = self.items[at].id.clone();
        let piece = self.piece(at, 0, || Opening::Thought { id, is_summary }, out);
        if !piece.said.is_empty() && told.is_some_and(|(_, last)| last != index) {
            piece.say(PARAGRAPH, out);
        }
        piece.say(&text, out);
        Ok(())
    }
}
