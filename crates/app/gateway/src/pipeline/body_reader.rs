//! The body of a request as it comes: within its size, within its time, and within the memory there is.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use dialects::openai_chat::RequestFlaw;
use domain::{Failure, Kind};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::Body;
use hyper::body::Incoming;
use store::BodyDigest;
use tokio::time::{Instant, sleep, timeout_at};

use crate::body_budget::BodyLease;
use crate::call::Call;
use crate::serving::Serving;

/// A caller who is slower than this, on average and after the grace of `request_body_ms`, is not waited for.
const BODY_BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// Pieces are joined up to this size.
const JOINED_BYTES_MAX: usize = 8 * 1024;
/// How long a body waits for memory before it is refused.
const MEMORY_WAIT: Duration = Duration::from_secs(2);
const MEMORY_WAIT_STEP: Duration = Duration::from_millis(10);

/// The largest body that is taken, and which key of the configuration says so.
#[derive(Clone, Copy)]
pub(super) struct SizeLimit {
    pub(super) bytes_max: usize,
    pub(super) key: &'static str,
}

impl SizeLimit {
    fn refusal(self) -> Box<Failure> {
        let Self { bytes_max, key } = self;
        Failure::new(Kind::TooLarge, format!("the body is larger than {bytes_max} bytes ({key})"))
    }
}

/// A body that is being read.
pub(super) struct BodyReader {
    body: Incoming,
    pub(super) memory: BodyLease,
    grace: Duration,
    pub(super) length: usize,
    /// Of a call that may be a repeat.
    pub(super) digest: Option<BodyDigest>,
    limit: SizeLimit,
}

impl BodyReader {
    pub(super) fn new(call: &Call, serving: &Serving, body: Incoming, limit: SizeLimit) -> Self {
        let (memory, grace) = (call.worker.gateway.bodies.lease(), serving.timeouts.request_body);
        let digest = call.keyed.as_ref().map(|_| BodyDigest::default());
        Self { body, memory, grace, length: 0, digest, limit }
    }

    /// The next piece, with memory for it.
    pub(super) async fn next(&mut self, started: Instant) -> Result<Option<Bytes>, Box<Failure>> {
        let piece = self.next_uncounted(started).await?;
        if piece.is_some() {
            self.take_memory().await?;
        }
        Ok(piece)
    }

    /// The next piece, for which memory is still to be taken.
    pub(super) async fn next_uncounted(&mut self, started: Instant) -> Result<Option<Bytes>, Box<Failure>> {
        loop {
            let patience = self.grace + Duration::from_secs(self.length as u64 / BODY_BYTES_PER_SECOND_MIN);
            let frame =
                timeout_at(started + patience, poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx))).await;
            let Ok(frame) = frame else {
                let message = format!("the body did not arrive within {} ms", patience.as_millis());
                return Err(Failure::new(Kind::SlowCaller, message).with_limit(patience));
            };
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|_| {
                Failure::new(Kind::BadRequest, "the request body broke off or is not framed as HTTP")
            })?;
            // Trailers decide nothing and go nowhere.
            let Ok(piece) = frame.into_data() else { continue };
            self.length += piece.len();
            if self.length > self.limit.bytes_max {
                return Err(self.limit.refusal());
            }
            if let Some(digest) = &mut self.digest {
                digest.feed(&piece);
            }
            return Ok(Some(piece));
        }
    }

    async fn take_memory(&mut self) -> Result<(), Box<Failure>> {
        let mut waited = Duration::ZERO;
        while !self.memory.grow_to(self.length) && !self.memory.overdraw() {
            if waited >= MEMORY_WAIT {
                let failure = Failure::new(
                    Kind::Overloaded,
                    "too many large requests at once; memory for bodies is used up",
                );
                return Err(failure.with_retry_after(Duration::from_secs(1)));
            }
            sleep(MEMORY_WAIT_STEP).await;
            waited += MEMORY_WAIT_STEP;
        }
        Ok(())
    }
}

/// What the head already tells.
pub(super) fn refuse_unread(headers: &HeaderMap, limit: SizeLimit) -> Result<(), Box<Failure>> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > limit.bytes_max as u64) {
        return Err(limit.refusal());
    }
    let encoding = headers.get(CONTENT_ENCODING).map(http::HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::new(
            Kind::BadRequest,
            "compressed request bodies are not taken; send it as it is",
        ));
    }
    Ok(())
}

/// A body that cannot be understood.
pub(super) fn refusal(flaw: RequestFlaw) -> Box<Failure> {
    let failure = Failure::new(Kind::BadRequest, flaw.message);
    match flaw.param {
        Some(param) => failure.with_param(param),
        None => failure,
    }
}

/// Keeps a piece as it is, or, if it is small, joined to small ones before it: a body sent byte by byte must not cost a
/// buffer a byte, which nobody would have counted.
pub(super) fn keep(pieces: &mut Vec<Bytes>, piece: Bytes) {
    match pieces.pop() {
        Some(last) if last.len() + piece.len() <= JOINED_BYTES_MAX => {
            let mut joined = last.try_into_mut().unwrap_or_else(|last| {
                let mut room = BytesMut::with_capacity(JOINED_BYTES_MAX);
                room.extend_from_slice(&last);
                room
            });
            joined.extend_from_slice(&piece);
            pieces.push(joined.freeze());
        }
        last => {
            pieces.extend(last);
            pieces.push(piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{JOINED_BYTES_MAX, keep};

    #[test]
    fn small_pieces_are_joined_and_large_ones_left_alone() {
        let mut pieces = Vec::new();
        for _ in 0..20_000 {
            keep(&mut pieces, Bytes::from_static(b"x"));
        }
        assert_eq!(pieces.len(), 20_000_usize.div_ceil(JOINED_BYTES_MAX));
        let large = Bytes::from(vec![b'y'; JOINED_BYTES_MAX]);
        keep(&mut pieces, large.clone());
        assert_eq!(pieces.last().unwrap().as_ptr(), large.as_ptr());
        assert_eq!(pieces.concat().len(), 20_000 + JOINED_BYTES_MAX);
    }
}
