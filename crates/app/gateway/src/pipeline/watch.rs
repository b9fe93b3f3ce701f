//! How an answer is read while it passes: its usage, whether it is whole, whether it tells of an error. What it is, is
//! seen from its first byte: what a provider says of it may be wrong.

use bytes::Bytes;
use dialects::Dialect;
use dialects::canonical::Feature;
use dialects::surface::{AnswerForm, Operation};
use dialects::watch::{ReplyWatch, StreamFault, StreamWatch};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue};

use crate::pipeline::events::Events;
use crate::pipeline::outgoing::Wanted;
use crate::pipeline::translated::{TranslatedStream, TranslatedWhole};

/// How an answer is read while it passes.
#[derive(Debug)]
pub(crate) enum Watch {
    /// Events that pass as they are.
    Stream(Box<Events>),
    /// One JSON object that passes as it is.
    Json(Box<ReplyWatch>),
    /// Sound, text: only its framing says whether it is whole.
    Anything,
    /// Events of another dialect than the caller's.
    TranslatedStream(Box<TranslatedStream>),
    /// One JSON object of another dialect than the caller's.
    TranslatedWhole(Box<TranslatedWhole>),
}

impl Watch {
    /// By the first byte that is not white, and by the provider's word where that byte does not tell.
    pub(super) fn for_answer(headers: &[(HeaderName, HeaderValue)], first: u8, wanted: &mut Wanted) -> Self {
        let called = headers.iter().find(|(name, _)| *name == CONTENT_TYPE);
        let called = called.map_or(&[][..], |(_, value)| value.as_bytes());
        // Of a comment, `data`, `event`, `id`, `retry`, or a byte order mark.
        let may_be_event = b":deir\xef".contains(&first);
        let is_called_stream = starts_with(called, b"text/event-stream");
        let is_called_json = starts_with(called, b"application/json");
        let members = match wanted.form {
            AnswerForm::Anything if is_called_stream && wanted.is_stream => &[],
            AnswerForm::Anything if is_called_json && first == b'{' && wanted.is_media() => &[],
            AnswerForm::Anything => return Self::Anything,
            AnswerForm::Object(members) => members,
        };
        let is_stream = first != b'{' && (is_called_stream || may_be_event);
        match (wanted.translator.take(), is_stream) {
            (Some(translator), true) => Self::TranslatedStream(Box::new(translator.into_stream())),
            (Some(translator), false) => Self::TranslatedWhole(Box::new(translator.into_whole(members))),
            (None, true) => Self::Stream(Box::new(Events::new(wanted.stream_watch()))),
            (None, false) if wanted.operation == Operation::Images => {
                Self::Json(Box::new(ReplyWatch::of_pictures(members)))
            }
            (None, false) if wanted.is_media() => Self::Json(Box::new(ReplyWatch::of_anything(members))),
            (None, false) => Self::Json(Box::new(ReplyWatch::of(wanted.dialect, members))),
        }
    }

