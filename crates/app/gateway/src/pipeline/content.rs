//! The content of an answer: its body, unpacked where a provider has compressed it without being asked to. What is
//! compressed could not be watched, and half of it would look whole.

use std::future::poll_fn;
use std::io::{self, Write};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use flate2::write::GzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderName, HeaderValue};
use upstream::{BodyFailure, ReplyBody};

/// Most packed bytes that are unpacked in one step, so that what is packed a thousandfold costs little memory.
const STEP_BYTES_MAX: usize = 1024;

/// What an answer says.
#[derive(Debug)]
pub(crate) struct Content {
    body: ReplyBody,
    packed: Option<Box<Packed>>,
    /// The rest of a piece of which only a part was wanted yet.
    put_back: Bytes,
}

/// A coding that we cannot undo.
#[derive(Debug)]
pub(super) struct UnknownCoding;

#[derive(Debug)]
struct Packed {
    decoder: GzDecoder<Vec<u8>>,
    unread: Bytes,
    is_over: bool,
}

impl Content {
    pub(super) fn of(body: ReplyBody, headers: &[(HeaderName, HeaderValue)]) -> Result<Self, UnknownCoding> {
        let coding =
            headers.iter().find(|(name, _)| *name == CONTENT_ENCODING).map(|(_, value)| value.as_bytes());
        let is = |coding: &[u8], name: &[u8]| coding.eq_ignore_ascii_case(name);
        let packed = match coding {
            None => None,
            Some(coding) if coding.is_empty() || is(coding, b"identity") => None,
            Some(coding) if is(coding, b"gzip") || is(coding, b"x-gzip") => Some(Box::new(Packed {
                decoder: GzDecoder::new(Vec::new()),
                unread: Bytes::new(),
                is_over: false,
            })),
            Some(_) => return Err(UnknownCoding),
        };
        Ok(Self { body, packed, put_back: Bytes::new() })
    }

    /// Whether nothing more will come.
    pub(super) fn is_end(&self) -> bool {
        self.put_back.is_empty()
            && self.body.is_end()
            && self.packed.as_ref().is_none_or(|packed| packed.is_over)
    }

    /// How many bytes are still to come, where that is known.
    pub(super) fn known_length(&self) -> Option<u64> {
        if self.packed.is_some() {
            return None;
        }
        Some(self.body.known_length()? + self.put_back.len() as u64)
    }

    /// The next piece; `None` at the end of a whole body.
    pub(super) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFailure>>> {
        if !self.put_back.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.put_back))));
        }
        let Some(packed) = &mut self.packed else { return self.body.poll_piece(cx) };
        loop {
            if packed.unread.is_empty() {
                if packed.is_over {
                    return Poll::Ready(None);
                }
                match ready!(self.body.poll_piece(cx)) {
                    Some(Ok(piece)) => packed.unread = piece,
                    Some(Err(failure)) => return Poll::Ready(Some(Err(failure))),
                    None => {
                        packed.is_over = true;
                        return Poll::Ready(packed.finish().transpose());
                    }
                }
            }
            match packed.step() {
                Ok(piece) if piece.is_empty() => {}
                Ok(piece) => return Poll::Ready(Some(Ok(piece))),
                Err(error) => return Poll::Ready(Some(Err(BodyFailure::Cut(error)))),
            }
        }
    }

    /// The rest of the piece that came last: it comes again as the next.
    pub(super) fn put_back(&mut self, rest: Bytes) {
        self.put_back = rest;
    }

    /// Wants nothing more of it.
    pub(super) fn abandon(&mut self) {
        self.body.abandon();
        self.packed = None;
        self.put_back = Bytes::new();
    }

    /// Reads all, if it is at most `bytes_max`.
    pub(super) async fn collect(&mut self, bytes_max: usize) -> Option<Bytes> {
        if self.packed.is_none() {
            return self.body.collect(bytes_max).await.ok().flatten();
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = poll_fn(|cx| self.poll_piece(cx)).await {
            whole.extend_from_slice(&piece.ok()?);
            if whole.len() > bytes_max {
                return None;
            }
        }
        Some(whole.freeze())
    }
}

impl Packed {
    /// Unpacks a little.
    fn step(&mut self) -> io::Result<Bytes> {
        let step = &self.unread[..self.unread.len().min(STEP_BYTES_MAX)];
        let taken = self.decoder.write(step)?;
        if taken == 0 {
            return Err(io::Error::from(io::ErrorKind::InvalidData));
        }
        self.unread.advance(taken);
        self.decoder.flush()?;
        Ok(Bytes::from(std::mem::take(self.decoder.get_mut())))
    }

    /// Checks that all has come; what had not been handed out is.
    fn finish(&mut self) -> Result<Option<Bytes>, BodyFailure> {
        self.decoder.try_finish().map_err(BodyFailure::Cut)?;
        let rest = std::mem::take(self.decoder.get_mut());
        Ok((!rest.is_empty()).then(|| Bytes::from(rest)))
    }
}
