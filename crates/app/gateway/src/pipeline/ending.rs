//! The end of an answer that was paid for, kept back until its charge is as safe as is configured.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use observe::Level as LogLevel;
use store::{Level, Told};

use crate::funds::Charged;
use crate::worker::Worker;

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
    pub(super) fn of(charged: Charged, wanted: Level, last: Option<Bytes>, worker: Rc<Worker>) -> Self {
        let safe = Box::pin(async move {
            if !until_safe(&charged, wanted, &worker).await {
                // The process ends, and the caller hears of no end.
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

/// Until a charge is as safe as is wanted; `false` where it will never be, for the journal has failed.
pub(super) async fn until_safe(charged: &Charged, wanted: Level, worker: &Worker) -> bool {
    let level = charged.level.max(wanted);
    let wait = worker.gateway.serving.load().remote_wait;
    match charged.ledger.wait(charged.lsn, level, wait).await {
        Ok(Told::Safe) => true,
        Ok(Told::Missed { is_first }) => {
            tell_missed(worker, is_first);
            true
        }
        Err(_) => false,
    }
}

/// An end is told that only the disk here has: whoever could have had it twice is asked to look.
fn tell_missed(worker: &Worker, is_first: bool) {
    worker.shard.remote_missed();
    if is_first {
        worker.gateway.log.event(
            LogLevel::Warn,
            "the database does not have charges in time: ends are told when the disk has them, until it has caught up",
            &[("ledger.level", &"remote")],
        );
    }
}
