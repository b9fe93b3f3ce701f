//! What is changed in an answer for those who ask for it: the name of the model, and facts about how it came about. All else
//! stays byte for byte as it was. What cannot be found is left alone.

use std::ops::Range;

use memchr::memmem;

use crate::Dialect;
use crate::json::ObjectScan;
use crate::json::writer::quoted;

/// In this order in all scans below.
const WANTED: &[&str] = &["model", "type", "message", "response"];
const MODEL: usize = 0;
const TYPE: usize = 1;
const MESSAGE: usize = 2;
const RESPONSE: usize = 3;

const END_MARK: &[u8] = b"[DONE]";

/// What is changed in one answer.
#[derive(Clone, Debug)]
pub struct Retouch {
    dialect: Dialect,
    /// As JSON.
    model: Option<String>,
    /// Members to add, as JSON with a comma behind each.
    members: Option<String>,
    /// The same of what is known only when all has been used.
    late: Option<String>,
    /// The cost is to be told, and what is known of it, as JSON.
    wants_cost: bool,
    cost: Option<String>,
    /// The next piece of a stream begins with a line.
    is_at_line: bool,
}

/// A place in a text, and what goes there.
type Edit = (Range<usize>, String);

impl Retouch {
    /// Of an answer in this dialect: the name that its field `model` is to say, if any, and the members to be added to it.
    pub fn new(dialect: Dialect, model: Option<&str>, members: &[(&str, String)]) -> Self {
        Self {
            dialect,
            model: model.map(quoted),
            members: written(members),
            late: None,
            wants_cost: false,
            cost: None,
            is_at_line: true,
        }
    }

    /// The same with members of what is known only behind the usage.
    #[must_use]
    pub fn with_late(self, members: &[(&str, String)]) -> Self {
        Self { late: written(members), ..self }
    }

    /// The same with what it cost, which is told once it is known.
    #[must_use]
    pub fn with_cost(self) -> Self {
        Self { wants_cost: true, ..self }
    }

    /// What it cost, as JSON; of a stream to be said before its last event is changed.
    pub fn tell_cost(&mut self, json: Option<String>) {
        self.cost = json.filter(|_| self.wants_cost);
    }

    /// An answer that is one JSON object, of which this is the beginning; nothing where it stays as it is.
    pub fn whole(&self, beginning: &[u8]) -> Option<Vec<u8>> {
        let mut edits = self.model_at(beginning, &[MODEL]);
        edits.extend(self.members_in(beginning, true));
        edited(beginning, edits)
    }

    /// The next piece of a stream of events; nothing where it stays as it is. A line that lies in two pieces does.
    pub fn events(&mut self, piece: &[u8]) -> Option<Vec<u8>> {
        let (mut edits, mut at) = (Vec::new(), 0);
        while let Some(length) = memchr::memchr(b'\n', &piece[at..]) {
            if self.is_at_line || at > 0 {
                let line = &piece[at..at + length];
                let skipped = line.strip_prefix(b"data:").map_or(0, |_| 5);
                let of_line = if skipped == 0 { Vec::new() } else { self.event(&line[skipped..]) };
                let place = at + skipped;
                let moved = |(span, text): Edit| (span.start + place..span.end + place, text);
                edits.extend(of_line.into_iter().map(moved));
            }
            at += length + 1;
        }
        if !piece.is_empty() {
            self.is_at_line = at == piece.len();
        }
        edited(piece, edits)
    }

    fn event(&self, json: &[u8]) -> Vec<Edit> {
        let mut edits = match self.dialect {
            Dialect::OpenAiChat => self.model_at(json, &[MODEL]),
            Dialect::AnthropicMessages => self.model_at(json, &[MESSAGE, MODEL]),
            Dialect::OpenAiResponses => self.model_at(json, &[RESPONSE, MODEL]),
        };
        // In a chat the usage comes behind the event that ends it: what it decides gets an event of its own, before the mark.
        let is_chat = self.dialect == Dialect::OpenAiChat;
        let has_late = self.late.is_some() || self.cost.is_some();
        if is_chat && has_late && json.trim_ascii() == END_MARK {
            edits.push((0..0, self.late_event()));
        } else if (self.members.is_some() || has_late) && self.is_last(json) {
            edits.extend(self.members_in(json, !is_chat));
        }
        edits
    }

    /// Whether this is the event with which an answer ends: after it there are only marks and usage.
    fn is_last(&self, json: &[u8]) -> bool {
        let says = |words: &[&str]| {
            value_of(json, TYPE)
                .is_some_and(|span| words.iter().any(|word| json[span.clone()] == *word.as_bytes()))
        };
        match self.dialect {
            Dialect::OpenAiChat => gives_reason(json),
            Dialect::AnthropicMessages => says(&["\"message_stop\""]),
            Dialect::OpenAiResponses => {
                says(&["\"response.completed\"", "\"response.incomplete\"", "\"response.failed\""])
            }
        }
    }