    /// Whether it is a stream of events for the caller.
    pub(super) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream(_) | Self::TranslatedStream(_))
    }

    /// Whether it is read in another dialect than it is written in.
    pub(super) fn is_translated(&self) -> bool {
        matches!(self, Self::TranslatedStream(_) | Self::TranslatedWhole(_))
    }

    /// The type this content has, whatever the provider calls it.
    pub(super) fn content_type(&self, called: Option<&HeaderValue>) -> Option<HeaderValue> {
        let called = called.map_or(&[][..], HeaderValue::as_bytes);
        let right = match self {
            Self::Stream(_) | Self::TranslatedStream(_) => "text/event-stream",
            Self::Json(_) | Self::TranslatedWhole(_) => "application/json",
            Self::Anything => return None,
        };
        (!starts_with(called, right.as_bytes())).then(|| HeaderValue::from_static(right))
    }

    /// Reads the next piece and returns what may leave for it.
    pub(super) fn pass(&mut self, piece: Bytes) -> Bytes {
        match self {
            Self::Stream(events) => events.pass(piece),
            Self::Json(watch) => {
                watch.feed(&piece);
                piece
            }
            Self::Anything => piece,
            Self::TranslatedStream(stream) => stream.pass(piece),
            Self::TranslatedWhole(whole) => {
                whole.keep(&piece);
                Bytes::new()
            }
        }
    }

    /// Nothing more will come; returns what was held back and may leave.
    pub(super) fn end(&mut self) -> Bytes {
        match self {
            Self::Stream(events) => events.end(),
            Self::TranslatedStream(stream) => stream.end(),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => Bytes::new(),
        }
    }

    /// Grows with every part of an answer: a comment or a ping is none.
    pub(super) fn signs_of_life(&self) -> Option<u64> {
        match self {
            Self::Stream(events) => Some(events.watch.signs_of_life()),
            Self::TranslatedStream(stream) => Some(stream.translation.signs_of_life()),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => None,
        }
    }

    /// What of a translated answer could not be told as it was; of a stream, once it has ended.
    pub(super) fn losses(&self) -> Vec<Feature> {
        match self {
            Self::TranslatedStream(stream) => stream.translation.losses(),
            Self::TranslatedWhole(whole) => whole.losses.clone(),
            Self::Stream(_) | Self::Json(_) | Self::Anything => Vec::new(),
        }
    }

    pub(super) fn usage(&self) -> Option<domain::Usage> {
        match self {
            Self::Stream(events) => events.watch.usage(),
            Self::Json(watch) => watch.usage(),
            Self::Anything => None,
            Self::TranslatedStream(stream) => stream.usage(),
            Self::TranslatedWhole(whole) => whole.usage(),
        }
    }

    /// Pieces of text that the usage does not count, should nothing follow; of what is translated it counts them itself.
    pub(super) fn uncounted(&self) -> u64 {
        match self {
            Self::Stream(events) => events.watch.deltas_behind_usage(),
            _ => 0,
        }
    }

    /// The same by the models that used them, where there were several.
    pub(super) fn usage_by_model(&self) -> Vec<domain::ModelUsage> {
        match self {
            Self::Stream(events) => events.watch.usage_by_model().to_vec(),
            Self::Json(watch) => watch.usage_by_model(),
            Self::Anything => Vec::new(),
            Self::TranslatedStream(stream) => stream.translation.usage_by_model().to_vec(),
            Self::TranslatedWhole(whole) => whole.usage_by_model().to_vec(),
        }
    }

    /// What the model wrote, if it is kept for counting.
    pub(super) fn said(&self) -> Option<&str> {
        match self {
            Self::Stream(events) => events.watch.said(),
            _ => None,
        }
    }

    /// The provider's own id of an answer that passes as it is.
    pub(super) fn answer_id(&self) -> Option<String> {
        match self {
            Self::Stream(events) => events.watch.id().map(str::to_owned),
            Self::Json(watch) => watch.id(),
            Self::Anything | Self::TranslatedStream(_) | Self::TranslatedWhole(_) => None,
        }
    }

    /// Why a stream cannot go on.
    pub(super) fn fault(&self) -> Option<&StreamFault> {
        match self {
            Self::Stream(events) => events.watch.fault(),
            Self::TranslatedStream(stream) => stream.fault(),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => None,
        }
    }

    /// How many parts of a stream have come that are an answer.
    pub(super) fn parts(&self) -> u64 {
        match self {
            Self::Stream(events) => events.watch.chunks(),
            Self::TranslatedStream(stream) => stream.translation.parts(),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => 0,
        }
    }

    /// Whether a part of a stream has come that is an answer, or a fault.
    pub(super) fn has_begun(&self) -> bool {
        self.parts() > 0 || self.fault().is_some()
    }

    /// Whether what has left ends between two events.
    pub(super) fn left_between_events(&self) -> bool {
        match self {
            Self::Stream(events) => events.left_between_events(),
            _ => true,
        }
    }

    /// Whether this may be the end.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Stream(events) => events.is_whole(),
            Self::Json(watch) => watch.is_whole() && !watch.is_error(),
            Self::Anything => true,
            Self::TranslatedStream(stream) => stream.translation.is_whole(),
            Self::TranslatedWhole(whole) => whole.usage().is_some(),
        }
    }

    /// Whether this is the end, whatever the framing says: nothing of the answer can follow.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Stream(events) => events.watch.is_done() && events.watch.fault().is_none(),
            Self::Json(watch) => watch.is_whole(),
            Self::Anything => false,
            Self::TranslatedStream(stream) => stream.translation.is_done(),
            Self::TranslatedWhole(whole) => whole.watch.is_whole(),
        }
    }

    /// Whether only the end mark is missing.
    pub(super) fn has_said_all(&self) -> bool {
        match self {
            Self::Stream(events) => events.watch.has_said_all() && events.is_whole(),
            Self::TranslatedStream(stream) => stream.translation.has_said_all(),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => false,
        }
    }

    /// Whether a stream that breaks now is whole all the same: it has its finish, and what the caller is told behind it.
    pub(super) fn is_whole_without_its_mark(&self) -> bool {
        match self {
            Self::Stream(events) => {
                self.is_over() || (events.watch.lacks_only_its_mark() && events.is_whole())
            }
            Self::TranslatedStream(_) => self.is_over() || self.has_said_all(),
            Self::Json(_) | Self::Anything | Self::TranslatedWhole(_) => false,
        }
    }

    /// Whether the caller has all he wants, though the provider goes on.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Self::TranslatedStream(stream) if stream.translation.is_cut())
    }
}

impl Wanted {
    /// Whether it is neither a conversation nor about one.
    fn is_media(&self) -> bool {
        !self.is_conversation && self.dialect == Dialect::OpenAiChat
    }

    fn stream_watch(&self) -> StreamWatch {
        if !self.is_conversation {
            return StreamWatch::of_anything();
        }
        let mut watch = match self.choices {
            Some(choices) => StreamWatch::of_choices(choices),
            None => StreamWatch::of_dialect(self.dialect),
        };
        if self.hides_usage {
            watch.hide_usage();
        }
        if self.keeps_said {
            watch.keep_said(self.dialect);
        }
        watch
    }
}

fn starts_with(value: &[u8], start: &[u8]) -> bool {
    // Nearly all write it in small letters.
    value.get(..start.len()).is_some_and(|begin| begin == start || begin.eq_ignore_ascii_case(start))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::CONTENT_TYPE;

    use dialects::Dialect;
    use dialects::surface::{AnswerForm, Operation};

    use super::{Wanted, Watch};

    fn watch(content_type: &'static str, first: u8) -> Watch {
        let headers = [(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        let form = AnswerForm::Object(&["choices"]);
        let whole = Wanted::whole(Dialect::OpenAiChat, Operation::Conversation, form);
        let mut wanted = Wanted { is_conversation: true, ..whole };
        Watch::for_answer(&headers, first, &mut wanted)
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
