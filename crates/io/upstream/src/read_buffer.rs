//! The buffer that all reads of one worker go through. Idle connections own none; what a large read brings is cut off and
//! passed on without a copy, what a small one brings is copied: a few bytes that somebody keeps must not keep it all.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio_util::io::poll_read_buf;

use crate::socket::Socket;

/// Bytes asked of one read.
const READ_BYTES: usize = 64 * 1024;
/// A read with less room than this gets a new buffer, or the old one again once nobody holds a part of it.
const READ_BYTES_MIN: usize = 16 * 1024;

/// A read of up to this many bytes is copied out.
const COPIED_BYTES_MAX: usize = 4 * 1024;

#[derive(Debug, Default)]
pub(crate) struct ReadBuffer {
    bytes: RefCell<BytesMut>,
}

impl ReadBuffer {
    /// Reads once. Empty at the end of the stream.
    pub(crate) fn poll_read(&self, socket: &mut Socket, cx: &mut Context<'_>) -> Poll<io::Result<BytesMut>> {
        let mut bytes = self.bytes.borrow_mut();
        if bytes.capacity() < READ_BYTES_MIN {
            bytes.reserve(READ_BYTES);
        }
        ready!(poll_read_buf(Pin::new(socket), cx, &mut *bytes))?;
        if bytes.len() > COPIED_BYTES_MAX {
            return Poll::Ready(Ok(bytes.split()));
        }
        let copied = BytesMut::from(&bytes[..]);
        bytes.clear();
        Poll::Ready(Ok(copied))
    }
}
