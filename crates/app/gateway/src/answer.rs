//! What goes back to a caller: whole bodies, relayed ones, and failures in the caller's dialect.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use dialects::Dialect;
use dialects::openai_chat::ErrorCodes;
use domain::{Failure, Kind};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use tokio::sync::mpsc;

use crate::call::Call;
use crate::header_names;
use crate::pipeline::{BrokenOff, Flow, Keeping, Retold, Sharing};

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All at once; `None` once it is sent.
    Whole(Option<Bytes>),
    /// As providers send it.
    Flowing(Flow),
    /// The same, kept for whoever asks again.
    Kept(Box<Keeping>),
    /// The same, kept for whoever asks the same.
    Shared(Box<Sharing>),
    /// As it was told before.
    Retold(Box<Retold>),
    /// As the control plane sends it.
    Channel(mpsc::Receiver<Bytes>),
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(
                bytes.take().filter(|bytes| !bytes.is_empty()).map(|bytes| Ok(Frame::data(bytes))),
            ),
            Self::Flowing(flow) => flow.poll_piece(cx).map(|piece| piece.map(|piece| piece.map(Frame::data))),
            Self::Kept(keeping) => {
                keeping.poll_piece(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
            Self::Shared(sharing) => {
                sharing.poll_piece(cx).map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
            Self::Retold(retold) => Poll::Ready(retold.next().map(|piece| Ok(Frame::data(piece)))),
            Self::Channel(pieces) => {
                pieces.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Self::Flowing(flow) => flow.is_end(),
            Self::Kept(keeping) => keeping.is_end(),
            Self::Shared(sharing) => sharing.is_end(),
            Self::Retold(retold) => retold.is_end(),
            Self::Channel(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        let length = match self {
            Self::Whole(bytes) => Some(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Flowing(flow) => flow.known_length(),
            Self::Kept(keeping) => keeping.known_length(),
            Self::Shared(sharing) => sharing.known_length(),
            Self::Retold(retold) => retold.known_length(),
            // Nobody can say how long it will be.
            Self::Channel(_) => None,
        };
        length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// An answer of our own.
pub(crate) fn whole(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::Whole(Some(body.into())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// Ends a call with a failure, and says so to the caller.
pub(crate) fn refuse(mut call: Box<Call>, failure: &Failure) -> Response<AnswerBody> {
    call.failed(failure);
    let codes = call.worker.gateway.serving.load().errors;
    let mut response = failed(failure, call.dialect, &call.request_id, codes);
    call.tell_limits(response.headers_mut());
    call.bytes_out = response.body().size_hint().exact().unwrap_or_default();
    response
}

/// A failure in the shape the caller's SDK knows.
pub(crate) fn failed(
    failure: &Failure,
    dialect: Dialect,
    request_id: &HeaderValue,
    codes: ErrorCodes,
) -> Response<AnswerBody> {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = dialect.translator().write_failure(failure, request_id.to_str().unwrap_or_default(), codes);
    let mut response = whole(status, "application/json", body);
    let headers = response.headers_mut();
    if let Some(wait) = failure.retry_after {
        let ms = wait.as_millis();
        headers.insert(RETRY_AFTER, number(ms.div_ceil(1000).max(1) as u64));
        headers.insert(HeaderName::from_static("retry-after-ms"), number(ms as u64));
    }
    let may_retry = match failure.kind {
        Kind::LimitReached => Some("true"),
        kind => (!kind.is_retryable()).then_some("false"),
    };
    if let Some(may_retry) = may_retry {
        headers.insert(HeaderName::from_static("x-should-retry"), HeaderValue::from_static(may_retry));
    }
    if let Some(allowed) = failure.allowed {
        headers.insert(http::header::ALLOW, HeaderValue::from_static(allowed));
    }
    if !failure.attempts.is_empty() {
        headers.insert(header_names::ATTEMPTS.clone(), number(failure.attempts.len() as u64));
    }
    if failure.kind == Kind::Unauthenticated {
        headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// A number as a header value.
pub(crate) fn number(value: u64) -> HeaderValue {
    HeaderValue::from(value)
}

/// An answer that was asked of nobody.
pub(crate) fn known(call: &mut Call, body: Vec<u8>) -> Response<AnswerBody> {
    call.answered(StatusCode::OK.as_u16(), None);
    call.bytes_out = body.len() as u64;
    let mut response = whole(StatusCode::OK, "application/json", body);
    call.tell_limits(response.headers_mut());
    response
}
