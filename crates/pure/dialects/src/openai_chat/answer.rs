//! An answer as it is read, whole or chunk by chunk: a whole message is one long delta. What hosts do differently is evened out
//! here, so that whoever reads the events sees none of it.

use domain::{ServiceTier, Usage};

use super::call_fragments::{CallState, Calls, Fragment};
use super::details::{Detail, Details};
use super::finish::{self, Reason};
use crate::canonical::{Citation, Event, Finish, Flaw, Opening, Seal, SealForm, short_id};
use crate::json::writer::{compact, object};
use crate::json::{Fields, Item};
use crate::watch::parse_usage;

/// Characters of an id that is made up for a call without one.
const ID_CHARS: usize = 24;
/// Most calls of one answer, and most bytes of arguments that are kept until their tool is named.
const CALLS_MAX: usize = 1024;
const HELD_BYTES_MAX: usize = 1 << 20;

/// What is known of an answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    has_begun: bool,
    id: String,
    next_part: u32,
    /// The text that is open, and whether it is a refusal.
    words: Option<(u32, bool)>,
    thought: Option<(u32, Details)>,
    /// Thoughts are told in words of their own: those in the details say them again.
    tells_thoughts: bool,
    calls: Calls,
    has_said: bool,
    has_finished: bool,
}

/// An answer cannot be one.
type Read = Result<(), Flaw>;

impl Answer {
    /// Reads a chunk, or the whole.
    pub(super) fn read(&mut self, item: &Item<'_>, out: &mut Vec<Event>) -> Read {
        let mut fields = item.fields()?;
        if is_error(&mut fields)? {
            out.push(Event::Fault { json: item.text().to_owned() });
            return Ok(());
        }
        let choices = fields.take("choices").filter(Item::is_list).map(|item| item.list()).transpose()?;
        let choices = choices.unwrap_or_default();
        self.begin(&mut fields, !choices.is_empty(), out);
        let mut usage = fields.take("usage");
        for choice in choices {
            let mut choice = choice.fields()?;
            // Others are asked for by nobody who has his answer translated.
            if choice.take("index").and_then(|index| index.whole().ok()).unwrap_or(0) == 0 {
                usage = usage.or_else(|| choice.take("usage"));
                self.choice(choice, item, out)?;
            }
        }
        if usage.is_none()
            && let Some(own) = fields.take("x_groq").filter(Item::is_object)
        {
            usage = own.fields()?.take("usage");
        }
        let told = usage.and_then(|usage| parse_usage(usage.text().as_bytes()));
        if let Some(told) = told {
            let tier = fields.take("service_tier").map(|tier| ServiceTier::of_json(tier.text().as_bytes()));
            out.push(Event::Usage(Usage { service_tier: tier.unwrap_or_default(), ..told }));
        }
        Ok(())
    }

    fn begin(&mut self, fields: &mut Fields<'_>, has_choices: bool, out: &mut Vec<Event>) {
        let mut text = |name: &str| {
            let item = fields.take(name).filter(Item::is_text)?;
            item.string().ok().filter(|text| !text.is_empty()).map(String::from)
        };
        let (id, model) = (text("id"), text("model"));
        if !self.has_begun && (has_choices || id.is_some() || model.is_some()) {
            self.has_begun = true;
            self.id = id.clone().unwrap_or_default();
            out.push(Event::Begin { id, model });
        }
    }

    fn choice(&mut self, mut choice: Fields<'_>, whole: &Item<'_>, out: &mut Vec<Event>) -> Read {
        if self.has_finished {
            return Ok(());
        }
        let (delta, message) = (choice.take("delta"), choice.take("message"));
        // Some end a stream with the whole message again.
        let message = message.filter(|_| !self.has_said);
        let delta = delta.filter(|delta| delta.text() != "{}");
        if let Some(said) = delta.as_ref().or(message.as_ref()) {
            self.delta(said.fields()?, delta.is_none(), out)?;
        } else if let Some(text) = choice.take("text").filter(Item::is_text) {
            self.say(&text.string()?, false, out);
        }
        let Some(reason) = choice.take("finish_reason").filter(Item::is_text) else { return Ok(()) };
        match finish::read(&reason.string()?) {
            Reason::None => {}
            Reason::Fault => out.push(Event::Fault { json: whole.text().to_owned() }),
            Reason::End(finish) => self.finish(finish, out)?,
        }
        Ok(())
    }

