//! A caller's connection, plain or under TLS, with the descriptor in reach, and eyes on request heads.
//!
//! hyper resolves a head with both `content-length` and `transfer-encoding` silently. We must refuse it, so the bytes
//! of every head are looked at before hyper sees them: a chunked request is served only if its head was seen clean.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use dialects::framing::http1::RequestHeadWatch;
use http::{Method, Version};
use socket2::SockRef;
use store::LastKey;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

use crate::linger::Linger;

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
    heads: RefCell<RequestHeadWatch>,
    /// Since when the caller has taken nothing of what is to be written.
    write_stalled_since: Cell<Option<Instant>>,
    /// A body is on its way that nobody has read to its end.
    is_body_coming: Cell<bool>,
    /// The end of the connection is the end of the answer: HTTP/1.0 has no other.
    ends_by_closing: Cell<bool>,
    /// An answer was cut, and nothing within it says so.
    is_answer_cut: Cell<bool>,
    /// The caller's key, which is mostly the one of the request before.
    pub(crate) last_key: RefCell<LastKey>,
}

impl ConnectionFacts {
    pub(crate) fn new(now: Instant) -> Rc<Self> {
        Rc::new(Self {
            phase: Cell::new(Phase::Idle),
            since: Cell::new(now),
            busy: Cell::new(0),
            heads: RefCell::default(),
            write_stalled_since: Cell::new(None),
            is_body_coming: Cell::new(false),
            ends_by_closing: Cell::new(false),
            is_answer_cut: Cell::new(false),
            last_key: RefCell::default(),
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

    /// A request of this version begins.
    pub(crate) fn note_version(&self, version: Version) {
        self.ends_by_closing.set(version < Version::HTTP_11);
    }

    /// The answer is cut where no error event can say so: only the connection can.
    pub(crate) fn note_answer_cut(&self) {
        self.is_answer_cut.set(true);
    }

    /// Whether the body of the present request is still to come, wholly or in part. Where it is not worth waiting for, it
    /// counts as having come.
    pub(crate) fn note_body_coming(&self, is_coming: bool) {
        self.is_body_coming.set(is_coming);
    }

    /// Whether the head of the chunked request that begins now was seen, and seen clean. Asking uses the answer up.
    pub(crate) fn take_clean_chunked_head(&self, method: &Method, headers: usize) -> bool {
        self.heads.borrow_mut().take_clean_chunked_head(method.as_str(), headers)
    }

    pub(crate) fn is_body_coming(&self) -> bool {
        self.is_body_coming.get()
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
        if self.heads.borrow_mut().feed(read) && self.phase.get() == Phase::Idle {
            self.phase.set(Phase::Head);
            self.since.set(Instant::now());
        }
    }
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
    /// Within the process.
    #[cfg(test)]
    Wire(simulator::Wire),
}

/// The socket as hyper reads it.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) socket: InboundSocket,
    pub(crate) facts: Rc<ConnectionFacts>,
    /// HTTP/2 has frames instead of heads, and no such ambiguity.
    pub(crate) has_heads: bool,
    pub(crate) linger: Option<Box<Linger>>,
}

impl InboundSocket {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_read(cx, buffer),
            #[cfg(test)]
            Self::Wire(wire) => Pin::new(wire).poll_read(cx, buffer),
        }
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls.as_mut()).poll_shutdown(cx),
            #[cfg(test)]
            Self::Wire(wire) => Pin::new(wire).poll_shutdown(cx),
        }
    }
}

/// A connection that is closed in good order says to a caller of HTTP/1.0 that his answer is whole. One that is cut is reset.
impl Drop for Inbound {
    fn drop(&mut self) {
        if self.facts.is_answer_cut.get() && self.facts.ends_by_closing.get() {
            let tcp = match &self.socket {
                InboundSocket::Plain(tcp) => tcp,
                InboundSocket::Tls(tls) => tls.get_ref().0,
                #[cfg(test)]
                InboundSocket::Wire(wire) => return wire.reset_on_drop(),
            };
            // Where that fails the connection is gone already.
            let _ = SockRef::from(tcp).set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Inbound {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(this.socket.poll_read(cx, buffer))?;
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
            #[cfg(test)]
            InboundSocket::Wire(wire) => Pin::new(wire).poll_write(cx, bytes),
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
            #[cfg(test)]
            InboundSocket::Wire(wire) => Pin::new(wire).poll_write_vectored(cx, parts),
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
            #[cfg(test)]
            InboundSocket::Wire(wire) => Pin::new(wire).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(this.socket.poll_shutdown(cx))?;
            if !this.has_heads || !this.facts.is_body_coming.get() {
                return Poll::Ready(Ok(()));
            }
        }
        let socket = &mut this.socket;
        let linger = this.linger.get_or_insert_with(Box::default);
        linger.poll(|cx, buffer| socket.poll_read(cx, buffer), cx).map(Ok)
    }
}
