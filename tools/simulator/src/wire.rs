//! A connection within the process: two ends, each of which reads what the other writes. For tests on a clock of their own,
//! where a socket would be a thing of the outside. It can be reset, like a connection of TCP.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};

/// Bytes on their way in each direction; who writes more waits until some are read.
const WIRE_BYTES_MAX: usize = 64 * 1024;

/// One end. Dropping it closes the connection.
#[derive(Debug)]
pub struct Wire {
    stream: DuplexStream,
    has_reset: Arc<AtomicBool>,
    was_reset: Arc<AtomicBool>,
}

impl Wire {
    /// Both ends of a new connection.
    pub fn pair() -> (Self, Self) {
        let (left, right) = duplex(WIRE_BYTES_MAX);
        let [left_resets, right_resets] = [Arc::<AtomicBool>::default(), Arc::default()];
        let (has_reset, was_reset) = (Arc::clone(&left_resets), Arc::clone(&right_resets));
        let left = Self { stream: left, has_reset, was_reset };
        (left, Self { stream: right, has_reset: right_resets, was_reset: left_resets })
    }

    /// Once this end is dropped the other reads an error, not an end of file.
    pub fn reset_on_drop(&self) {
        self.has_reset.store(true, Ordering::Relaxed);
    }

    fn reset_error(&self) -> Option<io::Error> {
        self.was_reset.load(Ordering::Relaxed).then(|| io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        let is_end = room > 0 && buffer.filled().len() == before;
        Poll::Ready(this.reset_error().filter(|_| is_end).map_or(Ok(()), Err))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::Wire;

    #[tokio::test]
    async fn what_was_written_is_read_before_the_end() {
        for is_reset in [false, true] {
            let (mut left, mut right) = Wire::pair();
            left.write_all(b"half").await.unwrap();
            if is_reset {
                left.reset_on_drop();
            }
            drop(left);
            let mut read = Vec::new();
            let ended = right.read_to_end(&mut read).await.map_err(|error| error.kind());
            assert_eq!(read, b"half");
            assert_eq!(ended, if is_reset { Err(ErrorKind::ConnectionReset) } else { Ok(4) });
        }
    }
}