    fn delta(&mut self, mut delta: Fields<'_>, is_whole: bool, out: &mut Vec<Event>) -> Read {
        let words = [delta.take("reasoning_content"), delta.take("reasoning")];
        for words in words.into_iter().flatten().filter(Item::is_text).take(1) {
            self.think(&words.string()?, out);
        }
        if let Some(entries) = delta.take("reasoning_details").filter(Item::is_list) {
            for entry in entries.list()? {
                self.detail(Detail::read(&entry)?, out);
            }
        }
        if let Some(content) = delta.take("content") {
            self.content(&content, out)?;
        }
        if let Some(refusal) = delta.string("refusal")? {
            self.say(&refusal, true, out);
        }
        let calls = delta.list("tool_calls")?.unwrap_or_default();
        for (place, call) in calls.iter().enumerate() {
            let fragment = self.read_call(call.fields()?, out)?;
            let at = if is_whole {
                self.calls.add(&fragment)
            } else {
                self.calls.place(&fragment, place, calls.len())
            };
            self.fragment(&fragment, at, out)?;
        }
        if let Some(older) = delta.fields("function_call")? {
            let mut fragment = Fragment::default();
            read_function(older, &mut fragment)?;
            let at = self.calls.place(&fragment, 0, 1);
            self.fragment(&fragment, at, out)?;
        }
        for annotation in delta.list("annotations")?.unwrap_or_default() {
            self.cite(annotation.fields()?, out)?;
        }
        Ok(())
    }

    /// A text; in some hosts a list with thoughts among it.
    fn content(&mut self, content: &Item<'_>, out: &mut Vec<Event>) -> Read {
        if !content.is_list() {
            self.say(&content.string()?, false, out);
            return Ok(());
        }
        for part in content.list()? {
            let mut part = part.fields()?;
            match part.string("type")?.unwrap_or_default().as_ref() {
                "thinking" => match part.need("thinking")? {
                    text if text.is_text() => self.think(&text.string()?, out),
                    list => {
                        for text in list.list()? {
                            self.think(&text.fields()?.string("text")?.unwrap_or_default(), out);
                        }
                    }
                },
                "refusal" => self.say(&part.string("refusal")?.unwrap_or_default(), true, out),
                _ => self.say(&part.string("text")?.unwrap_or_default(), false, out),
            }
        }
        Ok(())
    }

    fn open(&mut self, opening: Opening, out: &mut Vec<Event>) -> u32 {
        let part = self.next_part;
        self.next_part += 1;
        self.has_said = true;
        out.push(Event::Open { part, opening });
        part
    }

    fn say(&mut self, text: &str, is_refusal: bool, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let part = match self.words {
            Some((part, kind)) if kind == is_refusal => part,
            _ => {
                self.close_words(out);
                self.close_thought(out);
                let part = self.open(if is_refusal { Opening::Refusal } else { Opening::Text }, out);
                self.words = Some((part, is_refusal));
                part
            }
        };
        out.push(Event::Delta { part, text: text.to_owned() });
    }

    fn think(&mut self, text: &str, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        self.tells_thoughts = true;
        if self.thought.as_ref().is_some_and(|(_, details)| details.is_sealed()) {
            self.close_thought(out);
        }
        let part = self.thought(None, false, out);
        out.push(Event::Delta { part, text: text.to_owned() });
    }

