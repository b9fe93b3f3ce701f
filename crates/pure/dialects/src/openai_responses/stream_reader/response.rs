//! The response object: at the beginning of a stream, at its end, and as a whole answer.

use domain::{ServiceTier, Usage};

use super::state::ResponsesReader;
use crate::canonical::{Event, Finish, ReplyFlaw};
use crate::json::{Fields, Item};
use crate::openai_responses::usage;

/// How far an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ended,
    Going,
}

impl ResponsesReader {
    /// Reads a response object: what is new of its items, its usage and its ending.
    pub(super) fn read_response(
        &mut self,
        fields: &mut Fields<'_>,
        out: &mut Vec<Event>,
    ) -> Result<Status, ReplyFlaw> {
        self.begin(fields, out)?;
        let status = fields.string("status")?;
        let error = fields.take("error").filter(Item::is_object);
        let output = fields.list("output")?;
        match status.as_deref() {
            Some("queued" | "in_progress") => return Ok(Status::Going),
            Some("failed" | "cancelled") => {
                told_usage(fields, searches_in(output.as_deref()), out);
                out.push(fault(error.as_ref().map(Item::text)));
                return Ok(Status::Ended);
            }
            _ => {}
        }
        if output.is_none() {
            out.push(fault(error.as_ref().map(Item::text)));
            return Ok(Status::Ended);
        }
        let searches = searches_in(output.as_deref());
        self.read_output(&output.unwrap_or_default(), out)?;
        let is_incomplete = status.as_deref() == Some("incomplete");
        // Hosts may leave the output out at the end, or the ends of items; who leaves out both has not said all.
        if !is_incomplete && self.items.iter().any(|item| item.is_open) {
            return Err(ReplyFlaw::new("ended its response before a part of it had ended"));
        }
        self.close_all(out);
        told_usage(fields, searches, out);
        let reason = match fields.fields("incomplete_details")? {
            Some(mut details) => details.string("reason")?.map(std::borrow::Cow::into_owned),
            None => None,
        };
        let finish = finish_of(is_incomplete, reason.as_deref());
        out.extend([Event::Finish(finish.given_calls(self.has_calls)), Event::End]);
        Ok(Status::Ended)
    }

    /// The answer begins, if it has not yet.
    pub(super) fn begin(&mut self, response: &mut Fields<'_>, out: &mut Vec<Event>) -> Result<(), ReplyFlaw> {
        if !std::mem::replace(&mut self.has_begun, true) {
            let mut text =
                |name| Ok::<_, ReplyFlaw>(response.string(name)?.map(std::borrow::Cow::into_owned));
            out.push(Event::Begin { id: text("id")?, model: text("model")? });
        }
        Ok(())
    }
}

fn told_usage(response: &mut Fields<'_>, searches: u32, out: &mut Vec<Event>) {
    let usage = response.take("usage").and_then(|item| usage::read_usage(item.text().as_bytes()));
    if let Some(usage) = usage {
        let tier = response.take("service_tier").map(|tier| ServiceTier::of_json(tier.text().as_bytes()));
        out.push(Event::Usage(Usage { searches, service_tier: tier.unwrap_or_default(), ..usage }));
    }
}

/// How often a tool searched: who only reads a page does not.
fn searches_in(output: Option<&[Item<'_>]>) -> u32 {
    let says = |fields: &mut Fields<'_>, words: &[&str]| {
        let kind = fields.string("type").ok().flatten();
        kind.is_some_and(|kind| words.contains(&kind.as_ref()))
    };
    let is_search = |item: &&Item<'_>| {
        let Ok(mut fields) = item.fields() else { return false };
        says(&mut fields, &["web_search_call"])
            && !fields
                .fields("action")
                .ok()
                .flatten()
                .is_some_and(|mut action| says(&mut action, &["open_page", "find_in_page"]))
    };
    output.unwrap_or_default().iter().filter(is_search).count() as u32
}

fn finish_of(is_incomplete: bool, reason: Option<&str>) -> Finish {
    match reason {
        _ if !is_incomplete => Finish::Stop,
        Some("content_filter") => Finish::Filtered(None),
        Some("pause") => Finish::Pause,
        // For whatever reason: it is cut, and must not look whole.
        _ => Finish::Length,
    }
}

/// The provider's own words, as they stand in a body.
pub(super) fn fault(error: Option<&str>) -> Event {
    let error = error.unwrap_or(r#"{"message":"the response failed"}"#);
    Event::Fault { json: format!("{{\"error\":{error}}}") }
}