    /// The value of a text at a path, replaced.
    fn model_at(&self, json: &[u8], path: &[usize]) -> Vec<Edit> {
        let Some(model) = &self.model else { return Vec::new() };
        let mut place = 0..json.len();
        for name in path {
            let Some(span) = value_of(&json[place.clone()], *name) else { return Vec::new() };
            place = place.start + span.start..place.start + span.end;
        }
        if json[place.clone()].starts_with(b"\"") { vec![(place, model.clone())] } else { Vec::new() }
    }

    /// An event that is nothing but what is known late, and the beginning of the line that it goes before.
    fn late_event(&self) -> String {
        let late = self.late_members();
        let late = late.trim_end_matches(',');
        format!(" {{\"object\":\"chat.completion.chunk\",\"choices\":[],{late}}}\n\ndata:")
    }

    fn late_members(&self) -> String {
        let cost = self.cost.as_ref().map(|cost| format!("\"cost\":{cost},"));
        [self.late.as_deref(), cost.as_deref()].into_iter().flatten().collect()
    }

    /// The members, behind the bracket that opens an object.
    fn members_in(&self, json: &[u8], with_late: bool) -> Option<Edit> {
        let late = with_late.then(|| self.late_members());
        let members = [self.members.as_deref(), late.as_deref()].into_iter().flatten().collect::<String>();
        if members.is_empty() {
            return None;
        }
        let begin = json.iter().position(|byte| !byte.is_ascii_whitespace())?;
        let inside = json[begin..].strip_prefix(b"{")?;
        // Of an empty object the comma would be one too many.
        inside.trim_ascii_start().starts_with(b"\"").then(|| (begin + 1..begin + 1, members))
    }
}

/// Members as JSON with a comma behind each; nothing where there are none.
fn written(members: &[(&str, String)]) -> Option<String> {
    let written = members.iter().map(|(name, json)| format!("{}:{json},", quoted(name))).collect::<String>();
    (!written.is_empty()).then_some(written)
}

/// Where the value of a top-level field stands, as far as the text goes.
fn value_of(json: &[u8], wanted: usize) -> Option<Range<usize>> {
    let mut scan = ObjectScan::new(WANTED);
    // What breaks behind the field does not matter here.
    let _ = scan.feed(json);
    scan.field(wanted).map(|field| field.span.clone())
}

/// Whether a chunk says why a choice ended. Within a text the quotes would be escaped.
fn gives_reason(json: &[u8]) -> bool {
    let name = b"\"finish_reason\"";
    memmem::find_iter(json, name).any(|at| {
        let rest = json[at + name.len()..].trim_ascii_start();
        rest.strip_prefix(b":").is_some_and(|value| value.trim_ascii_start().starts_with(b"\""))
    })
}

