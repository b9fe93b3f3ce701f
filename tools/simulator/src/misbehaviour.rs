//! Everything a node can do wrong, as one closed list and one way to write it down.
//!
//! The list has three groups, each carried out in one place: at the door (`listener.rs`), in what is said
//! (`content.rs`), in how it is sent (`script.rs`). When a misbehaviour happens is said in `fault.rs`.
//!
//! Written form: `name` or `name=value`, several joined by `;`, as in `status=429;retry_after=2`. [`SYNTAX`] lists all.

use std::time::Duration;

use crate::delay::DELAY_MS_MAX;

/// Largest `huge` answer.
pub const HUGE_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Every misbehaviour: how it is written, and what a peer sees.
///
/// An event is one event of a stream; of an answer that is not streamed it is a piece of 64 bytes.
pub const SYNTAX: &[(&str, &str)] = &[
    ("refuse", "connections are refused and open ones dropped, as if the process had died"),
    ("reset_on_accept", "a connection is reset as soon as it is accepted"),
    ("reset_after_request", "the connection is reset once the request was read"),
    ("close_after_request", "the connection is closed once the request was read, without an answer"),
    ("hang", "the request is read and never answered"),
    ("not_http", "a line of another protocol instead of an answer, then closed"),
    ("cut_head=20", "closed after 20 bytes of the head"),
    ("slow_head=200", "the head of the answer comes so many ms later"),
    ("slow_first=200", "the first byte after the head comes so many ms later"),
    ("status=503", "an error with this status"),
    ("code=context_length_exceeded", "the error has this code (with status or error_event)"),
    ("retry_after=2", "a Retry-After header with this value"),
    ("redirect=http://127.0.0.1:9/", "307 to this address"),
    ("cookie", "a Set-Cookie header"),
    ("html", "an HTML page instead of the answer"),
    ("empty", "an empty body"),
    ("wrong_type=text/plain", "this Content-Type on an otherwise right answer"),
    (
        "malformed=2",
        "after 2 events one that is not JSON, then the rest; not streamed: a body that is not JSON",
    ),
    ("error_event=2", "after 2 events an error event and the end; not streamed: 200 with an error body"),
    (
        "failed=2",
        "as error_event, but where a dialect has a word for a failed answer (response.failed) the stream ends with that",
    ),
    ("no_done", "the stream ends without [DONE], or without the event that stands for it"),
    ("no_usage", "no usage, even if asked for"),
    ("comments", "a comment before each event"),
    ("reasoning_content", "chat: thinking is shown in reasoning_content"),
    ("reasoning", "chat: thinking is shown in reasoning"),
    ("think_tags", "chat: thinking is shown in the text, in <think> tags"),
    ("whole_calls", "chat: each tool call in one delta"),
    ("no_tool_index", "chat: deltas of tool calls have no index"),
    ("tool_index_zero", "chat: deltas of all tool calls have the index 0"),
    ("null_id", "chat: ids of tool calls are null"),
    ("finish=eos", "chat: this finish_reason; nothing behind the equals sign makes it empty"),
    ("role_in_each", "chat: the role in each delta"),
    ("obfuscation", "chat: random padding in each chunk"),
    ("usage_in_choice", "chat: a stream's usage in the last choice, asked for or not"),
    ("usage_in_x_groq", "chat: a stream's usage in x_groq of the last chunk, asked for or not"),
    ("usage_unasked", "chat: a stream's usage beside the finish_reason, asked for or not"),
    ("usage_in_each", "chat: a stream's usage in each chunk, asked for or not"),
    ("flat_error", "errors in the form {\"object\": \"error\", \"message\": …} (with status or error_event)"),
    ("huge=1000000", "an answer of at least so many bytes"),
    ("huge_event=1000000", "the same in a single event"),
    ("cut=3", "closed after 3 events, without the end of the body"),
    ("cut_bytes=100", "closed after 100 bytes of the body, in mid-chunk"),
    ("reset=3", "reset after 3 events"),
    ("reset_bytes=100", "reset after 100 bytes of the body"),
    ("stall=3", "silent after 3 events, connection open"),
    ("stall_bytes=100", "silent after 100 bytes of the body"),
    ("pings=3:100", "after 3 events only SSE comments, one each 100 ms, for ever"),
    ("truncate=3", "a well-formed end after 3 events: the rest is missing"),
    ("truncate_bytes=100", "a well-formed end after 100 bytes of the body"),
    ("keeps_open", "everything is sent but the end of the body"),
    ("until_close", "a body without length or chunks, ended by closing"),
    ("wrong_length=10", "a Content-Length too large by 10 (or, negative, too small), then closed"),
    ("gzip", "Content-Encoding: gzip, asked for or not"),
    ("crlf", "event lines end in CR LF"),
    ("split=1", "written in pieces of so many bytes"),
    ("drip=10:5", "written in pieces of 10 bytes, 5 ms apart"),
];

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misbehaviour {
    Door(Door),
    Content(Content),
    Wire(Wire),
}

