//! The server's side of HTTP/1.1: reads requests off one connection. What goes out is `script.rs` and `player.rs`.
//!
//! Written by hand on a bare socket, because a node must be able to do what no HTTP library lets one do.

use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::chunked::ChunkedBody;
use crate::stream::Stream;

/// Largest request head.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Largest request body.
pub(crate) const BODY_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Longest silence of a peer that should be sending a request.
const READ_SECONDS_MAX: Duration = Duration::from_secs(600);
/// Longest wait for a peer to notice that we have closed.
const CLOSE_SECONDS_MAX: Duration = Duration::from_secs(1);

const HEADERS_MAX: usize = 128;
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// One request, whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query, as sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) keeps_alive: bool,
    pub(crate) knows_chunks: bool,
}

impl Request {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The target without its query.
    pub(crate) fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// The peer broke a rule and is told so.
    Refused(u16, &'static str),
    /// The peer left, or fell silent, in the middle of a request.
    Gone,
}

/// One connection of a peer.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) stream: Stream,
    /// What was read and not yet used: a part of the next request.
    pub(crate) buffer: BytesMut,
}

enum BodyLength {
    Bytes(usize),
    Chunked,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream) -> Self {
        // Without it the kernel may hold small writes back for 40 ms. A connection that is already gone may refuse it.
        let _ = stream.set_nodelay(true);
        Self::over(Stream::Tcp(stream))
    }

    /// Over anything.
    pub(crate) fn over(stream: Stream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    /// The next request; `None` when the peer left between two.
    pub(crate) async fn next_request(&mut self) -> Result<Option<Request>, RequestError> {
        let (mut request, head_bytes) = loop {
            if let Some(parsed) = parse_head(&self.buffer)? {
                break parsed;
            }
            if self.buffer.len() >= HEAD_BYTES_MAX {
                return Err(RequestError::Refused(431, "the request head is too large"));
            }
            if !self.read_more().await {
                return if self.buffer.is_empty() { Ok(None) } else { Err(RequestError::Gone) };
            }
        };
        self.buffer.advance(head_bytes);
        let length = body_length(&request)?;
        let waits = request.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
        if waits && self.buffer.is_empty() && self.stream.write_all(CONTINUE).await.is_err() {
            return Err(RequestError::Gone);
        }
        request.body = match length {
            BodyLength::Bytes(length) => self.read_counted(length).await?,
            BodyLength::Chunked => self.read_chunked().await?,
        };
        Ok(Some(request))
    }

    async fn read_counted(&mut self, length: usize) -> Result<Vec<u8>, RequestError> {
        if length > BODY_BYTES_MAX {
            return Err(RequestError::Refused(413, "the request body is too large"));
        }
        while self.buffer.len() < length {
            if !self.read_more().await {
                return Err(RequestError::Gone);
            }
        }
        Ok(self.buffer.split_to(length).into())
    }

    async fn read_chunked(&mut self) -> Result<Vec<u8>, RequestError> {
        let mut body = ChunkedBody::default();
        while !body.take(&mut self.buffer).map_err(|error| RequestError::Refused(400, error))? {
            if body.len() > BODY_BYTES_MAX {
                return Err(RequestError::Refused(413, "the request body is too large"));
            }
            if !self.read_more().await {
                return Err(RequestError::Gone);
            }
        }
        Ok(body.into_body())
    }

    /// Whether anything came.
    async fn read_more(&mut self) -> bool {
        let read = timeout(READ_SECONDS_MAX, self.stream.read_buf(&mut self.buffer)).await;
        matches!(read, Ok(Ok(count)) if count > 0)
    }

    /// Resets: the peer reads an error, not an end of file.
    pub(crate) fn reset(self) {
        self.stream.reset_on_drop();
    }

    /// Closes in order. Closing with unread bytes would turn into a reset, so what still comes is read first.
    pub(crate) async fn close(mut self) {
        if self.stream.shutdown().await.is_err() {
            return;
        }
        let drain = async {
            loop {
                self.buffer.clear();
                if !matches!(self.stream.read_buf(&mut self.buffer).await, Ok(count) if count > 0) {
                    break;
                }
            }
        };
        let _ = timeout(CLOSE_SECONDS_MAX, drain).await;
    }
}

/// The head at the front of the bytes and its length; `None` while it is not whole.
fn parse_head(bytes: &[u8]) -> Result<Option<(Request, usize)>, RequestError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Request::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(RequestError::Refused(431, "the request has too many headers"));
        }
        Err(_) => return Err(RequestError::Refused(400, "the request head is no HTTP")),
    };
    let is_http_11 = head.version == Some(1);
    let mut request = Request {
        method: head.method.unwrap_or_default().to_owned(),
        target: head.path.unwrap_or_default().to_owned(),
        headers: Vec::with_capacity(head.headers.len()),
        body: Vec::new(),
        keeps_alive: is_http_11,
        knows_chunks: is_http_11,
    };
    for header in head.headers.iter() {
        let value = String::from_utf8_lossy(header.value).into_owned();
        if header.name.eq_ignore_ascii_case("connection") {
            let has = |word| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(word));
            request.keeps_alive = (is_http_11 || has("keep-alive")) && !has("close");
        }
        request.headers.push((header.name.to_owned(), value));
    }
    Ok(Some((request, length)))
}

fn body_length(request: &Request) -> Result<BodyLength, RequestError> {
    match (request.header("transfer-encoding"), request.header("content-length")) {
        (None, None) => Ok(BodyLength::Bytes(0)),
        (None, Some(length)) => {
            let is_number = length.bytes().all(|byte| byte.is_ascii_digit());
            let length = length.parse().ok().filter(|_| is_number);
            length.map(BodyLength::Bytes).ok_or(RequestError::Refused(400, "the content length is no number"))
        }
        (Some(encoding), None) if encoding.eq_ignore_ascii_case("chunked") => Ok(BodyLength::Chunked),
        (Some(_), None) => Err(RequestError::Refused(400, "only chunked transfer encoding is known")),
        (Some(_), Some(_)) => {
            Err(RequestError::Refused(400, "both a transfer encoding and a content length were sent"))
        }
    }
}
