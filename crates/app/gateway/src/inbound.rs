//! A caller's connection, plain or under TLS, with the descriptor in reach, and eyes on request heads.
//!
//! hyper resolves a head with both `content-length` and `transfer-encoding` silently. We must refuse it, so the bytes
//! of every head are looked at before hyper sees them: a chunked request is served only if its head was seen clean.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use wide::u8x16;

/// Longest unfinished head that is remembered; hyper refuses it long before.
const PARTIAL_HEAD_BYTES_MAX: usize = 1 << 20;

/// What a connection is doing, for its time limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Between requests.
    Idle,
    /// Bytes of a head have come.
    Head,
    /// A request is being served.
    Busy,
}

/// What the socket, the service and the watch of one connection tell each other.
#[derive(Debug)]
pub(crate) struct ConnectionFacts {
    phase: Cell<Phase>,
    since: Cell<Instant>,
    /// Requests being served (HTTP/2 has several).
    busy: Cell<u32>,
    /// Whether the last whole head that named a transfer-encoding had no content-length.
    saw_clean_chunked_head: Cell<bool>,
    partial_head: RefCell<Vec<u8>>,
    /// Since when the caller has taken nothing of what is to be written.
    write_stalled_since: Cell<Option<Instant>>,
}

impl ConnectionFacts {
    pub(crate) fn new(now: Instant) -> Rc<Self> {
        Rc::new(Self {
            phase: Cell::new(Phase::Idle),
            since: Cell::new(now),
            busy: Cell::new(0),
            saw_clean_chunked_head: Cell::new(false),
            partial_head: RefCell::default(),
            write_stalled_since: Cell::new(None),
        })
    }

    pub(crate) fn phase(&self) -> (Phase, Instant) {
        (self.phase.get(), self.since.get())
    }

    /// A request begins.
    pub(crate) fn begin(&self) {
        self.busy.set(self.busy.get() + 1);
        self.phase.set(Phase::Busy);
    }

    /// A request is over.
    pub(crate) fn end(&self) {
        self.busy.set(self.busy.get() - 1);
        if self.busy.get() == 0 {
            self.phase.set(Phase::Idle);
            self.since.set(Instant::now());
        }
    }

    /// Whether the head of the chunked request that begins now was seen, and seen clean. Asking uses the answer up.
    pub(crate) fn take_clean_chunked_head(&self) -> bool {
        self.saw_clean_chunked_head.replace(false)
    }

    pub(crate) fn write_stalled_since(&self) -> Option<Instant> {
        self.write_stalled_since.get()
    }

    /// Notes whether a write moved anything.
    fn note_write(&self, written: &Poll<io::Result<usize>>) {
        match (written, self.write_stalled_since.get()) {
            (Poll::Pending, None) => self.write_stalled_since.set(Some(Instant::now())),
            (Poll::Ready(_), Some(_)) => self.write_stalled_since.set(None),
            _ => {}
        }
    }

    /// Looks at what was read between requests.
    fn inspect(&self, read: &[u8]) {
        // hyper skips blank lines before a head, and so do we.
        let blank = read.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let read = if self.partial_head.borrow().is_empty() { &read[blank..] } else { read };
        if read.is_empty() {
            return;
        }
        if self.phase.get() == Phase::Idle {
            self.phase.set(Phase::Head);
            self.since.set(Instant::now());
        }
        let mut partial = self.partial_head.borrow_mut();
        if partial.is_empty() && head_end(read).is_some() {
            self.judge(read);
        } else if partial.len() + read.len() <= PARTIAL_HEAD_BYTES_MAX {
            partial.extend_from_slice(read);
            if head_end(&partial).is_some() {
                self.judge(&partial);
                *partial = Vec::new();
            }
        }
    }

    fn judge(&self, bytes: &[u8]) {
        let head = &bytes[..head_end(bytes).unwrap_or(bytes.len())];
        if has_line(head, b"transfer-encoding:") {
            self.saw_clean_chunked_head.set(!has_line(head, b"content-length:"));
        }
    }
}

/// Where a head ends, blank line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    line_starts(bytes).find_map(|at| match &bytes[at..] {
        [b'\r', b'\n', ..] => Some(at + 2),
        [b'\n', ..] => Some(at + 1),
        _ => None,
    })
}