/// What goes wrong before a request is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    Refuse,
    ResetOnAccept,
}

/// What goes wrong in what is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Status(u16),
    Code(String),
    RetryAfter(String),
    Redirect(String),
    Cookie,
    Html,
    Empty,
    WrongType(String),
    Malformed { after_events: usize },
    ErrorEvent { after_events: usize },
    Failed { after_events: usize },
    NoDone,
    NoUsage,
    Comments,
    Finish(String),
    FlatError,
    Deviation(Deviation),
    Huge { bytes: usize, is_one_event: bool },
}

/// In which way a chat differs from OpenAI's form, as one host or another does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deviation {
    ReasoningContent,
    Reasoning,
    ThinkTags,
    WholeCalls,
    NoToolIndex,
    ToolIndexZero,
    NullId,
    RoleInEach,
    Obfuscation,
    UsageInChoice,
    UsageInXGroq,
    UsageUnasked,
    UsageInEach,
}

/// What goes wrong in how it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    Unanswered(Ending),
    NotHttp,
    CutHead(usize),
    SlowHead(Duration),
    SlowFirst(Duration),
    Break { place: Place, then: Break },
    KeepsOpen,
    UntilClose,
    WrongLength(i64),
    Gzip,
    Crlf,
    Pieces { bytes: usize, pause: Duration },
}

/// Where in the body an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Events(usize),
    Bytes(usize),
}

/// What happens where an answer breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Break {
    /// The body is ended as if that were all.
    Truncate,
    /// The body is left unended.
    Leave(Ending),
    /// Nothing but comments follows, one each such time.
    Pings(Duration),
}

/// How a connection is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Ready for the next request.
    KeepAlive,
    /// Closed in order: the peer reads an end of file.
    Close,
    /// Closed by a reset: the peer reads an error.
    Reset,
    /// Open and silent until the peer goes.
    Hang,
}

/// Reads a list of misbehaviours; the error names the word at fault.
pub(crate) fn parse(text: &str) -> Result<Vec<Misbehaviour>, String> {
    let list = text.split(';').map(|word| parse_one(word.trim())).collect::<Result<Vec<_>, _>>()?;
    let has_door = list.iter().any(|one| matches!(one, Misbehaviour::Door(_)));
    if has_door && list.len() > 1 {
        return Err(format!("{text}: what happens at the door stands alone"));
    }
    Ok(list)
}

