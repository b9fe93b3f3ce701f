//! Closing on a caller who is still sending: his answer has left, and what he goes on to send is read and dropped for a
//! while. A socket that is closed with unread bytes is reset, and the reset may overtake the answer.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::ReadBuf;
use tokio::time::{Sleep, sleep};

/// How long a caller may take to notice that he was answered.
pub(crate) const LINGER_LIMIT: Duration = Duration::from_secs(2);
/// How much he may send meanwhile.
pub(crate) const LINGER_BYTES_MAX: u64 = 32 << 20;
const READ_BYTES: usize = 16 * 1024;

/// A connection that only waits for its caller to leave.
#[derive(Debug)]
pub(crate) struct Linger {
    until: Pin<Box<Sleep>>,
    dropped: u64,
}

impl Default for Linger {
    fn default() -> Self {
        Self { until: Box::pin(sleep(LINGER_LIMIT)), dropped: 0 }
    }
}

impl Linger {
    /// Reads and drops until the caller has left, or has had his time.
    pub(crate) fn poll(
        &mut self,
        mut read: impl FnMut(&mut Context<'_>, &mut ReadBuf<'_>) -> Poll<io::Result<()>>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        let mut bytes = [0; READ_BYTES];
        while self.dropped < LINGER_BYTES_MAX && self.until.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut bytes);
            match read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    self.dropped += buffer.filled().len() as u64;
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}
