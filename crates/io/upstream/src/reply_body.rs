//! The body of an answer, as it arrives. When it is whole its connection goes back to the pool by itself.

use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use dialects::framing::http1::Framing;
use tokio::time::Instant;

use crate::failure::BodyFailure;
use crate::pool::{Connection, Pool};

/// A body to be read. Dropping it unread closes the connection, which tells the provider to stop.
#[derive(Debug)]
pub struct ReplyBody {
    pool: Rc<Pool>,
    /// Gone once the body is whole or broken.
    connection: Option<Box<Connection>>,
    framing: Framing,
    /// Read together with the head, or with the end of the piece before.
    unread: BytesMut,
    is_reusable: bool,
}

impl ReplyBody {
    pub(crate) fn new(
        pool: Rc<Pool>,
        connection: Connection,
        framing: Framing,
        unread: BytesMut,
        is_reusable: bool,
    ) -> Self {
        let mut body = Self { pool, connection: Some(Box::new(connection)), framing, unread, is_reusable };
        body.settle_if_done();
        body
    }

    /// Whether nothing more will come.
    pub fn is_end(&self) -> bool {
        self.connection.is_none()
    }

    /// How many bytes are still to come, where that is known.
    pub fn known_length(&self) -> Option<u64> {
        if self.is_end() { Some(0) } else { self.framing.known_length() }
    }

    /// The next piece: everything that one read brought. `None` at the end of a whole body; after a failure nothing comes.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyFailure>>> {
        loop {
            let Some(connection) = &mut self.connection else { return Poll::Ready(None) };
            if self.unread.is_empty() {
                let read = ready!(connection.poll_read(cx));
                match read {
                    Ok(read) if !read.is_empty() => self.unread = read,
                    Ok(_) if self.framing.ends_with_connection() => {
                        self.connection = None;
                        return Poll::Ready(None);
                    }
                    Ok(_) => {
                        return self.fail(BodyFailure::Cut(io::Error::from(io::ErrorKind::UnexpectedEof)));
                    }
                    Err(error) => return self.fail(BodyFailure::Cut(error)),
                }
            }
            let piece = match self.framing.take_payload(&mut self.unread) {
                Ok(piece) => piece,
                Err(flaw) => return self.fail(BodyFailure::Framing(flaw)),
            };
            if self.unread.is_empty() {
                // Even an empty part of the shared buffer keeps all of it.
                self.unread = BytesMut::new();
            }
            self.settle_if_done();
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
    }

    /// Wants nothing more of it: the connection is closed.
    pub fn abandon(&mut self) {
        self.connection = None;
        self.unread = BytesMut::new();
    }

    /// Reads all, if it is at most `bytes_max`: for answers that must be judged before they are passed on.
    pub async fn collect(&mut self, bytes_max: usize) -> Result<Option<Bytes>, BodyFailure> {
        let mut whole: Option<Bytes> = None;
        let mut rest = BytesMut::new();
        while let Some(piece) = std::future::poll_fn(|cx| self.poll_piece(cx)).await {
            let piece = piece?;
            if rest.len() + whole.as_ref().map_or(0, Bytes::len) + piece.len() > bytes_max {
                self.connection = None;
                return Ok(None);
            }
            match whole.take() {
                None if rest.is_empty() => whole = Some(piece),
                first => {
                    rest.extend_from_slice(&first.unwrap_or_default());
                    rest.extend_from_slice(&piece);
                }
            }
        }
        Ok(Some(whole.unwrap_or_else(|| rest.freeze())))
    }

    fn settle_if_done(&mut self) {
        if !self.framing.is_done() {
            return;
        }
        // Bytes beyond the end belong to no request of ours: such a connection is not trusted again.
        if let Some(connection) = self.connection.take()
            && self.is_reusable
            && self.unread.is_empty()
        {
            self.pool.put_back(*connection, Instant::now());
        }
    }

    fn fail(&mut self, failure: BodyFailure) -> Poll<Option<Result<Bytes, BodyFailure>>> {
        self.connection = None;
        self.unread = BytesMut::new();
        Poll::Ready(Some(Err(failure)))
    }
}