fn parse_one(word: &str) -> Result<Misbehaviour, String> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Value { word, text: Some(value) }),
        None => (word, Value { word, text: None }),
    };
    // Names without a value are looked up first, so that a stray value is noticed.
    if let Some(plain) = parse_plain(name) {
        return if value.text.is_none() { Ok(plain) } else { Err(format!("{word}: {name} takes no value")) };
    }
    let broken = |place, then| Misbehaviour::Wire(Wire::Break { place, then });
    Ok(match name {
        "cut_head" => Misbehaviour::Wire(Wire::CutHead(value.count()?)),
        "slow_head" => Misbehaviour::Wire(Wire::SlowHead(value.milliseconds()?)),
        "slow_first" => Misbehaviour::Wire(Wire::SlowFirst(value.milliseconds()?)),
        "status" => Misbehaviour::Content(Content::Status(value.number(200, 599)? as u16)),
        "code" => Misbehaviour::Content(Content::Code(value.header_text()?)),
        "retry_after" => Misbehaviour::Content(Content::RetryAfter(value.header_text()?)),
        "redirect" => Misbehaviour::Content(Content::Redirect(value.header_text()?)),
        "wrong_type" => Misbehaviour::Content(Content::WrongType(value.header_text()?)),
        "malformed" => Misbehaviour::Content(Content::Malformed { after_events: value.count()? }),
        "error_event" => Misbehaviour::Content(Content::ErrorEvent { after_events: value.count()? }),
        "finish" => Misbehaviour::Content(Content::Finish(value.text()?)),
        "failed" => Misbehaviour::Content(Content::Failed { after_events: value.count()? }),
        "huge" => Misbehaviour::Content(Content::Huge { bytes: value.count()?, is_one_event: false }),
        "huge_event" => Misbehaviour::Content(Content::Huge { bytes: value.count()?, is_one_event: true }),
        "cut" => broken(Place::Events(value.count()?), Break::Leave(Ending::Close)),
        "cut_bytes" => broken(Place::Bytes(value.count()?), Break::Leave(Ending::Close)),
        "reset" => broken(Place::Events(value.count()?), Break::Leave(Ending::Reset)),
        "reset_bytes" => broken(Place::Bytes(value.count()?), Break::Leave(Ending::Reset)),
        "stall" => broken(Place::Events(value.count()?), Break::Leave(Ending::Hang)),
        "stall_bytes" => broken(Place::Bytes(value.count()?), Break::Leave(Ending::Hang)),
        "truncate" => broken(Place::Events(value.count()?), Break::Truncate),
        "truncate_bytes" => broken(Place::Bytes(value.count()?), Break::Truncate),
        "pings" => {
            let (events, every) = value.pair()?;
            broken(Place::Events(events.count()?), Break::Pings(every.positive_milliseconds()?))
        }
        "wrong_length" => Misbehaviour::Wire(Wire::WrongLength(value.number(-1_000_000, 1_000_000)?)),
        "split" => {
            let bytes = value.number(1, HUGE_BYTES_MAX as i64)? as usize;
            Misbehaviour::Wire(Wire::Pieces { bytes, pause: Duration::ZERO })
        }
        "drip" => {
            let (bytes, pause) = value.pair()?;
            let bytes = bytes.number(1, HUGE_BYTES_MAX as i64)? as usize;
            Misbehaviour::Wire(Wire::Pieces { bytes, pause: pause.positive_milliseconds()? })
        }
        _ => return Err(unknown(word)),
    })
}

fn parse_plain(name: &str) -> Option<Misbehaviour> {
    Some(match name {
        "refuse" => Misbehaviour::Door(Door::Refuse),
        "reset_on_accept" => Misbehaviour::Door(Door::ResetOnAccept),
        "reset_after_request" => Misbehaviour::Wire(Wire::Unanswered(Ending::Reset)),
        "close_after_request" => Misbehaviour::Wire(Wire::Unanswered(Ending::Close)),
        "hang" => Misbehaviour::Wire(Wire::Unanswered(Ending::Hang)),
        "not_http" => Misbehaviour::Wire(Wire::NotHttp),
        "cookie" => Misbehaviour::Content(Content::Cookie),
        "html" => Misbehaviour::Content(Content::Html),
        "empty" => Misbehaviour::Content(Content::Empty),
        "no_done" => Misbehaviour::Content(Content::NoDone),
        "no_usage" => Misbehaviour::Content(Content::NoUsage),
        "comments" => Misbehaviour::Content(Content::Comments),
        "reasoning_content" => deviation(Deviation::ReasoningContent),
        "reasoning" => deviation(Deviation::Reasoning),
        "think_tags" => deviation(Deviation::ThinkTags),
        "whole_calls" => deviation(Deviation::WholeCalls),
        "no_tool_index" => deviation(Deviation::NoToolIndex),
        "tool_index_zero" => deviation(Deviation::ToolIndexZero),
        "null_id" => deviation(Deviation::NullId),
        "role_in_each" => deviation(Deviation::RoleInEach),
        "obfuscation" => deviation(Deviation::Obfuscation),
        "usage_in_choice" => deviation(Deviation::UsageInChoice),
        "usage_in_x_groq" => deviation(Deviation::UsageInXGroq),
        "usage_unasked" => deviation(Deviation::UsageUnasked),
        "usage_in_each" => deviation(Deviation::UsageInEach),
        "flat_error" => Misbehaviour::Content(Content::FlatError),
        "keeps_open" => Misbehaviour::Wire(Wire::KeepsOpen),
        "until_close" => Misbehaviour::Wire(Wire::UntilClose),
        "gzip" => Misbehaviour::Wire(Wire::Gzip),
        "crlf" => Misbehaviour::Wire(Wire::Crlf),
        _ => return None,
    })
}