    fn detail(&mut self, detail: Detail, out: &mut Vec<Event>) {
        let is_next = self.thought.as_ref().is_some_and(|(_, details)| details.is_next(&detail));
        if is_next && !self.tells_thoughts {
            self.close_thought(out);
        }
        let part = self.thought(detail.id.clone(), detail.is_summary(), out);
        if let Some(words) = detail.words.as_ref().filter(|words| !words.is_empty() && !self.tells_thoughts) {
            out.push(Event::Delta { part, text: words.clone() });
        }
        if let Some((_, details)) = &mut self.thought {
            details.add(detail);
        }
    }

    /// The thought that is open, opened if none is.
    fn thought(&mut self, id: Option<String>, is_summary: bool, out: &mut Vec<Event>) -> u32 {
        if let Some((part, _)) = &self.thought {
            return *part;
        }
        self.close_words(out);
        let part = self.open(Opening::Thought { id, is_summary }, out);
        self.thought = Some((part, Details::default()));
        part
    }

    fn read_call(&mut self, mut call: Fields<'_>, out: &mut Vec<Event>) -> Result<Fragment, Flaw> {
        let index = call.take("index").and_then(|index| index.whole().ok());
        let id = call.string("id")?.filter(|id| *id != "null").map(String::from).unwrap_or_default();
        let extra = call.take("extra_content");
        let mut fragment = Fragment { index, id, ..Fragment::default() };
        if let Some(mut custom) = call.fields("custom")? {
            fragment.is_custom = true;
            fragment.name = custom.string("name")?.map(String::from).unwrap_or_default();
            fragment.arguments = custom.string("input")?.map(String::from).unwrap_or_default();
        } else if let Some(function) = call.fields("function")? {
            read_function(function, &mut fragment)?;
        }
        if let Some(extra) = extra.filter(|_| !fragment.id.is_empty()) {
            self.seal_call(&fragment.id, extra.text(), out);
        }
        Ok(fragment)
    }

    /// What a host wants back on a call, as the seal of an empty thought before it.
    fn seal_call(&mut self, id: &str, extra_content: &str, out: &mut Vec<Event>) {
        self.close_words(out);
        self.close_thought(out);
        let blob = object(|o| {
            o.text("call_id", id);
            o.raw("extra_content", extra_content);
        });
        let part = self.open(Opening::Thought { id: None, is_summary: false }, out);
        let seal = Seal { form: SealForm::Detail, blob };
        out.extend([Event::Sealed { part, seal }, Event::Close { part }]);
    }

    fn fragment(&mut self, fragment: &Fragment, at: usize, out: &mut Vec<Event>) -> Read {
        if at >= CALLS_MAX {
            return Err(Flaw::new("", "made more calls than are read"));
        }
        if self.calls.list[at].is_closed {
            let is_more = !fragment.arguments.trim().is_empty();
            return if is_more { Err(Flaw::new("", "went on with a call that was whole")) } else { Ok(()) };
        }
        if let Some(part) = self.calls.list[at].part {
            if !fragment.arguments.is_empty() {
                out.push(Event::Delta { part, text: fragment.arguments.clone() });
            }
            return Ok(());
        }
        self.calls.list[at].held.push_str(&fragment.arguments);
        if self.calls.list[at].held.len() > HELD_BYTES_MAX {
            return Err(Flaw::new("", "called a tool without naming it"));
        }
        if self.calls.list[at].name.is_empty() {
            return Ok(());
        }
        self.close_words(out);
        self.close_thought(out);
        self.close_whole_calls(out);
        let call = &mut self.calls.list[at];
        if call.id.is_empty() {
            call.id = format!("call_{}", short_id(&format!("{}:{at}:{}", self.id, call.name), ID_CHARS));
        }
        let (id, name, is_custom) = (call.id.clone(), call.name.clone(), call.is_custom);
        let text = std::mem::take(&mut call.held);
        let part = self.open(Opening::Call { id, name, is_custom }, out);
        self.calls.list[at].part = Some(part);
        if !text.is_empty() {
            out.push(Event::Delta { part, text });
        }
        Ok(())
    }

