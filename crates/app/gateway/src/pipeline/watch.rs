//! How an answer is read while it passes: its usage, whether it is whole, whether it tells of an error. What it is, is
//! seen from its first byte: what a provider says of it may be wrong.

use bytes::Bytes;
use dialects::openai_chat::{Operation, ReplyWatch, StreamFault, StreamWatch};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

use crate::pipeline::events::Events;
use crate::pipeline::understand::Prompt;

/// How an answer is read while it passes.
#[derive(Debug)]
pub(crate) enum Watch {
    Stream(Box<Events>),
    Json(Box<ReplyWatch>),
}

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) is_stream: bool,
    /// More than one choice, or an unknown number of them.
    choices: Option<u64>,
}

impl Wanted {
    pub(super) fn by(prompt: &Prompt) -> Self {
        let (operation, choices) = (prompt.operation, prompt.deciding.choices);
        Self {
            is_stream: prompt.deciding.is_streaming && operation != Operation::Embeddings,
            choices: match operation {
                // It may be asked for several prompts at once, which nobody counts: only the end mark ends it.
                Operation::Completions => Some(u64::MAX),
                _ => (choices != 1).then_some(choices),
            },
        }
    }
}

impl Watch {
    /// By the first byte that is not white, and by the provider's word where that byte does not tell.
    pub(super) fn for_answer(headers: &[(HeaderName, HeaderValue)], first: u8, wanted: Wanted) -> Self {
        let called = headers.iter().find(|(name, _)| *name == CONTENT_TYPE);
        let called = called.map_or(&[][..], |(_, value)| value.as_bytes());
        // Of a comment, `data`, `event`, `id`, `retry`, or a byte order mark.
        let may_be_event = b":deir\xef".contains(&first);
        let is_called_stream = starts_with(called, b"text/event-stream");
        if first != b'{' && (is_called_stream || may_be_event) {
            let watch = wanted.choices.map_or_else(StreamWatch::default, StreamWatch::of_choices);
            Self::Stream(Box::new(Events::new(watch)))
        } else {
            Self::Json(Box::default())
        }
    }

    /// The type this content has, whatever the provider calls it.
    pub(super) fn content_type(&self, called: Option<&HeaderValue>) -> Option<HeaderValue> {
        let called = called.map_or(&[][..], HeaderValue::as_bytes);
        match self {
            Self::Stream(_) if !starts_with(called, b"text/event-stream") => {
                Some(HeaderValue::from_static("text/event-stream"))
            }
            Self::Json(_) if !starts_with(called, b"application/json") => {
                Some(HeaderValue::from_static("application/json"))
            }
            _ => None,
        }
    }

    /// Reads the next piece and returns what of it may leave.
    pub(super) fn pass(&mut self, piece: Bytes) -> Bytes {
        match self {
            Self::Stream(events) => events.pass(piece),
            Self::Json(watch) => {
                watch.feed(&piece);
                piece
            }
        }
    }

    /// Nothing more will come; returns what was held back and may leave.
    pub(super) fn end(&mut self) -> Bytes {
        match self {
            Self::Stream(events) => events.end(),
            Self::Json(_) => Bytes::new(),
        }
    }

    /// Grows with every part of an answer: a comment or a ping is none.
    pub(super) fn signs_of_life(&self) -> Option<u64> {
        match self {
            Self::Stream(events) => Some(events.watch.signs_of_life()),
            Self::Json(_) => None,
        }
    }

    pub(super) fn usage(&self) -> Option<domain::Usage> {
        match self {
            Self::Stream(events) => events.watch.usage(),
            Self::Json(watch) => watch.usage(),
        }
    }

    /// Why a stream cannot go on.
    pub(super) fn fault(&self) -> Option<&StreamFault> {
        match self {
            Self::Stream(events) => events.watch.fault(),
            Self::Json(_) => None,
        }
    }

    /// Whether this may be the end.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Stream(events) => events.is_whole(),
            Self::Json(watch) => watch.is_whole() && !watch.is_error(),
        }
    }

    /// Whether this is the end, whatever the framing says: nothing of the answer can follow.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Stream(events) => events.watch.is_done() && events.watch.fault().is_none(),
            Self::Json(watch) => watch.is_whole(),
        }
    }
}

fn starts_with(value: &[u8], start: &[u8]) -> bool {
    value.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::CONTENT_TYPE;

    use super::{Wanted, Watch};

    fn watch(content_type: &'static str, first: u8) -> Watch {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Watch::for_answer(&headers, first, Wanted { is_stream: false, choices: None })
    }

    #[test]
    fn the_first_byte_tells_what_an_answer_is() {
        for content_type in ["application/json", "text/event-stream", "text/plain", "text/html", ""] {
            assert!(matches!(watch(content_type, b'{'), Watch::Json(_)), "{content_type}");
            assert!(matches!(watch(content_type, b'd'), Watch::Stream(_)), "{content_type}");
            assert!(matches!(watch(content_type, b':'), Watch::Stream(_)), "{content_type}");
        }
        assert!(matches!(watch("text/html", b'<'), Watch::Json(_)));
        assert!(matches!(watch("text/event-stream", b'<'), Watch::Stream(_)));
    }

    #[test]
    fn a_wrong_type_is_put_right_and_a_right_one_left() {
        let told = |content_type: &'static str, first| {
            watch(content_type, first).content_type(Some(&HeaderValue::from_static(content_type)))
        };
        assert_eq!(told("text/plain", b'{').unwrap(), "application/json");
        assert_eq!(told("text/plain", b'd').unwrap(), "text/event-stream");
        assert_eq!(told("Text/Event-Stream; charset=utf-8", b'd'), None);
        assert_eq!(told("application/json; charset=utf-8", b'{'), None);
    }
}
