//! The end of an answer that was paid for, kept back until its charge is as safe as is configured.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use store::Level;

use crate::funds::Charged;

/// The last piece of an answer, until its charge is safe.
pub(super) struct Ending {
    safe: Pin<Box<dyn Future<Output = ()>>>,
    last: Option<Bytes>,
}

impl std::fmt::Debug for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ending").finish_non_exhaustive()
    }
}

impl Ending {
    pub(super) fn of(charged: Charged, wanted: Level, last: Option<Bytes>) -> Self {
        let safe = Box::pin(async move {
            let level = charged.level.max(wanted);
            // A journal that fails ends the process, and the caller hears of no end.
            if charged.ledger.journal().wait(charged.lsn, level).await.is_err() {
                std::future::pending::<()>().await;
            }
        });
        Self { safe, last }
    }

    /// The last piece, once the charge is safe.
    pub(super) fn poll_last(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        ready!(self.safe.as_mut().poll(cx));
        Poll::Ready(self.last.take())
    }
}
