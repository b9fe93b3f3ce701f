//! What had to be changed for the provider's sake, undone in its answer: names of tools, texts wrapped as arguments, an
//! answer asked for as a call, stop texts that it did not know; and seals put into envelopes for callers of another dialect.

use std::collections::HashMap;
use std::fmt;

use super::stop_cut::{Cut, StopCut};
use crate::canonical::{Event, Finish, Opening, Seal, short_id};
use crate::json::Item;
use crate::translator::{CUSTOM_TOOL_ARGUMENT, Written};

/// Longest text that is collected for a wrapped tool; a longer one leaves as the arguments it came in.
const WRAPPED_BYTES_MAX: usize = 8 << 20;

/// Characters of an id that is made up.
const ID_CHARS: usize = 24;

/// Puts seals into envelopes that a caller can hold and give back. `None` if it cannot: then the seal is dropped.
pub type SealKeeper = Box<dyn Fn(&Seal) -> Option<Seal> + Send>;

/// Maps the events of one answer back.
#[derive(Default)]
pub struct BackMap {
    written: Written,
    seal_keeper: Option<SealKeeper>,
    has_hidden_thoughts: bool,
    parts: HashMap<u32, Kind>,
    answer_id: String,
    /// The ids of its calls.
    call_ids: Vec<String>,
    is_cut: bool,
}

/// What is done with the deltas of a part.
#[derive(Debug)]
enum Kind {
    /// The form of the answer: its arguments are text.
    Answer,
    /// The text of a custom tool, wrapped.
    Wrapped(String),
    /// Text with stop texts in it.
    Watched(StopCut),
}

impl fmt::Debug for BackMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackMap").field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

impl BackMap {
    /// Undoes what was done to this request. The body itself is not kept.
    pub fn new(written: &Written, seal_keeper: Option<SealKeeper>) -> Self {
        let written = Written {
            body: String::new(),
            renamed_tools: written.renamed_tools.clone(),
            answer_tool: written.answer_tool.clone(),
            wrapped_tools: written.wrapped_tools.clone(),
            stop_texts: written.stop_texts.clone(),
        };
        Self { written, seal_keeper, ..Self::default() }
    }

    /// Of a host that counts its model's thoughts in the total of tokens alone.
    #[must_use]
    pub fn with_hidden_thoughts(self, has_hidden_thoughts: bool) -> Self {
        Self { has_hidden_thoughts, ..self }
    }

    /// Whether a stop text came: nothing more of the answer is wanted.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Maps one event to what the caller is to see.
    pub fn map(&mut self, event: Event, out: &mut Vec<Event>) {
        match event {
            Event::Usage(usage) if self.has_hidden_thoughts => {
                out.push(Event::Usage(usage.with_hidden_thoughts()));
            }
            Event::Usage(_) | Event::UsageByModel(_) => out.push(event),
            _ if self.is_cut => {}
            Event::Begin { id, model } => {
                self.answer_id = id.clone().unwrap_or_default();
                out.push(Event::Begin { id, model });
            }
            Event::Open { part, opening } => self.open(part, opening, out),
            Event::Delta { part, text } => self.delta(part, text, out),
            Event::Close { part } => self.close(part, out),
            Event::Sealed { part, seal } => {
                let seal = match &self.seal_keeper {
                    Some(keeper) => keeper(&seal),
                    None => Some(seal),
                };
                out.extend(seal.map(|seal| Event::Sealed { part, seal }));
            }
            Event::Finish(finish) => out.push(Event::Finish(match finish {
                Finish::Calls if self.call_ids.is_empty() && self.written.answer_tool.is_some() => {
                    Finish::Stop
                }
                finish => finish.given_calls(!self.call_ids.is_empty()),
            })),
            other => out.push(other),
        }
    }

    fn open(&mut self, part: u32, opening: Opening, out: &mut Vec<Event>) {
        let opening = match opening {
            Opening::Call { name, .. } if self.written.answer_tool.as_ref() == Some(&name) => {
                self.parts.insert(part, Kind::Answer);
                Opening::Text
            }
            Opening::Call { id, name, is_custom } => {
                let id = self.own_id(id, &name);
                let is_wrapped = self.written.wrapped_tools.contains(&name);
                if is_wrapped {
                    self.parts.insert(part, Kind::Wrapped(String::new()));
                }
                let known = self.written.renamed_tools.iter().find(|(sent, _)| *sent == name);
                let name = known.map_or(name, |(_, known)| known.clone());
                Opening::Call { id, name, is_custom: is_custom || is_wrapped }
            }
            Opening::Text if !self.written.stop_texts.is_empty() => {
                self.parts.insert(part, Kind::Watched(StopCut::default()));
                Opening::Text
            }
            other => other,
        };
        out.push(Event::Open { part, opening });
    }

    /// The id of a call: one of its own, or it could not be answered.
    fn own_id(&mut self, id: String, name: &str) -> String {
        let is_own = !id.is_empty() && !self.call_ids.contains(&id);
        let made = || format!("{}:{}:{name}", self.answer_id, self.call_ids.len());
        let id = if is_own { id } else { format!("call_{}", short_id(&made(), ID_CHARS)) };
        self.call_ids.push(id.clone());
        id
    }