/// Whether a line begins with `name`, in any letter case.
fn has_line(head: &[u8], name: &[u8]) -> bool {
    line_starts(head)
        .any(|at| head[at..].get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// The places behind line feeds.
fn line_starts(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let (blocks, tail) = bytes.as_chunks::<16>();
    let tail_start = bytes.len() - tail.len();
    let in_blocks = blocks.iter().enumerate().flat_map(|(index, block)| {
        let mut hits = u8x16::new(*block).simd_eq(u8x16::splat(b'\n')).to_bitmask();
        std::iter::from_fn(move || {
            let bit = (hits != 0).then(|| hits.trailing_zeros())?;
            hits &= hits - 1;
            Some(index * 16 + bit as usize + 1)
        })
    });
    let in_tail =
        tail.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(move |(at, _)| tail_start + at + 1);
    in_blocks.chain(in_tail)
}

/// Up to this many bytes it is cheaper to put the parts of an answer together than to let the system do it.
const GATHERED_BYTES_MAX: usize = 2048;

/// Puts the parts one behind the other; `whole` is as long as all of them.
fn gather(parts: &[IoSlice<'_>], mut whole: &mut [u8]) {
    for part in parts {
        let (place, behind) = whole.split_at_mut(part.len());
        place.copy_from_slice(part);
        whole = behind;
    }
}

/// The socket itself.
#[derive(Debug)]
pub(crate) enum InboundSocket {
    /// As it came.
    Plain(TcpStream),
    /// Behind a TLS handshake.
    Tls(Box<TlsStream<TcpStream>>),
}

/// The socket as hyper reads it.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) socket: InboundSocket,
    pub(crate) facts: Rc<ConnectionFacts>,
    /// HTTP/2 has frames instead of heads, and no such ambiguity.
    pub(crate) has_heads: bool,
}

impl AsyncRead for Inbound {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(match &mut this.socket {
            InboundSocket::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            InboundSocket::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
        })?;
        if this.has_heads && this.facts.phase.get() != Phase::Busy {
            this.facts.inspect(&buffer.filled()[before..]);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Inbound {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.socket {
            InboundSocket::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            InboundSocket::Tls(tls) => Pin::new(tls.as_mut()).poll_write(cx, bytes),
        };
        this.facts.note_write(&written);
        written
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        if length <= GATHERED_BYTES_MAX && parts.len() > 1 {
            let mut whole = [0; GATHERED_BYTES_MAX];
            let whole = &mut whole[..length];
            gather(parts, whole);
            return self.poll_write(cx, whole);
        }
        let this = self.get_mut();
        let written = match &mut this.socket {
            InboundSocket::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, parts),
            InboundSocket::Tls(tls) => Pin::new(tls.as_mut()).poll_write_vectored(cx, parts),
        };
        this.facts.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            InboundSocket::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            InboundSocket::Tls(tls) => Pin::new(tls.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().socket {
            InboundSocket::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            InboundSocket::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::ConnectionFacts;

    fn is_clean(head: &str, cut: usize) -> bool {
        let facts = ConnectionFacts::new(Instant::now());
        facts.inspect(&head.as_bytes()[..cut]);
        facts.inspect(&head.as_bytes()[cut..]);
        facts.take_clean_chunked_head()
    }

    #[test]
    fn a_chunked_head_is_clean_only_without_a_length_however_it_is_cut() {
        let clean = "POST /v1/embeddings HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let doubtful =
            "POST / HTTP/1.1\r\nHost: a\r\nCONTENT-length: 5\r\ntransfer-ENCODING: chunked\r\nx: y\r\n\r\n";
        let other_order = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length : 5\r\nContent-Length: 5\r\n\r\n";
        let plain = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n";
        for cut in 0..clean.len() {
            assert!(is_clean(clean, cut), "cut at {cut}");
        }
        for head in [doubtful, other_order, plain] {
            for cut in 0..head.len() {
                assert!(!is_clean(head, cut), "{head:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn the_body_behind_a_head_does_not_count() {
        let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n\ncontent-length: 5\n";
        assert!(is_clean(head, 0));
    }
}