    fn cite(&mut self, mut annotation: Fields<'_>, out: &mut Vec<Event>) -> Read {
        let Some((part, false)) = self.words else { return Ok(()) };
        let Some(mut cited) = annotation.fields("url_citation")? else { return Ok(()) };
        let mut place = |name: &str| cited.take(name).and_then(|item| item.whole().ok());
        let span = place("start_index").zip(place("end_index"));
        let citation = Citation {
            url: cited.string("url")?.map(Into::into),
            title: cited.string("title")?.map(Into::into),
            quote: None,
            span,
        };
        out.push(Event::Cited { part, citation });
        Ok(())
    }

    fn close_words(&mut self, out: &mut Vec<Event>) {
        out.extend(self.words.take().map(|(part, _)| Event::Close { part }));
    }

    fn close_thought(&mut self, out: &mut Vec<Event>) {
        let Some((part, details)) = self.thought.take() else { return };
        out.extend(details.seal().map(|seal| Event::Sealed { part, seal }));
        out.push(Event::Close { part });
    }

    /// Calls whose arguments are whole need not wait for the others.
    fn close_whole_calls(&mut self, out: &mut Vec<Event>) {
        for call in self.calls.list.iter_mut().filter(|call| call.is_complete() && !call.is_closed) {
            if let (Some(part), false) = (call.part, call.is_custom) {
                call.is_closed = true;
                out.push(Event::Close { part });
            }
        }
    }

    /// Closes all that is open. A call without arguments is one of a tool that takes none.
    pub(super) fn close(&mut self, out: &mut Vec<Event>) {
        self.close_words(out);
        self.close_thought(out);
        for call in self.calls.list.iter_mut().filter(|call| !call.is_closed) {
            let Some(part) = call.part else { continue };
            call.is_closed = true;
            if !call.has_arguments && !call.is_custom {
                out.push(Event::Delta { part, text: "{}".to_owned() });
            }
            out.push(Event::Close { part });
        }
    }

    fn finish(&mut self, finish: Finish, out: &mut Vec<Event>) -> Read {
        if self.calls.list.iter().any(|call| call.part.is_none()) {
            return Err(Flaw::new("", "called a tool without naming it"));
        }
        self.close(out);
        self.has_finished = true;
        out.push(Event::Finish(finish.given_calls(!self.calls.list.is_empty())));
        Ok(())
    }

    /// The end mark has come. Who made whole calls and gave no reason, or an empty one, has ended with them.
    pub(super) fn end(&mut self, out: &mut Vec<Event>) -> Read {
        let mut calls = self.calls.list.iter();
        if !self.has_finished && !self.calls.list.is_empty() && calls.all(CallState::is_whole) {
            self.finish(Finish::Calls, out)?;
        }
        out.push(Event::End);
        Ok(())
    }
}

fn read_function(mut function: Fields<'_>, fragment: &mut Fragment) -> Read {
    fragment.name = function.string("name")?.map(String::from).unwrap_or_default();
    if let Some(arguments) = function.take("arguments") {
        fragment.arguments =
            if arguments.is_object() { compact(arguments.text()) } else { arguments.string()?.into_owned() };
    }
    Ok(())
}

/// Whether an object tells of an error, in the forms that hosts have for it.
fn is_error(fields: &mut Fields<'_>) -> Result<bool, Flaw> {
    let says_something = |error: Item<'_>| !["{}", "[]", "\"\"", "false"].contains(&error.text());
    if fields.take("error").is_some_and(says_something) {
        return Ok(true);
    }
    if fields.take("object").is_some_and(|kind| kind.text() == "\"error\"") {
        return Ok(true);
    }
    let Some(status) = fields.take("base_resp").filter(Item::is_object) else { return Ok(false) };
    let code = status.fields()?.take("status_code");
    Ok(code.is_some_and(|code| code.text() != "0"))
}