    fn delta(&mut self, part: u32, text: String, out: &mut Vec<Event>) {
        match self.parts.get_mut(&part) {
            Some(Kind::Wrapped(held)) if held.len() + text.len() <= WRAPPED_BYTES_MAX => held.push_str(&text),
            Some(Kind::Wrapped(held)) => {
                let text = std::mem::take(held) + &text;
                self.parts.remove(&part);
                out.push(Event::Delta { part, text });
            }
            Some(Kind::Watched(cut)) => match cut.push(&text, &self.written.stop_texts) {
                Cut::Leaves(text) if text.is_empty() => {}
                Cut::Leaves(text) => out.push(Event::Delta { part, text }),
                Cut::Stopped { text, at } => {
                    if !text.is_empty() {
                        out.push(Event::Delta { part, text });
                    }
                    out.extend([Event::Close { part }, Event::Finish(Finish::StopText(Some(at)))]);
                    self.is_cut = true;
                }
            },
            Some(Kind::Answer) | None => out.push(Event::Delta { part, text }),
        }
    }

    fn close(&mut self, part: u32, out: &mut Vec<Event>) {
        let text = match self.parts.remove(&part) {
            Some(Kind::Wrapped(arguments)) => unwrapped(&arguments).unwrap_or(arguments),
            Some(Kind::Watched(mut cut)) => cut.end(),
            Some(Kind::Answer) | None => String::new(),
        };
        if !text.is_empty() {
            out.push(Event::Delta { part, text });
        }
        out.push(Event::Close { part });
    }
}

/// The text within the arguments.
fn unwrapped(arguments: &str) -> Option<String> {
    let mut fields = Item::of_body(arguments.as_bytes()).ok()?.fields().ok()?;
    Some(fields.string(CUSTOM_TOOL_ARGUMENT).ok()??.into_owned())
}

#[cfg(test)]
mod tests {
    use super::BackMap;
    use crate::canonical::{Call, Event, Finish, Opening, Part, Reply, Text};
    use crate::translator::Written;

    fn call(part: u32, name: &str, arguments: &[&str]) -> Vec<Event> {
        let (id, name) = (format!("c{part}"), name.to_owned());
        let opening = Opening::Call { id, name, is_custom: false };
        let deltas = arguments.iter().map(|text| Event::Delta { part, text: (*text).to_owned() });
        std::iter::once(Event::Open { part, opening }).chain(deltas).chain([Event::Close { part }]).collect()
    }

    fn mapped(written: &Written, events: Vec<Event>) -> Reply {
        let (mut map, mut out) = (BackMap::new(written, None), Vec::new());
        events.into_iter().for_each(|event| map.map(event, &mut out));
        Reply::of(out)
    }

    #[test]
    fn names_and_wrapped_texts_come_back() {
        let written = Written {
            renamed_tools: vec![("a_b_1".to_owned(), "a.b".to_owned())],
            wrapped_tools: vec!["patch".to_owned()],
            ..Written::default()
        };
        let mut events = call(0, "a_b_1", &["{\"x\"", ":1}"]);
        events.extend(call(1, "patch", &["{\"input\":\"*** \\", "\"x\\\"\"}"]));
        events.extend(call(2, "patch", &["{\"other\":1}"]));
        events.push(Event::Finish(Finish::Stop));
        let reply = mapped(&written, events);
        let call = |id: &str, name: &str, arguments: &str, is_custom| {
            let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
            Part::Call(Call { id, name, arguments, is_custom, mark: None })
        };
        assert_eq!(
            reply.parts,
            [
                call("c0", "a.b", "{\"x\":1}", false),
                call("c1", "patch", "*** \"x\"", true),
                call("c2", "patch", "{\"other\":1}", true)
            ]
        );
        assert_eq!(reply.finish, Some(Finish::Calls));
    }

    #[test]
    fn an_answer_asked_for_as_a_call_is_text_again() {
        let written = Written { answer_tool: Some("json".to_owned()), ..Written::default() };
        let mut events = call(0, "json", &["{\"a\"", ":1}"]);
        events.push(Event::Finish(Finish::Calls));
        let reply = mapped(&written, events);
        assert_eq!(reply.parts, [Part::Text(Text::plain("{\"a\":1}"))]);
        assert_eq!(reply.finish, Some(Finish::Stop));
    }

    #[test]
    fn hidden_thoughts_are_counted_where_a_host_is_known_to_have_them() {
        let told = domain::Usage { input: 1, unexplained: 5, ..Default::default() };
        for (is_known, reasoning) in [(true, 5), (false, 0)] {
            let mut events = Vec::new();
            BackMap::default().with_hidden_thoughts(is_known).map(Event::Usage(told), &mut events);
            let expected = domain::Usage { reasoning, unexplained: 5 - reasoning, ..told };
            assert_eq!(events, [Event::Usage(expected)]);
        }
    }

    #[test]
    fn nothing_follows_a_stop_text() {
        let written = Written { stop_texts: vec!["END".to_owned()], ..Written::default() };
        let text = |part, text: &str| Event::Delta { part, text: text.to_owned() };
        let reply = mapped(
            &written,
            vec![
                Event::Open { part: 0, opening: Opening::Text },
                text(0, "one E"),
                text(0, "ND two"),
                text(0, "three"),
                Event::Finish(Finish::Length),
            ],
        );
        assert_eq!(reply.parts, [Part::Text(Text::plain("one "))]);
        assert_eq!(reply.finish, Some(Finish::StopText(Some("END".to_owned()))));
    }
}
