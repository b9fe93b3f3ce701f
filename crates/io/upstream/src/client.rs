//! The client of one worker: its pool, and the buffer that all its reads share.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::time::Instant;
use tokio_util::io::poll_read_buf;

use crate::dial::dial;
use crate::exchange::{Reply, Request, exchange};
use crate::failure::SendFailure;
use crate::line::Line;
use crate::pool::{Pool, PoolCounts};
use crate::socket::Socket;

/// Bytes asked of one read. Idle connections own no buffer; what a read brings is cut off and passed on.
const READ_BYTES: usize = 64 * 1024;
/// A read with less room than this gets a new buffer.
const READ_BYTES_MIN: usize = 16 * 1024;

/// One worker's way out. Cheap to clone; not to be shared between threads.
#[derive(Clone, Debug, Default)]
pub struct Client {
    shared: Rc<Shared>,
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    buffer: RefCell<BytesMut>,
}

impl Client {
    /// Sends `request` over `line` and waits for the head of the answer. Dropping the future closes the connection.
    ///
    /// With `may_reuse` a pooled connection is taken if there is one. It may have been closed for age, unseen:
    /// then the failure says `was_reused`, and whoever owns retries may ask again without.
    pub async fn send(
        &self,
        line: &Arc<Line>,
        request: &Request<'_>,
        may_reuse: bool,
    ) -> Result<Reply, SendFailure> {
        let pooled = if may_reuse { self.shared.pool.take(line) } else { None };
        let connection = match pooled {
            Some(connection) => connection,
            None => self.shared.pool.adopt(line, dial(line).await?),
        };
        exchange(&self.shared, connection, request).await
    }

    /// Closes idle connections that are too old or were closed by the other side.
    pub fn sweep(&self) {
        self.shared.pool.sweep(Instant::now());
    }

    /// Reports what happened to each provider's connections since the last call.
    pub fn take_counts(&self, report: impl FnMut(u16, PoolCounts)) {
        self.shared.pool.take_counts(report);
    }
}

impl Shared {
    /// Reads once; what came is cut off the shared buffer. Empty at the end of the stream.
    pub(crate) fn poll_read(&self, socket: &mut Socket, cx: &mut Context<'_>) -> Poll<io::Result<BytesMut>> {
        let mut buffer = self.buffer.borrow_mut();
        if buffer.capacity() < READ_BYTES_MIN {
            buffer.reserve(READ_BYTES);
        }
        ready!(poll_read_buf(Pin::new(socket), cx, &mut *buffer))?;
        Poll::Ready(Ok(buffer.split()))
    }
}
