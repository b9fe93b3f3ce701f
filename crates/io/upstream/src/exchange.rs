//! One request and the head of its answer on one connection.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::io::AsyncWrite;

use crate::client::Shared;
use crate::failure::SendFailure;
use crate::line::Line;
use crate::pool::Connection;
use crate::reply_body::ReplyBody;
use crate::reply_head::{HEAD_BYTES_MAX, take_head};

/// Slices handed to one vectored write.
const SLICES_MAX: usize = 32;

/// A request, ready to be written: its head in one piece, its body in as many as it came.
#[derive(Debug)]
pub struct Request<'a> {
    head: Vec<u8>,
    body: &'a [Bytes],
}

impl<'a> Request<'a> {
    /// A request for `path` below the line's base. Of `headers` the caller of this function answers for every one;
    /// host, authorization and length are added here.
    pub fn new<'h>(
        line: &Line,
        method: &str,
        path: &str,
        headers: impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)>,
        body: &'a [Bytes],
    ) -> Self {
        let mut head = Vec::with_capacity(768);
        for part in [method, " ", line.base().path(), path, " HTTP/1.1\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        head.extend_from_slice(line.fixed_headers());
        for (name, value) in headers {
            head.extend_from_slice(name.as_str().as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(value.as_bytes());
            head.extend_from_slice(b"\r\n");
        }
        let length: usize = body.iter().map(Bytes::len).sum();
        head.extend_from_slice(b"content-length: ");
        push_decimal(&mut head, length);
        head.extend_from_slice(b"\r\n\r\n");
        Self { head, body }
    }
}

/// The head of an answer, and its body to be read.
#[derive(Debug)]
pub struct Reply {
    /// The provider's status.
    pub status: StatusCode,
    /// All its headers, hop-by-hop ones included.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What follows.
    pub body: ReplyBody,
}

/// Writes the request and reads the head of the answer. A provider may answer before it has read all.
pub(crate) async fn exchange(
    shared: &Rc<Shared>,
    mut connection: Connection,
    request: &Request<'_>,
) -> Result<Reply, SendFailure> {
    let was_reused = connection.was_reused;
    let broken = |error| SendFailure::Broken { error, was_reused };
    let mut writer = Writer { request, written: 0, is_flushed: false };
    let mut received = BytesMut::new();
    loop {
        let read = poll_fn(|cx| {
            let write_failure = match writer.poll(&mut connection, cx) {
                Poll::Ready(Err(error)) => Some(error),
                _ => None,
            };
            // A provider that refuses early closes its side: its answer counts, not our failed write.
            match (shared.poll_read(&mut connection.socket, cx), write_failure) {
                (Poll::Ready(Ok(read)), None) => Poll::Ready(Ok(read)),
                (Poll::Ready(Ok(read)), Some(_)) if !read.is_empty() => Poll::Ready(Ok(read)),
                (Poll::Ready(Err(error)), None) | (_, Some(error)) => Poll::Ready(Err(error)),
                (Poll::Pending, None) => Poll::Pending,
            }
        })
        .await;
        let read = read.map_err(broken)?;
        if read.is_empty() {
            if received.is_empty() {
                return Err(broken(io::Error::from(io::ErrorKind::UnexpectedEof)));
            }
            return Err(SendFailure::NotHttp("it ended within its head"));
        }
        if received.is_empty() {
            received = read;
        } else {
            received.extend_from_slice(&read);
        }
        if let Some(head) = take_head(&mut received).map_err(SendFailure::NotHttp)? {
            // What was not written can no longer be: such a connection ends with this answer.
            let is_reusable = head.keeps_alive && writer.is_flushed;
            let body = ReplyBody::new(shared.clone(), connection, head.framing, received, is_reusable);
            return Ok(Reply { status: head.status, headers: head.headers, body });
        }
        debug_assert!(received.len() <= HEAD_BYTES_MAX + 64 * 1024);
    }
}

struct Writer<'a> {
    request: &'a Request<'a>,
    written: usize,
    is_flushed: bool,
}

impl Writer<'_> {
    fn poll(&mut self, connection: &mut Connection, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.is_flushed {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX];
            let count = self.unwritten(&mut slices);
            if count == 0 {
                ready!(Pin::new(&mut connection.socket).poll_flush(cx))?;
                self.is_flushed = true;
                break;
            }
            let wrote = ready!(Pin::new(&mut connection.socket).poll_write_vectored(cx, &slices[..count]))?;
            if wrote == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero)));
            }
            self.written += wrote;
        }
        Poll::Ready(Ok(()))
    }

    /// Fills `slices` with what comes next; returns how many.
    fn unwritten<'s>(&'s self, slices: &mut [IoSlice<'s>; SLICES_MAX]) -> usize {
        let mut skip = self.written;
        let mut count = 0;
        let parts = std::iter::once(self.request.head.as_slice())
            .chain(self.request.body.iter().map(|part| &part[..]));
        for part in parts {
            if skip >= part.len() {
                skip -= part.len();
            } else if count < SLICES_MAX {
                slices[count] = IoSlice::new(&part[skip..]);
                skip = 0;
                count += 1;
            } else {
                break;
            }
        }
        count
    }
}

fn push_decimal(text: &mut Vec<u8>, mut number: usize) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[at..]);
}
