//! What is asked? One pass over the body as it arrives finds the few fields that decide; the bytes stay as they came.

use std::cell::OnceCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use dialects::canonical;
use dialects::envelope;
use dialects::openai_chat::{Deciding, RequestFlaw, RequestScan};
use dialects::surface::Surface;
use domain::{Failure, Kind};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body::Body;
use hyper::body::Incoming;
use memchr::memmem::Finder;
use tokio::time::{sleep, timeout_at};

use crate::body_budget::BodyLease;
use crate::call::Call;
use crate::pipeline::flawed::flawed;
use crate::pipeline::media::FetchedMedia;
use crate::serving::Serving;

/// A caller who is slower than this, on average and after the grace of `request_body_ms`, is not waited for.
const BODY_BYTES_PER_SECOND_MIN: u64 = 16 * 1024;
/// Pieces are joined up to this size.
const JOINED_BYTES_MAX: usize = 8 * 1024;
/// How long a body waits for memory before it is refused.
const MEMORY_WAIT: Duration = Duration::from_secs(2);
const MEMORY_WAIT_STEP: Duration = Duration::from_millis(10);

/// A request that was read and understood.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) surface: &'static Surface,
    pub(crate) deciding: Deciding,
    /// The body, in the pieces it came in.
    pub(crate) pieces: Vec<Bytes>,
    pub(crate) length: usize,
    /// The same in no dialect, once a target needs it.
    canonical: OnceCell<Result<canonical::Prompt, canonical::Flaw>>,
    pub(crate) fetched: FetchedMedia,
    _memory: BodyLease,
}

impl Prompt {
    /// Whether an envelope of ours may be in the conversation; one that lies over two pieces counts, too.
    pub(crate) fn may_hold_envelopes(&self) -> bool {
        static QUOTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(envelope::PREFIX));
        let overlap = envelope::PREFIX.len() - 1;
        self.pieces.iter().any(|piece| QUOTED.find(piece).is_some())
            || self.pieces.windows(2).any(|pair| {
                let (left, right) = (&pair[0], &pair[1]);
                let seam = [&left[left.len().saturating_sub(overlap)..], &right[..right.len().min(overlap)]];
                QUOTED.find(&seam.concat()).is_some()
            })
    }

    /// The conversation in no dialect.
    pub(crate) fn canonical(&self) -> Result<&canonical::Prompt, Box<Failure>> {
        let read = self.canonical.get_or_init(|| {
            let translator = self.surface.dialect.translator();
            match self.pieces.as_slice() {
                [whole] => translator.read_prompt(whole),
                pieces => translator.read_prompt(&pieces.concat()),
            }
        });
        read.as_ref().map_err(|flaw| flawed(flaw.clone()))
    }
}

/// Reads the body and finds what decides.
pub(crate) async fn understand(
    call: &mut Call,
    serving: &Serving,
    surface: &'static Surface,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Prompt, Box<Failure>> {
    let bytes_max = serving.limits.body_bytes_max;
    refuse_unread(call, headers, bytes_max)?;
    let mut reader = BodyReader {
        body,
        memory: call.worker.gateway.bodies.lease(),
        grace: serving.timeouts.request_body,
        length: 0,
        bytes_max,
    };
    let mut scan = RequestScan::default();
    let mut pieces = Vec::with_capacity(1);
    let mut flaw = None;
    while let Some(piece) = reader.next(call.started).await? {
        // A body with a flaw is still read, within its limits: a caller that is writing cannot hear the answer.
        if flaw.is_none() {
            flaw = scan.feed(&piece).err();
            keep(&mut pieces, piece);
        }
    }
    call.connection.note_body_coming(false);
    call.bytes_in = reader.length as u64;
    call.received = Instant::now();
    let deciding = match flaw {
        Some(flaw) => Err(flaw),
        None => scan.finish(),
    };
    let mut deciding = deciding.map_err(refusal)?;
    call.model.clone_from(&deciding.model);
    deciding.is_streaming &= surface.can_stream;
    call.is_streaming = deciding.is_streaming;
    let (canonical, fetched) = (OnceCell::new(), FetchedMedia::new(call.worker.gateway.bodies.lease()));
    let (length, _memory) = (reader.length, reader.memory);
    Ok(Prompt { surface, deciding, pieces, length, canonical, fetched, _memory })
}

/// Keeps a piece as it is, or, if it is small, joined to small ones before it: a body sent byte by byte must not cost a
/// buffer a byte, which nobody would have counted.
fn keep(pieces: &mut Vec<Bytes>, piece: Bytes) {
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

/// What the head already tells.
fn refuse_unread(call: &Call, headers: &HeaderMap, bytes_max: usize) -> Result<(), Box<Failure>> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > bytes_max as u64) {
        // Nobody waits for that much, not even to drop it.
        call.connection.note_body_coming(false);
        return Err(too_large(bytes_max));
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

struct BodyReader {
    body: Incoming,
    memory: BodyLease,
    grace: Duration,
    length: usize,
    bytes_max: usize,
}

impl BodyReader {
    async fn next(&mut self, started: Instant) -> Result<Option<Bytes>, Box<Failure>> {
        loop {
            let patience = self.grace + Duration::from_secs(self.length as u64 / BODY_BYTES_PER_SECOND_MIN);
            let frame = timeout_at(
                (started + patience).into(),
                poll_fn(|cx| Pin::new(&mut self.body).poll_frame(cx)),
            )
            .await;
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
            if self.length > self.bytes_max {
                return Err(too_large(self.bytes_max));
            }
            self.take_memory().await?;
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

fn too_large(bytes_max: usize) -> Box<Failure> {
    Failure::new(Kind::TooLarge, format!("the body is larger than {bytes_max} bytes (limits.body_bytes_max)"))
}

fn refusal(flaw: RequestFlaw) -> Box<Failure> {
    let failure = Failure::new(Kind::BadRequest, flaw.message);
    match flaw.param {
        Some(param) => failure.with_param(param),
        None => failure,
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
