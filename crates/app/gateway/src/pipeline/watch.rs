//! How an answer is read while it passes: its usage, whether it is whole, whether it tells of an error.

use dialects::openai_chat::{Operation, ReplyWatch, StreamWatch};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

/// How an answer is read while it passes.
#[derive(Debug)]
pub(crate) enum Watch {
    Stream(Box<StreamWatch>),
    Json(Box<ReplyWatch>),
    /// Neither: audio, text, whatever a provider sends. Only its framing is watched.
    Blind,
}

impl Watch {
    /// By what the provider says of its answer.
    pub(super) fn for_answer(headers: &[(HeaderName, HeaderValue)], operation: Operation) -> Self {
        let header = |wanted: &HeaderName| {
            headers.iter().find(|(name, _)| name == wanted).map_or(&[][..], |(_, value)| value.as_bytes())
        };
        let coding = header(&CONTENT_ENCODING);
        if !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity") {
            return Self::Blind;
        }
        let content_type = header(&CONTENT_TYPE);
        let is_text_operation = matches!(operation, Operation::ChatCompletions | Operation::Completions);
        if content_type.starts_with(b"text/event-stream") && is_text_operation {
            Self::Stream(Box::default())
        } else if content_type.starts_with(b"application/json") {
            Self::Json(Box::default())
        } else {
            Self::Blind
        }
    }

    pub(super) fn feed(&mut self, piece: &[u8]) {
        match self {
            Self::Stream(watch) => watch.feed(piece),
            Self::Json(watch) => watch.feed(piece),
            Self::Blind => {}
        }
    }

    pub(super) fn usage(&self) -> Option<domain::Usage> {
        match self {
            Self::Stream(watch) => watch.usage(),
            Self::Json(watch) => watch.usage(),
            Self::Blind => None,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Stream(watch) => watch.is_finished() || watch.is_error(),
            Self::Json(watch) => watch.is_whole(),
            Self::Blind => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use dialects::openai_chat::Operation;
    use http::HeaderValue;
    use http::header::CONTENT_TYPE;

    use super::Watch;

    #[test]
    fn a_stream_without_an_end_is_not_whole() {
        let content = HeaderValue::from_static("text/event-stream; charset=utf-8");
        let mut watch = Watch::for_answer(&[(CONTENT_TYPE, content)], Operation::ChatCompletions);
        watch.feed(b"data: {\"choices\":[{\"delta\":{},\"finish_reason\":null}]}\n\n");
        assert!(!watch.is_whole());
        watch.feed(b"data: [DONE]\n\n");
        assert!(watch.is_whole());
    }
}