const fn deviation(deviation: Deviation) -> Misbehaviour {
    Misbehaviour::Content(Content::Deviation(deviation))
}

fn unknown(word: &str) -> String {
    let names: Vec<&str> = SYNTAX.iter().map(|(syntax, _)| *syntax).collect();
    format!("{word:?} is no misbehaviour; known are {}", names.join(", "))
}

/// The part after the equals sign, and the word it stands in for the error.
#[derive(Clone, Copy)]
struct Value<'a> {
    word: &'a str,
    text: Option<&'a str>,
}

impl<'a> Value<'a> {
    fn number(self, least: i64, most: i64) -> Result<i64, String> {
        let number = self.text.and_then(|text| text.parse().ok());
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| format!("{}: needs a whole number from {least} to {most}", self.word))
    }

    fn count(self) -> Result<usize, String> {
        self.number(0, HUGE_BYTES_MAX as i64).map(|count| count as usize)
    }

    fn milliseconds(self) -> Result<Duration, String> {
        self.number(0, DELAY_MS_MAX as i64).map(|ms| Duration::from_millis(ms as u64))
    }

    /// For what is repeated for ever: a pause of nothing would be a busy loop.
    fn positive_milliseconds(self) -> Result<Duration, String> {
        self.number(1, DELAY_MS_MAX as i64).map(|ms| Duration::from_millis(ms as u64))
    }

    fn header_text(self) -> Result<String, String> {
        let text = self.text.map(str::trim).filter(|text| !text.is_empty() && !text.contains(['\r', '\n']));
        text.map(str::to_owned).ok_or_else(|| format!("{}: needs a text of one line", self.word))
    }

    /// Any text, none too; only the equals sign is needed.
    fn text(self) -> Result<String, String> {
        self.text.map(str::to_owned).ok_or_else(|| format!("{}: needs an equals sign and a text", self.word))
    }

    fn pair(self) -> Result<(Self, Self), String> {
        let (first, second): (&'a str, &'a str) = self
            .text
            .and_then(|text| text.split_once(':'))
            .ok_or_else(|| format!("{}: needs two numbers such as 10:5", self.word))?;
        Ok((Self { text: Some(first), ..self }, Self { text: Some(second), ..self }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Content, Misbehaviour, SYNTAX, parse};

    #[test]
    fn everything_listed_can_be_written() {
        for (syntax, _) in SYNTAX {
            assert_eq!(parse(syntax).map(|list| list.len()), Ok(1), "{syntax}");
        }
    }

    #[test]
    fn several_are_joined() {
        let list = parse("status=429; retry_after=2").unwrap();
        assert_eq!(
            list,
            [
                Misbehaviour::Content(Content::Status(429)),
                Misbehaviour::Content(Content::RetryAfter("2".to_owned())),
            ]
        );
    }

    #[test]
    fn a_mistake_is_named() {
        let check = |text: &str, part: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        check("explode", "known are refuse, reset_on_accept");
        check("cut", "cut: needs a whole number");
        check("cut=-1", "cut=-1: needs a whole number");
        check("hang=3", "hang takes no value");
        check("drip=10", "needs two numbers");
        check("drip=10:0", "from 1 to");
        check("status=99", "from 200 to 599");
        check("refuse;cut=3", "stands alone");
        check("", "is no misbehaviour");
    }
}