fn edited(text: &[u8], mut edits: Vec<Edit>) -> Option<Vec<u8>> {
    if edits.is_empty() {
        return None;
    }
    edits.sort_by_key(|(span, _)| span.start);
    let (mut out, mut at) = (Vec::with_capacity(text.len() + 256), 0);
    for (span, written) in edits {
        out.extend_from_slice(&text[at..span.start]);
        out.extend_from_slice(written.as_bytes());
        at = span.end;
    }
    out.extend_from_slice(&text[at..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::Retouch;
    use crate::Dialect;

    fn retouch(dialect: Dialect, model: Option<&str>, has_facts: bool) -> Retouch {
        let facts = [("model_used", "\"m\"".to_owned()), ("total_attempts", "2".to_owned())];
        Retouch::new(dialect, model, if has_facts { &facts } else { &[] })
    }

    #[track_caller]
    fn check(before: &str, after: Option<&str>, done: Option<Vec<u8>>) {
        assert_eq!(done.map(|bytes| String::from_utf8(bytes).unwrap()).as_deref(), after, "{before}");
    }

    #[test]
    fn a_whole_answer_gets_its_name_and_its_facts() {
        let body = "{ \"id\":\"x\", \"model\" : \"up-2024\",\"choices\":[{\"model\":\"no\"}] }\n";
        let after = "{\"model_used\":\"m\",\"total_attempts\":2, \"id\":\"x\", \"model\" : \"m \\\"q\\\"\",\"choices\":[{\"model\":\"no\"}] }\n";
        let both = retouch(Dialect::OpenAiChat, Some("m \"q\""), true);
        check(body, Some(after), both.whole(body.as_bytes()));
        check(body, None, retouch(Dialect::OpenAiChat, None, false).whole(body.as_bytes()));
        for odd in ["{}", "[]", "", "{ } ", "{\"model\":null}"] {
            let named = retouch(Dialect::OpenAiChat, Some("m"), false);
            check(odd, None, named.whole(odd.as_bytes()));
        }
        check("{}", None, both.whole(b"{}"));
    }

    #[test]
    fn of_a_chat_stream_each_chunk_gets_its_name_and_the_last_with_a_reason_the_facts() {
        let stream = "data: {\"model\":\"up\",\"choices\":[{\"delta\":{\"content\":\"\\\"finish_reason\\\":\\\"x\"},\"finish_reason\":null}]}\n\n\
                      data: {\"model\":\"up\",\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}]}\n\ndata: [DONE]\n\n";
        let after = "data: {\"model\":\"m\",\"choices\":[{\"delta\":{\"content\":\"\\\"finish_reason\\\":\\\"x\"},\"finish_reason\":null}]}\n\n\
                     data: {\"model_used\":\"m\",\"total_attempts\":2,\"model\":\"m\",\"choices\":[{\"delta\":{},\"finish_reason\": \"stop\"}]}\n\ndata: [DONE]\n\n";
        let mut both = retouch(Dialect::OpenAiChat, Some("m"), true);
        check(stream, Some(after), both.events(stream.as_bytes()));
        check("data: [DONE]\n\n", None, both.events(b"data: [DONE]\n\n"));
    }

    #[test]
    fn other_dialects_say_it_elsewhere() {
        let begin = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"model\":\"up\"}}\n\n";
        let mut both = retouch(Dialect::AnthropicMessages, Some("m"), true);
        check(begin, Some(&begin.replace("\"up\"", "\"m\"")), both.events(begin.as_bytes()));
        let end = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        let after = end.replace("{\"type\"", "{\"model_used\":\"m\",\"total_attempts\":2,\"type\"");
        check(end, Some(&after), both.events(end.as_bytes()));
        let done = "data: {\"type\":\"response.completed\",\"response\":{\"model\":\"up\"}}\n\n";
        let after = "data: {\"model_used\":\"m\",\"total_attempts\":2,\"type\":\"response.completed\",\"response\":{\"model\":\"m\"}}\n\n";
        let mut both = retouch(Dialect::OpenAiResponses, Some("m"), true);
        check(done, Some(after), both.events(done.as_bytes()));
    }

    #[test]
    fn the_cost_is_told_with_the_last_event_and_in_a_chat_before_the_mark() {
        let costly = |dialect| {
            let mut costly = retouch(dialect, None, false).with_cost();
            costly.tell_cost(Some("{\"amount\":\"0.5\"}".to_owned()));
            costly
        };
        check(
            "{\"id\":1}",
            Some("{\"cost\":{\"amount\":\"0.5\"},\"id\":1}"),
            costly(Dialect::OpenAiChat).whole(b"{\"id\":1}"),
        );
        let end = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{}}\n\ndata: [DONE]\n\n";
        let told = "data: {\"object\":\"chat.completion.chunk\",\"choices\":[],\"cost\":{\"amount\":\"0.5\"}}\n\ndata: [DONE]";
        check(
            end,
            Some(&end.replace("data: [DONE]", told)),
            costly(Dialect::OpenAiChat).events(end.as_bytes()),
        );
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        let told = stop.replace("{\"type\"", "{\"cost\":{\"amount\":\"0.5\"},\"type\"");
        check(stop, Some(&told), costly(Dialect::AnthropicMessages).events(stop.as_bytes()));
        let mut unknown = retouch(Dialect::AnthropicMessages, None, false).with_cost();
        check(stop, None, unknown.events(stop.as_bytes()));
        let mut unasked = retouch(Dialect::AnthropicMessages, None, false);
        unasked.tell_cost(Some("1".to_owned()));
        check(stop, None, unasked.events(stop.as_bytes()));
    }

    #[test]
    fn what_is_known_late_stands_where_the_cost_does() {
        let late = |dialect| retouch(dialect, None, true).with_late(&[("parts", "[1]".to_owned())]);
        let end = "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        let facts = end.replace("{\"choices\"", "{\"model_used\":\"m\",\"total_attempts\":2,\"choices\"");
        let told = |members: &str| {
            let event =
                format!("data: {{\"object\":\"chat.completion.chunk\",\"choices\":[],{members}}}\n\n");
            facts.replace("data: [DONE]", &(event + "data: [DONE]"))
        };
        let mut chat = late(Dialect::OpenAiChat);
        check(end, Some(&told("\"parts\":[1]")), chat.events(end.as_bytes()));
        let mut costly = late(Dialect::OpenAiChat).with_cost();
        costly.tell_cost(Some("2".to_owned()));
        check(end, Some(&told("\"parts\":[1],\"cost\":2")), costly.events(end.as_bytes()));
        let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
        let members = "{\"model_used\":\"m\",\"total_attempts\":2,\"parts\":[1],\"type\"";
        let told = stop.replace("{\"type\"", members);
        check(stop, Some(&told), late(Dialect::AnthropicMessages).events(stop.as_bytes()));
    }

    #[test]
    fn a_line_that_lies_in_two_pieces_stays_as_it_is() {
        let mut named = retouch(Dialect::OpenAiChat, Some("m"), false);
        check("1", None, named.events(b"data: {\"model\":\"up\","));
        check("2", None, named.events(b"\"x\":\"\ndata: 1\"}"));
        check("3", None, named.events(b"data: {\"model\":\"up\"}\n"));
        check("4", Some("data: {\"model\":\"m\"}\n"), named.events(b"data: {\"model\":\"up\"}\n"));
    }
}
