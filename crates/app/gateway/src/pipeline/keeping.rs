//! An answer that is kept while it passes, for whoever asks for it again. Its last piece leaves when all of it is written;
//! an answer that nobody takes to its end is not kept.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use store::{ANSWER_BYTES_MAX, Claimed, KeptAnswer, Written};
use tokio::time::{Sleep, sleep};

use crate::body_budget::BodyLease;
use crate::pipeline::flow::Flow;
use crate::pipeline::gathered::Gathered;
use crate::pipeline::relay::BrokenOff;

/// How long the last piece waits for a slow disk. What is written later is kept all the same.
const WRITE_WAIT_MAX: Duration = Duration::from_secs(2);

/// An answer on its way, and what has passed of it.
#[derive(Debug)]
pub(crate) struct Keeping {
    flow: Flow,
    claimed: Claimed,
    /// Status and headers; the body is put to them when it is written.
    answer: KeptAnswer,
    gathered: Gathered,
    /// So much of the body is written.
    written_bytes: Option<usize>,
    writing: Option<Box<Writing>>,
}

/// A record on its way to the disk.
#[derive(Debug)]
struct Writing {
    written: Written,
    until: Pin<Box<Sleep>>,
    /// What leaves behind it; nothing where the end is told.
    last: Option<Bytes>,
}

impl Keeping {
    pub(super) fn new(
        flow: Flow,
        claimed: Claimed,
        (status, headers): (u16, &HeaderMap),
        memory: BodyLease,
    ) -> Box<Self> {
        let told = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            (name.as_str().to_owned(), value.as_bytes().to_vec())
        };
        let is_stream = flow.known_length().is_none();
        let headers = headers.iter().map(told).collect();
        let answer = KeptAnswer { status, is_stream, headers, body: Vec::new() };
        Box::new(Self {
            flow,
            claimed,
            answer,
            gathered: Gathered::new(memory, ANSWER_BYTES_MAX),
            written_bytes: None,
            writing: None,
        })
    }

    /// The next piece for the caller.
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        loop {
            if self.writing.is_some() {
                return ready!(self.poll_written(cx))
                    .map_or(Poll::Ready(None), |last| Poll::Ready(Some(Ok(last))));
            }
            let last = match ready!(self.flow.poll_piece(cx)) {
                Some(Ok(piece)) => {
                    self.gathered.add(&piece);
                    if !self.flow.is_told() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                    Some(piece)
                }
                Some(Err(broken)) => return Poll::Ready(Some(Err(broken))),
                None if self.flow.is_told() => None,
                // It ended early, and its caller was told so.
                None => return Poll::Ready(None),
            };
            if !self.write(last.clone()) {
                return Poll::Ready(last.map(Ok));
            }
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        self.writing.is_none() && self.flow.is_end()
    }

    /// How much is to come, where that can be known.
    pub(crate) fn known_length(&self) -> Option<u64> {
        self.flow.known_length()
    }

    /// Begins to write what has passed, unless that is done, or cannot be.
    fn write(&mut self, last: Option<Bytes>) -> bool {
        let Some(body) = self.gathered.body() else {
            self.claimed.too_large();
            return false;
        };
        if self.written_bytes == Some(body.len()) {
            return false;
        }
        self.written_bytes = Some(body.len());
        let written = self.gathered.lend(|body| {
            self.answer.body = body;
            let written = self.claimed.keep(&self.answer);
            (written, std::mem::take(&mut self.answer.body))
        });
        let Ok(written) = written else {
            self.claimed.lose();
            return false;
        };
        self.writing = Some(Box::new(Writing { written, until: Box::pin(sleep(WRITE_WAIT_MAX)), last }));
        true
    }

    /// What leaves once it is written, or has not been for too long.
    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(writing) = &mut self.writing else { return Poll::Ready(None) };
        match Pin::new(&mut writing.written).poll(cx) {
            Poll::Ready(Ok(Ok(()))) => self.claimed.is_kept(),
            Poll::Ready(_) => self.claimed.lose(),
            Poll::Pending => {
                ready!(writing.until.as_mut().poll(cx));
                // Whoever writes says then what has become of it.
                self.claimed.is_kept();
            }
        }
        Poll::Ready(self.writing.take().and_then(|writing| writing.last))
    }
}
