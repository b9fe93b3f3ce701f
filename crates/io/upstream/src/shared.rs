//! What all exchanges of one worker share: its pool, and the buffer that all its reads go through.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio_util::io::poll_read_buf;

use crate::pool::Pool;
use crate::socket::Socket;

/// Bytes asked of one read. Idle connections own no buffer; what a read brings is cut off and passed on.
const READ_BYTES: usize = 64 * 1024;
/// A read with less room than this gets a new buffer.
const READ_BYTES_MIN: usize = 16 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) pool: Pool,
    buffer: RefCell<BytesMut>,
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
